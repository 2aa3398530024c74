"""Deliver: what the outbox holds goes out, one mail to each recipient.

Claim, commit; send; mark, commit. Nothing stands between the server's 250 and the commit that records it, so
that only a crash in that instant can bring a mail twice. Logs name mails, never recipients.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import structlog

from monitor.clock import Clock, Week
from monitor.config.load import Config, MailingList
from monitor.deliver.base import Deliverer, OutgoingMail
from monitor.deliver.folder import FolderDeliverer
from monitor.deliver.message import address_to, prepare_for_list, read_message
from monitor.deliver.unsubscribe import Links, Subscription
from monitor.errors import DeliveryError, StoreError
from monitor.pipeline.due import ALARM_AFTER, due_month, due_report
from monitor.store.health import first_poll_at
from monitor.store.jobs import report_made
from monitor.store.open import Store
from monitor.store.outbox import (
    Claimed,
    Delivery,
    ListMail,
    OutboxState,
    claim,
    contents,
    deliveries,
    due,
    enqueue,
    erase_delivered,
    keeps_delivered,
    mark_failed,
    mark_sent,
    outbox_state,
    postpone_due,
    requeue,
    week_mails,
)
from monitor.store.subscriptions import still_subscribed, withdraw_if_left

log = structlog.get_logger()

WEEKLY, MONTHLY = "weekly", "monthly"
LEASE = timedelta(minutes=45)
"""Longer than sending one mail can take: its commands a minute each, its content ten minutes a step."""
FIRST_RETRY = timedelta(minutes=5)
LAST_RETRY = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=5)
"""Counted from the first attempt, as RFC 5321, 4.5.4.1, advises."""
MARK_ATTEMPTS = 5
"""How often to wait for a busy database with the news that a mail has gone."""
SPAN = timedelta(days=28)
"""How far back the state of the outbox tells of what was sent and what failed."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a run of deliveries did."""

    sent: int = 0
    failed: int = 0
    """Given up for good in this run."""
    deferred: int = 0
    """Refused for the time being; tried again later."""
    left: int = 0
    """Not sent yet when the run ended, the deferred ones included."""
    unreachable: str | None = None
    """Why the server could not be used at all, where that ended the run."""

    @property
    def ok(self) -> bool:
        """Whether the server could be used and refused nobody for good."""
        return not self.failed and self.unreachable is None

    def as_json(self) -> dict[str, object]:
        """Return the answer of ``monitor deliver --json``."""
        return asdict(self)


def enqueue_report(
    store: Store,
    config: Config,
    week: Week,
    eml: bytes,
    clock: Clock,
    *,
    kind: str = WEEKLY,
    own: Mapping[str, bytes] = MappingProxyType({}),
) -> int:
    """Queue the report of a week for every list of feeds.yaml; return how many deliveries are new.

    Running it again queues only recipients who were added since.

    Args:
        week: the last that it is of.
        eml: the mail of the whole report.
        own: the mails of the lists that get another, by their names; see `monitor.pipeline.listmail`.
        kind: a `MONTHLY` one goes only to the lists that ask for it.
    """
    queued = 0
    with store.writing() as session:
        for one in config.lists:
            if kind == MONTHLY and not one.monthly:
                continue
            content = prepare_for_list(own.get(one.name, eml), config.contact)
            subject = str(read_message(content)["Subject"] or "")
            mail = ListMail(one.name, kind, week, subject, content)
            queued += enqueue(session, mail, still_subscribed(session, one.name, one.recipients), clock())
    log.info("report queued", week=str(week), lists=len(config.lists), deliveries=queued)
    return queued


