"""Collect: poll the sources that are due, and store what they give."""

import asyncio
import gc
import random
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import httpx
import structlog
from sqlalchemy.orm import Session

from monitor.clock import Clock
from monitor.collect import loop
from monitor.collect.outage import network_is_down
from monitor.collect.policy import address_after, learn, next_poll, seen_from
from monitor.collect.poll import Collected, check_source, collect_batches
from monitor.collect.rawfile import RawArchive
from monitor.collect.web import open_web
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.label.passages import excerpt, worth_reading
from monitor.pipeline.hosts import asked_before, may_still_ask, rest_hosts
from monitor.pipeline.raw import keep_answers
from monitor.pipeline.worker import is_gone, new_worker
from monitor.store.intake import add_items, known_urls
from monitor.store.open import Store
from monitor.store.polls import (
    ensure_sources,
    lease_due,
    lease_holders,
    poll_states,
    record_polls,
    release_leases,
    renew_leases,
)
from monitor.store.quarantine import due_for_release, quarantine, release
from monitor.store.sketches import sketch
from monitor.store.tombstones import is_forgotten_url
from monitor.types import Intake, Item, Pace, PollRecord, PollState, Rejected, Source, Validators

log = structlog.get_logger()

LEASE = timedelta(minutes=10)
"""For so long a source is left to the process that polls it; renewed while that one lives."""
_WATCH_SECONDS = 0.25
"""How often a run looks whether it is to stop."""


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """What one poll came to, after it was stored."""

    source: str
    outcome: str
    error: str | None
    intake: Intake
    status: int | None = None
    seconds: float = 0.0

    def as_json(self) -> dict[str, object]:
        """Return the source's part of the answer of ``monitor collect --json``."""
        return {"source": self.source, "outcome": self.outcome, "error": self.error, **self.intake.as_json()}


def run_collect(
    store: Store,
    config: Config,
    clock: Clock,
    *,
    only: Sequence[str] = (),
    force: bool = False,
    say: Callable[[SourceOutcome], None] = lambda outcome: None,
    stop: threading.Event | None = None,
) -> list[SourceOutcome]:
    """Poll each source that is due, once, and store every answer as it comes.

    Each is leased before it is polled, so that several processes on one database share the work.

    Args:
        only: source ids to poll, enabled or not; empty for all that are enabled.
        force: poll whether due or not, and ask for the whole answer.
        stop: once set, what is under way is given up within a second; what was stored stays.

    Raises:
        UsageError: an id in ``only`` is not in feeds.yaml.
    """
    worker = new_worker()
    sources = _take_due(store, _chosen(config, only), clock, worker, force=force)
    outcomes: list[SourceOutcome] = []
    if not sources:
        return outcomes

    def keep(outcome: SourceOutcome) -> None:
        outcomes.append(outcome)
        say(outcome)

    _spare_collector()
    try:
        work = _collect(store, config, sources, clock, keep)
        loop.run(_watched(work, store, worker, clock, stop or threading.Event()))
    finally:
        if len(outcomes) < len(sources):
            with store.writing() as session:
                release_leases(session, worker)
    return outcomes


@cache
def _spare_collector() -> None:
    """Let the garbage collector pass over what is loaded by now, which is no garbage: a tenth faster.

    Once in a process: in a daemon each time would also set aside what other jobs are about to drop, and, with
    sources polled all the time, hardly any of it would ever be collected.
    """
    gc.freeze()


async def _watched(
    work: Coroutine[Any, Any, None], store: Store, worker: str, clock: Clock, stop: threading.Event
) -> None:
    """Do the work and keep its leases alive, until it is done or is to stop."""
    task = asyncio.create_task(work)
    renewed = asyncio.get_running_loop().time()
    while not task.done() and not stop.is_set():
        await asyncio.wait([task], timeout=_WATCH_SECONDS)
        if asyncio.get_running_loop().time() - renewed > LEASE.total_seconds() / 3:
            renewed = asyncio.get_running_loop().time()
            with store.writing() as session:
                renew_leases(session, worker, clock() + LEASE)
    if not task.done():
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def _chosen(config: Config, only: Sequence[str]) -> list[Source]:
    by_id = {source.id: source for source in config.sources}
    unknown = [source_id for source_id in only if source_id not in by_id]
    if unknown:
        name = config.path or "feeds.yaml"
        raise UsageError(f"no source {unknown[0]!r} in {name}; monitor status lists those there are")
    return [by_id[source_id] for source_id in dict.fromkeys(only)] or list(config.enabled_sources())


