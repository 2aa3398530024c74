"""Read JSON Feed, versions 1 and 1.1 (jsonfeed.org), which feedparser does not know."""

import json
import re

from monitor.collect.entries import Entry

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_SEPARATOR = re.compile(r"[\s,]*")


def parse_json(text: str) -> list[Entry | None] | None:
    """Return the entries in the order of the document, None for one that is not an object.

    Of a document that breaks off, the entries before the break are returned, and None for the one in it.
    Where the document is no JSON Feed at all, the result is None.
    """
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        return _salvaged(text)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or not _is_feed(feed):
        return None
    return [_entry(item) for item in items]


def _is_feed(feed: dict[str, object]) -> bool:
    # The version is required, but some feeds leave it out; items and a title are what makes it one.
    return "jsonfeed.org/version" in str(feed.get("version", "")) or isinstance(feed.get("title"), str)


def _salvaged(text: str) -> list[Entry | None] | None:
    start = _ITEMS.search(text)
    if start is None or "jsonfeed.org/version" not in text:
        return None
    decoder, entries, position = json.JSONDecoder(), list[Entry | None](), start.end()
    while True:
        separator = _SEPARATOR.match(text, position)
        position = separator.end() if separator else position
        if text[position : position + 1] in ("", "]"):
            return entries
        try:
            item, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return [*entries, None]
        entries.append(_entry(item))


def _entry(item: object) -> Entry | None:
    if not isinstance(item, dict):
        return None
    return Entry(
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        content=_text(item, "content_html", "content_text"),
        link=_text(item, "url", "external_url"),
        guid=_text(item, "id"),
        date=_text(item, "date_published", "date_modified"),
    )


def _text(item: dict[str, object], *keys: str) -> str:
    for key in keys:
        value = item.get(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return ""
