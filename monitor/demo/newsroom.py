"""Serve the last eight weeks of the sample on loopback, with the faults that real feeds have.

Beside the feeds of the eleven outlets there are a feed that answers with an error page, and one that has
been silent for months. One feed breaks off in the middle, one holds a date that cannot be read, and
robots.txt closes one path.
"""

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

from monitor.demo.calendar import ARCHIVE_WEEKS, DEMO_EVENT, WEEKS, week_at
from monitor.demo.composer import Newspaper, compose_week, newspapers
from monitor.demo.pages import ERROR_PAGE, Entry, article, atom, json_feed, rss
from monitor.types import Item, Published

BROKEN_SOURCE = "daily-meridian-comment"
SILENT_SOURCE = "northlight-regions"
TRUNCATED_SOURCE = "derrymoyle-gazette"
BAD_DATE_SOURCE = "harrowmere-lamp"
CLOSED_SOURCE = "caseload-diaries"
"""The source with a story under a path that robots.txt closes."""

_ROBOTS = f"User-agent: *\nDisallow: /{CLOSED_SOURCE}/members/\n"
_FORMATS = {
    "rss": ("feed.xml", "application/rss+xml", rss),
    "atom": ("feed.xml", "application/atom+xml", atom),
    "json": ("feed.json", "application/feed+json", json_feed),
}
_IDLE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Newsroom:
    """A newsroom that is being served."""

    base_url: str
    feeds_yaml: str

    def invented(self, text: str) -> str:
        """Return a text with addresses as the outlets would have them: they last longer than a port does."""
        own = rf"{re.escape(self.base_url)}/([a-z-]+)(?:/members(?=/))?"
        return re.sub(own, r"https://\1.example", text)


@dataclass(frozen=True, slots=True)
class Document:
    """What is served at a path."""

    body: bytes
    content_type: str
    modified: datetime

    @property
    def etag(self) -> str:
        """A strong validator of the body."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


@contextmanager
def serve_newsroom() -> Iterator[Newsroom]:
    """Serve the newsroom at a free port of 127.0.0.1 for as long as the context lasts."""
    served: dict[str, Document] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, served))
    server.daemon_threads = True
    base = f"http://127.0.0.1:{server.server_port}"
    served |= documents(base)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Newsroom(base, feeds_yaml(base))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def documents(base: str) -> dict[str, Document]:
    """Return path to document for the whole newsroom, with links that start with ``base``."""
    served = {"/robots.txt": _document(_ROBOTS, "text/plain", week_at(1).bounds()[0])}
    for paper, items in _by_paper():
        served |= _papers_documents(base, paper, items)
    broken, silent = f"/{BROKEN_SOURCE}/feed.xml", f"/{SILENT_SOURCE}/feed.xml"
    served[broken] = _document(ERROR_PAGE, "text/html", week_at(WEEKS).bounds()[0])
    served[silent] = _document(
        rss(
            "Northlight News: regions",
            f"{base}/{SILENT_SOURCE}/",
            [Entry(_SILENT, f"{base}/{SILENT_SOURCE}/pause")],
        ),
        "application/rss+xml",
        _SILENT.published.at,
    )
    return served


def feeds_yaml(base: str) -> str:
    """Return the feeds.yaml that polls this newsroom."""
    sources = [
        _entry(paper, paper.id, paper.outlet.name, f"{base}{_feed_path(paper)}") for paper in newspapers()
    ]
    papers = {paper.id: paper for paper in newspapers()}
    for name, source_id, owner in (
        ("The Daily Meridian: comment", BROKEN_SOURCE, papers["daily-meridian"]),
        ("Northlight News: regions", SILENT_SOURCE, papers["northlight-news"]),
    ):
        entry = _entry(owner, source_id, name, f"{base}/{source_id}/feed.xml")
        sources.append(entry | {"outlet": owner.outlet.name})
    event = {
        "id": DEMO_EVENT.id,
        "date": date.fromisoformat(DEMO_EVENT.date),
        "name": DEMO_EVENT.name,
        "nation": DEMO_EVENT.nation,
        "type": DEMO_EVENT.type,
        "frames": list(DEMO_EVENT.expected_frames),
        "note": DEMO_EVENT.note,
    }
    config = {"contact": "newsroom@demo.example", "events": [event], "sources": sources}
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _entry(paper: Newspaper, source_id: str, name: str, url: str) -> dict[str, object]:
    return {
        "id": source_id,
        "name": name,
        "url": url,
        "outlet_type": str(paper.outlet.outlet_type),
        "nation": paper.outlet.nation,
        "trusted": True,
        "checked": "never",
    }


def _by_paper() -> list[tuple[Newspaper, list[Item]]]:
    """Return each outlet's items of the last eight weeks, newest first, as feeds show them."""
    recent = [story.item for n in range(ARCHIVE_WEEKS + 1, WEEKS + 1) for story in compose_week(n)]
    recent.sort(key=lambda item: item.published.at, reverse=True)
    return [(paper, [item for item in recent if item.source_id == paper.id]) for paper in newspapers()]


