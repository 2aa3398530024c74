"""When two entries are the same item, and when two items are copies of one story.

The identity of an item is the first of these that it has: its canonical URL, whatever the source; its
guid within the source; its title and London day within the source. So ten entries under one guid with
ten URLs are ten items, and the same URL under a changed guid is one. A page is the same under http and
https: outlets moved from one to the other, and archives hold both. The day, not the moment: archives
and feeds date the same item to the second, the minute or the day.
"""

from hashlib import blake2b
from typing import NamedTuple

from monitor.clock import LONDON
from monitor.types import Item

STORY_CHARACTERS = 300
"""How much of the body two wire copies must share; outlets trim the end."""
STORY_TITLE_WORDS = 6
"""Shorter titles recur by chance (``Court report``), so that a title alone must be as long as this."""
NO_CONTENT = "0" * 16


class Content(NamedTuple):
    """What a revision says, in the form in which two are compared."""

    title: str
    summary: str
    """16 hexadecimal digits; ``NO_CONTENT`` where there is none."""
    text: str

    @property
    def digest(self) -> str:
        """The stored form of what outlasts the text itself."""
        return self.summary + self.text

    @classmethod
    def stored(cls, title: str, digest: str) -> "Content":
        """Return the content of a stored revision."""
        return cls(title, digest[:16], digest[16:])

    @classmethod
    def of(cls, item: Item) -> "Content":
        """Return the content of a collected item."""
        return cls(item.title, _short_digest(item.summary), _short_digest(item.text))

    def after(self, before: "Content | None") -> "Content":
        """Return this content where an empty summary or text keeps what stood there before."""
        if before is None:
            return self
        return Content(
            self.title,
            before.summary if self.summary == NO_CONTENT else self.summary,
            before.text if self.text == NO_CONTENT else self.text,
        )

    def says_nothing_new(self, known: "Content") -> bool:
        """Tell whether a known content holds all of this one."""
        return self.after(known) == known


def url_identity(url: str) -> str:
    """Return the identity that a canonical URL gives: 32 hexadecimal digits, as do the others."""
    scheme, separator, address = url.partition("://")
    return _digest("url", address if separator and scheme in ("http", "https") else url)


def guid_identity(source: str, guid: str) -> str:
    """Return the identity that a guid gives within a source."""
    return _digest("guid", source, guid)


def title_identity(item: Item, title: str | None = None) -> str:
    """Return the identity of an item by its title, or by one that it bore, and day within its source.

    A date that is only the moment of collection would make a new item at every poll: it is left out.
    """
    published = item.published
    day = "" if published.source == "seen" else published.at.astimezone(LONDON).date().isoformat()
    return _digest("title", item.source_id, _folded(item.title if title is None else title), day)


def identity(item: Item) -> str:
    """Return the first identity that an item has."""
    if item.url:
        return url_identity(item.url)
    if item.guid:
        return guid_identity(item.source_id, item.guid)
    return title_identity(item)


def identities(item: Item) -> list[str]:
    """Return every identity that an item has, the one it is stored under first."""
    found = [url_identity(item.url)] if item.url else []
    if item.guid:
        found.append(guid_identity(item.source_id, item.guid))
    return [*found, title_identity(item)]


def story(item: Item) -> str | None:
    """Return the digest that wire copies share, or None where too little is known to call it one."""
    title = _folded(item.title)
    body = item.summary or item.text
    if not body and len(title.split()) < STORY_TITLE_WORDS:
        return None
    # Ten times the characters needed, so that folding white space cannot leave fewer than that.
    return _digest("story", title, _folded(body[: STORY_CHARACTERS * 10])[:STORY_CHARACTERS])


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _digest(*parts: str) -> str:
    return blake2b("\x00".join(parts).encode(), digest_size=16).hexdigest()


def _short_digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest() if text else NO_CONTENT
