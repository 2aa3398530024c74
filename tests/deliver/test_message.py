from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.deliver.folder import FolderDeliverer
from monitor.deliver.message import address_to, prepare_for_list, read_message, trial_mail
from monitor.errors import DeliveryError
from tests.deliver.mails import a_mail, a_report


def body(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[2]


def test_a_mail_to_a_list_holds_no_recipient_and_says_how_to_leave() -> None:
    prepared = read_message(prepare_for_list(a_report(), "editor+monitor@ngo.example"))

    assert prepared["To"] is None
    assert prepared["List-Unsubscribe"] == "<mailto:editor+monitor@ngo.example?subject=unsubscribe>"
    assert prepared["Auto-Submitted"] == "auto-generated"
    assert read_message(prepare_for_list(a_report(), None))["List-Unsubscribe"] is None


def test_headers_change_and_the_body_stays_byte_for_byte() -> None:
    prepared = prepare_for_list(a_report(), "editor@ngo.example")
    mail = address_to(prepared, "team/weekly/2026-W46", "ann@council.example")

    assert body(mail.content) == body(prepared) == body(a_report())
    assert read_message(mail.content)["Subject"] == read_message(a_report())["Subject"]


def test_each_recipient_is_alone_in_its_mail() -> None:
    prepared = prepare_for_list(a_report(), None)
    ann, bob = (address_to(prepared, "key", f"{name}@council.example") for name in ("ann", "bob"))

    assert read_message(ann.content)["To"] == "ann@council.example"
    assert b"bob" not in ann.content
    assert b"ann@" not in bob.content


def test_the_message_id_is_that_of_the_mail_and_its_recipient() -> None:
    def message_id(recipient: str, key: str = "team/weekly/2026-W46", text: str = "text") -> str:
        return str(read_message(address_to(a_report(text), key, recipient).content)["Message-ID"])

    first = message_id("ann@council.example")
    assert first == message_id("ann@council.example")
    assert first.startswith("<2026-W46.0123456789abcdef.")
    assert first.endswith("@example.invalid>")
    others = {message_id("bob@council.example"), message_id("ann@council.example", "press/weekly/2026-W46")}
    assert len({first, *others}) == 3


def test_no_header_that_was_there_is_folded_anew_nor_is_the_message_id() -> None:
    long = a_report().replace(b"@example.invalid>", b"@monitor.a-council-with-a-long-name.gov.example>")
    lines = address_to(long, "key", "ann@council.example").content.split(b"\r\n")

    assert lines[0].startswith(b"Message-ID: <2026-W46.")
    assert lines[0].endswith(b"@monitor.a-council-with-a-long-name.gov.example>")
    subject = [line for line in a_report().split(b"\r\n") if line.startswith(b"Subject:")]
    assert subject[0] in lines


def test_a_domain_beyond_ascii_is_written_as_dns_writes_it() -> None:
    assert address_to(a_report(), "key", "ann@bücher.example").recipient == "ann@xn--bcher-kva.example"
    with pytest.raises(DeliveryError, match="is not an address that mail servers take") as caught:
        address_to(a_report(), "key", "jürgen@council.example")
    assert caught.value.permanent


def test_a_test_mail_has_what_a_server_asks_for() -> None:
    mail = trial_mail("ann@council.example", lambda: datetime(2026, 11, 16, 9, tzinfo=UTC))
    message = read_message(mail.content)

    assert message["To"] == mail.recipient == "ann@council.example"
    assert message["Date"] == "Mon, 16 Nov 2026 09:00:00 +0000"
    assert message["Message-ID"].startswith("<test.20261116")


def test_a_folder_holds_a_file_for_each_mail_and_one_for_a_mail_that_came_twice(tmp_path: Path) -> None:
    deliverer = FolderDeliverer(tmp_path / "mails" / "out")
    deliverer.open()
    for recipient in ("ann@council.example", "bob/../x@council.example", "ann@council.example"):
        deliverer.send(a_mail(recipient))
    deliverer.close()

    files = sorted((tmp_path / "mails" / "out").iterdir())
    assert [file.name.rpartition("-")[0] for file in files] == [
        "ann@council.example",
        "bob_.._x@council.example",
    ]
    assert files[0].read_bytes() == a_mail("ann@council.example").content


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(
        DeliveryError, match=r"file/mails: Not a directory; name another folder with --folder"
    ):
        FolderDeliverer(tmp_path / "file" / "mails").open()
