"""The daemon over a simulated week, with a real mail server or a Maildir: each mail comes once."""

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.cli.demo import stop_after_week
from monitor.config.file import DEFAULT_MODEL
from monitor.label.registry import shipped_models
from monitor.schedule.daemon import Daemon
from monitor.store.open import open_store
from monitor.store.outbox import deliveries
from tests.certificate import Certificate, make_certificate
from tests.deliver.server import PASSWORD, run_server
from tests.schedule.newsroom import Newsroom, environment, serving, until

SUNDAY = datetime(2026, 11, 15, 18, tzinfo=UTC)
PACE = 50_000.0
"""Fourteen hours a second."""
LISTS = "lists:\n  editors: {recipients: [ann@ngo.example, bob@ngo.example]}\n"


@pytest.fixture
def room() -> Iterator[Newsroom]:
    with serving(SUNDAY - timedelta(days=2)) as room:
        yield room


@pytest.fixture
def folder(tmp_path: Path, room: Newsroom) -> Path:
    (tmp_path / "feeds.yaml").write_text(room.feeds_yaml(["gazette"], LISTS), "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@contextmanager
def daemon(folder: Path, start: datetime, extra: Mapping[str, str]) -> Iterator[Path]:
    """Run the daemon on a fast clock; yield its log."""
    command = [sys.executable, "-m", "tests.schedule.fastweek", str(folder), start.isoformat(), str(PACE)]
    log = folder / f"log-{start:%d}.txt"
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stderr=stream, env=environment() | dict(extra))
    try:
        yield log
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


def did(log: Path, job: str) -> list[str]:
    lines = [line for line in log.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
    said = [json.loads(line) for line in lines]
    return [one["did"] for one in said if one["event"] == "job done" and one["job"] == job]


def test_a_week_and_a_restart_bring_each_recipient_one_mail_over_smtp(
    folder: Path, certificate: Certificate
) -> None:
    with run_server(certificate) as server:
        with daemon(folder, SUNDAY, server.environment()) as log:
            until(lambda: len(server.received) == 2, 60)
            until(lambda: "2 mails sent, 0 refused, 0 left" in did(log, "deliver"))
        with daemon(folder, SUNDAY + timedelta(days=3), server.environment()) as again:
            until(lambda: "the report of 2026-W46 is made" in did(again, "report"))
            until(lambda: did(again, "deliver"))
        assert sorted(server.recipients) == ["ann@ngo.example", "bob@ngo.example"]
        assert {one.user for one in server.received} == {"monitor"}
        assert all(one.message["Subject"] for one in server.received)
    store = open_store(f"sqlite:///{folder / 'monitor.db'}")
    with store.reading() as session:
        assert len(deliveries(session, ["sent"])) == 2
        assert deliveries(session, ["queued", "claimed", "failed"]) == []
    store.close()
    said = log.read_text("utf-8") + again.read_text("utf-8")
    assert PASSWORD not in said
    assert "nine warnings" not in said
    assert "@ngo.example" not in said


def test_the_demos_daemon_leaves_its_mail_in_a_maildir(tmp_path: Path) -> None:
    keep = tmp_path / "demo"
    done = CliRunner().invoke(main, ["demo", "--daemon", "--seconds", "5", "--keep", str(keep)])
    assert done.exit_code == 0, done.output
    assert "FAILED" not in done.output
    (mail,) = (keep / "mail" / "new").iterdir()
    message = message_from_bytes(mail.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    assert message["To"] == "reader@demo.example"
    assert message["Subject"].startswith("[Sample] ")
    assert "framing" in message["Subject"]
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        assert "invented sample data" in " ".join(part.get_content().split())
        assert "127.0.0.1" not in part.get_content()
        assert ".example/" in part.get_content()
    assert "1 mails in the Maildir" in done.output
    assert (keep / "reports/2026-W46/2026-W46.html").exists()


def test_the_demos_daemon_without_a_mail_ends_with_one_line_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_weights = tmp_path / "models" / DEFAULT_MODEL
    without_weights.mkdir(parents=True)
    shutil.copy(shipped_models() / DEFAULT_MODEL / "manifest.json", without_weights)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["demo", "--daemon", "--seconds", "5", "--keep", "demo"])
    assert done.exit_code == 1
    assert "0 mails in the Maildir" in done.stdout
    assert done.stderr.splitlines()[-1].startswith("monitor: no mail came: label failed: models/")


class Hurried(threading.Event):
    """An event of which each wait is over at once; in the one of a number, the last mail comes."""

    def __init__(self, mail: Path, after: int) -> None:
        super().__init__()
        self.mail, self.after, self.waits = mail, after, 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        if self.waits == self.after:
            (self.mail / "new").mkdir(parents=True)
            (self.mail / "new" / "report").write_text("late", "utf-8")
        return self.is_set()


@pytest.mark.parametrize(("after", "last"), [(15_000, 15_000), (1_000_000, 18_001)])
def test_the_demos_daemon_waits_on_a_busy_machine_for_its_mail_but_not_for_ever(
    folder: Path, after: int, last: int
) -> None:
    """A hundred waits are ten seconds: labels and polls do not come in ten minutes each; the mail does."""
    mail = folder / "mail"
    daemon = Daemon(f"sqlite:///{folder / 'monitor.db'}", folder / "feeds.yaml", lambda: SUNDAY, {}, folder)
    daemon.shop.stop = stop = Hurried(mail, after)
    stop_after_week(daemon, [lambda: SUNDAY], 5, mail)
    assert stop.is_set()
    assert stop.waits == last
