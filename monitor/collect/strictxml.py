"""Read feeds that are well-formed XML of the usual kinds, thirty times as fast as feedparser does.

What is unusual (a document type, ``xml:base``, Atom 0.3, inline base64, an unknown root) or not well formed
is left to `monitor.collect.feedxml`; of what is read here, both give the same entries.
"""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.collect.entries import Entry

_ATOM = "http://www.w3.org/2005/Atom"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {
    "": "",
    _ATOM: "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://purl.org/rss/1.0/modules/syndication/": "sy:",
    _RDF: "rdf:",
}
_UNUSUAL = ("<!DOCTYPE", "<!ENTITY", "xml:base", "mode=", "base64", "purl.org/atom/ns#")

_ENTRY = re.compile(r"<(?:[\w-]+:)?(?:item|entry)[\s>/]")

_SUMMARY = ("summary", "description", "dc:description", "abstract")
_CONTENT = ("content:encoded", "content", "body", "description")
_PUBLISHED = ("pubdate", "published", "issued", "dcterms:issued")
_CREATED = ("created", "dcterms:created")
_UPDATED = ("updated", "modified", "dc:date", "dcterms:modified", "lastbuilddate")
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


@dataclass(frozen=True, slots=True)
class StrictFeed:
    """What was read of a document."""

    entries: list[Entry | None]
    left_out: int
    hint: float
    """See `asked_seconds`."""


def parse_strictly(text: str, limit: int | None) -> StrictFeed | None:
    """Return the entries of a document, at most ``limit``; None where it is not one of the usual kinds.

    The document must be without characters and references that XML forbids (`feedxml.repair`).
    """
    if any(sign in text for sign in _UNUSUAL):
        return None
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type it holds no entity to expand
    except (ET.ParseError, ValueError):
        return None
    head, items = _parts(root)
    if items is None:
        return None
    entries = [_entry(item) for item in items[:limit]]
    if not all(entry.title or entry.summary or entry.content for entry in entries) or (
        not entries and _ENTRY.search(text)
    ):
        return None  # feedparser knows more names, and more places to look for them
    about = _children(head)
    hint = asked_seconds(*(_text(about, name) for name in ("ttl", "sy:updateperiod", "sy:updatefrequency")))
    return StrictFeed(list(entries), len(items) - len(entries), hint)


def asked_seconds(ttl: str, period: str, frequency: str) -> float:
    """Return the seconds between two polls that a feed asks for, 0 where it does not.

    ``ttl`` counts minutes (RSS 2.0); the period is divided by the frequency, which is 1 where it is missing
    (RSS 1.0 module Syndication). Of both, the longer.
    """
    minutes = float(ttl) if ttl.isdecimal() and len(ttl) < 8 else 0.0
    often = int(frequency) if frequency.isdecimal() and len(frequency) < 8 else 1
    return max(minutes * 60, _PERIODS.get(period.strip().lower(), 0) / max(often, 1))


def _parts(root: ET.Element) -> tuple[ET.Element, list[ET.Element] | None]:
    """Return what holds the feed's own elements, and its entries; None for another document."""
    name = _name(root.tag)
    if root.tag == f"{{{_ATOM}}}feed":
        return root, [child for child in root if child.tag == f"{{{_ATOM}}}entry"]
    if name not in ("rss", "rdf:rdf"):
        return root, None
    channel = next((child for child in root if _name(child.tag) == "channel"), root)
    inside = [] if channel is root else [child for child in channel if _name(child.tag) == "item"]
    beside = [child for child in root if _name(child.tag) == "item"]
    return channel, [*inside, *beside]


def _name(tag: str) -> str:
    """Return ``prefix:name`` in lower case with a prefix of ours, or the tag where it has none."""
    if not tag.startswith("{"):
        return tag.lower()
    space, _, local = tag[1:].partition("}")
    prefix = _PREFIXES.get(space)
    return tag if prefix is None else f"{prefix}{local.lower()}"


def _children(parent: ET.Element) -> dict[str, list[ET.Element]]:
    found: dict[str, list[ET.Element]] = {}
    for child in parent:
        if isinstance(child.tag, str):
            found.setdefault(_name(child.tag), []).append(child)
    return found


def _entry(item: ET.Element) -> Entry:
    parts = _children(item)
    summary = _first(parts, _SUMMARY)
    content = max((_inner(one) for name in _CONTENT for one in parts.get(name, ())), key=len, default="")
    guid = _text(parts, "guid") or _text(parts, "id") or item.get(f"{{{_RDF}}}about", "")
    return Entry(
        title=_first(parts, ("title", "dc:title")),
        summary=summary,
        content="" if content == summary else content,
        link=_text(parts, "feedburner:origlink") or _link(parts) or _permalink(parts),
        guid=guid,
        date=_first(parts, _PUBLISHED) or _first(parts, _CREATED) or _first(parts, _UPDATED),
    )


def _first(parts: dict[str, list[ET.Element]], names: tuple[str, ...]) -> str:
    return next((text for name in names for one in parts.get(name, ()) if (text := _inner(one)).strip()), "")


def _text(parts: dict[str, list[ET.Element]], name: str) -> str:
    return next(((one.text or "").strip() for one in parts.get(name, ()) if (one.text or "").strip()), "")


def _link(parts: dict[str, list[ET.Element]]) -> str:
    """Return the text of an RSS link, or the address of an Atom link to the story itself."""
    said = _text(parts, "link")
    if said:
        return said
    for link in parts.get("link", ()):
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            return link.get("href", "")
    return ""


def _permalink(parts: dict[str, list[ET.Element]]) -> str:
    guid = next(iter(parts.get("guid", ())), None)
    if guid is None or guid.get("isPermaLink", guid.get("ispermalink", "true")).lower() == "false":
        return ""
    return (guid.text or "").strip()


def _inner(element: ET.Element) -> str:
    """Return what stands in an element, inner elements as the markup that they are."""
    if not len(element):
        return element.text or ""
    return "".join(_markup(element))


def _markup(element: ET.Element) -> Iterator[str]:
    yield html.escape(element.text or "", quote=False)
    for child in element:
        if isinstance(child.tag, str):
            name = child.tag.rpartition("}")[2]
            yield f"<{name}>"
            yield from _markup(child)
            yield f"</{name}>"
        yield html.escape(child.tail or "", quote=False)
