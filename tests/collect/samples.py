"""Invented feeds and what reads them."""

from datetime import UTC, datetime

from monitor.collect.feeds import MAX_ENTRIES, parse_feed
from monitor.types import Item, Outlet, OutletType, Rejected, Source

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OUTLET = Outlet("Marshford Echo", OutletType.REGIONAL, "England")
FEED_URL = "https://echo.example/news/feed.xml"
SOURCE = Source("echo", FEED_URL, OUTLET)


def an_entry(number: int = 1, *, date: str = "Wed, 12 Nov 2008 09:30:00 GMT", extra: str = "") -> str:
    return (
        f"<item><title>Council reviews case {number}</title><link>/stories/{number}</link>"
        f"<guid isPermaLink='false'>echo-{number}</guid><pubDate>{date}</pubDate>"
        f"<description>Managers gave evidence on day {number}.</description>{extra}</item>"
    )


def rss(*entries: str) -> str:
    namespaces = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    body = "".join(entries)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {namespaces}>'
        f"<channel><title>Echo</title>{body}</channel></rss>"
    )


def read(
    body: str | bytes, content_type: str | None = None, limit: int | None = MAX_ENTRIES
) -> list[Item | Rejected]:
    raw = body.encode() if isinstance(body, str) else body
    return parse_feed(raw, content_type=content_type, url=FEED_URL, source=SOURCE, seen_at=NOW, limit=limit)


def items(results: list[Item | Rejected]) -> list[Item]:
    return [result for result in results if isinstance(result, Item)]


def reasons(results: list[Item | Rejected]) -> list[str]:
    return [result.reason for result in results if isinstance(result, Rejected)]
