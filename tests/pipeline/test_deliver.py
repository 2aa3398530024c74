import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import Week, utc_now
from monitor.config.load import Config, parse_config
from monitor.deliver.base import OutgoingMail
from monitor.deliver.smtp import SmtpDeliverer, SmtpSettings
from monitor.errors import StoreError
from monitor.pipeline.deliver import (
    GIVE_UP_AFTER,
    LEASE,
    MARK_ATTEMPTS,
    MONTHLY,
    Delivered,
    delivery_problems,
    delivery_state,
    enqueue_report,
    retry_delay,
    run_deliver,
    run_requeue,
    waiting_deliveries,
)
from monitor.store.jobs import mark_report
from monitor.store.open import Store, open_store
from monitor.store.outbox import claim, keeps_delivered, mark_sent
from monitor.store.polls import ensure_source, record_poll
from monitor.types import Outlet, PollRecord, Source
from tests.certificate import Certificate, make_certificate
from tests.deliver.mails import a_report
from tests.deliver.server import MailServer, run_server

WEEK = Week(2026, 46)
MONDAY = datetime(2026, 11, 16, 6, 30, tzinfo=UTC)
ANN, BOB, CY = "ann@council.example", "bob@council.example", "cy@press.example"
FEEDS = f"""\
contact: editor@ngo.example
sources: []
lists:
  team: {{recipients: [{ANN}, {BOB}]}}
  press: {{recipients: [{CY}]}}
"""
ONE = f"contact: editor@ngo.example\nsources: []\nlists: {{team: {{recipients: [{ANN}]}}}}\n"


