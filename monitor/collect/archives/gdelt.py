"""GDELT's index of the world's online news since 2017, by its DOC 2.0 API: addresses and titles, no texts.

Source: https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/ (mode ``ArtList``, ``maxrecords`` of at most
250, ``startdatetime`` and ``enddatetime``, ``tone<N`` and ``tone>N`` in a query). It says little of errors;
from the client alex9smith/gdelt-doc-api and the reports of its users: no match is ``{}``; a search that is
refused is plain text with status 200, and so at times is "Please limit requests to one every 5 seconds", else
status 429; titles may hold characters that JSON forbids.

The answer has no pages, so a window that fills it is asked for in halves, down to the quarter of an hour in
which GDELT files what it saw; one that is full even then is cut by tone, a number that every article has.
"""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from monitor.collect.archives.base import SOCIAL_WORK, Entry, OutletsByHost, archive_source
from monitor.collect.archives.calls import Calls, Manners
from monitor.collect.archives.windows import Window, days, from_beginning, halves
from monitor.collect.dates import read_date
from monitor.collect.entries import TITLE_CHARACTERS
from monitor.collect.text import decode_mixed, plain, shorten
from monitor.collect.urls import canonical_url
from monitor.errors import ParseError
from monitor.types import Item, Outlet, Rejected, Source

BASE_URL = "https://api.gdeltproject.org"
BEGINNING = datetime(2017, 1, 1, tzinfo=UTC)
MANNERS = Manners(pause=6.0, wait=15.0)
_PHRASES = [f'"{phrase}"' for phrase in SOCIAL_WORK if "'" not in phrase]  # GDELT's index has no apostrophes
QUERY = f"({' OR '.join(_PHRASES)}) sourcecountry:UK sourcelang:english"
MOST_RECORDS = 250
STEP = timedelta(minutes=15)

_TONES = (-100.0, 100.0)
_FINEST_TONE = 0.01
_THROTTLED = re.compile(r"limit requests|too many requests|rate limit", re.IGNORECASE)
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
_SPACED = re.compile(r" +([,.;:!?%)\]’])")
OUTLET = Outlet("GDELT")
HOME = "https://www.gdeltproject.org/"

Tones = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gdelt:
    """A search of GDELT's articles, day by day.

    Attributes:
        query: words, "phrases" and operators; alternatives with OR stand in parentheses.
        outlets: whose an address is; one of another host becomes an outlet of its own.
    """

    calls: Calls
    outlets: OutletsByHost
    start: datetime
    end: datetime
    now: datetime
    query: str = QUERY
    base_url: str = BASE_URL
    name: str = "gdelt"

    @property
    def asked(self) -> Mapping[str, object]:
        """What makes the ledger."""
        return {"route": "doc", "query": self.query}

    def source(self, window: Window) -> Source:
        """Return the archive itself: the items are of many outlets."""
        return archive_source(self.name, HOME, OUTLET)

    async def plan(self) -> AsyncIterator[Window]:
        """Yield the days."""
        start, end = from_beginning(
            self.start, self.end, BEGINNING, "GDELT's search; for 2015 and 2016 take --bulk: it"
        )
        for window in days(start, end):
            yield window

    async def read(self, window: Window) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield what each question brought; a full answer is not used, but asked for in parts."""
        articles = await self._articles(window)
        if len(articles) < MOST_RECORDS:
            yield self._entries(articles)
            return
        parts = halves(window, STEP)
        if parts is None:
            async for entries in self._read_by_tone(window, _TONES):
                yield entries
            return
        for part in parts:
            async for entries in self.read(part):
                yield entries

    async def _read_by_tone(self, window: Window, tones: Tones) -> AsyncGenerator[Sequence[Entry], None]:
        low, high = tones
        # Both comparisons are strict, so that the cut is put where no tone lies: GDELT's have fewer digits.
        middle = round((low + high) / 2, 2) + 0.000_000_13
        for part in ((low, middle), (middle, high)):
            articles = await self._articles(window, part)
            full = len(articles) >= MOST_RECORDS
            if full and part[1] - part[0] > _FINEST_TONE:
                async for entries in self._read_by_tone(window, part):
                    yield entries
                continue
            yield self._entries(articles)
            if full:
                yield [Rejected("beyond-cap", f"{window.start:%Y-%m-%d %H:%M}: more than can be asked for")]

    async def _articles(self, window: Window, tones: Tones | None = None) -> list[Any]:
        asked = {
            "query": self.query + ("" if tones is None else f" tone>{tones[0]:.8f} tone<{tones[1]:.8f}"),
            "mode": "ArtList",
            "format": "json",
            "sort": "DateAsc",
            "maxrecords": MOST_RECORDS,
            "startdatetime": f"{window.start:%Y%m%d%H%M%S}",
            "enddatetime": f"{window.end - timedelta(seconds=1):%Y%m%d%H%M%S}",
        }
        url = f"{self.base_url}/api/v2/doc/doc?{urlencode(asked)}"

        async def ask() -> list[Any]:
            answer = await self.calls.get_once(url, accept="application/json")
            return self._parse(answer.body)

        return await self.calls.patiently(url, ask)

    def _parse(self, body: bytes) -> list[Any]:
        text = decode_mixed(body).strip()
        if not text.startswith("{"):
            if _THROTTLED.search(text):
                raise self.calls.throttled("asks for fewer requests")
            said = shorten(plain(text), 200) or "nothing"
            raise ParseError(f"gdelt: refuses the search: {said!r}; check --query")
        try:
            answer = json.loads(_BAD_ESCAPE.sub(r"\\\\", text), strict=False)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"gdelt: the answer is not JSON: {error}") from error
        articles = answer.get("articles", [])
        return articles if isinstance(articles, list) else []

    def _entries(self, articles: Sequence[Any]) -> list[Entry]:
        return [self._item(article) for article in articles]

    def _item(self, article: Any) -> Entry:
        if not isinstance(article, dict):
            return Rejected("bad-entry", "not an object")
        url = canonical_url(str(article.get("url") or ""))
        title = tidy_title(str(article.get("title") or ""))
        published = read_date(str(article.get("seendate") or ""), source="archive", now=self.now)
        if url is None or not title:
            return Rejected("no-title" if url else "bad-entry", str(article.get("url")))
        if published is None:
            return Rejected("bad-date", url)
        return Item(f"archive:{self.name}", self.outlets.of(url), title, published, url)


def tidy_title(title: str) -> str:
    """Return a title without the space that GDELT puts before each punctuation mark."""
    return shorten(_SPACED.sub(r"\1", plain(title)), TITLE_CHARACTERS)
