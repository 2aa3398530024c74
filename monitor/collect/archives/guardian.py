"""The Guardian and the Observer since 1999, through the Open Platform's content search.

Source: https://open-platform.theguardian.com/documentation/search and .../documentation/ (access, errors).
``page-size`` is at most 200; a page beyond the last, and paging "this far", are answered 400; a wrong key
401 or 403; too many requests 429, with ``X-RateLimit-Remaining-day``. The daily allowance of a developer's
key is told as 500 or 5,000 requests; 500 is planned for.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from monitor.collect.archives.base import SOCIAL_WORK, Entry, OutletsByHost, archive_source
from monitor.collect.archives.calls import Calls, Manners
from monitor.collect.archives.windows import Window, from_beginning, halves, months
from monitor.collect.dates import read_date
from monitor.collect.entries import SUMMARY_CHARACTERS, TITLE_CHARACTERS
from monitor.collect.text import plain, shorten
from monitor.collect.urls import canonical_url
from monitor.errors import FetchError, ParseError
from monitor.types import Item, Outlet, OutletType, Rejected, Source

BASE_URL = "https://content.guardianapis.com"
BEGINNING = datetime(1999, 1, 1, tzinfo=UTC)
MANNERS = Manners(pause=1.0, wait=5.0)
DAILY_CALLS = 500
QUERY = " OR ".join(f'"{phrase}"' for phrase in SOCIAL_WORK)
PAGE_SIZE = 200
MOST_PAGES = 150
"""Of one search: further pages are refused at some depth, so that a longer answer is asked for in halves."""

_STEP = timedelta(hours=1)
_HOME = "https://www.theguardian.com/"
_OUTLET = Outlet("The Guardian", OutletType.NATIONAL, "UK")


@dataclass(frozen=True, slots=True)
class Guardian:
    """A search of the Guardian's content, month by month.

    Attributes:
        key: of the Open Platform; it goes into addresses, and nowhere else.
        query: words and phrases with AND, OR and NOT.
        outlets: feeds.yaml's outlet of theguardian.com is that of the items.
    """

    calls: Calls
    key: str
    outlets: OutletsByHost
    start: datetime
    end: datetime
    now: datetime
    query: str = QUERY
    base_url: str = BASE_URL
    name: str = "guardian"

    @property
    def asked(self) -> Mapping[str, object]:
        """What makes the ledger."""
        return {"query": self.query}

    def source(self, window: Window) -> Source:
        """Return the archive itself."""
        return archive_source(self.name, _HOME, self._outlet)

    async def plan(self) -> AsyncIterator[Window]:
        """Yield the months."""
        start, end = from_beginning(self.start, self.end, BEGINNING, "The Guardian's archive")
        for window in months(start, end):
            yield window

    async def read(self, window: Window) -> AsyncGenerator[Sequence[Entry], None]:
        """Yield the pages of a search, oldest first; of one too long to be paged, those of its halves."""
        first = await self._page(window, 1)
        pages, parts = _number(first, "pages"), halves(window, _STEP)
        if pages <= MOST_PAGES or parts is None:
            yield self._entries(first)
            try:
                for number in range(2, pages + 1):
                    yield self._entries(await self._page(window, number))
                return
            except FetchError as error:
                if error.status != httpx.codes.BAD_REQUEST or parts is None:
                    raise
        for part in parts or ():
            async for entries in self.read(part):
                yield entries

    @property
    def _outlet(self) -> Outlet:
        return self.outlets.find(_HOME) or _OUTLET

    async def _page(self, window: Window, number: int) -> Mapping[str, Any]:
        # Both ends count for the search, and its times are whole seconds.
        last = window.end - timedelta(seconds=1)
        asked = {
            "q": self.query,
            "from-date": f"{window.start:%Y-%m-%dT%H:%M:%SZ}",
            "to-date": f"{last:%Y-%m-%dT%H:%M:%SZ}",
            "use-date": "published",
            "order-by": "oldest",
            "page-size": PAGE_SIZE,
            "page": number,
            "show-fields": "trailText,bodyText",
            "api-key": self.key,
        }
        try:
            answer = await self.calls.get(
                f"{self.base_url}/search?{urlencode(asked)}", accept="application/json"
            )
        except FetchError as error:
            raise _explained(error) from None
        if answer.headers.get("x-ratelimit-remaining-day") == "0":
            self.calls.no_more_today()
        return _response(answer.body)

    def _entries(self, response: Mapping[str, Any]) -> list[Entry]:
        results = response.get("results")
        return [self._item(result) for result in results] if isinstance(results, list) else []

    def _item(self, result: Any) -> Entry:
        if not isinstance(result, dict):
            return Rejected("bad-entry", "not an object")
        fields = result.get("fields")
        fields = fields if isinstance(fields, dict) else {}
        url = canonical_url(str(result.get("webUrl") or ""))
        title = shorten(plain(str(result.get("webTitle") or "")), TITLE_CHARACTERS)
        published = read_date(str(result.get("webPublicationDate") or ""), source="archive", now=self.now)
        if not title or url is None:
            return Rejected("no-title" if url else "bad-entry", str(result.get("id")))
        if published is None:
            return Rejected("bad-date", url)
        summary = shorten(plain(str(fields.get("trailText") or "")), SUMMARY_CHARACTERS)
        text = plain(str(fields.get("bodyText") or ""))
        return Item(f"archive:{self.name}", self._outlet, title, published, url, None, summary, text)


def _response(body: bytes) -> Mapping[str, Any]:
    try:
        response = json.loads(body).get("response")
    except (ValueError, AttributeError, RecursionError):
        response = None
    if not isinstance(response, dict) or response.get("status") != "ok":
        raise ParseError("guardian: the answer is not the JSON of a search; see docs/archives.md")
    return response


def _number(response: Mapping[str, Any], key: str) -> int:
    value = response.get(key)
    return value if isinstance(value, int) and value > 0 else 1


def _explained(error: FetchError) -> FetchError:
    """Return the error with its remedy, where it is the key or the query that is refused."""
    if error.status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        remedy = "the key is not accepted; check MONITOR_GUARDIAN_API_KEY"
    elif error.status == httpx.codes.BAD_REQUEST:
        remedy = 'the search is refused; check --query: words and "phrases" with AND, OR and NOT'
    else:
        return error
    return FetchError(f"{error}: {remedy}", error.status, error.retry_after)
