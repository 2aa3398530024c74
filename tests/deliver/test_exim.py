"""An SMTP server that we have not written: exim delivers, refuses, and refuses for the time being."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from monitor.clock import Week
from monitor.config.load import parse_config
from monitor.deliver.smtp import SmtpDeliverer, SmtpSettings
from monitor.errors import DeliveryError
from monitor.pipeline.deliver import (
    Delivered,
    delivery_problems,
    enqueue_report,
    run_deliver,
    waiting_deliveries,
)
from monitor.store.open import open_store
from tests.certificate import Certificate
from tests.deliver.mails import a_report
from tests.deliver.server import PASSWORD, SENDER, USER

NOW = datetime(2026, 11, 16, 7, tzinfo=UTC)
FEEDS = """\
contact: editor@ngo.example
sources: []
lists:
  team: {recipients: [ann@council.example, nobody@council.example, later@council.example]}
"""
CONFIGURATION = """\
primary_hostname = mail.council.example
spool_directory = FOLDER/spool
log_file_path = FOLDER/%slog
pid_file_path = FOLDER/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = PORT
tls_advertise_hosts = *
tls_certificate = FOLDER/certificate.pem
tls_privatekey = FOLDER/key.pem
auth_advertise_hosts = ${if def:tls_in_cipher{*}{}}
deliver_drop_privilege = true
keep_environment =
acl_smtp_rcpt = recipients
begin acl
recipients:
  deny  !authenticated = *
        message = authentication required
  deny  local_parts = nobody
        message = no such user here
  defer local_parts = later
        message = greylisted, come again
  accept
begin routers
here:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = FOLDER/mail
  maildir_format
  create_directory
  envelope_to_add
begin retry
* * F,1h,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{USER}}{eq{$auth3}{PASSWORD}}}{yes}{no}}
  server_set_id = $auth2
"""


@dataclass(frozen=True)
class Exim:
    """A running server; what it has delivered lies in a Maildir."""

    folder: Path
    port: int

    def settings(self, password: str = PASSWORD) -> SmtpSettings:
        certificate = self.folder / "certificate.pem"
        return SmtpSettings("localhost", self.port, SENDER, "starttls", USER, password, certificate)

    def delivered(self, number: int) -> list[EmailMessage]:
        """Wait for so many mails, and return them."""
        end = time.monotonic() + 20
        while len(found := list((self.folder / "mail" / "new").glob("*"))) < number:
            assert time.monotonic() < end, (self.folder / "mainlog").read_text("utf-8")
            time.sleep(0.05)
        messages = [message_from_bytes(path.read_bytes(), policy=default) for path in found]
        return [message for message in messages if isinstance(message, EmailMessage)]


@pytest.fixture
def exim(certificate: Certificate) -> Iterator[Exim]:
    program = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("exim4 is not installed: the package exim4-daemon-light has it")
    if os.geteuid() != 0:
        pytest.skip("exim4 listens only for root, and for its own user")
    with tempfile.TemporaryDirectory(prefix="exim") as name, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        folder, port = Path(name), free.getsockname()[1]
        free.close()
        shutil.copy(certificate.file, folder / "certificate.pem")
        shutil.copy(certificate.key, folder / "key.pem")
        (folder / "exim.conf").write_text(_configuration(folder, port), "utf-8")
        server = subprocess.Popen(
            [program, "-C", str(folder / "exim.conf"), "-bdf"],
            stderr=subprocess.DEVNULL,
            **_as_its_own_user(folder),
        )
        try:
            _wait_for(port, server)
            yield Exim(folder, port)
        finally:
            server.terminate()
            server.wait(20)


def _configuration(folder: Path, port: int) -> str:
    words = {"FOLDER": str(folder), "PORT": str(port), "USER": USER, "PASSWORD": PASSWORD}
    text = CONFIGURATION
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _as_its_own_user(folder: Path) -> dict[str, Any]:
    """Let exim run as its own user: as root it would hand mail to others, who cannot enter here."""
    user = pwd.getpwnam("Debian-exim")
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert server.poll() is None, "exim ended at once"
            assert time.monotonic() < end, "exim never listened"
            time.sleep(0.05)
        else:
            return


def test_exim_delivers_refuses_and_refuses_for_the_time_being(exim: Exim, tmp_path: Path) -> None:
    store, config = open_store(f"sqlite:///{tmp_path / 'monitor.db'}", create=True), parse_config(FEEDS, "f")
    enqueue_report(store, config, Week(2026, 46), a_report(), lambda: NOW)

    done = run_deliver(store, SmtpDeliverer(exim.settings()), lambda: NOW, "one")
    assert done == Delivered(sent=1, failed=1, deferred=1, left=1)
    (mail,) = exim.delivered(1)
    assert mail["To"] == mail["Envelope-to"] == "ann@council.example"
    assert "esmtpsa" in str(mail["Received"]), "over TLS, and authenticated"
    assert mail["List-Unsubscribe"] == "<mailto:editor@ngo.example?subject=unsubscribe>"
    (problem,) = delivery_problems(store, config, lambda: NOW)
    assert "no such user here" in problem
    (waiting,) = waiting_deliveries(store)
    assert "greylisted, come again" in str(waiting.last_error)
    assert waiting.next_attempt_at == NOW + timedelta(minutes=5)

    again = run_deliver(store, SmtpDeliverer(exim.settings()), lambda: NOW + timedelta(minutes=5), "one")
    assert (again.sent, again.deferred) == (0, 1)
    store.close()


def test_exim_refuses_a_wrong_password(exim: Exim) -> None:
    deliverer = SmtpDeliverer(exim.settings("wrong"))
    with pytest.raises(DeliveryError, match="535"):
        deliverer.open()
    deliverer.close()
