"""From the body that a feed answered with to its items: RSS, Atom, JSON Feed, news sitemap."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.clock import LONDON
from monitor.collect.entries import Entry, Reader, apart
from monitor.collect.feedxml import decode_feed, parse_xml, repair
from monitor.collect.jsonfeed import parse_json
from monitor.collect.newsitemap import kind_of, parse_sitemap, unzipped
from monitor.collect.strictxml import parse_strictly
from monitor.errors import ParseError
from monitor.types import Item, Rejected, Source

MOST_BYTES = 10_000_000
"""Of a body, decompressed."""
MAX_ENTRIES = 5000
"""Read of one answer, in its order, since feeds put the newest first: a bound on time, not on a real feed."""

_HTML = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,4000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")


@dataclass(frozen=True, slots=True)
class RawFeed:
    """The entries of a body as they stand there; None for one that cannot be read."""

    entries: Sequence[Entry | None]
    left_out: int = 0
    """Entries after the limit."""
    hint: float = 0.0
    """Seconds between two polls that the feed asks for, 0 where it does not."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One value per entry, in the order of the feed; and the ``hint`` of `RawFeed`."""

    entries: list[Item | Rejected]
    hint: float = 0.0


def parse_feed(
    body: bytes,
    *,
    content_type: str | None,
    url: str,
    source: Source,
    seen_at: datetime,
    limit: int | None = MAX_ENTRIES,
    zone: ZoneInfo = LONDON,
    pattern: str | None = None,
) -> list[Item | Rejected]:
    """Return one value per entry, in the order of the feed; none for a feed without entries.

    A feed that is cut short or badly encoded gives what can be read of it. Reasons of rejection:
    ``no-title`` (nor a summary to take one from), ``date-in-future``, ``bad-entry`` (cannot be read), and
    ``too-many`` for each entry after the limit.

    Args:
        content_type: the header of the answer; it decides little, since servers are often wrong about it.
        url: the address that answered, against which links are resolved.
        seen_at: the moment of collection, which stands in for dates that are missing or cannot be read.
        limit: entries at most; None for no limit.
        zone: of dates that name none.
        pattern: a ``strptime`` format that alone reads dates.

    Raises:
        ParseError: the body is no feed; the message says what it is.
    """
    raw = raw_feed(body, content_type, url, limit)
    return items_of(raw, source, url, seen_at, limit=limit, zone=zone, pattern=pattern).entries


def items_of(
    raw: RawFeed,
    source: Source,
    url: str,
    seen_at: datetime,
    *,
    limit: int | None = MAX_ENTRIES,
    zone: ZoneInfo = LONDON,
    pattern: str | None = None,
) -> Feed:
    """Return what the entries of a body make; for the arguments and reasons see `parse_feed`."""
    reader = Reader(source, url, seen_at, zone, pattern)
    found = [
        reader.item(entry) if entry else Rejected("bad-entry", "cannot be read") for entry in raw.entries
    ]
    left_out = [Rejected("too-many", f"after the first {limit}")] * raw.left_out
    return Feed([*apart(found), *left_out], raw.hint)


def raw_feed(body: bytes, content_type: str | None, url: str, limit: int | None) -> RawFeed:
    """Return the entries of a body as they stand there.

    Raises:
        ParseError: the body is no feed.
    """
    text = decode_feed(unzipped(body, MOST_BYTES), content_type)
    found = _light(text, content_type or "", url, limit)
    if found is not None:
        return found
    feed = parse_xml(text, url, limit)
    if not feed.version and not feed.entries:
        raise ParseError(f"{url} {_no_feed(text, feed.problem)}")
    return RawFeed(feed.entries, feed.left_out, feed.hint)


def quick_feed(body: bytes, content_type: str | None, url: str) -> RawFeed | None:
    """Return the entries of a body that is read in milliseconds; None for one that may take longer.

    Raises:
        ParseError: the body is no feed.
    """
    return _light(decode_feed(unzipped(body, MOST_BYTES), content_type), content_type or "", url, MAX_ENTRIES)


def _light(text: str, content_type: str, url: str, limit: int | None) -> RawFeed | None:
    """Return what does without feedparser: JSON Feed, news sitemaps, and well-formed RSS and Atom."""
    start = text.lstrip()[:1]
    if not start:
        raise ParseError(f"{url} is empty")
    if start in "{[" or ("json" in content_type and start != "<"):
        return _json_entries(text, url, limit)
    if _HTML.match(text):
        raise ParseError(f"{url} is an HTML page, not a feed")
    kind = kind_of(text)
    if kind == "sitemapindex":
        raise ParseError(f"{url} is an index of sitemaps; give the address of its news sitemap")
    if kind == "urlset":
        return RawFeed(*parse_sitemap(text, url, limit))
    strict = parse_strictly(repair(text), limit)
    return None if strict is None else RawFeed(strict.entries, strict.left_out, strict.hint)


def _json_entries(text: str, url: str, limit: int | None) -> RawFeed:
    entries = parse_json(text)
    if entries is None:
        raise ParseError(f"{url} is JSON, or meant to be, but not a JSON Feed")
    kept = entries[:limit]
    return RawFeed(kept, len(entries) - len(kept))


def _no_feed(text: str, problem: str) -> str:
    root = _ROOT.search(text)
    if problem or root is None:
        return f"is not XML or JSON: {problem or 'it has no element'}"
    return f"is XML, but not a feed: its root is <{root[1]}>"
