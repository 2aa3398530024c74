"""From an entry of a feed, of whatever format, to an item."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
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

SHARED_LINK = 3
"""Entries of different titles that link to one address from which on it is not that of a story."""

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

    def fields(self) -> tuple[str, ...]:
        """Return the values in order, as the class takes them."""
        return (self.title, self.summary, self.content, self.link, self.guid, self.date)


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
        for now: the item goes with the rejection, to be kept until its day has come.
        """
        summary, text = bodies(entry.summary, entry.content)
        title = shorten(plain(entry.title), TITLE_CHARACTERS) or shorten(summary or text, LEAD_CHARACTERS)
        link, guid = canonical_url(entry.link, self.url), clean(entry.guid) or None
        if not title:
            return Rejected("no-title", link or guid or "")
        published = self._published(entry.date)
        item = Item(self.source.id, self.source.outlet, title, published, link, guid, summary, text)
        if is_future(published, self.seen_at):
            return Rejected("date-in-future", f"{published.raw}: {link or title}", item)
        return item

    def _published(self, raw: str) -> Published:
        published = read_date(raw, source="feed", now=self.seen_at, zone=self.zone, pattern=self.pattern)
        return published or Published(self.seen_at, clean(raw), "seen", "second")


def apart(entries: Sequence[Item | Rejected]) -> list[Item | Rejected]:
    """Return the entries of one body without what several share that should be told apart by it.

    Some feeds give all entries one guid, or link all to the home page. What two entries with different
    titles have in common, and are named by, names neither: a guid without a link, or a link that three have.
    """
    items = [entry for entry in entries if isinstance(entry, Item)]
    links, guids = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for item in items:
        if item.url:
            links[item.url].add(item.title)
        if item.guid:
            guids[item.guid].add(item.title)
    shared = {url for url, titles in links.items() if len(titles) >= SHARED_LINK}
    common = {guid for guid, titles in guids.items() if len(titles) > 1}
    if not shared and not common:
        return list(entries)
    return [_told_apart(entry, shared, common) if isinstance(entry, Item) else entry for entry in entries]


def _told_apart(item: Item, shared: set[str], common: set[str]) -> Item:
    url = None if item.url in shared else item.url
    return replace(item, url=url, guid=None if url is None and item.guid in common else item.guid)


def bodies(summary: str, content: str) -> tuple[str, str]:
    """Return plain ``(summary, text)``: the summary cut to its limit, the text empty unless it is longer."""
    brief, full = _MORE.sub("", plain(summary)), plain(content)
    if not brief and len(full) <= TEASER_CHARACTERS:
        return _MORE.sub("", full), ""
    short = shorten(brief, SUMMARY_CHARACTERS)
    longest = max(brief, full, key=len)
    return short, longest if len(longest) > len(short) else ""
