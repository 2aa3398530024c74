"""Poll sources: their feeds, and the article pages that these link to.

``collect_sources`` is the stage: it asks each source for its feed, conditionally, and yields what came of
it. A source that fails is a value too; only bugs raise.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TypeGuard

import httpx

from monitor.clock import Clock, stopwatch
from monitor.collect.extract import Extractor
from monitor.collect.feeds import MOST_BYTES, Feed
from monitor.collect.feedxml import decode_feed
from monitor.collect.guard import host_port
from monitor.collect.http import ACCEPT_PAGE, Fetched, fetch, open_client
from monitor.collect.marks import count_fresh, marks_of
from monitor.collect.newsitemap import children, kind_of, unzipped
from monitor.collect.parse import PARSE_SECONDS, Parser
from monitor.collect.policy import Seen, address_of, asks_conditionally, take_turns
from monitor.collect.rawfile import Recording
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


@dataclass(frozen=True, slots=True)
class Web:
    """The way out to the sources, from `open_web`."""

    client: httpx.AsyncClient
    robots: RobotsRules
    extractor: Extractor
    parser: Parser
    turns: Turns
    clock: Clock
    at_once: int
    keeps_raw: bool = False


@asynccontextmanager
async def open_web(
    contact: str | None,
    clock: Clock,
    *,
    pause: float = HOST_PAUSE,
    at_once: int = REQUESTS_AT_ONCE,
    page_deadline: float = 10.0,
    parse_deadline: float = PARSE_SECONDS,
    keeps_raw: bool = False,
) -> AsyncIterator[Web]:
    """Open the client, and processes for pages and large feeds that start at the first of them.

    Args:
        contact: goes into the User-Agent.
        clock: tells the present.
        pause: seconds between two requests to one host; trusted sources are exempt.
        at_once: requests under way together.
        page_deadline: seconds that the extraction of one page may take.
        parse_deadline: seconds that the parsing of one large or damaged feed may take.
        keeps_raw: whether what was answered goes with what came of it; see `Collected`.
    """
    async with (
        open_client(contact) as client,
        Extractor(deadline=page_deadline) as extractor,
        Parser(deadline=parse_deadline) as parser,
    ):
        turns = Turns(pause=pause, at_once=at_once)
        yield Web(client, RobotsRules(client, clock), extractor, parser, turns, clock, at_once, keeps_raw)


# ---------------------------------------------------------------- sources


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

    Hosts take turns, so that many sources on one of them do not hold up the others. Whoever leaves the
    loop early closes the generator (``contextlib.aclosing``); that stops what is under way.
    """
    waiting = iter(take_turns(jobs, lambda job: _host(address_of(job[0].url, job[1]))))
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
            batch, done = [task.result() for task in done], set()
            yield batch
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *done, return_exceptions=True)


def _host(address: str) -> str:
    try:
        return host_port(address)
    except FetchError:
        return address


async def collect_source(web: Web, source: Source, state: PollState, *, wants_page: WantsPage) -> Collected:
    """Poll one source; what goes wrong with it is told in the outcome, and never raised.

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
        collected = _failed(source, feed, error, started_at)
    raw = recording.closed(source, started_at)
    return replace(collected, seconds=seconds(), started_at=started_at, asked=address, raw=raw)


def _validators(source: Source, state: PollState, now: datetime) -> Validators | None:
    return state.validators if asks_conditionally(source.id, state, now=now) else None


async def _fetch_feed(
    web: Web, source: Source, address: str, validators: Validators | None = None
) -> Fetched:
    async with web.turns.turn(address, trusted=source.trusted):
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
    source, pages = collected.source, _Pages(web, collected.source, recording)
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
            failure = error
    if not found:
        raise failure or FetchError("an index of sitemaps that lists none")
    return found


def _failed(source: Source, feed: Fetched | None, error: SourceError, now: datetime) -> Collected:
    status, wait, unreachable = None, None, False
    if isinstance(error, FetchError):
        status, wait, unreachable = error.status, error.retry_after, error.unreachable and feed is None
    if feed is not None:
        status = feed.status
    failed = Collected(source, (), "failed", status, str(error), Validators(), None, 0.0, now, wait)
    return replace(failed, unreachable=unreachable)


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


# ---------------------------------------------------------------- pages


def _wanted(entry: Item | Rejected, source: Source, wants_page: WantsPage) -> TypeGuard[Item]:
    return source.pages and isinstance(entry, Item) and entry.url is not None and wants_page(entry)


@dataclass(slots=True)
class _Pages:
    """The article pages of one poll of one source; what goes wrong costs their text, never the item."""

    web: Web
    source: Source
    recording: Recording
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
        return with_text(item, text)

    async def _text(self, url: str) -> str:
        rules = await self.web.robots.rules(url, trusted=self.source.trusted)
        pause = rules.crawl_delay() or 0.0
        if not rules.allow(url) or pause > LONGEST_PAUSE:
            return ""
        async with self.web.turns.turn(url, trusted=self.source.trusted, pause=pause):
            page = await self._fetch(url)
        if not _is_html(page.content_type) or reserves_mining(page):
            return ""
        self.recording.page(url, page, self.web.clock())
        return await article_text(self.web.extractor, page)

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


async def article_text(extractor: Extractor, page: Fetched) -> str:
    """Return the article of a page, one paragraph a line; empty where none is found."""
    text = await extractor.text_of(page.body, page.url)
    return "\n".join(filter(None, map(clean, text.splitlines())))


def with_text(item: Item, text: str) -> Item:
    """Return the item with its article's text, where that says more than the feed does."""
    return replace(item, text=text) if len(text) > len(item.text) else item


def _is_html(content_type: str | None) -> bool:
    return content_type is None or content_type.split(";")[0].strip().lower() in _PAGE_TYPES
