"""Read RSS and Atom with feedparser, kept from what it trips over.

feedparser is given a stream (a text it might open as a file or address), in UTF-8, without characters and
references that XML forbids: one of them would make it start again with a slower parser, or fail.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from monitor.collect.entries import Entry
from monitor.collect.strictxml import asked_seconds
from monitor.collect.text import decode_mixed

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
)
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_LATIN = ("latin", "iso-8859-1", "iso_8859-1", "us-ascii", "ascii")

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROL = re.compile("[\x80-\x9f]")
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]*)|(\d*));?")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*>\s*")
_JUNK_CHARACTERS = 2000
_ROOT = re.compile(r"<((?:[\w-]+:)?(?:rss|feed|RDF))[\s>]")
_OPEN = re.compile(r"<(?:[\w-]+:)?(?:item|entry)[\s>/]")
_CLOSE = re.compile(r"</(?:[\w-]+:)?(?:item|entry)\s*>")
_WHOLE = re.compile(rf"{_CLOSE.pattern}|\A<[^<>]*/>")

# What feedparser lets through on input that is no XML (found by feeding it damaged feeds).
_TRIPS = (ValueError, LookupError, ArithmeticError, AttributeError, TypeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What was read of a body; an entry of None could not be."""

    version: str
    """feedparser's name of the format, empty where it is none."""
    problem: str
    """Where the body is not well formed: what the parser said."""
    entries: list[Entry | None]
    left_out: int
    """Entries after the limit."""
    hint: float = 0.0
    """Seconds between two polls that the feed asks for."""


def decode_feed(body: bytes, content_type: str | None) -> str:
    """Return the text of a body.

    What is valid UTF-8 is UTF-8, whatever it or its server says; else the declared encodings are tried, the
    document's own first, and last a mixture of UTF-8 and Windows-1252, which never fails.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    charset = _CHARSET.search(content_type or "")
    declared = _DECLARED.match(body)
    names = ["utf-8", declared[1].decode("ascii") if declared else "", charset[1] if charset else ""]
    for name in names:
        text = _decoded(body, name)
        if text is not None:
            return text
    return decode_mixed(body)


def _decoded(body: bytes, encoding: str) -> str | None:
    if not encoding or encoding.lower().startswith(("utf-16", "utf-32", "utf-7")):
        return None
    if encoding.lower().startswith(_LATIN):
        encoding = "cp1252"  # what is declared as Latin-1 has been written on Windows
    try:
        return body.decode(encoding)
    except (LookupError, ValueError):  # an encoding unknown, or none of text; or bytes that it does not have
        return None


def parse_xml(text: str, url: str, limit: int | None) -> ParsedFeed:
    """Return the entries of a feed, at most ``limit``, in the order of the document.

    Where feedparser fails on the whole, each entry is read by itself, so that a bad one costs only itself.
    An entry in which the document breaks off is None: its title may have been cut.
    """
    head, pieces, tail = split_feed(repair(text))
    left_out = max(0, len(pieces) - limit) if limit is not None else 0
    pieces = pieces[: len(pieces) - left_out]
    try:
        feed = _parse(head + "".join(pieces) + tail, url)
    except _TRIPS as error:
        feed = ParsedFeed("damaged", str(error), _parse_each(head, pieces, tail, url), 0)
    entries = feed.entries
    if pieces and not left_out and not _WHOLE.search(pieces[-1]):
        entries = [*entries[: len(pieces) - 1], None]
    return replace(feed, entries=entries, left_out=left_out)


def repair(text: str) -> str:
    """Return a document without what XML forbids, and without what stands before its declaration.

    The control characters from 0x80 on, and references to them, are what Windows has in their places: quotes
    and dashes, in all feeds that hold them.
    """
    start = text.find("<?xml", 0, _JUNK_CHARACTERS)
    if start > 0 and not _ROOT.search(text, 0, start):
        text = text[start:]
    text = _FORBIDDEN.sub("", _DECLARATION.sub("", text)).lstrip()
    if _CONTROL.search(text):
        text = text.translate(_WINDOWS)
    return _REFERENCE.sub(_allowed_reference, text) if "&#" in text else text


def _allowed_reference(match: re.Match[str]) -> str:
    digits, base = (match[1], 16) if match[1] is not None else (match[2], 10)
    code = int(digits, base) if 0 < len(digits) <= 7 else 0
    if code in _WINDOWS:
        return _WINDOWS[code]
    allowed = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code > 0xFFFF
    return match[0] if allowed and code <= 0x10FFFF else ""


def split_feed(text: str) -> tuple[str, list[str], str]:
    """Return what stands before the entries of a document, each entry, and what stands after them."""
    starts = [match.start() for match in _OPEN.finditer(text)]
    if not starts:
        return text, [], ""
    last = _CLOSE.search(text, starts[-1])
    end = last.end() if last else len(text)
    bounds = [*starts, end]
    pieces = [text[start:stop] for start, stop in pairwise(bounds)]
    return text[: starts[0]], pieces, text[end:] if last else closing(text[: starts[0]])


def closing(head: str) -> str:
    """Return the tags that close a document of which this is the beginning."""
    root = _ROOT.search(head)
    if root is None:
        return ""
    channel = "</channel>" if "<channel" in head and "</channel" not in head else ""
    return f"{channel}</{root[1]}>"


def _parse_each(head: str, pieces: list[str], tail: str, url: str) -> list[Entry | None]:
    return list(chain.from_iterable(_parse_one(head + piece + tail, url) for piece in pieces))


def _parse_one(document: str, url: str) -> list[Entry | None]:
    try:
        return _parse(document, url).entries
    except _TRIPS:
        return [None]


def _parse(document: str, url: str) -> ParsedFeed:
    import feedparser

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    # Without its own cleaning of markup, which takes longer than the parsing; ours follows.
    feed = feedparser.parse(
        io.BytesIO(document.encode("utf-8", "replace")),
        response_headers=headers,
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    problem = str(feed.get("bozo_exception", "")).removeprefix("<unknown>:") if feed.bozo else ""
    about = (_text(feed.feed, name) for name in ("ttl", "sy_updateperiod", "sy_updatefrequency"))
    return ParsedFeed(feed.version, problem, [_entry(raw) for raw in feed.entries], 0, asked_seconds(*about))


def _entry(raw: dict[str, object]) -> Entry:
    summary, content = _text(raw, "summary"), _content(raw)
    return Entry(
        title=_text(raw, "title"),
        # feedparser fills a missing summary with the content
        summary="" if summary == content else summary,
        content=content,
        link=_text(raw, "feedburner_origlink", "link"),
        guid=_text(raw, "id"),
        date=_text(raw, "published", "created", "updated"),
    )


def _text(raw: dict[str, object], *keys: str) -> str:
    # Not raw.get: feedparser's own answers one date for another, with a warning.
    values = (dict.get(raw, key) for key in keys)
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def _content(raw: dict[str, object]) -> str:
    return max(_content_texts(dict.get(raw, "content")), key=len, default="")


def _content_texts(contents: object) -> Iterator[str]:
    for content in contents if isinstance(contents, list) else []:
        value = content.get("value", "")
        if "octet-stream" not in content.get("type", "") or value.isprintable():
            yield value