def _take_due(
    store: Store, sources: Sequence[Source], clock: Clock, worker: str, *, force: bool
) -> list[tuple[Source, PollState]]:
    keys = [source.id for source in sources]
    with store.writing() as session:
        ensure_sources(session, sources)
        now = clock()
        void = [holder for holder in lease_holders(session, keys, now) if is_gone(holder)]
        due = lease_due(session, keys, now, LEASE, worker, void=void, force=force)
        states = poll_states(session, due)
    known = [(source, states[source.id]) for source in sources if source.id in states]
    return [(source, _forgetful(state) if force else state) for source, state in known]


def _forgetful(state: PollState) -> PollState:
    """Return the state without what would let an answer be left out or left unread."""
    return replace(state, validators=Validators(), body_hash=None)


async def _collect(
    store: Store,
    config: Config,
    jobs: Sequence[tuple[Source, PollState]],
    clock: Clock,
    say: Callable[[SourceOutcome], None],
) -> None:
    def wants_page(item: Item) -> bool:
        if not item.url or not worth_reading(item.title, item.summary):
            return False
        with store.reading() as session:
            known = item.url in known_urls(session, [item.url])
            return not known and not is_forgotten_url(session, item.url)

    archive = RawArchive(config.raw, clock) if config.raw else None

    def store_batch(batch: Sequence[Collected], blameless: bool) -> list[SourceOutcome]:
        keep_answers(store, archive, batch)
        return _store(store, config, batch, states, clock, blameless=blameless)

    async def keep(batch: Sequence[Collected], *, blameless: bool = False) -> None:
        # In a thread: while another process writes, the requests under way must not time out. What has been
        # stored is told, also by a run that is to stop.
        storing = asyncio.ensure_future(asyncio.to_thread(store_batch, batch, blameless))
        try:
            await asyncio.shield(storing)
        finally:
            for outcome in await storing:
                say(outcome)

    _release(store, clock)
    states = {source.id: state for source, state in jobs}
    unreachable: list[Collected] = []

    def may_ask(source: Source) -> bool:
        return may_still_ask(store, source, clock())

    async with (
        open_web(config.contact, clock, keeps_raw=archive is not None, may_ask=may_ask) as web,
        aclosing(collect_batches(web, jobs, wants_page=wants_page)) as batches,
    ):
        async for batch in batches:
            # Whether it is the source or our own network that is down shows when another one answers.
            unreachable += [collected for collected in batch if collected.unreachable]
            reached = [collected for collected in batch if not collected.unreachable]
            if any(collected.status is not None for collected in reached):
                reached, unreachable = [*unreachable, *reached], []
            await keep(reached)
        if unreachable:
            down = await network_is_down([one.source for one in unreachable], config.enabled_sources())
            await keep(unreachable, blameless=down)


def _release(store: Store, clock: Clock) -> None:
    """Take in what was kept back for its date."""
    with store.reading() as session:
        if not due_for_release(session, clock()):
            return
    with store.writing() as session:
        release_kept_back(session, clock())


def release_kept_back(session: Session, now: datetime) -> None:
    """Store the items that were dated ahead and whose day has come."""
    for source, items in release(session, now):
        add_items(session, source, items, now)


def _store(
    store: Store,
    config: Config,
    batch: Sequence[Collected],
    states: Mapping[str, PollState],
    clock: Clock,
    *,
    blameless: bool,
) -> list[SourceOutcome]:
    if not batch:
        return []
    outcomes: list[SourceOutcome] = []
    with store.writing() as session:
        records: list[tuple[str, PollRecord]] = []
        for collected in batch:
            intake = Intake()
            if collected.entries:
                source, at = collected.source, collected.started_at
                intake = take_in(session, config, source, collected.entries, at)
            state = states[collected.source.id]
            records.append((collected.source.id, _record(collected, state, intake, clock(), blameless)))
            outcomes.append(_outcome(collected, intake))
        before = asked_before(session, batch)
        record_polls(session, records)
        rest_hosts(session, config, batch, states, before, clock())
    for collected, outcome in zip(batch, outcomes, strict=True):
        _tell(collected, outcome.intake)
    return outcomes


