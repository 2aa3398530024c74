"""GDELT's Global Knowledge Graph since 2015, by its bulk files: no cap, no search, every 15 minutes a file.

Source: GDELT-Global_Knowledge_Graph_Codebook-V2.1.pdf and http://data.gdeltproject.org/gdeltv2/
masterfilelist.txt, whose lines are ``bytes md5 address``. A file is a zip of one table: tab-separated, 27
columns, no header; column 2 is the date of sighting, 5 the address, 8 the themes, and 27 holds
``<PAGE_TITLE>`` and at times ``<PAGE_PRECISEPUBTIMESTAMP>``. The list is over 100 MB, a day of files about
400 MB.
"""

import hashlib
import html
import re
import tempfile
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import IO

import httpx

from monitor.collect.archives.base import Entry, OutletsByHost, archive_source
from monitor.collect.archives.calls import Calls, Manners
from monitor.collect.archives.gdelt import HOME, OUTLET, tidy_title
from monitor.collect.archives.windows import Window, from_beginning
from monitor.collect.dates import read_date
from monitor.collect.urls import canonical_url
from monitor.errors import FetchError
from monitor.types import Item, Published, Rejected, Source

BASE_URL = "http://data.gdeltproject.org"
BEGINNING = datetime(2015, 2, 18, 23, tzinfo=UTC)
MANNERS = Manners(pause=1.0, wait=15.0)
THEMES = ("TAX_FNCACT_SOCIAL_WORKER", "TAX_FNCACT_SOCIAL_WORKERS")
"""Of GDELT's list of themes: people who are named by this occupation."""
MOST_LIST_BYTES = 1_000_000_000
MOST_FILE_BYTES = 200_000_000

_LINE = re.compile(r"(\d+) ([0-9a-f]{32}) (\S+/(\d{14})\.gkg\.csv\.zip)\s*")
_COLUMNS = 27
_DATE, _ADDRESS, _THEMES, _EXTRAS = 1, 4, 7, 26
_MOST_LINE_BYTES = 2**22
_TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>")
_PUBLISHED = re.compile(r"<PAGE_PRECISEPUBTIMESTAMP>(\d{14})</PAGE_PRECISEPUBTIMESTAMP>")
_IN_ADDRESS = re.compile(r"social[-_]?(?:work|service|care)|childrens?[-_]services|child[-_]protection", re.I)
_SKEW = timedelta(hours=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gkg:
    """The bulk files, hour by hour.

    Attributes:
        outlets: an article is kept where its host is one of these, and its title is wanted, its address
            speaks of social work, or one of the themes is among its own.
        wants: tells whether a title is about social work.
    """

    calls: Calls
    outlets: OutletsByHost
    start: datetime
    end: datetime
    now: datetime
    wants: Callable[[str], bool]
    themes: tuple[str, ...] = THEMES
    base_url: str = BASE_URL
    name: str = "gdelt"

    @property
    def asked(self) -> Mapping[str, object]:
        """What makes the ledger."""
        return {"route": "bulk", "hosts": self.outlets.hosts, "themes": sorted(self.themes)}

    def source(self, window: Window) -> Source:
        """Return the archive itself: the items are of many outlets."""
        return archive_source(self.name, HOME, OUTLET)

    async def plan(self) -> AsyncIterator[Window]:
        """Yield the hours that have files, by GDELT's list of all files."""
        start, end = from_beginning(self.start, self.end, BEGINNING, "GDELT's knowledge graph")
        with tempfile.TemporaryFile() as file:
            await self.calls.download(f"{self.base_url}/gdeltv2/masterfilelist.txt", file, MOST_LIST_BYTES)
            file.seek(0)
            found = sorted(_listed(file, start, end))
        for hour, some in groupby(found, key=lambda entry: entry[0].replace(minute=0, second=0)):
            files = tuple(f"{md5} {address}" for _, md5, address in some)
            yield Window(f"{hour:%Y-%m-%dT%H}", hour, hour + _HOUR, files, len(files))

    async def read(self, window: Window) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield what is kept of each file."""
        for line in window.detail:
            md5, _, address = line.partition(" ")
            yield await self._file(md5, address)

    async def _file(self, md5: str, address: str) -> list[Entry]:
        name = address.rpartition("/")[2]
        with tempfile.TemporaryFile() as file:
            try:
                await self.calls.download(f"{self.base_url}/gdeltv2/{name}", file, MOST_FILE_BYTES)
            except FetchError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
                return [Rejected("missing-file", name)]
            file.seek(0)
            if hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest() != md5:
                return [Rejected("damaged-file", name)]
            try:
                return [entry for row in _rows(file) if (entry := self._entry(row)) is not None]
            except (zipfile.BadZipFile, EOFError, OSError) as error:
                return [Rejected("damaged-file", f"{name}: {error}")]

    def _entry(self, row: Sequence[str]) -> Entry | None:
        """Return the item of a row, or None where it is not asked for."""
        if len(row) != _COLUMNS:
            return None
        outlet, url = self.outlets.find(row[_ADDRESS]), canonical_url(row[_ADDRESS])
        if outlet is None or url is None:
            return None
        told = _TITLE.search(row[_EXTRAS])
        title = tidy_title(html.unescape(told[1])) if told else ""
        if not (self.wants(title) or _IN_ADDRESS.search(url) or self._has_theme(row[_THEMES])):
            return None
        if not title:
            return Rejected("no-title", url)
        published = self._published(row)
        if published is None:
            return Rejected("bad-date", url)
        return Item(f"archive:{self.name}", outlet, title, published, url)

    def _has_theme(self, themes: str) -> bool:
        return not set(self.themes).isdisjoint(themes.split(";"))

    def _published(self, row: Sequence[str]) -> Published | None:
        """Return the date that the page gives, unless GDELT saw it before that; else the sighting's."""
        seen = read_date(row[_DATE], source="archive", now=self.now)
        told = _PUBLISHED.search(row[_EXTRAS])
        own = read_date(told[1], source="page", now=self.now) if told else None
        return own if own is not None and (seen is None or own.at <= seen.at + _SKEW) else seen


def _listed(lines: IO[bytes], start: datetime, end: datetime) -> Iterator[tuple[datetime, str, str]]:
    """Yield time, MD5 and address of the files of a span."""
    low, high = f"{start:%Y%m%d%H%M%S}", f"{end:%Y%m%d%H%M%S}"
    for line in lines:
        found = _LINE.fullmatch(line.decode("ascii", "replace"))
        if found is not None and low <= found[4] < high:
            yield datetime.strptime(found[4], "%Y%m%d%H%M%S").replace(tzinfo=UTC), found[2], found[3]


def _rows(file: IO[bytes]) -> Iterator[list[str]]:
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                while line := member.readline(_MOST_LINE_BYTES):
                    yield line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
