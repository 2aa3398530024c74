"""The article pages of a site, by its sitemaps.

Source: https://www.sitemaps.org/protocol.html (index files, gzip, ``lastmod``, at most 50,000 addresses and
50 MB a file; robots.txt names them), and Google's news extension (``publication_date``, ``title``).
"""

import html
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from urllib.parse import urljoin, urlsplit

import httpx

from monitor.collect.archives.base import Entry, OutletsByHost, archive_source, bare_host
from monitor.collect.archives.calls import Calls, Failures, Manners
from monitor.collect.archives.page import address_date, page_date, page_item, read_head
from monitor.collect.archives.windows import Window
from monitor.collect.dates import read_date
from monitor.collect.extract import Extractor
from monitor.collect.http import ACCEPT_PAGE, Fetched, fetch
from monitor.collect.robots import RobotsRules, reserves_mining
from monitor.collect.text import clean, decode_mixed, plain
from monitor.collect.urls import canonical_url
from monitor.errors import FetchError, ParseError
from monitor.types import Rejected, Source

MANNERS = Manners(pause=5.0, wait=30.0, patience=300.0, tries=3)
USUAL_PLACES = ("/sitemap.xml", "/sitemap_index.xml")
MOST_SITEMAPS = 2_000
MOST_DEPTH = 4
MOST_BYTES = 52_428_800
MOST_PAGE_BYTES = 5_000_000
LONGEST_PAUSE = 60.0
"""A site that asks for longer pauses between pages than this is left alone."""
CHUNK = 50
"""Pages in one window."""
BATCH = 10
"""Pages that are stored together."""

