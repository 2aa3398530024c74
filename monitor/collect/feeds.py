"""From the body that a feed answered with to its items: RSS, Atom, JSON Feed."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.clock import LONDON
from monitor.collect.entries import Entry, Reader
from monitor.collect.feedxml import decode_feed, parse_xml
from monitor.collect.jsonfeed import parse_json
from monitor.errors import ParseError
from monitor.types import Item, Rejected, Source

MAX_ENTRIES = 5000
"""Read of one answer, in its order, since feeds put the newest first: a bound on time, not on a real feed."""

_HTML = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,4000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")


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
    text = decode_feed(body, content_type)
    entries, left_out = _entries(text, content_type or "", url, limit)
    reader = Reader(source, url, seen_at, zone, pattern)
    items = [reader.item(entry) if entry else Rejected("bad-entry", "cannot be read") for entry in entries]
    return [*items, *[Rejected("too-many", f"after the first {limit}")] * left_out]


def _entries(text: str, content_type: str, url: str, limit: int | None) -> tuple[list[Entry | None], int]:
    start = text.lstrip()[:1]
    if not start:
        raise ParseError(f"{url} is empty")
    if start in "{[" or ("json" in content_type and start != "<"):
        return _json_entries(text, url, limit)
    if _HTML.match(text):
        raise ParseError(f"{url} is an HTML page, not a feed")
    feed = parse_xml(text, url, limit)
    if not feed.version and not feed.entries:
        raise ParseError(f"{url} {_no_feed(text, feed.problem)}")
    return feed.entries, feed.left_out


def _json_entries(text: str, url: str, limit: int | None) -> tuple[list[Entry | None], int]:
    entries = parse_json(text)
    if entries is None:
        raise ParseError(f"{url} is JSON, or meant to be, but not a JSON Feed")
    kept = entries[:limit]
    return kept, len(entries) - len(kept)


def _no_feed(text: str, problem: str) -> str:
    root = _ROOT.search(text)
    if problem or root is None:
        return f"is not XML or JSON: {problem or 'it has no element'}"
    return f"is XML, but not a feed: its root is <{root[1]}>"
