"""Pages and feeds out of WARC files (ISO 28500), in constant memory.

Source of the format: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/. Of its
records those of type ``response`` with status 200 are read.
"""

import io
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitor.collect.archives.base import Entry, OutletsByHost
from monitor.collect.archives.page import page_date, page_item, read_head
from monitor.collect.dates import read_date
from monitor.collect.extract import Extractor
from monitor.collect.feeds import parse_feed
from monitor.collect.http import Fetched
from monitor.collect.robots import reserves_mining
from monitor.collect.text import clean
from monitor.errors import InputError, ParseError
from monitor.types import Outlet, Rejected, Source, Validators

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

MOST_BODY_BYTES = 5_000_000
"""A larger page is passed over."""
_PAGES = ("text/html", "application/xhtml+xml")
_FEEDS = ("rss", "atom", "xml", "feed+json")

Bytes = io.BytesIO | io.BufferedIOBase
"""What has ``read1``: any binary file, and what unzips one."""
Wanted = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Record:
    """An answer as it was captured; ``answer.headers`` has lower-case names."""

    answer: Fetched
    captured: datetime


@dataclass(frozen=True, slots=True)
class WarcReader:
    """Makes entries of records.

    Attributes:
        source: whose the items are.
        outlets: who publishes them, by host.
        outlet: who publishes them all, where it is given.
    """

    source: Source
    outlets: OutletsByHost
    extractor: Extractor
    now: datetime
    outlet: Outlet | None = None
    name: str = field(default="", kw_only=True)

    async def entries(self, stream: Bytes, wanted: Wanted) -> AsyncIterator[list[Entry]]:
        """Yield the entries of each record whose address is wanted: one of a page, many of a feed.

        Raises:
            InputError: the file is damaged, or none; after all that could be read of it.
        """
        for record in records(stream, self.name, wanted, self.now):
            if isinstance(record, Rejected):
                yield [record]
            elif _is_page(record.answer):
                yield [await self._page(record)]
            else:
                yield self._feed(record)

    async def _page(self, record: Record) -> Entry:
        page = record.answer
        if reserves_mining(page):
            return Rejected("reserved", page.url)
        head = read_head(page.body)
        text = await self.extractor.text_of(page.body, page.url)
        return page_item(
            head,
            page.url,
            "\n".join(filter(None, map(clean, text.splitlines()))),
            source_id=self.source.id,
            outlet=self.outlet or self.outlets.of(page.url),
            published=page_date(head, page.url, self.now),
            now=self.now,
        )

    def _feed(self, record: Record) -> list[Entry]:
        page = record.answer
        outlet = self.outlet or self.outlets.of(page.url)
        source = Source(self.source.id, page.url, outlet, enabled=False)
        try:
            return list(
                parse_feed(
                    page.body,
                    content_type=page.content_type,
                    url=page.url,
                    source=source,
                    seen_at=record.captured,
                )
            )
        except ParseError as error:
            return [Rejected("not-a-feed", str(error))]


def records(stream: Bytes, name: str, wanted: Wanted, now: datetime) -> Iterator[Record | Rejected]:
    """Yield the pages and feeds of a WARC file, compressed or not.

    Args:
        stream: need not be seekable.
        name: of the file, for messages.
        wanted: tells of an address whether it is read; the rest is passed over unseen.
        now: the present, for a record that does not say when it was captured.

    Raises:
        InputError: the file is damaged, or none; after all that could be read of it.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    record, any_typed = None, False
    try:
        watched = _Watched(stream)
        for record in ArchiveIterator(watched):
            any_typed = any_typed or record.rec_headers.get_header("WARC-Type") is not None
            if _is_answer(record) and wanted(record.rec_headers.get_header("WARC-Target-URI")):
                found = _read(record, now)
                if found is not None:
                    yield found
        if watched.error is not None:
            raise watched.error
        if record is None or not any_typed:  # warcio takes many a line for the header of an old ARC file
            raise EOFError("it holds no record")
        if _is_cut(record):
            raise EOFError("the last record is cut short")
    except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{name}: damaged, cut short, or no WARC file ({said}); what stands before is read; get it again"
        ) from error


class _Watched:
    """A stream that ends where it breaks off, and then knows why: warcio takes the one for the other."""

    def __init__(self, stream: Bytes) -> None:
        self.error: Exception | None = None
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than asked for where there is no more at hand."""
        try:
            return bytes(self._stream.read1(size))
        except (EOFError, OSError, zlib.error) as error:
            self.error = error
            return b""


def _is_answer(record: "ArcWarcRecord") -> bool:
    headers = record.http_headers
    if record.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
        return False
    if not (record.rec_headers.get_header("WARC-Target-URI") or "").startswith(("http://", "https://")):
        return False
    kind = _kind(headers.get_header("content-type"))
    return kind in _PAGES or any(mark in kind for mark in _FEEDS)


def _read(record: "ArcWarcRecord", now: datetime) -> Record | Rejected | None:
    url = str(record.rec_headers.get_header("WARC-Target-URI"))
    try:
        body = record.content_stream().read(MOST_BODY_BYTES + 1)
    except (EOFError, zlib.error) as error:
        return Rejected("bad-record", f"{url}: {error}")
    if len(body) > MOST_BODY_BYTES:
        return Rejected("too-large", url)
    if not body or _is_cut(record):
        return None
    headers = {name.lower(): value for name, value in record.http_headers.headers}
    answer = Fetched(200, url, body, headers.get("content-type"), Validators(), headers)
    captured = read_date(_when(record.rec_headers), source="archive", now=now)
    return Record(answer, captured.at if captured is not None else now)


def _is_cut(record: "ArcWarcRecord") -> bool:
    """Tell whether less has come of a record than it says that it has; warcio passes over that in silence."""
    return getattr(record.raw_stream, "limit", 0) > 0


def _when(headers: Any) -> str:
    return str(headers.get_header("WARC-Date") or "")


def _is_page(answer: Fetched) -> bool:
    return _kind(answer.content_type) in _PAGES


def _kind(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()
