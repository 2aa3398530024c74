"""What the newsroom publishes: feeds in three formats and article pages, as text."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from monitor.clock import LONDON
from monitor.types import Item


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as one feed shows it; ``raw_date`` stands in for the date where a feed garbles it."""

    item: Item
    link: str
    raw_date: str | None = None

    @property
    def guid(self) -> str:
        """The item's invented address, which no port changes."""
        return str(self.item.url)


def rss(name: str, home: str, entries: Sequence[Entry]) -> str:
    """Return an RSS 2.0 document."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>{escape(name)}</title><link>{escape(home)}</link>"
        f"<description>News from {escape(name)}</description><language>en-gb</language>\n"
        + "".join(_rss_item(entry) for entry in entries)
        + "</channel></rss>\n"
    )


def _rss_item(entry: Entry) -> str:
    date = entry.raw_date or format_datetime(entry.item.published.at.astimezone(LONDON))
    return (
        f"<item><title>{escape(entry.item.title, quote=False)}</title><link>{escape(entry.link)}</link>"
        f'<guid isPermaLink="false">{escape(entry.guid)}</guid><pubDate>{date}</pubDate>'
        f"<description>{escape(entry.item.summary, quote=False)}</description></item>\n"
    )


def atom(name: str, home: str, entries: Sequence[Entry]) -> str:
    """Return an Atom 1.0 document."""
    newest = max(entry.item.published.at for entry in entries)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">\n'
        f'<title>{escape(name)}</title><id>{escape(home)}</id><link href="{escape(home)}"/>'
        f"<updated>{newest.isoformat()}</updated>\n"
        + "".join(_atom_entry(entry) for entry in entries)
        + "</feed>\n"
    )


def _atom_entry(entry: Entry) -> str:
    at = entry.item.published.at.isoformat()
    return (
        f"<entry><title>{escape(entry.item.title)}</title><id>{escape(entry.guid)}</id>"
        f'<link rel="alternate" href="{escape(entry.link)}"/><published>{at}</published>'
        f"<updated>{at}</updated>"
        f"<summary>{escape(entry.item.summary)}</summary></entry>\n"
    )


def json_feed(name: str, home: str, entries: Sequence[Entry]) -> str:
    """Return a JSON Feed 1.1 document."""
    items = [
        {
            "id": entry.guid,
            "url": entry.link,
            "title": entry.item.title,
            "summary": entry.item.summary,
            "date_published": entry.item.published.at.isoformat(),
        }
        for entry in entries
    ]
    version = "https://jsonfeed.org/version/1.1"
    feed = {"version": version, "title": name, "home_page_url": home, "language": "en-GB", "items": items}
    return json.dumps(feed, ensure_ascii=False, indent=1)


_STYLE = "body{font-family:Georgia,serif;max-width:44em;margin:auto}nav a{margin-right:1em}"


def article(item: Item, related: Sequence[tuple[str, str]]) -> str:
    """Return an article page with the clutter of a real one; ``related`` are titles and addresses."""
    at = item.published.at
    paragraphs = "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in item.text.split("\n\n"))
    links = "".join(f'<li><a href="{escape(link)}">{escape(title)}</a></li>' for title, link in related)
    title, name = escape(item.title), escape(item.outlet.name)
    return f"""<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title} | {name}</title>
<meta name="description" content="{escape(item.summary)}">
<meta property="article:published_time" content="{at.isoformat()}"><style>{_STYLE}</style></head>
<body>
<div id="cookie-banner" role="dialog"><p>We value your privacy. We and our partners use cookies.</p>
<button>Accept all</button> <button>Manage choices</button></div>
<header><a href="/">{name}</a>
<nav><a href="/news">News</a><a href="/sport">Sport</a><a href="/weather">Weather</a></nav></header>
<main><article><h1>{title}</h1>
<p class="byline">By our staff, <time datetime="{at.isoformat()}">{_day(at)}</time></p>
{paragraphs}
</article>
<aside><h2>More stories</h2><ul>{links}</ul></aside></main>
<footer><p>© {name}. All rights reserved.
<a href="/terms">Terms</a> <a href="/contact">Contact us</a></p></footer>
</body></html>
"""


def _day(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%B %Y, %H:%M}"


ERROR_PAGE = """<!doctype html>
<html lang="en-GB"><head><title>Something went wrong</title></head>
<body><h1>Something went wrong</h1>
<p>We cannot show this page at the moment. Please try again later.</p></body></html>
"""
