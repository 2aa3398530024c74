import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main
from monitor.clock import Week, utc_now
from monitor.config.load import parse_config
from monitor.deliver.message import read_message
from monitor.pipeline.deliver import enqueue_report
from monitor.store.open import open_store
from tests.cli.conftest import ROWS
from tests.deliver.mails import a_report
from tests.deliver.server import PASSWORD, MailServer

Run = Callable[..., Result]
FEEDS = "sources: []\nlists: {team: {recipients: [ann@council.example, bob@council.example]}}\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``monitor deliver`` in a folder with a report that waits for two recipients."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_DATABASE_URL", raising=False)
    store = open_store("sqlite:///monitor.db", create=True)
    enqueue_report(store, parse_config(FEEDS, "feeds.yaml"), Week(2026, 46), a_report(), utc_now)
    store.close()
    return lambda *words: CliRunner().invoke(main, ["deliver", *words])


@pytest.fixture
def mail_server(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> MailServer:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return server


def test_what_waits_is_sent_and_counted(run: Run, mail_server: MailServer) -> None:
    first = run("--json")
    assert first.exit_code == 0
    assert json.loads(first.stdout) == {"sent": 2, "failed": 0, "deferred": 0, "left": 0, "unreachable": None}
    assert run().stdout == "0 sent, 0 failed, 0 left for later\n"
    assert mail_server.recipients == ["ann@council.example", "bob@council.example"]


def test_a_dry_run_lists_what_would_go_to_whom_and_sends_nothing(run: Run) -> None:
    shown = run("--dry-run")
    assert shown.exit_code == 0
    assert [line.split("  ")[:2] for line in shown.stdout.splitlines()] == [
        ["team/weekly/2026-W46", "ann@council.example"],
        ["team/weekly/2026-W46", "bob@council.example"],
    ]
    waiting = json.loads(run("--dry-run", "--json").stdout)["waiting"]
    assert [one["state"] for one in waiting] == ["queued", "queued"]


def test_a_dry_run_into_a_folder_writes_the_very_mails_and_they_still_wait(run: Run, tmp_path: Path) -> None:
    shown = run("--dry-run", "--folder", "look")
    assert shown.exit_code == 0
    paths = sorted((tmp_path / "look").iterdir())
    assert sorted(shown.stdout.splitlines()) == [f"look/{path.name}" for path in paths]
    assert [path.suffix for path in paths] == [".eml", ".eml"]
    waiting = json.loads(run("--dry-run", "--json").stdout)["waiting"]
    assert [(one["state"], one["attempts"]) for one in waiting] == [("queued", 0), ("queued", 0)]
    assert len(json.loads(run("--dry-run", "--folder", "look", "--json").stdout)["files"]) == 2

    assert run("--folder", "mails").stdout == "2 sent, 0 failed, 0 left for later\n"
    assert [path.read_bytes() for path in paths] == [
        (tmp_path / "mails" / path.name).read_bytes() for path in paths
    ]
    assert run("--dry-run", "--folder", "look").stdout == "No mail is written.\n"


def test_a_test_mail_goes_at_once_and_past_the_outbox(run: Run, mail_server: MailServer) -> None:
    done = run("--test", "me@ngo.example")
    assert done.stdout == "The server has taken a test mail for me@ngo.example.\n"
    assert mail_server.recipients == ["me@ngo.example"]
    assert len(json.loads(run("--dry-run", "--json").stdout)["waiting"]) == 2


def test_a_test_mail_to_no_address_is_refused(run: Run, mail_server: MailServer) -> None:
    done = run("--test", "me")
    assert (done.exit_code, done.stderr) == (1, "monitor: --test: 'me' must be an e-mail address\n")


def test_a_refused_recipient_ends_with_status_1_and_a_line_that_says_why(
    run: Run, mail_server: MailServer
) -> None:
    mail_server.recipient_answers = {"ann@council.example": ["550 5.1.1 No such user"]}
    done = run()
    assert done.exit_code == 1
    assert done.stdout == "1 sent, 1 failed, 0 left for later\n"
    assert done.stderr.startswith("monitor: warning: ann@council.example: team/weekly/2026-W46: failed: ")

    mail_server.recipient_answers = {}
    assert run("--retry").stdout == "1 sent, 0 failed, 0 left for later\n"


def test_a_server_that_cannot_be_used_ends_with_status_1_and_its_remedy(
    run: Run, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_SMTP_PASSWORD", "wrong")
    for words in ((), ("--test", "me@ngo.example")):
        done = run(*words)
        assert done.exit_code == 1
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("monitor: ")]
        assert line.endswith("check MONITOR_SMTP_USER and MONITOR_SMTP_PASSWORD")
        assert PASSWORD not in done.output


def test_missing_settings_are_named_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONITOR_SMTP_HOST", raising=False)
    done = run()
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0].startswith("monitor: MONITOR_SMTP_HOST: is missing")


