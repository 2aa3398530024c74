"""The Internet Archive's Wayback Machine: every capture of a source's feed, so that it is read back to 2005.

Source: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server (the CDX server: ``from``,
``to``, ``filter``, ``collapse``, ``fl``, ``limit``, ``showResumeKey``; the key stands behind an empty row).
The raw body of a capture is at ``/web/TIMESTAMPid_/ADDRESS``. Limits: the archive asks clients to stay below
30 searches and 600 captures a minute (edgi-govdata-archiving/wayback, whose defaults are 80 % of that), and
blocks addresses that ignore a 429, which comes without Retry-After. What is excluded is answered 403.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import httpx

from monitor.collect.archives.base import Entry
from monitor.collect.archives.calls import Calls, Failures, Manners
from monitor.collect.archives.windows import Window, months
from monitor.collect.feeds import parse_feed
from monitor.collect.http import ACCEPT_FEED, Fetched
from monitor.errors import FetchError, ParseError
from monitor.types import Item, Rejected, Source

BASE_URL = "https://web.archive.org"
MANNERS = Manners(pause=1.0, wait=60.0, patience=180.0, tries=3)
SEARCH_PAUSE = 2.5
SEARCH_LIMIT = 10_000
MOST_SEARCH_PAGES = 100
MOST_FEED_BYTES = 10_000_000

_FIELDS = "timestamp,original,digest"


class Capture(NamedTuple):
    """One body of a feed; the first time that it was captured."""

    timestamp: str
    """14 digits, UTC."""
    original: str
    digest: str

    @property
    def at(self) -> datetime:
        """The moment of capture."""
        return datetime.strptime(self.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wayback:
    """The captures of some feeds, source by source and month by month.

    A body that was captured before is not fetched again. Items belong to the source whose feed it is, and
    are dated by the feed; one without a date is dated by the capture, as a poll at that time would have.

    Attributes:
        sources: of feeds.yaml.
        addresses: where these feeds lived before; searched beside the present one.
    """

    calls: Calls
    sources: tuple[Source, ...]
    start: datetime
    end: datetime
    addresses: tuple[str, ...] = ()
    base_url: str = BASE_URL
    warn: Callable[[str], None] = lambda message: None
    name: str = "wayback"
    _failures: Failures = field(default_factory=Failures, init=False)

    @property
    def asked(self) -> Mapping[str, object]:
        """What makes the ledger: all sources share one."""
        return {"addresses": sorted(self.addresses)}

    def source(self, window: Window) -> Source:
        """Return the source of feeds.yaml that a window is of."""
        key = window.key.partition(" ")[0]
        return next(source for source in self.sources if source.id == key)

    async def plan(self) -> AsyncIterator[Window]:
        """Yield the months in which a feed had captures of bodies not captured before."""
        for source in self.sources:
            captures = await self._captures(source) if len(self.sources) == 1 else await self._if_any(source)
            for month in months(self.start, self.end):
                low, high = f"{month.start:%Y%m%d%H%M%S}", f"{month.end:%Y%m%d%H%M%S}"
                some = tuple(
                    f"{one.timestamp} {one.original}" for one in captures if low <= one.timestamp < high
                )
                if some:
                    key = f"{source.id} {month.key} {source.url}"
                    yield replace(month, key=key, detail=some, calls=len(some))

    async def read(self, window: Window) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield the entries of each capture, oldest first."""
        source = self.source(window)
        for line in window.detail:
            timestamp, _, original = line.partition(" ")
            yield await self._entries(source, Capture(timestamp, original, ""))

    async def _if_any(self, source: Source) -> list[Capture]:
        """Return the captures of one of many sources; one that is excluded does not keep out the others."""
        try:
            return await self._captures(source)
        except FetchError as error:
            if error.status != httpx.codes.FORBIDDEN:
                raise
            self.warn(str(error))
            return []

    async def _captures(self, source: Source) -> list[Capture]:
        found: list[Capture] = []
        for address in (source.url, *self.addresses):
            found += [capture async for capture in self._search(address)]
        found.sort()
        first: dict[str, Capture] = {}
        for capture in found:
            first.setdefault(capture.digest, capture)
        return list(first.values())

    async def _search(self, address: str) -> AsyncIterator[Capture]:
        key: str | None = None
        for _ in range(MOST_SEARCH_PAGES):
            try:
                rows = await self._rows(address, key)
            except FetchError as error:
                if error.status == httpx.codes.NOT_FOUND:
                    return
                raise _explained(error, address) from None
            captures, key = _read_rows(rows)
            for capture in captures:
                yield capture
            if key is None:
                return

    async def _rows(self, address: str, key: str | None) -> list[list[str]]:
        asked = {
            "url": address,
            "from": f"{self.start:%Y%m%d%H%M%S}",
            "to": f"{self.end:%Y%m%d%H%M%S}",
            "filter": "statuscode:200",
            "collapse": "digest",
            "fl": _FIELDS,
            "output": "json",
            "limit": SEARCH_LIMIT,
            "showResumeKey": "true",
            **({"resumeKey": key} if key else {}),
        }
        url = f"{self.base_url}/cdx/search/cdx?{urlencode(asked)}"
        answer = await self.calls.get(url, pause=SEARCH_PAUSE, accept="application/json")
        return _json_rows(answer.body, address)

    async def _entries(self, source: Source, capture: Capture) -> list[Entry]:
        url = f"{self.base_url}/web/{capture.timestamp}id_/{capture.original}"
        where = f"{capture.timestamp} {capture.original}"
        try:
            answer = await self.calls.get(url, most_bytes=MOST_FEED_BYTES, accept=ACCEPT_FEED)
        except FetchError as error:
            return [self._failures.reject(error, where)]
        self._failures.clear()
        if not self._is_capture(answer):
            return [Rejected("no-capture", f"{where}: redirected out of the archive")]
        try:
            return list(_parse(answer, source, capture))
        except ParseError as error:
            return [Rejected("not-a-feed", f"{where}: {error}")]

    def _is_capture(self, answer: Fetched) -> bool:
        """Tell whether redirects, which captures may be of, have stayed in the archive."""
        here, there = urlsplit(self.base_url), urlsplit(answer.url)
        return here.netloc == there.netloc and there.path.startswith("/web/")