def _papers_documents(base: str, paper: Newspaper, items: Sequence[Item]) -> dict[str, Document]:
    paths = {item.url: _article_path(paper, item, closed=item is _closed(paper, items)) for item in items}
    entries = [Entry(item, base + paths[item.url]) for item in items]
    if paper.id == BAD_DATE_SOURCE:
        entries.insert(
            3, Entry(_UNDATED, f"{base}/{paper.id}/undated", raw_date="Thu, 45 Octember 2026 25:61:00")
        )
    served = {
        path: _document(article(item, _related(entries, item)), "text/html", item.published.at)
        for item, path in ((entry.item, entry.link.removeprefix(base)) for entry in entries)
    }
    _, content_type, render = _FORMATS[paper.feed]
    text = render(paper.outlet.name, f"{base}/{paper.id}/", entries)
    if paper.id == TRUNCATED_SOURCE:
        text = _broken_off(text, render(paper.outlet.name, "", [Entry(_CUT, f"{base}/{paper.id}/cut")]))
    served[_feed_path(paper)] = _document(text, content_type, items[0].published.at)
    return served


def _broken_off(text: str, last: str) -> str:
    """Return a feed that stops within one more item: none of its own stories is lost."""
    extra = last[last.index("<item>") : last.index("</description></item>")]
    return text[: text.index("</channel>")] + extra[: -len(extra) // 8]


def _closed(paper: Newspaper, items: Sequence[Item]) -> Item | None:
    """Return the story that robots.txt closes."""
    return items[0] if paper.id == CLOSED_SOURCE else None


def _feed_path(paper: Newspaper) -> str:
    return f"/{paper.id}/{_FORMATS[paper.feed][0]}"


def _article_path(paper: Newspaper, item: Item, *, closed: bool) -> str:
    path = str(item.url).removeprefix(f"https://{paper.id}.example")
    return f"/{paper.id}{'/members' if closed else ''}{path}"


def _related(entries: Sequence[Entry], item: Item) -> list[tuple[str, str]]:
    return [(entry.item.title, entry.link) for entry in entries[:4] if entry.item is not item][:3]


def _document(text: str, content_type: str, modified: datetime) -> Document:
    return Document(text.encode(), f"{content_type}; charset=utf-8", modified.replace(microsecond=0))


def _notice(source_id: str, title: str, at: datetime) -> Item:
    """Return an item that serves to show a fault, and is not about social work."""
    paper = next(paper for paper in newspapers() if paper.id == source_id)
    published = Published(at, at.isoformat(), "feed", "second")
    url = f"https://{source_id}.example/notice/{at:%Y%m%d}"
    text = f"{title}.\n\nThank you for reading."
    return Item(source_id, paper.outlet, title, published, url, summary=f"{title}.", text=text)


_AUTUMN = datetime(2026, 11, 5, 9, tzinfo=UTC)
_UNDATED = _notice(BAD_DATE_SOURCE, "Readers' photographs of autumn on the canal", _AUTUMN)
_CUT = _notice(
    TRUNCATED_SOURCE, "Ferry timetable for the winter months", datetime(2026, 9, 21, 6, tzinfo=UTC)
)
_SILENT = replace(
    _notice("northlight-news", "Our regional pages are taking a pause", datetime(2026, 3, 16, 9, tzinfo=UTC)),
    source_id=SILENT_SOURCE,
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    """Head and body leave together: apart, each answer would wait for an acknowledgement."""

    def __init__(self, documents: Mapping[str, Document], *args: Any) -> None:
        self._documents = documents
        super().__init__(*args)

    def handle(self) -> None:
        """Answer until the reader hangs up, in whatever manner."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Answer with the document, or with 304 where the reader has it."""
        document = self._documents.get(self.path.partition("?")[0])
        if document is None:
            self._answer(HTTPStatus.NOT_FOUND, _document(ERROR_PAGE, "text/html", _AUTUMN))
        elif self._has(document):
            self._answer(HTTPStatus.NOT_MODIFIED, document)
        else:
            self._answer(HTTPStatus.OK, document)

    def _has(self, document: Document) -> bool:
        """Tell whether the reader's copy is current; an entity tag goes before a date (RFC 9110, 13.2.2)."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            return document.etag in tags
        since = self.headers.get("If-Modified-Since")
        return since is not None and parsedate_to_datetime(since) >= document.modified

    def _answer(self, status: HTTPStatus, document: Document) -> None:
        self.send_response(status)
        self.send_header("ETag", document.etag)
        self.send_header("Last-Modified", format_datetime(document.modified.astimezone(UTC), usegmt=True))
        if status is HTTPStatus.NOT_MODIFIED:
            self.end_headers()
            return
        self.send_header("Content-Type", document.content_type)
        self.send_header("Content-Length", str(len(document.body)))
        self.end_headers()
        self.wfile.write(document.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what was fetched is for the collector to log."""