# Expressions that pass over the text once: a sitemap may hold 50 MB of anything.
_ROOT = re.compile(r"<(?:[\w-]{1,20}:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_OPENED = re.compile(r"<(?:[\w-]{1,20}:)?(url|sitemap)\s{0,9}>", re.IGNORECASE)
_FIELD = re.compile(
    r"<((?:[\w-]{1,20}:)?(?:loc|lastmod|publication_date|title))\s{0,9}>"
    r"(?:\s{0,99}<!\[CDATA\[(.{0,4096}?)\]\]>|([^<]{0,4096}))",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TYPES = ("text/html", "application/xhtml+xml")

Known = Callable[[Sequence[str]], Collection[str]]
"""Tells which of some canonical addresses are stored already."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a sitemap: a page, or another sitemap."""

    url: str
    is_sitemap: bool
    modified: datetime | None
    published: str = ""
    """As the news extension gives it."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The pages of some sites that may have come out in a span of time.

    A page is fetched where the sitemap or its address dates it within the span, or where neither dates it
    and it was last modified in the span or later: it may have been published at any time before that.

    Attributes:
        sites: addresses of the sites, or of sitemaps.
        match: where given, only addresses in which it is found are fetched.
        known: a page that is stored already is not fetched again.
        warn: hears of a sitemap that cannot be read; it does not keep out the others.
    """

    calls: Calls
    robots: RobotsRules
    extractor: Extractor
    outlets: OutletsByHost
    sites: tuple[str, ...]
    start: datetime
    end: datetime
    now: datetime
    known: Known
    match: re.Pattern[str] | None = None
    warn: Callable[[str], None] = lambda message: None
    name: str = "sitemap"
    _failures: Failures = field(default_factory=Failures, init=False)

    @property
    def asked(self) -> Mapping[str, object]:
        """What makes the ledger: which pages count depends on the span too."""
        span = f"{self.start:%Y-%m-%d}/{self.end:%Y-%m-%d}"
        return {"span": span, "match": self.match.pattern if self.match else None}

    def source(self, window: Window) -> Source:
        """Return the site."""
        host = window.key.partition(" ")[0]
        url = window.detail[0].partition("\t")[0]
        return archive_source(f"{self.name}:{host}", f"https://{host}/", self.outlets.of(url))

    async def plan(self) -> AsyncIterator[Window]:
        """Yield runs of pages, by site and by the month that their dates or addresses name."""
        for site in self.sites:
            pages: dict[str, Place] = {}
            async for place in self._places(await self._roots(site), 0, set()):
                if self._is_wanted(place, site):
                    pages.setdefault(place.url, place)
            ordered = sorted(pages.values(), key=lambda page: (_month(page), page.url))
            for month, some in groupby(ordered, key=_month):
                for chunk in _chunks(list(some)):
                    yield self._window(bare_host(site), month, chunk)

    async def read(self, window: Window) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield the entries of the pages that are not stored yet, a few at a time."""
        lines = [line.split("\t") for line in window.detail]
        stored = self.known([_address(line[0]) for line in lines])
        left = [line for line in lines if _address(line[0]) not in stored]
        source = self.source(window)
        for begin in range(0, len(left), BATCH):
            yield [await self._entry(source, *line) for line in left[begin : begin + BATCH]]

    # ------------------------------------------------------------ sitemaps

    async def _roots(self, site: str) -> list[str]:
        if urlsplit(site).path not in ("", "/"):
            return [site]
        rules = await self.robots.rules(site, trusted=self.calls.trusted)
        self.calls.made += 1
        named = list(rules.parsed.sitemaps) if rules.parsed is not None else []
        return named or [urljoin(site, path) for path in USUAL_PLACES]

    async def _places(self, urls: Sequence[str], depth: int, seen: set[str]) -> AsyncIterator[Place]:
        """Yield the pages of some sitemaps, and of those that they name."""
        for url in urls:
            if url in seen or len(seen) >= MOST_SITEMAPS:
                continue
            seen.add(url)
            inner: list[str] = []
            for place in await self._sitemap(url):
                if not place.is_sitemap:
                    yield place
                elif place.modified is None or place.modified >= self.start:
                    inner.append(place.url)
            if depth < MOST_DEPTH:
                async for found in self._places(inner, depth + 1, seen):
                    yield found

    async def _sitemap(self, url: str) -> list[Place]:
        try:
            answer = await self.calls.get(url, most_bytes=MOST_BYTES, accept="application/xml, */*;q=0.1")
        except FetchError as error:
            if error.status in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
                return []
            raise FetchError(f"{error} at {url}", error.status, error.retry_after) from None
        try:
            return list(read_sitemap(answer.body, url, self.now))
        except ParseError as error:
            self.warn(f"{error}; it is passed over")
            return []

    def _is_wanted(self, page: Place, site: str) -> bool:
        host, own = bare_host(page.url), bare_host(site)
        if host != own and not host.endswith(f".{own}"):
            return False
        if self.match is not None and not self.match.search(page.url):
            return False
        return may_lie_in(page, self.start, self.end, self.now)

    def _window(self, host: str, month: str, pages: Sequence[Place]) -> Window:
        detail = tuple(f"{page.url}\t{page.published}\t{page.title}" for page in pages)
        digest = blake2b("\n".join(page.url for page in pages).encode(), digest_size=8).hexdigest()
        return Window(f"{host} {month or 'undated'} {digest}", self.start, self.end, detail, len(pages))

    # ------------------------------------------------------------ pages

    async def _entry(self, source: Source, url: str, date: str, title: str) -> Entry:
        try:
            rules = await self.robots.rules(url, trusted=self.calls.trusted)
            pause = rules.crawl_delay() or 0.0
            if not rules.allow(url) or pause > LONGEST_PAUSE:
                return Rejected("robots", url)
            page = await self.calls.patiently(url, lambda: self._fetch(url), pause)
        except FetchError as error:
            return self._failures.reject(error, url)
        self._failures.clear()
        if (page.content_type or "text/html").partition(";")[0].strip().lower() not in _HTML_TYPES:
            return Rejected("not-a-page", url)
        if reserves_mining(page):
            return Rejected("reserved", url)
        return await self._item(source, page, date, title)

    async def _item(self, source: Source, page: Fetched, date: str, title: str) -> Entry:
        head = read_head(page.body)
        head = head if head.title else replace(head, title=title)
        published = read_date(date, source="archive", now=self.now) or page_date(head, page.url, self.now)
        if published is not None and not self.start <= published.at < self.end:
            return Rejected("other-date", page.url)
        text = await self.extractor.text_of(page.body, page.url)
        return page_item(
            head,
            page.url,
            "\n".join(filter(None, map(clean, text.splitlines()))),
            source_id=source.id,
            outlet=self.outlets.of(page.url),
            published=published,
            now=self.now,
        )

    async def _fetch(self, url: str) -> Fetched:
        return await fetch(
            self.calls.client,
            url,
            trusted=self.calls.trusted,
            most_bytes=MOST_PAGE_BYTES,
            accept=ACCEPT_PAGE,
            check_hop=self._check_hop,
        )

    async def _check_hop(self, url: str) -> None:
        if not await self.robots.allowed(url, trusted=self.calls.trusted):
            raise FetchError(f"redirected to {url}, which robots.txt closes to us", httpx.codes.FORBIDDEN)


def read_sitemap(body: bytes, url: str, now: datetime) -> Iterator[Place]:
    """Yield the places that a sitemap names; it may be zipped, and may be a plain list of addresses.

    Raises:
        ParseError: it is damaged, too large, or no sitemap.
    """
    text = decode_mixed(_unzipped(body, url))
    # Each piece holds what stands between the opening of a place and that of the next.
    _, *pieces = _OPENED.split(text)
    if not pieces:
        yield from _listed(text, url)
    for kind, inside in zip(pieces[::2], pieces[1::2], strict=True):
        found: dict[str, str] = {}
        for name, raw, escaped in _FIELD.findall(inside):
            prefix, _, local = name.lower().rpartition(":")
            if prefix not in ("image", "video"):
                found.setdefault(local, raw.strip() or html.unescape(escaped).strip())
        where = "".join(found.get("loc", "").split())
        if canonical_url(where, url) is not None:
            modified = read_date(found.get("lastmod"), source="archive", now=now)
            yield Place(
                urljoin(url, where),
                kind.lower() == "sitemap",
                modified.at if modified else None,
                clean(found.get("publication_date")),
                plain(found.get("title")),
            )


def _listed(text: str, url: str) -> Iterator[Place]:
    """Yield the addresses of a plain list, one a line; none of a sitemap that is empty."""
    lines = [line.strip() for line in text.splitlines()] if "<" not in text else []
    places = [Place(line, False, None) for line in lines if line.startswith(("http://", "https://"))]
    if not places and not _ROOT.search(text, 0, 5_000):
        raise ParseError(f"{url} is no sitemap")
    yield from places


def may_lie_in(page: Place, start: datetime, end: datetime, now: datetime) -> bool:
    """Tell whether a page may have come out in a span, by the surest of what is told of it."""
    told = read_date(page.published or address_date(page.url), source="archive", now=now)
    if told is not None:
        return start <= told.at < end
    return page.modified is None or page.modified >= start


def _address(url: str) -> str:
    return canonical_url(url) or url


def _month(page: Place) -> str:
    dated = re.match(r"(\d{4})-?(\d{2})", page.published)
    if dated:
        return f"{dated[1]}-{dated[2]}"
    told = address_date(page.url)
    if told[:4].isdigit():
        return told[:7]
    return f"{page.modified:%Y-%m}" if page.modified else ""


def _chunks(pages: Sequence[Place]) -> Iterator[Sequence[Place]]:
    for begin in range(0, len(pages), CHUNK):
        yield pages[begin : begin + CHUNK]


def _unzipped(body: bytes, url: str) -> bytes:
    if body[:2] != b"\x1f\x8b":
        return body
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain_body = unzip.decompress(body, MOST_BYTES)
    except zlib.error as error:
        raise ParseError(f"{url} is damaged: {error}") from error
    if unzip.unconsumed_tail:
        raise ParseError(f"{url} is larger than {MOST_BYTES:,} bytes")
    if not unzip.eof:
        raise ParseError(f"{url} is cut short")
    return plain_body
