"""Poll sources: their feeds, and the article pages that these link to.

``collect_sources`` is the stage: it asks each source for its feed, conditionally, and yields what came of
it. A source that fails is a value too; only bugs raise.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeGuard

import httpx

from monitor.clock import Clock, stopwatch
from monitor.collect.extract import Extractor
from monitor.collect.feeds import parse_feed
from monitor.collect.guard import host_port
from monitor.collect.http import ACCEPT_PAGE, Fetched, fetch, open_client
from monitor.collect.policy import asks_conditionally, take_turns
from monitor.collect.robots import RobotsRules, reserves_mining
from monitor.collect.spacing import Turns
from monitor.collect.text import clean
from monitor.errors import FetchError, SourceError
from monitor.types import Item, PollOutcome, PollState, Rejected, Source, Validators

HOST_PAUSE = 5.0
"""Seconds between two requests to a host."""
LONGEST_PAUSE = 60.0
"""A site that asks for longer pauses than this is read by its feed alone."""
REQUESTS_AT_ONCE = 20
MOST_PAGE_BYTES = 5_000_000
MOST_PAGES = 100
"""Article pages fetched in one poll of a source."""
MOST_FAILED_PAGES = 3
"""After so many failures in a row, the rest of the pages is left."""

_SOURCES_PER_REQUEST = 4
"""Sources at work for each request under way; the others wait for their host or for the extractor."""
_BUSY = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
_PAGE_TYPES = ("text/html", "application/xhtml+xml")

WantsPage = Callable[[Item], bool]
"""Tells whether the article page of an item is worth a request."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of one poll; without entries unless the outcome is ``ok``.

    ``seconds`` holds the waits for the host's turn too; ``retry_after`` is in seconds.
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


@dataclass(frozen=True, slots=True)
class Web:
    """The way out to the sources, from `open_web`."""

    client: httpx.AsyncClient
    robots: RobotsRules
    extractor: Extractor
    turns: Turns
    clock: Clock
    at_once: int


@asynccontextmanager
async def open_web(
    contact: str | None,
    clock: Clock,
    *,
    pause: float = HOST_PAUSE,
    at_once: int = REQUESTS_AT_ONCE,
    page_deadline: float = 10.0,
) -> AsyncIterator[Web]:
    """Open the client, and an extractor that starts at the first page.

    Args:
        contact: goes into the User-Agent.
        clock: tells the present.
        pause: seconds between two requests to one host; trusted sources are exempt.
        at_once: requests under way together.
        page_deadline: seconds that the extraction of one page may take.
    """
    async with open_client(contact) as client, Extractor(deadline=page_deadline) as extractor:
        turns = Turns(pause=pause, at_once=at_once)
        yield Web(client, RobotsRules(client, clock), extractor, turns, clock, at_once)


# ---------------------------------------------------------------- sources


async def collect_sources(
    web: Web, jobs: Iterable[tuple[Source, PollState]], *, wants_page: WantsPage
) -> AsyncGenerator[Collected, None]:
    """Poll every source and yield each as it is done, not in order.

    Hosts take turns, so that many sources on one of them do not hold up the others. Whoever leaves the
    loop early closes the generator (``contextlib.aclosing``); that stops what is under way.
    """
    waiting = iter(take_turns(jobs, lambda job: _host(job[0])))
    running: set[asyncio.Task[Collected]] = set()
    done: set[asyncio.Task[Collected]] = set()
    try:
        while True:
            free = web.at_once * _SOURCES_PER_REQUEST - len(running)
            for source, state in islice(waiting, free):
                running.add(asyncio.create_task(collect_source(web, source, state, wants_page=wants_page)))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            while done:
                yield done.pop().result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *done, return_exceptions=True)


def _host(source: Source) -> str:
    try:
        return host_port(source.url)
    except FetchError:
        return source.url


async def collect_source(web: Web, source: Source, state: PollState, *, wants_page: WantsPage) -> Collected:
    """Poll one source; what goes wrong with it is told in the outcome, and never raised.

    Args:
        web: from `open_web`.
        source: whose feed to get.
        state: what its last poll left.
        wants_page: is asked for each item whose source has ``pages``.
    """
    started_at, seconds = web.clock(), stopwatch()
    feed: Fetched | None = None
    try:
        feed = await _fetch_feed(web, source, _validators(source, state, started_at))
        collected = await _read_feed(web, source, state, feed, wants_page)
    except SourceError as error:
        collected = _failed(source, feed, error, started_at)
    return replace(collected, seconds=seconds(), started_at=started_at)


def _validators(source: Source, state: PollState, now: datetime) -> Validators | None:
    return state.validators if asks_conditionally(source.id, state, now=now) else None


