"""Parse a feed where it is cheapest: here where that is safe, else in a process that can be killed.

Small, well-formed feeds, which nearly all are, take a millisecond or two here. Large bodies, and those that
only feedparser can make something of, go to the process; one that it cannot read in time fails its source.
"""

import asyncio
import json
from datetime import datetime

from monitor.collect.feeds import MAX_ENTRIES, Feed, RawFeed, items_of, quick_feed
from monitor.collect.http import Fetched
from monitor.collect.killable import Killable
from monitor.collect.parse_worker import read_answer
from monitor.errors import ParseError
from monitor.types import Source

LARGE_BYTES = 300_000
"""From this size on a body is not parsed in our own process."""
PARSE_SECONDS = 20.0
GZIP = b"\x1f\x8b"


class Parser(Killable):
    """Reads the bodies of feeds; use as an async context."""

    def __init__(self, *, deadline: float = PARSE_SECONDS) -> None:
        super().__init__("monitor.collect.parse_worker", deadline=deadline)

    async def read(self, feed: Fetched, source: Source, now: datetime) -> Feed:
        """Return the entries of a feed.

        Raises:
            ParseError: it is none, or one that cannot be read in time.
        """
        raw = None
        if len(feed.body) < LARGE_BYTES and not feed.body.startswith(GZIP):
            raw = quick_feed(feed.body, feed.content_type, feed.url)
        if raw is None:
            raw = await self._elsewhere(feed)
            # Thousands of entries take a second, and other sources wait on the event loop.
            return await asyncio.to_thread(items_of, raw, source, feed.url, now)
        return items_of(raw, source, feed.url, now)

    async def _elsewhere(self, feed: Fetched) -> RawFeed:
        asked = {"content_type": feed.content_type, "url": feed.url, "limit": MAX_ENTRIES}
        answer = await self.ask(json.dumps(asked).encode(), feed.body)
        if answer is None:
            raise ParseError(f"{feed.url} could not be read within {self._deadline:g} s")
        return read_answer(answer)