def test_mails_may_go_into_a_folder_instead(run: Run, tmp_path: Path) -> None:
    assert run("--folder", "mails").stdout == "2 sent, 0 failed, 0 left for later\n"
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 2


def test_options_that_exclude_one_another_are_wrong_usage(run: Run) -> None:
    assert run("--dry-run", "--retry").exit_code == 2


def test_status_tells_what_waits_and_raises_an_alarm_for_what_failed(
    run: Run, mail_server: MailServer, tmp_path: Path
) -> None:
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    mail_server.recipient_answers = {"ann@council.example": ["550 5.1.1 No such user"]}

    def status() -> list[str]:
        lines = CliRunner().invoke(main, ["status"]).stdout.splitlines()
        return [line for line in lines if line.startswith(("Mails", "ALARM"))]

    assert status() == ["Mails     2 queued, 0 being sent, 0 sent in 28 days"]
    run()
    mails, alarm = status()
    assert mails.startswith("Mails     0 queued, 0 being sent, 1 sent in 28 days, the last at ")
    assert "ann@council.example: failed: " in alarm


def test_status_tells_of_a_temporary_refusal_and_when_it_is_tried_again(
    run: Run, mail_server: MailServer
) -> None:
    mail_server.recipient_answers = {"ann@council.example": ["450 4.2.0 Mailbox busy"]}
    run()
    shown = CliRunner().invoke(main, ["status"]).stdout.splitlines()
    (line,) = [line for line in shown if line.startswith("Retry")]
    assert "team/weekly/2026-W46 to ann@council.example: tried once, again from 2" in line
    assert line.endswith("refuses the recipient: 450 4.2.0 Mailbox busy")
    (one,) = json.loads(CliRunner().invoke(main, ["status", "--json"]).stdout)["outbox"]["retrying"]
    assert (one["recipient"], one["attempts"], one["last_error"]) == (
        "ann@council.example",
        1,
        line.partition(" UTC: ")[2],
    )
    assert one["next_attempt_at"].endswith("Z")


