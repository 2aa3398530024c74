"""Common Crawl's news crawl since August 2016: WARC files of some hundred megabytes, a dozen a day.

Source: https://commoncrawl.org/news-crawl and https://data.commoncrawl.org/crawl-data/CC-NEWS/index.html: a
month lists its files in ``YYYY/MM/warc.paths.gz``; a file is named by the moment at which it was begun. The
host answers 503 where it is asked too much, and wants no more than a try a second
(https://status.commoncrawl.org).
"""

import gzip
import re
import tempfile
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from monitor.collect.archives.base import Entry, OutletsByHost, archive_source
from monitor.collect.archives.calls import Calls, Manners
from monitor.collect.archives.warc import WarcReader
from monitor.collect.archives.windows import Window, from_beginning, months
from monitor.collect.extract import Extractor
from monitor.errors import FetchError, InputError, ParseError
from monitor.types import Outlet, Rejected, Source

BASE_URL = "https://data.commoncrawl.org"
BEGINNING = datetime(2016, 8, 1, tzinfo=UTC)
MANNERS = Manners(pause=2.0, wait=5.0, patience=120.0, tries=8)
MOST_FILE_BYTES = 4_000_000_000
BATCH = 100
"""Entries that are stored together."""

_PATH = re.compile(r"crawl-data/CC-NEWS/\d{4}/\d{2}/CC-NEWS-(\d{14})-\d+\.warc\.gz")
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class CcNews:
    """The files that were crawled in a span of time, one a window.

    Attributes:
        outlets: pages of their hosts are read, and no others.
        match: where given, only addresses in which it is found are read.
    """

    calls: Calls
    outlets: OutletsByHost
    extractor: Extractor
    start: datetime
    end: datetime
    now: datetime
    match: re.Pattern[str] | None = None
    base_url: str = BASE_URL
    name: str = "ccnews"

    @property
    def asked(self) -> Mapping[str, object]:
        """What makes the ledger."""
        return {"hosts": self.outlets.hosts, "match": self.match.pattern if self.match else None}

    def source(self, window: Window) -> Source:
        """Return the archive itself: the items are of many outlets."""
        return archive_source(self.name, "https://commoncrawl.org/news-crawl", Outlet("Common Crawl"))

    async def plan(self) -> AsyncIterator[Window]:
        """Yield the files, by the lists of their months."""
        start, end = from_beginning(self.start, self.end, BEGINNING, "Common Crawl's news crawl")
        for month in months(start, end):
            for path, begun in sorted(await self._files(month), key=lambda file: file[1]):
                if start <= begun < end:
                    yield Window(path.rpartition("/")[2], begun, begun + _SECOND, (path,))

    async def read(self, window: Window) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield the wanted pages of a file; it is written to a temporary file first."""
        (path,) = window.detail
        reader = WarcReader(self.source(window), self.outlets, self.extractor, self.now, name=window.key)
        batch: list[Entry] = []
        with tempfile.TemporaryFile() as file:
            await self.calls.download(f"{self.base_url}/{path}", file, MOST_FILE_BYTES)
            file.seek(0)
            try:
                async for entries in reader.entries(file, self._wants):
                    batch += entries
                    if len(batch) >= BATCH:
                        yield batch
                        batch = []
            except InputError as error:
                batch.append(Rejected("damaged-file", str(error)))
        yield batch

    def _wants(self, url: str) -> bool:
        return self.outlets.find(url) is not None and (self.match is None or bool(self.match.search(url)))

    async def _files(self, month: Window) -> list[tuple[str, datetime]]:
        url = f"{self.base_url}/crawl-data/CC-NEWS/{month.start:%Y/%m}/warc.paths.gz"
        try:
            answer = await self.calls.get(url)
        except FetchError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return []
            raise
        try:
            listed = gzip.decompress(answer.body) if answer.body[:2] == b"\x1f\x8b" else answer.body
        except (EOFError, OSError, zlib.error) as error:
            raise ParseError(f"ccnews: the list of {month.key} is damaged: {error}") from error
        found = [(path, _PATH.fullmatch(path)) for path in listed.decode("ascii", "replace").split()]
        return [(path, _moment(named[1])) for path, named in found if named is not None]


def _moment(digits: str) -> datetime:
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