async def _fetch_feed(web: Web, source: Source, validators: Validators | None = None) -> Fetched:
    async with web.turns.turn(source.url, trusted=source.trusted):
        return await fetch(web.client, source.url, validators=validators, trusted=source.trusted)


async def _read_feed(
    web: Web, source: Source, state: PollState, feed: Fetched, wants_page: WantsPage
) -> Collected:
    now = web.clock()
    body_hash = None if feed.status == httpx.codes.NOT_MODIFIED else hashlib.sha256(feed.body).hexdigest()
    outcome: PollOutcome = "unchanged" if body_hash in (None, state.body_hash) else "ok"
    entries: tuple[Item | Rejected, ...] = ()
    if outcome == "ok":
        parsed = await _parse(feed, source, now)
        pages = _Pages(web, source)
        entries = tuple([await pages.complete(e) if _wanted(e, source, wants_page) else e for e in parsed])
    return Collected(source, entries, outcome, feed.status, None, feed.validators, body_hash, 0.0, now)


async def _parse(feed: Fetched, source: Source, now: datetime) -> list[Item | Rejected]:
    """Parse in a thread: a large feed takes a second, and other sources wait on the event loop."""
    return await asyncio.to_thread(
        parse_feed, feed.body, content_type=feed.content_type, url=feed.url, source=source, seen_at=now
    )


def _failed(source: Source, feed: Fetched | None, error: SourceError, now: datetime) -> Collected:
    status, wait = (error.status, error.retry_after) if isinstance(error, FetchError) else (None, None)
    if feed is not None:
        status = feed.status
    return Collected(source, (), "failed", status, str(error), Validators(), None, 0.0, now, wait)


async def check_source(web: Web, source: Source) -> tuple[bool, str]:
    """Tell whether the address of a source answers with a feed, and in one line what was found."""
    try:
        feed = await _fetch_feed(web, source)
        entries = await _parse(feed, source, web.clock())
    except SourceError as error:
        return False, str(error)
    items = [entry for entry in entries if isinstance(entry, Item)]
    if not entries:
        return True, f"{feed.status}, a feed without entries"
    if not items:
        return False, f"{feed.status}, but none of {len(entries)} entries can be read"
    rejected = len(entries) - len(items)
    unreadable = f", {rejected} of them unreadable" if rejected else ""
    newest = max(item.published.at for item in items)
    return True, f"{feed.status}, {len(entries)} entries{unreadable}, newest {newest:%Y-%m-%d}"


# ---------------------------------------------------------------- pages


def _wanted(entry: Item | Rejected, source: Source, wants_page: WantsPage) -> TypeGuard[Item]:
    return source.pages and isinstance(entry, Item) and entry.url is not None and wants_page(entry)


@dataclass(slots=True)
class _Pages:
    """The article pages of one poll of one source; what goes wrong costs their text, never the item."""

    web: Web
    source: Source
    asked: int = 0
    failed_in_a_row: int = 0

    async def complete(self, item: Item) -> Item:
        """Return the item with its article's text where that can be read and says more."""
        if item.url is None or self.asked >= MOST_PAGES or self.failed_in_a_row >= MOST_FAILED_PAGES:
            return item
        self.asked += 1
        try:
            text = await self._text(item.url)
        except SourceError as error:
            busy = isinstance(error, FetchError) and error.status in _BUSY
            self.failed_in_a_row += MOST_FAILED_PAGES if busy else 1
            return item
        self.failed_in_a_row = 0
        return replace(item, text=text) if len(text) > len(item.text) else item

    async def _text(self, url: str) -> str:
        rules = await self.web.robots.rules(url, trusted=self.source.trusted)
        pause = rules.crawl_delay() or 0.0
        if not rules.allow(url) or pause > LONGEST_PAUSE:
            return ""
        async with self.web.turns.turn(url, trusted=self.source.trusted, pause=pause):
            page = await self._fetch(url)
        if not _is_html(page.content_type) or reserves_mining(page):
            return ""
        text = await self.web.extractor.text_of(page.body, page.url)
        return "\n".join(filter(None, map(clean, text.splitlines())))

    async def _fetch(self, url: str) -> Fetched:
        return await fetch(
            self.web.client,
            url,
            trusted=self.source.trusted,
            most_bytes=MOST_PAGE_BYTES,
            accept=ACCEPT_PAGE,
            check_hop=self._check_hop,
        )

    async def _check_hop(self, url: str) -> None:
        if not await self.web.robots.allowed(url, trusted=self.source.trusted):
            raise FetchError(f"redirected to {url}, which robots.txt closes to us")


def _is_html(content_type: str | None) -> bool:
    return content_type is None or content_type.split(";")[0].strip().lower() in _PAGE_TYPES
