"""What the archives answer, by their public documentation; the modules that ask them cite the pages."""

import gzip
import hashlib
import html
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.collect.archives.server import Answer, Asked, Story

KEY = "5ecr3t-k3y"


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(json.dumps(value).encode(), status, "application/json", headers or {})


# ---------------------------------------------------------------- Guardian


class GuardianApi:
    """``/search``; ``allowed`` requests, ``depth`` results that can be paged to."""

    def __init__(self, stories: Sequence[Story], allowed: int = 5_000, depth: int = 38_000) -> None:
        self.stories = sorted(stories, key=lambda story: story.at)
        self.allowed = allowed
        self.depth = depth

    def __call__(self, asked: Asked) -> Answer:
        query = asked.query
        if query.get("api-key") != KEY:
            return as_json({"message": "Unauthorized"}, 401)
        if self.allowed <= 0:
            return as_json({"message": "API rate limit exceeded"}, 429)
        self.allowed -= 1
        size, page = int(query.get("page-size", "10")), int(query.get("page", "1"))
        if asked.path != "/search" or not 1 <= size <= 200:
            return self.error("page-size must be an integer between 0 and 200")
        start, end = (datetime.fromisoformat(query[name]) for name in ("from-date", "to-date"))
        phrases = re.findall(r'"([^"]+)"', query["q"])
        found = [
            story
            for story in self.stories
            if start <= story.at <= end and any(phrase in story.text for phrase in phrases)
        ]
        pages = -(-len(found) // size)
        if page > max(pages, 1):
            return self.error("requested page is beyond the number of available pages")
        if page * size > self.depth:
            return self.error(
                "Content API does not support paging this far. Please change page or page-size."
            )
        fields = query.get("show-fields", "").split(",")
        results = [self.result(story, fields) for story in found[(page - 1) * size : page * size]]
        response = {
            "status": "ok",
            "userTier": "developer",
            "total": len(found),
            "startIndex": 1 + (page - 1) * size,
            "pageSize": size,
            "currentPage": page,
            "pages": pages,
            "orderBy": query.get("order-by", "newest"),
            "results": results,
        }
        return as_json({"response": response}, headers={"X-RateLimit-Remaining-day": str(self.allowed)})

    def error(self, message: str) -> Answer:
        return as_json({"response": {"status": "error", "message": message}}, 400)

    def result(self, story: Story, fields: Sequence[str]) -> Mapping[str, Any]:
        told = {"trailText": f"<p>{story.summary}</p>", "bodyText": story.text}
        return {
            "id": f"society/{story.number}",
            "type": "article",
            "sectionId": "society",
            "webPublicationDate": f"{story.at:%Y-%m-%dT%H:%M:%SZ}",
            "webTitle": story.title,
            "webUrl": story.url,
            "apiUrl": f"https://content.guardianapis.com/society/{story.number}",
            "fields": {name: told[name] for name in fields if name in told},
        }


# ---------------------------------------------------------------- Wayback


def rss(stories: Sequence[Story], dated: bool = True) -> bytes:
    entries = "".join(
        f"<item><title>{html.escape(s.title)}</title><link>{s.url}</link><guid>{s.url}</guid>"
        f"<description>{html.escape(s.summary)}</description>"
        + (f"<pubDate>{s.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if dated else "")
        + "</item>"
        for s in stories
    )
    head = "<?xml version='1.0'?><rss version='2.0'><channel><title>Gazette</title>"
    return f"{head}{entries}</channel></rss>".encode()


class WaybackMachine:
    """The CDX server and the captures; ``excluded`` addresses are blocked."""

    def __init__(self, captures: Mapping[str, Mapping[str, bytes]], excluded: Sequence[str] = ()) -> None:
        self.captures = captures
        """Address to timestamp to body; a body that starts with ``-> `` is a redirect to that address."""
        self.excluded = excluded

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/cdx/search/cdx":
            return self.search(asked.query)
        found = re.fullmatch(r"/web/(\d{14})id_/(.+)", asked.path)
        if found is None:
            return Answer(status=404)
        timestamp, address = found.groups()
        bodies = self.captures.get(address, {})
        if not bodies:
            return Answer(b"no capture", 404)
        if timestamp not in bodies:
            nearest = min(bodies, key=lambda one: abs(int(one) - int(timestamp)))
            return Answer(status=302, headers={"Location": f"/web/{nearest}id_/{address}"})
        body = bodies[timestamp]
        if body.startswith(b"-> "):
            return Answer(status=302, headers={"Location": body[3:].decode()})
        return Answer(body, 200, "application/rss+xml", {"Memento-Datetime": "x"})

    def search(self, query: Mapping[str, str]) -> Answer:
        address = query["url"]
        if address in self.excluded:
            said = (
                "org.archive.util.io.RuntimeIOException: AdministrativeAccessControlException: Blocked Site"
            )
            return Answer(said.encode(), 403)
        rows = [
            {
                "urlkey": "key",
                "timestamp": timestamp,
                "original": address,
                "statuscode": "200",
                "digest": hashlib.sha1(body).hexdigest().upper()[:32],
            }
            for timestamp, body in sorted(self.captures.get(address, {}).items())
            if query["from"] <= timestamp <= query["to"]
        ]
        if query.get("collapse") == "digest":
            rows = [next(group) for _, group in groupby(rows, key=lambda row: row["digest"])]
        if query.get("resumeKey"):
            rows = [row for row in rows if row["timestamp"] >= query["resumeKey"]]
        limit, names = int(query.get("limit", "150000")), query["fl"].split(",")
        shown = [[row[name] for name in names] for row in rows[:limit]]
        table: list[list[str]] = [names, *shown] if shown else []
        if query.get("showResumeKey") == "true" and len(rows) > limit:
            table += [[], [rows[limit]["timestamp"]]]
        return as_json(table)


# ---------------------------------------------------------------- GDELT


class GdeltDoc:
    """The DOC 2.0 API, mode ArtList; articles are dated by the quarter of an hour in which they were seen."""

    def __init__(self, stories: Sequence[Story], tone: Mapping[int, float] | None = None) -> None:
        self.stories = stories
        self.tone = tone or {}

    def __call__(self, asked: Asked) -> Answer:
        query = asked.query
        if asked.path != "/api/v2/doc/doc" or query.get("mode", "").lower() != "artlist":
            return Answer(status=404)
        if not re.search(r'"[^"]{3,}"', query["query"]):
            return Answer(b"The specified phrase is too short.\n", 200, "text/html; charset=utf-8")
        start, end = (
            datetime.strptime(query[name], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            for name in ("startdatetime", "enddatetime")
        )
        found = [s for s in self.stories if start <= seen(s) <= end and self.has_tone(s, query["query"])]
        found.sort(key=seen, reverse=query.get("sort", "").lower() != "dateasc")
        articles = [self.article(story) for story in found[: min(int(query.get("maxrecords", "75")), 250)]]
        if not articles:
            return Answer(b"{}", 200, "application/json; charset=utf-8")
        said = ", ".join(articles)
        return Answer(f'{{"articles": [{said}]}}'.encode(), 200, "application/json; charset=utf-8")

    def has_tone(self, story: Story, query: str) -> bool:
        tone = self.tone.get(story.number, 0.0)
        above = all(tone > float(value) for value in re.findall(r"tone>(-?[\d.]+)", query))
        return above and all(tone < float(value) for value in re.findall(r"tone<(-?[\d.]+)", query))

    def article(self, story: Story) -> str:
        """As GDELT writes it: punctuation set apart, and a tab that JSON forbids within a string."""
        fields = {
            "url": story.url,
            "url_mobile": "",
            "title": f"{story.title} , judge says",
            "seendate": f"{seen(story):%Y%m%dT%H%M%SZ}",
            "domain": story.host,
            "language": "English",
            "sourcecountry": "United Kingdom",
        }
        return json.dumps(fields).replace(" , judge", " , \tjudge")


def seen(story: Story) -> datetime:
    return story.at - (story.at - datetime.min.replace(tzinfo=UTC)) % timedelta(minutes=15)


class GdeltBulk:
    """``masterfilelist.txt`` and the files of the knowledge graph."""

    def __init__(self, stories: Sequence[Story], base: str = "http://data.gdeltproject.org") -> None:
        self.files: dict[str, bytes] = {}
        for at, some in groupby(sorted(stories, key=seen), key=seen):
            name = f"{at:%Y%m%d%H%M%S}.gkg.csv"
            rows = [*map(self.row, some), self.other(at)]
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(name, "\n".join(rows) + "\n")
            self.files[f"{name}.zip"] = buffer.getvalue()
        self.listed = "".join(
            f"{len(body)} {hashlib.md5(body).hexdigest()} {base}/gdeltv2/{name}\n"
            f"150383 {'0' * 32} {base}/gdeltv2/{name.replace('gkg.csv', 'export.CSV')}\n"
            for name, body in sorted(self.files.items())
        )

    def __call__(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix("/gdeltv2/")
        if name == "masterfilelist.txt":
            return Answer(self.listed.encode())
        if name in self.files:
            return ranged(self.files[name], asked)
        return Answer(b"<Error>NoSuchKey</Error>", 404)

    def row(self, story: Story) -> str:
        columns = [""] * 27
        columns[0], columns[1] = f"{seen(story):%Y%m%d%H%M%S}-{story.number}", f"{seen(story):%Y%m%d%H%M%S}"
        columns[2], columns[3], columns[4] = "1", story.host, story.url
        columns[26] = (
            f"<PAGE_PRECISEPUBTIMESTAMP>{story.at:%Y%m%d%H%M%S}</PAGE_PRECISEPUBTIMESTAMP>"
            f"<PAGE_TITLE>{story.title} &#x2013; live</PAGE_TITLE>"
        )
        return "\t".join(columns)

    def other(self, at: datetime) -> str:
        """A row of another host, and one of ours about something else."""
        columns = [""] * 27
        columns[1], columns[4] = f"{at:%Y%m%d%H%M%S}", f"https://elsewhere.example/{at:%H%M}"
        columns[26] = "<PAGE_TITLE>Social workers praised elsewhere</PAGE_TITLE>"
        foreign = "\t".join(columns)
        columns[4] = f"https://www.gazette.example/bakery-{at:%H%M}"
        columns[26] = "<PAGE_TITLE>Village bakery wins prize</PAGE_TITLE>"
        return foreign + "\n" + "\t".join(columns)


def ranged(body: bytes, asked: Asked) -> Answer:
    """Answer a request for the rest of a file as S3 does."""
    found = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
    if found is None:
        return Answer(body, 200, "application/octet-stream")
    start = int(found[1])
    if start >= len(body):
        return Answer(b"", 416)
    return Answer(body[start:], 206, "application/octet-stream")


# ---------------------------------------------------------------- pages


def page(story: Story, canonical: str | None = None, dated: bool = True) -> bytes:
    data = {"@type": "NewsArticle", "headline": story.title}
    if dated:
        data["datePublished"] = f"{story.at:%Y-%m-%dT%H:%M:%SZ}"
    paragraphs = "".join(
        f"<p>{sentence.strip()}.</p>" for sentence in story.text.split(".") if sentence.strip()
    )
    return (
        f"<!doctype html><html><head><title>{html.escape(story.title)} | Gazette</title>"
        f'<link rel="canonical" href="{canonical or story.url}">'
        f'<meta property="og:description" content="{html.escape(story.summary)}">'
        f'<script type="application/ld+json">{json.dumps(data)}</script></head>'
        f"<body><nav>Home News Sport</nav><article><h1>{story.title}</h1>{paragraphs}</article></body></html>"
    ).encode()


class NewsSite:
    """A site with robots.txt, an index of sitemaps, and its pages."""

    def __init__(self, stories: Sequence[Story]) -> None:
        self.stories = {self.path(story): story for story in stories}
        self.base = ""
        self.undated: set[int] = set()

    def path(self, story: Story) -> str:
        return f"/{story.at:%Y/%m/%d}/story-{story.number}"

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/robots.txt":
            return Answer(f"User-agent: *\nDisallow: /private/\nSitemap: {self.base}/sitemaps.xml\n".encode())
        if asked.path == "/sitemaps.xml":
            return Answer(self.index().encode(), 200, "application/xml")
        if asked.path.startswith("/sitemap-"):
            zipped = gzip.compress(self.leaf(asked.path).encode())
            return Answer(zipped, 200, "application/x-gzip")
        if asked.path in self.stories:
            story = self.stories[asked.path]
            body = page(story, self.base + asked.path, story.number not in self.undated)
            return Answer(body, 200, "text/html; charset=utf-8")
        return Answer(status=404)

    def months(self) -> list[str]:
        return sorted({f"{story.at:%Y-%m}" for story in self.stories.values()})

    def index(self) -> str:
        maps = "".join(
            f"<sitemap><loc>{self.base}/sitemap-{month}.xml.gz</loc></sitemap>" for month in self.months()
        )
        old = f"<sitemap><loc>{self.base}/old.xml</loc><lastmod>2001-01-01</lastmod></sitemap>"
        return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{maps}{old}</sitemapindex>'

    def leaf(self, path: str) -> str:
        month = path.removeprefix("/sitemap-").removesuffix(".xml.gz")
        places = "".join(
            f"<url><loc>{self.base}{where}</loc><lastmod>{story.at:%Y-%m-%d}</lastmod>"
            "<image:image><image:loc>https://pictures.example/1.jpg</image:loc></image:image></url>"
            for where, story in self.stories.items()
            if f"{story.at:%Y-%m}" == month
        )
        return f'<urlset xmlns="https://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'


# ---------------------------------------------------------------- Common Crawl


def warc(records: Sequence[tuple[str, bytes, str]], at: datetime, kind: str = "response") -> bytes:
    """Return a WARC file of addresses with bodies and content types, compressed record by record."""
    info = warc_record("warcinfo", "test.warc.gz", b"software: news-crawl\r\n", "application/warc-fields", at)
    pages = [
        warc_record(
            kind,
            url,
            f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n".encode() + body,
            "application/http; msgtype=response",
            at,
        )
        for url, body, content_type in records
    ]
    return b"".join(map(gzip.compress, [info, *pages]))


def warc_record(kind: str, url: str, block: bytes, content_type: str, at: datetime) -> bytes:
    """Return a record of WARC 1.0, as ISO 28500 writes it."""
    named = "WARC-Filename" if kind == "warcinfo" else "WARC-Target-URI"
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\n{named}: {url}\r\nWARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, kind + url)}>\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


class CommonCrawl:
    """The lists of the months and their files."""

    def __init__(self, files: Mapping[datetime, Sequence[tuple[str, bytes, str]]]) -> None:
        self.files = {
            f"/crawl-data/CC-NEWS/{at:%Y/%m}/CC-NEWS-{at:%Y%m%d%H%M%S}-{number:05}.warc.gz": warc(records, at)
            for number, (at, records) in enumerate(sorted(files.items()))
        }

    def __call__(self, asked: Asked) -> Answer:
        if asked.path in self.files:
            return ranged(self.files[asked.path], asked)
        if asked.path.endswith("/warc.paths.gz"):
            folder = asked.path.removesuffix("warc.paths.gz")
            paths = [path[1:] for path in self.files if path.startswith(folder)]
            if paths:
                listed = "\n".join(paths) + "\n"
                return Answer(gzip.compress(listed.encode()), 200, "application/gzip")
        return Answer(b"<Error><Code>NoSuchKey</Code></Error>", 404)
