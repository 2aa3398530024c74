"""Poll sources: their feeds, and the article pages that these link to.

``collect_sources`` is the stage: it asks each source for its feed, conditionally, and yields what came of
it. A source that fails is a value too; only bugs raise.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TypeGuard

import httpx

from monitor.clock import stopwatch
from monitor.collect.feeds import MOST_BYTES, Feed
from monitor.collect.feedxml import decode_feed
from monitor.collect.guard import host_port
from monitor.collect.http import Fetched, fetch
from monitor.collect.marks import count_fresh, marks_of
from monitor.collect.newsitemap import children, kind_of, unzipped
from monitor.collect.pages import Pages, WantsPage
from monitor.collect.policy import Seen, address_of, asks_conditionally, take_turns
from monitor.collect.rawfile import Recording
from monitor.collect.spacing import HostRestsError
from monitor.collect.web import Web, wait_asked
from monitor.errors import FetchError, SourceError
from monitor.types import Item, PollOutcome, PollState, Rejected, Source, Validators

_SOURCES_PER_REQUEST = 4
"""Sources at work for each request under way; the others wait for their host or for the extractor."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of one poll; without entries unless the outcome is ``ok``.

    ``seconds`` holds the waits for the host's turn too; ``retry_after`` and ``max_age`` are in seconds.
    """

    source: Source
    entries: tuple[Item | Rejected, ...]
    outcome: PollOutcome
    status: int | None
    error: str | None
    validators: Validators
    body_hash: str | None
    seconds: float
    started_at: datetime
    retry_after: float | None = None
    asked: str = ""
    """The address that was polled, the source's own or the one that it has moved to."""
    led_to: str | None = None
    """Where permanent redirects led from there."""
    max_age: float = 0.0
    seen: Seen = field(default_factory=Seen)
    marks: bytes | None = None
    """See `monitor.collect.marks`; None where no body was read."""
    unreachable: bool = False
    """No server could be asked."""
    raw: bytes = b""
    """What was answered, as records of a WARC file, where that is kept."""
    busy_host: str | None = None
    """The host that asked to be left alone for ``retry_after``; of a trusted source there is none."""


async def collect_sources(
    web: Web, jobs: Iterable[tuple[Source, PollState]], *, wants_page: WantsPage
) -> AsyncGenerator[Collected, None]:
    """Poll every source and yield each as it is done, not in order; see `collect_batches`."""
    async with aclosing(collect_batches(web, jobs, wants_page=wants_page)) as batches:
        async for batch in batches:
            for collected in batch:
                yield collected


