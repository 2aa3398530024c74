"""From an entry of a feed, of whatever format, to an item."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.clock import LONDON
from monitor.collect.dates import is_future, read_date
from monitor.collect.text import clean, plain, shorten
from monitor.collect.urls import canonical_url
from monitor.types import Item, Published, Rejected, Source

TITLE_CHARACTERS = 500
SUMMARY_CHARACTERS = 2000
LEAD_CHARACTERS = 120
"""How much of the summary stands in for a title that is missing."""
TEASER_CHARACTERS = 600
"""Content up to this length, in an entry without a summary, is one; longer content is the article."""

_MORE = re.compile(r" ?(?:Continue reading|Read more)(?: ?(?:\.{3}|…|»|→))?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says of one story, as it says it: markup, entities and white space included."""

    title: str = ""
    summary: str = ""
    content: str = ""
    link: str = ""
    guid: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """What is the same for all entries of one body: whose it is, and how its dates are read."""

    source: Source
    url: str
    """The address of the feed, against which links are resolved."""
    seen_at: datetime
    zone: ZoneInfo = LONDON
    pattern: str | None = None

    def item(self, entry: Entry) -> Item | Rejected:
        """Return the item that an entry makes, or why it makes none.

        Nothing is lost for its date: one that is missing or cannot be read becomes the moment of
        collection (source ``seen``, the raw date kept). Only a date more than a day ahead rejects, and only
        for now: while the entry stands in the feed, each poll tries it again.
        """
        summary, text = bodies(entry.summary, entry.content)
        title = shorten(plain(entry.title), TITLE_CHARACTERS) or shorten(summary or text, LEAD_CHARACTERS)
        link, guid = canonical_url(entry.link, self.url), clean(entry.guid) or None
        if not title:
            return Rejected("no-title", link or guid or "")
        published = self._published(entry.date)
        if is_future(published, self.seen_at):
            return Rejected("date-in-future", f"{published.raw}: {link or title}")
        return Item(self.source.id, self.source.outlet, title, published, link, guid, summary, text)

    def _published(self, raw: str) -> Published:
        published = read_date(raw, source="feed", now=self.seen_at, zone=self.zone, pattern=self.pattern)
        return published or Published(self.seen_at, clean(raw), "seen", "second")


def bodies(summary: str, content: str) -> tuple[str, str]:
    """Return plain ``(summary, text)``: the summary cut to its limit, the text empty unless it is longer."""
    brief, full = _MORE.sub("", plain(summary)), plain(content)
    if not brief and len(full) <= TEASER_CHARACTERS:
        return _MORE.sub("", full), ""
    short = shorten(brief, SUMMARY_CHARACTERS)
    longest = max(brief, full, key=len)
    return short, longest if len(longest) > len(short) else ""