def run_deliver(
    store: Store,
    deliverer: Deliverer,
    clock: Clock,
    worker: str,
    say: Callable[[str], None] = lambda line: None,
    links: Links | None = None,
) -> Delivered:
    """Send what is due, one mail at a time, until nothing is.

    Where the server cannot be used at all, everything due waits, and the run ends. Several processes may
    deliver from one outbox.

    Args:
        worker: who claims, as ``monitor status`` shows it after a crash.
        say: hears a line for each mail that was not sent.
        links: makes the address in each mail at which its recipient leaves the list; None leaves the mailto.
    """
    counts = {"sent": 0, "failed": 0, "deferred": 0}
    unreachable: str | None = None
    try:
        while _anything_due(store, clock):
            try:
                deliverer.open()
            except DeliveryError as error:
                unreachable = str(error)
                _postpone(store, clock, unreachable, counts)
                break
            claimed = _claim(store, clock, worker)
            if claimed is not None:
                counts[_deliver(store, deliverer, clock, claimed, say, links)] += 1
    finally:
        deliverer.close()
    with store.reading() as session:
        left = len(deliveries(session, ["queued", "claimed"]))
        done_with = keeps_delivered(session)  # by this run, or by one that was killed before it erased them
    if done_with:
        with store.writing() as session:
            erase_delivered(session)
    return Delivered(**counts, left=left, unreachable=unreachable)


def waiting_deliveries(store: Store) -> list[Delivery]:
    """Return what is not sent yet, in the order in which it is tried."""
    with store.reading() as session:
        return deliveries(session, ["queued", "claimed"])


def write_waiting(
    store: Store, folder: FolderDeliverer, say: Callable[[str], None], links: Links | None = None
) -> list[Path]:
    """Write what is not sent yet into a folder, as it would go; all of it waits as before.

    Args:
        say: hears a line for each recipient whose address no mail server takes.
        links: as in `run_deliver`.

    Raises:
        DeliveryError: the folder cannot be written to.
    """
    with store.reading() as session:
        waiting = deliveries(session, ["queued", "claimed"])
        content = contents(session, {one.key for one in waiting})
    folder.open()
    written: list[Path] = []
    for one in waiting:
        try:
            mail = _addressed(content[one.key], one.key, one.recipient, links)
        except DeliveryError as error:
            say(f"{one.key}: would fail: {error}")
            continue
        folder.send(mail)
        written.append(folder.file(mail))
    return written


def run_requeue(store: Store, clock: Clock) -> int:
    """Make all that waits or has failed due at once; return how many deliveries that are."""
    with store.writing() as session:
        return requeue(session, clock())


def delivery_state(store: Store, clock: Clock) -> OutboxState:
    """Return how the outbox stands, and what came of the last four weeks."""
    with store.reading() as session:
        return outbox_state(session, clock(), clock() - SPAN)


def delivery_problems(store: Store, config: Config, clock: Clock) -> list[str]:
    """Return what is wrong, a line each with its remedy: crashes, failures, missed reports.

    A week or month that ended before anything was polled here has no report to miss.
    """
    now = clock()
    week = due_report(now - ALARM_AFTER, config.report_at).week
    month, last = due_month(now - ALARM_AFTER, config.report_at)
    with store.reading() as session:
        state = outbox_state(session, now, now - SPAN)
        began = first_poll_at(session)
        lists = [one for one in config.lists if still_subscribed(session, one.name, one.recipients)]
        weekly, monthly = week_mails(session, WEEKLY, week), week_mails(session, MONTHLY, last)
        made = report_made(session, month)
    # Who asks for months after the last one was reported has missed nothing.
    of_months = [one for one in lists if one.monthly and (one.name in monthly or not made)]
    return [
        *(_overdue(one) for one in state.overdue),
        *(_failed(one) for one in state.failed),
        *_missed(lists if _ran(began, week) else (), week, weekly),
        *_missed(of_months if _ran(began, last) else (), month, monthly),
    ]


def _ran(began: datetime | None, week: Week) -> bool:
    """Tell whether anything was polled here before a week ended."""
    return began is not None and began < week.bounds()[1]


def _anything_due(store: Store, clock: Clock) -> bool:
    with store.reading() as session:
        return due(session, clock()).deliveries > 0


def _claim(store: Store, clock: Clock, worker: str) -> Claimed | None:
    with store.writing() as session:
        claimed = claim(session, worker, clock(), LEASE)
        if claimed is not None and withdraw_if_left(session, claimed.id):
            return None
        return claimed