def _parse(answer: Fetched, source: Source, capture: Capture) -> Iterator[Entry]:
    entries = parse_feed(
        answer.body,
        content_type=answer.content_type,
        url=capture.original,
        source=source,
        seen_at=capture.at,
    )
    for entry in entries:
        yield _without_archive(entry) if isinstance(entry, Item) else entry


def _without_archive(item: Item) -> Item:
    """Return the item with its own address, where the archive had written itself before it."""
    head, mark, own = (item.url or "").partition("/http")
    if mark and "archive.org/web/" in head:
        return replace(item, url=f"http{own}")
    return item


def _json_rows(body: bytes, address: str) -> list[list[str]]:
    if b"AccessControlException" in body[:1000]:
        raise _explained(FetchError("wayback: excluded", httpx.codes.FORBIDDEN), address)
    try:
        rows = json.loads(body or b"[]")
    except ValueError as error:
        raise ParseError(f"wayback: the index answers {body[:100]!r} about {address}") from error
    return (
        [[str(cell) for cell in row] for row in rows if isinstance(row, list)]
        if isinstance(rows, list)
        else []
    )


def _read_rows(rows: Sequence[Sequence[str]]) -> tuple[list[Capture], str | None]:
    """Return the captures, and the key to go on with; the first row names the fields."""
    bodies = [list(group) for empty, group in groupby(rows[1:], key=lambda row: not row) if not empty]
    has_key = len(rows) > 2 and [] in [list(row) for row in rows]
    key = bodies.pop()[0][0] if has_key and bodies else None
    captures = [Capture(*row[:3]) for body in bodies for row in body if _is_capture_row(row)]
    return captures, key


def _is_capture_row(row: Sequence[str]) -> bool:
    return len(row) >= 3 and len(row[0]) == 14 and row[0].isdecimal()


def _explained(error: FetchError, address: str) -> FetchError:
    if error.status != httpx.codes.FORBIDDEN:
        return error
    said = f"wayback: {address} is excluded from the archive; read it from another archive"
    return FetchError(said, error.status)
