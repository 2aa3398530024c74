import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor.deliver.smtp import SmtpDeliverer, SmtpSettings
from monitor.errors import DeliveryError
from tests.certificate import Certificate, make_certificate
from tests.deliver.mails import TEXT, a_mail
from tests.deliver.server import PASSWORD, USER, MailServer, run_server


def send(settings: SmtpSettings, *recipients: str) -> None:
    with closing(SmtpDeliverer(settings, command_seconds=5, data_seconds=5)) as deliverer:
        for recipient in recipients or ("ann@council.example",):
            deliverer.open()
            deliverer.send(a_mail(recipient))


def refusal(settings: SmtpSettings, *recipients: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send(settings, *recipients)
    assert len(str(caught.value).splitlines()) == 1
    assert PASSWORD not in str(caught.value)
    return caught.value


@contextmanager
def a_port(*says: bytes) -> Iterator[int]:
    """A server that sends each line, one for each command, and then closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                for number, line in enumerate(says):
                    if number:
                        lines.readline()
                    connection.sendall(line)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def plain(port: int, host: str = "127.0.0.1") -> SmtpSettings:
    return SmtpSettings(host, port, "monitor@ngo.example", security="none")


def test_a_mail_arrives_whole_over_starttls_after_a_login(server: MailServer) -> None:
    send(server.settings())

    (received,) = server.received
    assert received.user == USER
    assert received.sender == "monitor@ngo.example"
    assert received.recipients == ["ann@council.example"]
    assert received.message["From"] == "Coverage monitor <monitor@ngo.example>"
    assert received.message["To"] == "ann@council.example"
    body = received.message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == TEXT


def test_a_mail_arrives_over_implicit_tls(certificate: Certificate) -> None:
    with run_server(certificate, "tls") as server:
        send(server.settings())
        assert [one.user for one in server.received] == [USER]


def test_a_mail_goes_without_tls_only_where_that_was_asked_for(certificate: Certificate) -> None:
    with run_server(certificate, "none") as server:
        send(server.settings())
        assert server.recipients == ["ann@council.example"]

        asked = SmtpSettings("localhost", server.port, "monitor@ngo.example", security="starttls")
        assert "offers no STARTTLS; check MONITOR_SMTP_SECURITY" in str(refusal(asked))
        assert len(server.received) == 1


def test_several_mails_share_one_connection_and_one_login(server: MailServer) -> None:
    send(server.settings(), "ann@council.example", "bob@council.example", "cy@council.example")

    assert server.recipients == ["ann@council.example", "bob@council.example", "cy@council.example"]
    assert (server.connections, server.logins) == (1, 1)


def test_a_refused_recipient_leaves_the_connection_good_for_the_next(server: MailServer) -> None:
    server.recipient_answers = {"gone@council.example": ["550 5.1.1 No such user"]}
    with closing(SmtpDeliverer(server.settings())) as deliverer:
        deliverer.open()
        with pytest.raises(DeliveryError, match=r"refuses the recipient: 550 5\.1\.1 No such user") as caught:
            deliverer.send(a_mail("gone@council.example"))
        deliverer.open()
        deliverer.send(a_mail("ann@council.example"))

    assert caught.value.permanent
    assert server.recipients == ["ann@council.example"]
    assert server.connections == 1


def test_a_connection_that_the_server_closed_meanwhile_is_made_again(certificate: Certificate) -> None:
    with run_server(certificate) as server:
        deliverer = SmtpDeliverer(server.settings())
        deliverer.open()
        deliverer.send(a_mail())
    with closing(deliverer), pytest.raises(DeliveryError, match="does not answer"):
        deliverer.open()


def test_a_4xx_answer_is_temporary_and_a_5xx_is_for_good(server: MailServer) -> None:
    server.recipient_answers = {"ann@council.example": ["451 4.7.1 Greylisted"]}
    assert not refusal(server.settings()).permanent

    server.recipient_answers, server.data_answers = {}, ["554 5.7.1 Looks like spam"]
    refused = refusal(server.settings())
    assert refused.permanent
    assert "refuses the message: 554 5.7.1 Looks like spam" in str(refused)

    server.data_answers, server.sender_answer = ["250 OK"], "553 5.1.8 Who are you"
    assert "refuses the sender: 553 5.1.8 Who are you" in str(refusal(server.settings()))


def test_a_wrong_password_is_tried_once_and_named(server: MailServer) -> None:
    error = str(refusal(server.settings(password="wrong")))

    assert "refuses the login: 535" in error
    assert error.endswith("check MONITOR_SMTP_USER and MONITOR_SMTP_PASSWORD")
    assert "wrong" not in error.replace("MONITOR", "")
    assert server.logins == 1


def test_a_failed_login_does_not_pass_for_an_open_connection(server: MailServer) -> None:
    with closing(SmtpDeliverer(server.settings(password="wrong"))) as deliverer:
        for _ in range(2):
            with pytest.raises(DeliveryError, match="refuses the login"):
                deliverer.open()
    assert server.connections == 2


def test_an_unknown_certificate_is_refused_with_the_remedy(server: MailServer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    error = str(refusal(server.settings(ca_file=other.file)))

    assert "its certificate does not verify (self-signed certificate)" in error
    assert "MONITOR_SMTP_CA_FILE" in error
    assert server.logins == 0


def test_a_certificate_of_another_name_is_refused(server: MailServer) -> None:
    error = str(refusal(server.settings(host="127.0.0.1")))

    assert "IP address mismatch" in error
    assert "MONITOR_SMTP_HOST" in error


def test_an_unknown_certificate_is_refused_over_implicit_tls_too(
    certificate: Certificate, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = make_certificate(tmp_path / "other")
    with run_server(certificate, "tls") as server:
        assert "does not verify" in str(refusal(server.settings(ca_file=other.file)))


def test_a_server_that_is_down_is_named_with_its_variables() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = refusal(plain(port))

    assert str(error) == (
        f"127.0.0.1:{port}: does not answer (Connection refused); "
        "check MONITOR_SMTP_HOST and MONITOR_SMTP_PORT"
    )
    assert not error.permanent


def test_a_host_that_does_not_exist_is_named() -> None:
    assert "nowhere.invalid:25: does not answer (" in str(refusal(plain(25, "nowhere.invalid")))


def test_tls_on_a_port_that_does_not_speak_it_says_what_to_check() -> None:
    with a_port(b"220 mail.ngo.example ESMTP\r\n") as port:
        settings = SmtpSettings("127.0.0.1", port, "monitor@ngo.example", security="tls")
        assert "check MONITOR_SMTP_SECURITY and MONITOR_SMTP_PORT" in str(refusal(settings))


def test_a_server_that_turns_connections_away_is_quoted() -> None:
    with a_port(b"554 5.7.1 Not from\r\n") as port:
        assert "refuses to go on: 554 5.7.1 Not from" in str(refusal(plain(port)))


def test_a_connection_lost_after_the_content_is_a_temporary_failure() -> None:
    talk = (b"220 mail\r\n", b"250 hello\r\n", b"250 sender\r\n", b"250 recipient\r\n", b"354 go on\r\n")
    with a_port(*talk) as port:
        error = refusal(plain(port))
    assert "the connection was lost" in str(error)
    assert not error.permanent


def test_a_silent_server_costs_its_time_and_no_more() -> None:
    with a_port(b"", b"") as port, pytest.raises(DeliveryError, match="timed out"):
        SmtpDeliverer(plain(port), command_seconds=0.2).open()


def test_a_mail_larger_than_the_server_takes_is_not_begun(certificate: Certificate) -> None:
    with run_server(certificate, size_limit=500) as server:
        error = refusal(server.settings())
    assert error.permanent
    assert "takes 500 bytes at most" in str(error)


def test_a_server_without_a_known_login_is_named(certificate: Certificate) -> None:
    with run_server(certificate, "none") as server:
        asked = SmtpSettings(
            "localhost", server.port, "monitor@ngo.example", security="none", user=USER, password=PASSWORD
        )
        assert "offers no login that is known here" in str(refusal(asked))


def test_the_password_does_not_show_in_the_settings() -> None:
    settings = SmtpSettings("localhost", 25, "a@b.example", user="me", password=PASSWORD)
    assert PASSWORD not in repr(settings)
