"""What an article page says of itself in its head: title, date, summary, its own address.

Read by expressions that pass over the text once, since pages are whatever their authors made of them. The
article's text is `monitor.collect.extract`'s to find.

Source: schema.org/NewsArticle as JSON-LD (``headline``, ``datePublished``), https://ogp.me, and the names
that UK sites have used for dates since 2005, the BBC's ``OriginalPublicationDate`` among them.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from monitor.collect.archives.base import Entry
from monitor.collect.dates import is_future, read_date
from monitor.collect.entries import SUMMARY_CHARACTERS, TITLE_CHARACTERS
from monitor.collect.text import clean, decode_mixed, plain, shorten
from monitor.collect.urls import canonical_url
from monitor.types import Item, Outlet, Published, Rejected

HEAD_BYTES = 600_000
"""Of a page that is looked at."""
_DEPTH = 6
"""Of objects within objects in which an article is looked for."""

_TAG = re.compile(r"<(meta|link|time)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z:_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{0,2000})</title", re.IGNORECASE)
_LINKED_DATA = re.compile(r"<script[^<>]{0,200}ld\+json[^<>]{0,200}>", re.IGNORECASE)
_MOST_SCRIPTS = 20
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "originalpublicationdate",
    "dcterms.created", "dcterms.date", "dc.date.issued", "dc.date", "parsely-pub-date", "sailthru.date",
    "article.published", "publish-date", "publish_date", "publishdate", "publication_date", "pubdate", "date",
)  # fmt: skip
"""Names of meta elements that hold when an article came out, the surest first; in lower case."""
_DATED_PATH = re.compile(
    r"/((?:19|20)\d\d)[/-](\d{1,2}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[/-](\d{1,2})(?=[/-]|\Z)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PageHead:
    """What the head says, cleaned; empty where it says nothing."""

    title: str = ""
    summary: str = ""
    date: str = ""
    canonical: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


def read_head(body: bytes) -> PageHead:
    """Read a page's head; JSON-LD stands above meta elements, these above the title element."""
    text = decode_mixed(body[:HEAD_BYTES])
    meta, canonical, time = _tags(text)
    article = _article(text)
    titled = _TITLE.search(text)
    shown = plain(titled[1]) if titled else ""
    return PageHead(
        title=shorten(
            plain(article.get("headline")) or meta.get("og:title") or _without_site(shown, meta),
            TITLE_CHARACTERS,
        ),
        summary=shorten(
            plain(article.get("description")) or meta.get("og:description") or meta.get("description", ""),
            SUMMARY_CHARACTERS,
        ),
        date=clean(article.get("datePublished"))
        or next((meta[n] for n in _DATES if meta.get(n)), "")
        or time,
        canonical=canonical or meta.get("og:url", ""),
        meta=meta,
    )


def page_date(head: PageHead, url: str, now: datetime) -> Published | None:
    """Return when a page came out, by its head, else by the day that its address names."""
    return read_date(head.date, source="page", now=now) or read_date(
        address_date(url), source="page", now=now
    )


def page_item(
    head: PageHead,
    url: str,
    text: str,
    *,
    source_id: str,
    outlet: Outlet,
    published: Published | None,
    now: datetime,
) -> Entry:
    """Return the item that a page makes, or why it makes none.

    Args:
        head: of the page.
        url: where it was.
        text: of its article, cleaned.
        source_id: whose the item is.
        outlet: who publishes it.
        published: None for a page that does not say when.
        now: the present.
    """
    address = own_address(head, url)
    if not head.title or address is None:
        return Rejected("no-title" if address else "bad-entry", url)
    if published is None:
        return Rejected("bad-date" if head.date else "no-date", url)
    if is_future(published, now):
        return Rejected("date-in-future", url)
    return Item(source_id, outlet, head.title, published, address, None, head.summary, text)


def own_address(head: PageHead, url: str) -> str | None:
    """Return the canonical address that a page gives itself, if it is one of the same host."""
    here, own = canonical_url(url), canonical_url(head.canonical, url) if head.canonical else None
    if own is None or here is None or urlsplit(own).path in ("", "/"):
        return here
    return own if _site(own) == _site(here) else here


def address_date(url: str) -> str:
    """Return the day that an address names, as in ``/2008/nov/11/``, in ISO form or empty."""
    found = _DATED_PATH.search(urlsplit(url).path)
    if found is None:
        return ""
    year, month, day = found.groups()
    return f"{day} {month} {year}" if month.isalpha() else f"{year}-{month:>02}-{day:>02}"


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")


def _tags(text: str) -> tuple[dict[str, str], str, str]:
    """Return the meta elements by name in lower case, the canonical address, and the first time element."""
    meta: dict[str, str] = {}
    canonical = time = ""
    for tag, inside in _TAG.findall(text):
        found = {name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(inside)}
        if tag.lower() == "meta":
            for name in ("property", "name", "itemprop"):
                if name in found:
                    meta.setdefault(found[name].strip().lower(), plain(found.get("content")))
        elif tag.lower() == "link" and found.get("rel", "").lower() == "canonical":
            canonical = canonical or found.get("href", "").strip()
        elif tag.lower() == "time":
            time = time or clean(found.get("datetime"))
    return meta, canonical, time


def _article(text: str) -> Mapping[str, str]:
    """Return the first object of the page's linked data that says when it was published."""
    for script in islice(_scripts(text), _MOST_SCRIPTS):
        try:
            data = json.loads(script.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        for found in _objects(data, _DEPTH):
            if isinstance(found.get("datePublished"), str):
                return {key: value for key, value in found.items() if isinstance(value, str)}
    return {}


def _scripts(text: str) -> Iterator[str]:
    """Yield the contents of the linked data; no expression spans them, since they may have no end."""
    here = 0
    while (opened := _LINKED_DATA.search(text, here)) is not None:
        here = text.find("</script", opened.end())
        if here < 0:
            return
        yield text[opened.end() : here]


def _objects(data: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth == 0:
        return
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for inner in data:
            yield from _objects(inner, depth - 1)


def _without_site(title: str, meta: Mapping[str, str]) -> str:
    """Return a title element without the site's name behind a dash or bar, where the page tells that name."""
    site = meta.get("og:site_name", "").casefold()
    for mark in (" | ", " - ", " – "):
        head, found, tail = title.rpartition(mark)
        if found and site and tail.casefold() == site:
            return head
    return title