def test_recipients_whom_one_failure_meets_alike_share_a_line(
    run: Run, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_SMTP_PASSWORD", "wrong")
    run()
    shown = CliRunner().invoke(main, ["status"]).stdout.splitlines()
    (line,) = [line for line in shown if line.startswith("Retry")]
    assert "team/weekly/2026-W46 to 2 recipients: tried once, again from " in line


def test_a_report_is_queued_for_every_list_and_reaches_its_recipients(
    mail_server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    (tmp_path / "rows.csv").write_text(ROWS)

    def monitor(*words: str) -> str:
        done = CliRunner().invoke(main, ["--db", "sqlite:///monitor.db", *words])
        assert done.exit_code == 0, done.output
        return done.stdout

    monitor("backfill", "file", "rows.csv")
    monitor("label")
    assert "2 queued; send them with: monitor deliver" in monitor("report", "--week", "2026-W46", "--queue")
    written = (tmp_path / "reports" / "2026-W46" / "2026-W46.eml").read_bytes()
    assert json.loads(monitor("report", "--week", "2026-W46", "--queue", "--json"))["queued"] == 0
    monitor("deliver")

    assert mail_server.recipients == ["ann@council.example", "bob@council.example"]
    message = mail_server.received[0].message
    assert message.defects == []
    assert message["Subject"].endswith("Social work in the news, 2026-W46")
    assert message["To"] == "ann@council.example"
    assert mail_server.received[0].content.endswith(written.partition(b"\r\n\r\n")[2])


@pytest.fixture
def labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``monitor`` in a folder with labelled items of November 2026."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_MAIL_FROM", raising=False)
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    (tmp_path / "rows.csv").write_text(ROWS.replace("2026-", "2025-"))

    def monitor(*words: str) -> Result:
        return CliRunner().invoke(main, ["--db", "sqlite:///monitor.db", *words])

    assert monitor("backfill", "file", "rows.csv").exit_code == monitor("label").exit_code == 0
    return monitor


def test_the_report_of_a_month_is_queued_for_the_lists_that_ask_for_it(labelled: Run, tmp_path: Path) -> None:
    no_list = labelled("report", "--queue", "--month", "2025-11")
    assert "no list of feeds.yaml has `monthly: true`" in no_list.stderr

    lists = "lists: {team: {recipients: [ann@council.example]}, press: {recipients: [cy@press.example], "
    (tmp_path / "feeds.yaml").write_text(f"contact: me@ngo.example\nsources: []\n{lists}monthly: true}}}}\n")
    assert "1 queued" in labelled("report", "--queue", "--month", "2025-11").stdout
    waiting = json.loads(labelled("deliver", "--dry-run", "--json").stdout)["waiting"]
    assert [(one["key"], one["recipient"]) for one in waiting] == [
        ("press/monthly/2025-W48", "cy@press.example")
    ]
    assert "0 queued" in labelled("report", "--queue", "--month", "2025-11").stdout


def test_a_month_that_is_not_over_is_queued_for_nobody(labelled: Run, tmp_path: Path) -> None:
    lists = "lists: {press: {recipients: [cy@press.example], monthly: true}}\n"
    (tmp_path / "feeds.yaml").write_text(f"contact: me@ngo.example\nsources: []\n{lists}")
    month = f"{utc_now():%Y}-12" if f"{utc_now():%m}" != "12" else f"{utc_now().year + 1}-12"
    done = labelled("report", "--queue", "--month", month)
    assert done.exit_code == 1
    assert f"--queue: {month} is not over" in done.stderr
    assert not (tmp_path / "reports").exists()


def test_no_report_is_queued_for_lists_that_nobody_could_leave(
    labelled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = labelled("report", "--queue", "--week", "2025-W46")
    assert refused.exit_code == 1
    (line,) = refused.stderr.splitlines()
    assert line.startswith("monitor: contact: is missing in feeds.yaml, and nobody could leave its lists:; ")

    monkeypatch.setenv("MONITOR_MAIL_FROM", "Coverage monitor <monitor@ngo.example>")
    assert "2 queued" in labelled("report", "--queue", "--week", "2025-W46").stdout
    labelled("deliver", "--folder", "mails")
    for path in Path("mails").iterdir():
        message = read_message(path.read_bytes())
        assert message["List-Unsubscribe"] == "<mailto:monitor@ngo.example?subject=unsubscribe>"
        text = message.get_body(("plain",))
        assert text is not None
        assert "write to monitor@ngo.example with the subject" in " ".join(text.get_content().split())


def test_a_report_cannot_be_queued_where_there_are_no_lists(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("sources: []\n")
    done = CliRunner().invoke(main, ["report", "--queue"])
    assert done.exit_code == 1
    assert "feeds.yaml has no lists:" in done.stderr