class Hands:
    """A clock that stands until it is set on."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[MailServer]:
    with run_server(certificate) as running:
        yield running


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("deliver") / "empty.db"
    open_store(f"sqlite:///{path}", create=True).close()
    return path


@pytest.fixture
def url(tmp_path: Path, empty_database: Path) -> str:
    return f"sqlite:///{shutil.copy(empty_database, tmp_path / 'monitor.db')}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


def a_config(text: str = FEEDS) -> Config:
    return parse_config(text, "feeds.yaml")


def queue(store: Store, clock: Hands, text: str = FEEDS, week: Week = WEEK) -> int:
    return enqueue_report(store, a_config(text), week, a_report(), clock)


def deliver(
    store: Store,
    server: MailServer,
    clock: Hands,
    *,
    settings: SmtpSettings | None = None,
    worker: str = "one",
    say: Callable[[str], None] = lambda line: None,
) -> Delivered:
    return run_deliver(store, SmtpDeliverer(settings or server.settings()), clock, worker, say)


def test_the_report_goes_once_to_each_recipient_and_a_second_run_sends_nothing(
    store: Store, server: MailServer, clock: Hands
) -> None:
    assert queue(store, clock) == 3
    assert deliver(store, server, clock) == Delivered(sent=3)
    assert deliver(store, server, clock) == Delivered()
    assert queue(store, clock) == 0
    clock.pass_by(timedelta(days=30))
    assert deliver(store, server, clock) == Delivered()

    assert server.recipients == [ANN, BOB, CY]
    assert [one.message["To"] for one in server.received] == [ANN, BOB, CY]
    assert len({one.message["Message-ID"] for one in server.received}) == 3
    assert server.received[0].message["List-Unsubscribe"] == (
        "<mailto:editor@ngo.example?subject=unsubscribe>"
    )
    assert server.connections == 1


def test_who_is_added_later_is_the_only_one_to_get_the_report_then(
    store: Store, server: MailServer, clock: Hands
) -> None:
    queue(store, clock)
    deliver(store, server, clock)
    server.received.clear()

    assert queue(store, clock, FEEDS.replace(f"[{CY}]", f"[{CY}, late@press.example]")) == 1
    assert deliver(store, server, clock) == Delivered(sent=1)
    assert server.recipients == ["late@press.example"]
    assert len(server.received[0].content) > 500


def test_a_refused_recipient_is_recorded_and_the_others_get_theirs(
    store: Store, server: MailServer, clock: Hands
) -> None:
    server.recipient_answers = {ANN: ["550 5.1.1 No such user"]}
    queue(store, clock)
    said: list[str] = []

    assert deliver(store, server, clock, say=said.append) == Delivered(sent=2, failed=1)
    assert server.recipients == [BOB, CY]
    (line,) = said
    assert line.startswith(f"{ANN}: team/weekly/2026-W46: failed: ")
    assert line.endswith("refuses the recipient: 550 5.1.1 No such user")

    clock.pass_by(timedelta(days=2))
    assert deliver(store, server, clock) == Delivered()
    (problem,) = delivery_problems(store, a_config(), clock)
    assert problem.endswith("mend the cause, then run: monitor deliver --retry")
    assert ANN in problem


def test_a_temporary_refusal_is_tried_again_after_a_while(
    store: Store, server: MailServer, clock: Hands
) -> None:
    server.recipient_answers = {ANN: ["451 4.7.1 Greylisted", "250 OK"]}
    queue(store, clock)

    assert deliver(store, server, clock) == Delivered(sent=2, deferred=1, left=1)
    assert deliver(store, server, clock) == Delivered(left=1)
    clock.pass_by(timedelta(minutes=5))
    assert deliver(store, server, clock) == Delivered(sent=1)
    assert server.recipients == [BOB, CY, ANN]


def test_a_server_that_is_slow_after_the_content_has_the_mail_wait_and_get_it_at_the_next_try(
    store: Store, server: MailServer, clock: Hands
) -> None:
    queue(store, clock, ONE)
    server.hold.clear()
    impatient = SmtpDeliverer(server.settings(), data_seconds=0.3)

    assert run_deliver(store, impatient, clock, "one") == Delivered(deferred=1, left=1)
    assert server.holding.is_set(), "the content was there"
    (one,) = waiting_deliveries(store)
    assert (one.state, one.attempts) == ("queued", 1)
    assert "timed out" in (one.last_error or "")
    assert one.next_attempt_at == MONDAY + timedelta(minutes=5)

    server.hold.set()
    clock.pass_by(timedelta(minutes=5))
    assert deliver(store, server, clock) == Delivered(sent=1)
    assert server.recipients == [ANN]


def test_a_connection_dropped_in_the_middle_of_the_content_has_the_mail_wait_and_go_whole_at_the_next_try(
    store: Store, server: MailServer, clock: Hands
) -> None:
    text = "A line of a long report.\n" * 40_000
    enqueue_report(store, a_config(ONE), WEEK, a_report(text), clock)
    server.drops = 1

    assert deliver(store, server, clock) == Delivered(deferred=1, left=1)
    assert (server.drops, server.received) == (0, [])
    (one,) = waiting_deliveries(store)
    assert (one.state, one.attempts) == ("queued", 1)
    assert one.last_error

    clock.pass_by(timedelta(minutes=5))
    assert deliver(store, server, clock) == Delivered(sent=1)
    assert server.recipients == [ANN]
    body = server.received[0].message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text


def test_a_recipient_with_quotes_gets_the_mail_and_adds_no_header(
    store: Store, server: MailServer, clock: Hands
) -> None:
    quoted = '"ann\\"bcc:bob"@council.example'
    queue(
        store, clock, f"contact: e@ngo.example\nsources: []\nlists: {{team: {{recipients: ['{quoted}']}}}}\n"
    )

    assert deliver(store, server, clock) == Delivered(sent=1)
    (received,) = server.received
    assert received.recipients == [quoted]
    assert received.message.get_all("To") == [quoted]
    assert received.message["Bcc"] is None


def test_waiting_doubles_from_five_minutes_to_six_hours() -> None:
    minutes = [retry_delay(attempts) / timedelta(minutes=1) for attempts in (1, 2, 3, 7, 8, 99)]
    assert minutes == [5, 10, 20, 320, 360, 360]


def test_after_five_days_of_temporary_refusals_a_mail_is_given_up(
    store: Store, server: MailServer, clock: Hands
) -> None:
    server.recipient_answers = {ANN: ["451 4.3.2 Not now"]}
    queue(store, clock)
    attempts = 0
    while (waiting := waiting_deliveries(store)) and attempts < 100:
        attempts += 1
        clock.now = max(clock.now, waiting[0].next_attempt_at)
        deliver(store, server, clock)

    assert GIVE_UP_AFTER <= clock.now - MONDAY < GIVE_UP_AFTER + timedelta(hours=6)
    assert attempts < 40
    (failed,) = delivery_state(store, clock).failed
    assert (failed.last_error or "").startswith("given up after 5 days: ")


def test_a_server_that_is_down_puts_everything_off_and_costs_one_attempt(
    store: Store, certificate: Certificate, clock: Hands
) -> None:
    queue(store, clock)
    with run_server(certificate) as server:
        pass
    down = deliver(store, server, clock)
    assert (down.sent, down.failed, down.deferred, down.left) == (0, 0, 3, 3)
    assert "does not answer" in (down.unreachable or "")
    assert not down.ok
    assert deliver(store, server, clock) == Delivered(left=3)
    assert [one.attempts for one in waiting_deliveries(store)] == [1, 1, 1]

    with run_server(certificate) as server:
        clock.pass_by(timedelta(minutes=5))
        assert deliver(store, server, clock) == Delivered(sent=3)


def test_a_server_that_stays_down_for_five_days_fails_everything(
    store: Store, certificate: Certificate, clock: Hands
) -> None:
    queue(store, clock)
    with run_server(certificate) as server:
        pass
    deliver(store, server, clock)
    clock.pass_by(GIVE_UP_AFTER)

    done = deliver(store, server, clock)
    assert (done.failed, done.left) == (3, 0)
    problems = delivery_problems(store, a_config(), clock)
    assert sum("does not answer" in line for line in problems) >= 3

    with run_server(certificate) as server:
        assert run_requeue(store, clock) == 3
        assert deliver(store, server, clock) == Delivered(sent=3)


def test_a_wrong_password_and_an_unknown_certificate_end_the_run_and_lose_nothing(
    store: Store, server: MailServer, clock: Hands, tmp_path: Path
) -> None:
    queue(store, clock)
    wrong = deliver(store, server, clock, settings=server.settings(password="wrong"))
    assert "refuses the login: 535" in (wrong.unreachable or "")
    assert server.logins == 1

    clock.pass_by(timedelta(minutes=5))
    other = make_certificate(tmp_path)
    unknown = deliver(store, server, clock, settings=server.settings(ca_file=other.file))
    assert "MONITOR_SMTP_CA_FILE" in (unknown.unreachable or "")

    assert deliver(store, server, clock) == Delivered(left=3)
    run_requeue(store, clock)
    assert deliver(store, server, clock) == Delivered(sent=3)


def test_a_process_killed_while_it_sends_leaves_a_claim_that_is_taken_up_after_its_lease(
    store: Store, url: str, server: MailServer, clock: Hands
) -> None:
    clock.now = utc_now()  # which the process that is killed goes by
    queue(store, clock, FEEDS.replace(f"{ANN}, ", ""))
    server.hold.clear()
    environment = os.environ | server.environment() | {"MONITOR_DATABASE_URL": url}
    command = [sys.executable, "-m", "monitor", "deliver"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert server.holding.wait(30), process.communicate()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.hold.set()
    clock.now = utc_now()

    state = delivery_state(store, clock)
    assert (state.queued, state.claimed, state.sent) == (1, 1, 0)
    assert deliver(store, server, clock) == Delivered(sent=1, left=1)
    clock.pass_by(LEASE)
    (problem,) = (line for line in delivery_problems(store, a_config(), clock) if BOB in line)
    assert "began to send it and never ended" in problem
    assert deliver(store, server, clock) == Delivered(sent=1)
    assert sorted(server.recipients) == [BOB, CY]


def test_what_a_killed_process_did_not_erase_is_erased_by_the_next(
    store: Store, server: MailServer, clock: Hands
) -> None:
    queue(store, clock, f"sources: []\nlists: {{team: {{recipients: [{ANN}]}}}}\n")
    with store.writing() as session:
        claimed = claim(session, "killed", clock(), LEASE)
        assert claimed is not None
        mark_sent(session, claimed, clock())

    assert deliver(store, server, clock) == Delivered()
    with store.reading() as session:
        assert not keeps_delivered(session)
    assert server.received == []


def test_workers_side_by_side_send_each_mail_once(
    store: Store, url: str, server: MailServer, clock: Hands
) -> None:
    many = ", ".join(f"reader{number}@council.example" for number in range(12))
    queue(store, clock, f"sources: []\nlists:\n  team: {{recipients: [{many}]}}\n")
    done: list[Delivered] = []

    def work(name: str) -> None:
        own = open_store(url)
        done.append(deliver(own, server, clock, worker=name))
        own.close()

    threads = [threading.Thread(target=work, args=(f"worker {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.sent for one in done) == 12
    assert len(server.recipients) == len(set(server.recipients)) == 12


class _LocksTheDatabase:
    """A deliverer after whose sending another process holds the database for a while."""

    def __init__(self, store: Store) -> None:
        self.other = store
        self.sent: list[OutgoingMail] = []
        self.release = threading.Event()
        self.locked = threading.Event()
        self.threads: list[threading.Thread] = []

    def open(self) -> None:
        pass

    def send(self, mail: OutgoingMail) -> None:
        self.sent.append(mail)
        self.threads.append(threading.Thread(target=self._hold))
        self.threads[-1].start()
        self.locked.wait(10)

    def close(self) -> None:
        self.release.set()
        for thread in self.threads:
            thread.join()

    def _hold(self) -> None:
        with self.other.writing():
            self.locked.set()
            self.release.wait(10)


def test_a_mail_that_has_gone_is_marked_as_soon_as_a_busy_database_allows(
    store: Store, url: str, clock: Hands
) -> None:
    queue(store, clock, f"sources: []\nlists: {{team: {{recipients: [{ANN}]}}}}\n")
    impatient = open_store(url, busy_seconds=0.2)
    deliverer = _LocksTheDatabase(store)
    timer = threading.Timer(0.3, deliverer.release.set)  # the first wait is over by then, the last is not
    timer.start()
    assert MARK_ATTEMPTS * 0.2 > 0.3

    assert run_deliver(impatient, deliverer, clock, "one") == Delivered(sent=1)
    impatient.close()
    timer.join()


def test_a_mail_whose_mark_is_impossible_keeps_its_claim(store: Store, url: str, clock: Hands) -> None:
    queue(store, clock, f"sources: []\nlists: {{team: {{recipients: [{ANN}]}}}}\n")
    impatient = open_store(url, busy_seconds=0.02)
    with pytest.raises(StoreError, match="locked by another process"):
        run_deliver(impatient, _LocksTheDatabase(store), clock, "one")
    impatient.close()

    state = delivery_state(store, clock)
    assert (state.queued, state.claimed) == (0, 1)


def test_an_address_that_no_server_takes_fails_alone(store: Store, server: MailServer, clock: Hands) -> None:
    queue(store, clock, FEEDS.replace(ANN, "jürgen@council.example"))
    assert deliver(store, server, clock) == Delivered(sent=2, failed=1)


def poll(store: Store, at: datetime) -> None:
    source = Source("gazette", "https://gazette.example/rss", Outlet("Gazette"))
    with store.writing() as session:
        ensure_source(session, source)
        record_poll(session, source.id, PollRecord(at, 0.1, "ok", 200))


def test_a_missed_report_raises_an_alarm_once_it_is_late(
    store: Store, server: MailServer, clock: Hands
) -> None:
    poll(store, MONDAY - timedelta(days=5))
    clock.now = datetime(2026, 11, 16, 7, 49, tzinfo=UTC)
    assert delivery_problems(store, a_config(), clock) == []

    clock.pass_by(timedelta(minutes=1))
    missed = "the report of 2026-W46 is missed; run: monitor report --queue --week 2026-W46"
    assert delivery_problems(store, a_config(), clock) == [f"lists.team: {missed}", f"lists.press: {missed}"]

    queue(store, clock)
    assert [line.partition("(")[2] for line in delivery_problems(store, a_config(), clock)] == [
        "nothing has tried to send it); run: monitor deliver"
    ] * 2
    deliver(store, server, clock)
    assert delivery_problems(store, a_config(), clock) == []


def test_a_missed_month_raises_an_alarm_for_the_lists_that_ask_for_months(
    store: Store, server: MailServer, clock: Hands
) -> None:
    config = a_config(FEEDS.replace(f"[{CY}]", f"[{CY}], monthly: true"))
    week = Week(2026, 48)
    clock.now = datetime(2026, 11, 30, 7, 50, tzinfo=UTC)
    poll(store, clock.now - timedelta(days=5))
    enqueue_report(store, config, week, a_report(), clock)
    deliver(store, server, clock)
    missed = "lists.press: the report of 2026-11 is missed; run: monitor report --queue --month 2026-11"
    assert delivery_problems(store, config, clock) == [missed]
    assert delivery_problems(store, config, lambda: clock.now - timedelta(minutes=1)) == []

    enqueue_report(store, config, week, a_report(), clock, kind=MONTHLY)
    (problem,) = delivery_problems(store, config, clock)
    assert problem.startswith("lists.press: the report of 2026-11 has reached nobody (")
    deliver(store, server, clock)
    assert delivery_problems(store, config, clock) == []


def test_who_asks_for_months_after_the_last_was_reported_has_missed_none(store: Store, clock: Hands) -> None:
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    poll(store, clock.now - timedelta(days=20))
    with store.writing() as session:
        mark_report(session, "2026-11", clock.now)
    config = a_config(FEEDS.replace(f"[{CY}]", f"[{CY}], monthly: true"))
    assert not any("2026-11 is" in line for line in delivery_problems(store, config, clock))


def test_no_report_is_missed_of_a_week_before_anything_was_collected(store: Store, clock: Hands) -> None:
    clock.pass_by(timedelta(days=2))
    assert delivery_problems(store, a_config(), clock) == []
    poll(store, clock.now)
    assert delivery_problems(store, a_config(), clock) == []


def test_a_report_without_lists_queues_nothing(store: Store, clock: Hands) -> None:
    assert queue(store, clock, "sources: []\n") == 0
    assert waiting_deliveries(store) == []
