"""Read news sitemaps: what a site published in the last two days, with title and date.

Source: sitemaps.org, protocol 0.9 (sitemap and sitemap index), and Google Search Central, "Create a news
sitemap" (``news:publication_date`` and ``news:title`` in each ``url``; two days; at most 1,000 entries).
"""

import re
import xml.etree.ElementTree as ET
import zlib
from dataclasses import dataclass
from datetime import datetime

from monitor.collect.dates import read_date
from monitor.collect.entries import Entry
from monitor.errors import ParseError

MOST_CHILDREN = 4
"""Sitemaps read of one index, the newest: publishers list those of all their years in it."""

_SITEMAP = re.compile(r"<(?:[\w-]+:)?(urlset|sitemapindex)[\s>]")
_URL = re.compile(r"<(?:[\w-]+:)?url[\s>].*?</(?:[\w-]+:)?url\s*>", re.DOTALL)
_CHILD = re.compile(r"<(?:[\w-]+:)?sitemap[\s>].*?</(?:[\w-]+:)?sitemap\s*>", re.DOTALL)
_PREFIX = re.compile(r"(</?[\w-]+):")
_OTHERS = ("image.", "video.")
_ATTRIBUTE = re.compile(r"\s[\w:-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NEWS_NAME = re.compile(r"news", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Child:
    """A sitemap that an index lists."""

    url: str
    changed: datetime | None
    """Its ``lastmod``."""


def kind_of(text: str) -> str | None:
    """Return ``urlset`` or ``sitemapindex``, or None for another document."""
    root = _SITEMAP.search(text, 0, 5_000)
    return root[1] if root else None


def parse_sitemap(text: str, url: str, limit: int | None) -> tuple[list[Entry | None], int]:
    """Return the entries of a news sitemap in its order, None for one that cannot be read, and how many are
    left out after the limit. A ``url`` that is no news has no title, and is passed over.

    Raises:
        ParseError: it lists pages, but none as news.
    """
    pieces = _URL.findall(text)
    news = [piece for piece in pieces if "publication_date" in piece or ":title" in piece]
    if pieces and not news:
        raise ParseError(f"{url} is a sitemap without news: its entries have no title")
    entries = [_entry(piece) for piece in news[:limit]]
    return entries, len(news) - len(entries)


def children(text: str, now: datetime) -> list[Child]:
    """Return the sitemaps of an index that are to be read, at most `MOST_CHILDREN`, the newest first.

    Those whose address says that they hold news go before the others.
    """
    found = [child for piece in _CHILD.findall(text) if (child := _child(piece, now)) is not None]
    named = [child for child in found if _NEWS_NAME.search(child.url.partition("://")[2].partition("/")[2])]
    newest = sorted(named or found, key=lambda child: child.changed or now, reverse=True)
    return newest[:MOST_CHILDREN]


def unzipped(body: bytes, most_bytes: int) -> bytes:
    """Return a body, decompressed where it is a gzip file, as sitemaps often are.

    Raises:
        ParseError: it expands to more than ``most_bytes``, or is damaged.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = stream.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise ParseError(f"a gzip file that cannot be decompressed: {error}") from error
    if len(plain) > most_bytes:
        raise ParseError(f"a gzip file that expands to more than {most_bytes:,} bytes")
    return plain


def _entry(piece: str) -> Entry | None:
    fields = _fields(piece)
    if fields is None:
        return None
    return Entry(
        title=fields.get("title", ""),
        link=fields.get("loc", ""),
        date=fields.get("publication_date") or fields.get("lastmod", ""),
    )


def _child(piece: str, now: datetime) -> Child | None:
    fields = _fields(piece)
    if not fields or not fields.get("loc"):
        return None
    changed = read_date(fields.get("lastmod"), source="feed", now=now)
    return Child(fields["loc"], changed.at if changed else None)


def _fields(piece: str) -> dict[str, str] | None:
    """Return the first text of each element of a piece by its name without prefix; None if unreadable."""
    plain = _PREFIX.sub(r"\1.", _BARE_AMPERSAND.sub("&amp;", _ATTRIBUTE.sub("", piece)))
    try:
        root = ET.fromstring(plain)  # noqa: S314 - a piece has no document type, and so no entities
    except (ET.ParseError, ValueError):
        return None
    fields: dict[str, str] = {}
    for element in root.iter():
        # An image has a title and an address of its own.
        if not element.tag.startswith(_OTHERS) and (element.text or "").strip():
            fields.setdefault(element.tag.rpartition(".")[2], (element.text or "").strip())
    return fields