def _outcome(collected: Collected, intake: Intake) -> SourceOutcome:
    source, error = collected.source.id, collected.error
    return SourceOutcome(source, collected.outcome, error, intake, collected.status, collected.seconds)


def take_in(
    session: Session, config: Config, source: Source, entries: Sequence[Item | Rejected], at: datetime
) -> Intake:
    """Store the entries of a poll that began at some time, and keep back those dated too far ahead."""
    entries = [kept_text(entry, config.text) for entry in entries]
    early = [entry.item for entry in entries if isinstance(entry, Rejected) and entry.item is not None]
    if early:
        quarantine(session, source, early, at)
    return add_items(session, source, entries, at)


def _record(
    collected: Collected, state: PollState, intake: Intake, now: datetime, blameless: bool
) -> PollRecord:
    """Return what is recorded of a poll, with what it taught of its source."""
    record = PollRecord(
        started_at=collected.started_at,
        seconds=collected.seconds,
        outcome=collected.outcome,
        status=collected.status,
        error=collected.error,
        intake=intake,
        validators=collected.validators,
        body_hash=collected.body_hash,
        asked=collected.asked,
        blameless=blameless,
    )
    if collected.outcome == "failed":
        gone = state.gone + 1 if collected.status == httpx.codes.GONE else 0
        after = replace(state, gone=state.gone if blameless else gone)
    else:
        after = replace(state, gone=0, pace=learn(state, collected.seen, collected.started_at))
        record = _with_lessons(record, collected, state, after.pace)
    due = next_poll(
        after,
        collected.outcome,
        now=now,
        retry_after=collected.retry_after,
        max_age=collected.max_age,
        blameless=blameless,
        random=random.random,
    )
    return replace(record, next_poll_at=due)


def _with_lessons(record: PollRecord, collected: Collected, state: PollState, pace: Pace) -> PollRecord:
    at, own = collected.started_at, collected.source.url
    moved_to, move = address_after(state, own, collected.asked, collected.led_to, at)
    return replace(
        record,
        pace=pace,
        marks=collected.marks,
        fresh=collected.seen.fresh,
        seen_from=seen_from(state, collected.seen, at),
        move=move,
        moved_to=moved_to,
    )


def _tell(collected: Collected, intake: Intake) -> None:
    log.info(
        "source collected",
        source=collected.source.id,
        outcome=collected.outcome,
        status=collected.status,
        error=collected.error,
        new=intake.new,
        revised=intake.revised,
        rejected=intake.rejected,
        seconds=round(collected.seconds, 2),
    )


def kept_text(entry: Item | Rejected, policy: str) -> Item | Rejected:
    """Return the entry with no more text than the policy of feeds.yaml lets us keep.

    ``passages`` keeps the title, the summary and the passages around social work; ``none`` the title and
    the summary; ``full`` everything. What is cut stays in the item's sketch, which holds no word of it.
    """
    if isinstance(entry, Rejected):
        item = entry.item and kept_text(entry.item, policy)
        return replace(entry, item=item) if isinstance(item, Item) else entry
    if policy == "full" or not entry.text:
        return entry
    kept = excerpt(entry.text) if policy == "passages" else ""
    return replace(entry, text=kept, sketch=sketch(entry))


def run_source_check(config: Config, clock: Clock, say: Callable[[str, bool, str], None]) -> dict[str, bool]:
    """Ask every address of feeds.yaml, enabled or not, whether it answers with a feed; store nothing.

    Returns:
        source id to whether it does; ``say`` hears each finding as it comes.
    """
    return loop.run(_check_sources(config, clock, say))


async def _check_sources(
    config: Config, clock: Clock, say: Callable[[str, bool, str], None]
) -> dict[str, bool]:
    found: dict[str, bool] = {}
    async with open_web(config.contact, clock) as web:

        async def check(source: Source) -> None:
            answers, finding = await check_source(web, source)
            found[source.id] = answers
            say(source.id, answers, finding)

        async with asyncio.TaskGroup() as group:
            for source in config.sources:
                group.create_task(check(source))
    return found