def list_of(key: str) -> str:
    """Return the list that a mail's key ``list/kind/2026-W46`` begins with."""
    return key.rsplit("/", 2)[0]


def _deliver(
    store: Store,
    deliverer: Deliverer,
    clock: Clock,
    claimed: Claimed,
    say: Callable[[str], None],
    links: Links | None,
) -> str:
    """Send one mail, and return under what it counts."""
    try:
        deliverer.send(_addressed(claimed.content, claimed.key, claimed.recipient, links))
    except DeliveryError as error:
        return _record_failure(store, clock, claimed, error, say)
    _record_sent(store, clock, claimed)
    log.info("mail sent", mail=claimed.key, delivery=claimed.id, attempts=claimed.attempts)
    return "sent"


def _addressed(content: bytes, key: str, recipient: str, links: Links | None) -> OutgoingMail:
    leave = None if links is None else links.link(Subscription(list_of(key), recipient))
    return address_to(content, key, recipient, leave)


def _record_sent(store: Store, clock: Clock, claimed: Claimed) -> None:
    """Mark a mail that has gone; a busy database must not make it go twice, so ask again."""
    for attempt in range(1, MARK_ATTEMPTS + 1):
        try:
            with store.writing() as session:
                mark_sent(session, claimed, clock())
        except StoreError:
            if attempt == MARK_ATTEMPTS:
                log.error("mail sent but not marked", mail=claimed.key, delivery=claimed.id)
                raise
        else:
            return


def _record_failure(
    store: Store, clock: Clock, claimed: Claimed, error: DeliveryError, say: Callable[[str], None]
) -> str:
    now, reason = clock(), str(error)
    next_attempt_at: datetime | None = None
    if now - claimed.first_attempt_at >= GIVE_UP_AFTER and not error.permanent:
        reason = f"given up after {GIVE_UP_AFTER.days} days: {reason}"
    elif not error.permanent:
        next_attempt_at = now + retry_delay(claimed.attempts)
    with store.writing() as session:
        mark_failed(session, claimed, reason, next_attempt_at)
    outcome = "failed" if next_attempt_at is None else "deferred"
    log.info("mail not sent", mail=claimed.key, delivery=claimed.id, outcome=outcome)
    say(f"{claimed.recipient}: {claimed.key}: {outcome}: {reason}")
    return outcome


def _postpone(store: Store, clock: Clock, reason: str, counts: dict[str, int]) -> None:
    now = clock()
    with store.writing() as session:
        found = due(session, now)
        later = now + retry_delay(found.attempts + 1)
        failed = postpone_due(session, now, reason, later, give_up_after=GIVE_UP_AFTER)
    counts["failed"] += failed
    counts["deferred"] += found.deliveries - failed
    log.info("mail server cannot be used", deferred=found.deliveries - failed, failed=failed)


def retry_delay(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: five minutes, doubling up to six hours."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 20)), LAST_RETRY)


def _overdue(one: Delivery) -> str:
    return (
        f"outbox: {one.key} to {one.recipient}: {one.claimed_by} began to send it and never ended; "
        "it may have arrived, and is sent again by: monitor deliver"
    )


def _failed(one: Delivery) -> str:
    return (
        f"outbox: {one.key} to {one.recipient}: failed: {one.last_error}; "
        "mend the cause, then run: monitor deliver --retry"
    )


def _missed(
    lists: Sequence[MailingList], period: Week | str, mails: dict[str, list[Delivery]]
) -> Iterator[str]:
    option = "--week" if isinstance(period, Week) else "--month"
    for one in lists:
        found = mails.get(one.name, [])
        errors = [delivery.last_error for delivery in found if delivery.last_error]
        report = f"lists.{one.name}: the report of {period}"
        if not found:
            yield f"{report} is missed; run: monitor report --queue {option} {period}"
        elif all(delivery.state != "sent" for delivery in found):
            why = errors[0] if errors else "nothing has tried to send it"
            yield f"{report} has reached nobody ({why}); run: monitor deliver"
