"""Collect: poll the sources that are due, and store what they give."""

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog

from monitor.clock import Clock
from monitor.collect.policy import next_poll
from monitor.collect.poll import Collected, check_source, collect_sources, open_web
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.label.passages import excerpt, worth_reading
from monitor.pipeline.worker import is_gone, new_worker
from monitor.store.intake import add_items, known_urls
from monitor.store.open import Store
from monitor.store.polls import (
    ensure_source,
    lease_due,
    lease_holders,
    poll_state,
    record_poll,
    release_leases,
    renew_leases,
)
from monitor.types import Intake, Item, PollRecord, PollState, Rejected, Source, Validators

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

    try:
        work = _collect(store, config, sources, clock, keep)
        asyncio.run(_watched(work, store, worker, clock, stop or threading.Event()))
    finally:
        if len(outcomes) < len(sources):
            with store.writing() as session:
                release_leases(session, worker)
    return outcomes


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
        for source in sources:
            ensure_source(session, source)
        now = clock()
        void = [holder for holder in lease_holders(session, keys, now) if is_gone(holder)]
        due = set(lease_due(session, keys, now, LEASE, worker, void=void, force=force))
        states = [(source, poll_state(session, source.id)) for source in sources if source.id in due]
    return [(source, _forgetful(state) if force else state) for source, state in states]


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
            return item.url not in known_urls(session, [item.url])

    states = {source.id: state for source, state in jobs}
    async with (
        open_web(config.contact, clock) as web,
        aclosing(collect_sources(web, jobs, wants_page=wants_page)) as answers,
    ):
        async for collected in answers:
            say(_store(store, config, collected, states[collected.source.id], clock))


def _store(
    store: Store, config: Config, collected: Collected, state: PollState, clock: Clock
) -> SourceOutcome:
    source = collected.source
    entries = [kept_text(entry, config.text) for entry in collected.entries]
    due = next_poll(
        state,
        collected.outcome,
        now=clock(),
        retry_after=collected.retry_after,
        random=random.random,
    )
    with store.writing() as session:
        intake = add_items(session, source, entries, collected.started_at)
        record = PollRecord(
            started_at=collected.started_at,
            seconds=collected.seconds,
            outcome=collected.outcome,
            status=collected.status,
            error=collected.error,
            intake=intake,
            validators=collected.validators,
            body_hash=collected.body_hash,
            next_poll_at=due,
        )
        record_poll(session, source.id, record)
    log.info(
        "source collected",
        source=source.id,
        outcome=collected.outcome,
        status=collected.status,
        error=collected.error,
        new=intake.new,
        revised=intake.revised,
        rejected=intake.rejected,
        seconds=round(collected.seconds, 2),
    )
    return SourceOutcome(source.id, collected.outcome, collected.error, intake)


def kept_text(entry: Item | Rejected, policy: str) -> Item | Rejected:
    """Return the entry with no more text than the policy of feeds.yaml lets us keep.

    ``passages`` keeps the title, the summary and the passages around social work; ``none`` the title and
    the summary; ``full`` everything.
    """
    if isinstance(entry, Rejected) or policy == "full" or not entry.text:
        return entry
    return replace(entry, text=excerpt(entry.text) if policy == "passages" else "")


def run_source_check(config: Config, clock: Clock, say: Callable[[str, bool, str], None]) -> dict[str, bool]:
    """Ask every address of feeds.yaml, enabled or not, whether it answers with a feed; store nothing.

    Returns:
        source id to whether it does; ``say`` hears each finding as it comes.
    """
    return asyncio.run(_check_sources(config, clock, say))


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