async def collect_batches(
    web: Web, jobs: Iterable[tuple[Source, PollState]], *, wants_page: WantsPage
) -> AsyncGenerator[list[Collected], None]:
    """Poll every source and yield what is done, together what was done meanwhile, not in order.

    Hosts take turns, so that many sources on one of them do not hold up the others; of one host those that
    failed last time come last, so that they keep none of the others waiting. A source whose host rests is
    left out. Whoever leaves the loop early closes the generator (``contextlib.aclosing``); that stops what
    is under way.
    """
    hopeful = sorted(jobs, key=lambda job: job[1].failures > 0)
    waiting = iter(take_turns(hopeful, lambda job: host_of(*job)))
    running: set[asyncio.Task[Collected | None]] = set()
    done: set[asyncio.Task[Collected | None]] = set()
    try:
        while True:
            free = web.at_once * _SOURCES_PER_REQUEST - len(running)
            for source, state in islice(waiting, free):
                running.add(asyncio.create_task(collect_source(web, source, state, wants_page=wants_page)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            batch, done = [result for task in done if (result := task.result()) is not None], set()
            yield batch
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *done, return_exceptions=True)


def host_of(source: Source, state: PollState) -> str:
    """Return the host that a source is polled at; of what is no address, the whole of it."""
    address = address_of(source.url, state)
    try:
        return host_port(address)
    except FetchError:
        return address


async def collect_source(
    web: Web, source: Source, state: PollState, *, wants_page: WantsPage
) -> Collected | None:
    """Poll one source; what goes wrong with it is told in the outcome, and never raised.

    None where nothing was asked: its host has asked us to wait.

    Args:
        web: from `open_web`.
        source: whose feed to get.
        state: what its last poll left.
        wants_page: is asked for each item whose source has ``pages``.
    """
    started_at, seconds = web.clock(), stopwatch()
    address = address_of(source.url, state)
    feed: Fetched | None = None
    recording = Recording(web.keeps_raw)
    try:
        feed = await _fetch_feed(web, source, address, _validators(source, state, started_at))
        collected = await _read_feed(web, source, state, feed, wants_page, recording)
    except SourceError as error:
        if feed is None and isinstance(error, HostRestsError):
            return None
        collected = _failed(source, feed, error, started_at)
    raw = recording.closed(source, started_at)
    return replace(collected, seconds=seconds(), started_at=started_at, asked=address, raw=raw)


def _validators(source: Source, state: PollState, now: datetime) -> Validators | None:
    return state.validators if asks_conditionally(source.id, state, now=now) else None


async def _fetch_feed(
    web: Web, source: Source, address: str, validators: Validators | None = None
) -> Fetched:
    async with web.turn(source, address):
        if not source.trusted and not web.may_ask(source):
            raise HostRestsError(f"{address} is to be left alone for now")
        return await fetch(web.client, address, validators=validators, trusted=source.trusted)


async def _read_feed(
    web: Web, source: Source, state: PollState, feed: Fetched, wants_page: WantsPage, recording: Recording
) -> Collected:
    now = web.clock()
    bodies = [feed]
    if feed.status == httpx.codes.OK and (listed := _listed(feed, now)) is not None:
        bodies = await _fetch_listed(web, source, listed)
        # A sitemap may change while the index that lists it does not.
        feed = replace(feed, validators=Validators())
    body_hash = None if feed.status == httpx.codes.NOT_MODIFIED else _hash(bodies)
    outcome: PollOutcome = "unchanged" if body_hash in (None, state.body_hash) else "ok"
    collected = Collected(source, (), outcome, feed.status, None, feed.validators, body_hash, 0.0, now)
    collected = replace(collected, led_to=feed.moved_to, max_age=feed.max_age)
    if outcome == "unchanged":
        return collected
    for body in bodies:
        recording.feed(body.url, body, now)
    parsed = [await web.parser.read(body, source, now) for body in bodies]
    return await _with_entries(web, collected, state, parsed, wants_page, recording)


async def _with_entries(
    web: Web,
    collected: Collected,
    state: PollState,
    parsed: list[Feed],
    wants_page: WantsPage,
    recording: Recording,
) -> Collected:
    source, pages = collected.source, Pages(web, collected.source, recording)
    found = [entry for feed in parsed for entry in feed.entries]
    entries = [await pages.complete(e) if _wanted(e, source, wants_page) else e for e in found]
    items = [entry for entry in found if isinstance(entry, Item)]
    marks = marks_of(items)
    dates = tuple(item.published.at for item in items if item.published.source != "seen")
    seen = Seen(True, len(items), count_fresh(marks, state.marks), dates, max(feed.hint for feed in parsed))
    return replace(collected, entries=tuple(entries), seen=seen, marks=marks)


def _hash(bodies: list[Fetched]) -> str:
    found = hashlib.sha256()
    for one in bodies:
        found.update(one.body)
    return found.hexdigest()


def _listed(feed: Fetched, now: datetime) -> list[str] | None:
    """Return the addresses of the sitemaps that an index of them lists; None where it is none."""
    body = unzipped(feed.body, MOST_BYTES) if feed.url.endswith(".gz") else feed.body
    if b"sitemapindex" not in body[:5_000]:
        return None
    text = decode_feed(body, feed.content_type)
    if kind_of(text) != "sitemapindex":
        return None
    return [child.url for child in children(text, now)]


async def _fetch_listed(web: Web, source: Source, addresses: list[str]) -> list[Fetched]:
    """Return those of the sitemaps that answer.

    Raises:
        FetchError: none does.
    """
    found: list[Fetched] = []
    failure: FetchError | None = None
    for address in addresses:
        try:
            found.append(await _fetch_feed(web, source, address))
        except FetchError as error:
            failure = failure or error
    if not found:
        raise failure or FetchError("an index of sitemaps that lists none")
    return found


def _failed(source: Source, feed: Fetched | None, error: SourceError, now: datetime) -> Collected:
    failed = Collected(source, (), "failed", None, str(error), Validators(), None, 0.0, now)
    if isinstance(error, FetchError):
        busy = wait_asked(error) > 0 and not source.trusted
        failed = replace(
            failed,
            status=error.status,
            retry_after=error.retry_after,
            unreachable=error.unreachable and feed is None,
            busy_host=host_port(error.url) if busy and error.url else None,
        )
    return failed if feed is None else replace(failed, status=feed.status)


async def check_source(web: Web, source: Source) -> tuple[bool, str]:
    """Tell whether the address of a source answers with a feed, and in one line what was found."""
    try:
        collected = await _read_feed(
            web,
            source,
            PollState(),
            await _fetch_feed(web, source, source.url),
            lambda item: False,
            Recording(on=False),
        )
    except SourceError as error:
        return False, str(error)
    entries, status = collected.entries, collected.status
    items = [entry for entry in entries if isinstance(entry, Item)]
    if not entries:
        return True, f"{status}, a feed without entries"
    if not items:
        return False, f"{status}, but none of {len(entries)} entries can be read"
    rejected = len(entries) - len(items)
    unreadable = f", {rejected} of them unreadable" if rejected else ""
    newest = max(item.published.at for item in items)
    moved = f"; moved for good to {collected.led_to}: put that into feeds.yaml" if collected.led_to else ""
    return True, f"{status}, {len(entries)} entries{unreadable}, newest {newest:%Y-%m-%d}{moved}"


def _wanted(entry: Item | Rejected, source: Source, wants_page: WantsPage) -> TypeGuard[Item]:
    return source.pages and isinstance(entry, Item) and entry.url is not None and wants_page(entry)
