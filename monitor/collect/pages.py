"""The article pages that a feed links to."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from monitor.collect.extract import Extractor
from monitor.collect.http import ACCEPT_PAGE, Fetched, fetch
from monitor.collect.rawfile import Recording
from monitor.collect.robots import reserves_mining
from monitor.collect.text import clean
from monitor.collect.web import BUSY, Web
from monitor.errors import FetchError, SourceError
from monitor.types import Item, Source

LONGEST_PAUSE = 60.0
"""A site that asks for longer pauses than this is read by its feed alone."""
MOST_PAGE_BYTES = 5_000_000
MOST_PAGES = 100
"""Article pages fetched in one poll of a source."""
MOST_FAILED_PAGES = 3
"""After so many failures in a row, the rest of the pages is left."""

_PAGE_TYPES = ("text/html", "application/xhtml+xml")

WantsPage = Callable[[Item], bool]
"""Tells whether the article page of an item is worth a request."""


@dataclass(slots=True)
class Pages:
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
            busy = isinstance(error, FetchError) and error.status in BUSY
            self.failed_in_a_row += MOST_FAILED_PAGES if busy else 1
            return item
        self.failed_in_a_row = 0
        return with_text(item, text)

    async def _text(self, url: str) -> str:
        rules = await self.web.robots.rules(url, trusted=self.source.trusted)
        pause = rules.crawl_delay() or 0.0
        if not rules.allow(url) or pause > LONGEST_PAUSE:
            return ""
        async with self.web.turn(self.source, url, pause=pause):
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
