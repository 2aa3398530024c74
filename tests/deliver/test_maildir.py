"""Mails into a Maildir."""

import mailbox
from pathlib import Path

import pytest

from monitor.deliver.maildir import MaildirDeliverer
from monitor.errors import DeliveryError
from tests.deliver.mails import a_mail


def put(folder: Path, *recipients: str) -> mailbox.Maildir:
    deliverer = MaildirDeliverer(folder)
    deliverer.open()
    for recipient in recipients:
        deliverer.send(a_mail(recipient))
    deliverer.close()
    return mailbox.Maildir(str(folder), create=False)


def test_a_mail_program_finds_each_mail_unread_and_whole(tmp_path: Path) -> None:
    box = put(tmp_path / "mail", "ann@council.example", "bob@council.example")
    assert sorted(str(message["To"]) for message in box) == ["ann@council.example", "bob@council.example"]
    assert {message.get_subdir() for message in box} == {"new"}
    sent = a_mail("ann@council.example").content.replace(b"\r\n", b"\n")
    assert sent in [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 - a mailbox is no mapping


def test_the_same_mail_comes_once_also_after_it_was_read(tmp_path: Path) -> None:
    box = put(tmp_path / "mail", "ann@council.example", "ann@council.example")
    ((key, message),) = box.items()
    message.set_subdir("cur")
    message.add_flag("S")
    box[key] = message
    assert len(put(tmp_path / "mail", "ann@council.example")) == 1


def test_a_folder_that_cannot_be_written_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way", "utf-8")
    with pytest.raises(DeliveryError, match="name another with MONITOR_MAILDIR"):
        put(tmp_path / "mail", "ann@council.example")
