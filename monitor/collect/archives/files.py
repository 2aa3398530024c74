"""Import dated items from a file: CSV, JSON lines, or a feed; each may be compressed with gzip.

Unlike a feed, a file has no moment of collection to stand in for a date, so that a row without one that
can be read is rejected.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.clock import LONDON
from monitor.collect.archives.feedfile import feed_parts
from monitor.collect.archives.lines import Stream, TextLines, Warn, open_binary, read_blocks
from monitor.collect.archives.rows import Row, csv_rows, json_rows
from monitor.collect.dates import check_pattern, is_future, read_date
from monitor.collect.entries import SUMMARY_CHARACTERS
from monitor.collect.feeds import parse_feed
from monitor.collect.text import clean, plain, shorten
from monitor.collect.urls import canonical_url
from monitor.errors import InputError, ParseError, UsageError
from monitor.types import Item, Outlet, Rejected, Source

FORMS = ("csv", "jsonl", "rss")
"""What `read_file` reads; ``warc`` beside them is read by monitor.collect.archives.warc."""
WARC = "warc"
MAX_TITLE_CHARACTERS = 2000
"""A longer title is no headline: a quote was opened in it that the file never closed."""

_FORM_BY_SUFFIX = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".rss": "rss", ".xml": "rss", ".atom": "rss", ".rdf": "rss", ".warc": WARC,
}  # fmt: skip
_SUFFIXES = re.compile(r"(?:\.(?:gz|csv|tsv|json|jsonl|ndjson|rss|xml|atom|rdf|txt|warc))+\Z", re.IGNORECASE)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_JSON_HEAD_BYTES = 4096

Intake = Iterator[Item | Rejected]


@dataclass(frozen=True, slots=True)
class _Import:
    """What is the same for every row."""

    path: Path
    source: Source
    seen_at: datetime
    pattern: str | None
    zone: ZoneInfo
    warn: Warn


def read_file(
    path: Path,
    *,
    source: Source,
    seen_at: datetime,
    form: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_pattern: str | None = None,
    zone: ZoneInfo = LONDON,
    warn: Callable[[str], None],
) -> Iterator[Item | Rejected]:
    """Yield one value per row or entry, in the order of the file, in constant memory.

    Reasons of rejection: ``no-title``, ``no-date``, ``bad-date``, ``date-in-future``, ``bad-row``,
    ``bad-json``, ``bad-entry``. Nothing is opened before the first value is asked for.

    Args:
        path: the file; gzip is recognised by its first bytes.
        source: whose the items are; its outlet is that of rows that name none.
        seen_at: the present, which bounds the dates.
        form: one of ``FORMS`` (``rss`` is any feed); None to go by the name.
        columns: our field to the file's column, as ``columns.COMMON_NAMES`` lists them; the rest is guessed.
        date_pattern: a ``strptime`` format that alone reads dates.
        zone: of dates that name none.
        warn: told, in one line each, of what was put right in reading.

    Raises:
        InputError: the file cannot be read, is of no known format, or breaks off; in the last case after
            all that could be read.
        UsageError: a form, field, column or date pattern that does not exist.
    """
    if date_pattern is not None:
        check_pattern(date_pattern)
    run = _Import(path, source, seen_at, date_pattern, zone, warn)
    with open_binary(path) as stream:
        form = form or form_of(path)
        if form == "csv":
            yield from _read_csv(stream, columns, run)
        elif form == "jsonl":
            for row in json_rows(TextLines(stream, path, warn), path, columns):
                yield _item(row, run)
        elif form == "rss":
            yield from _read_feed(stream, columns, run)
        else:
            raise UsageError(f"--format: there is no format {form!r}; there are: {', '.join(FORMS)}")


def suggested_source_id(path: Path, outlet: str | None = None) -> str:
    """Return the id of the source that a file stands for: ``file:bbc-rss-2021-2023``.

    It follows from the file's name without folder and suffixes, so that importing a file again, or a copy
    of it, compressed or not, meets the items of the first time; and from the outlet, so that files of the
    same name by different outlets keep apart.
    """
    return "file:" + "-".join(_slug(name) for name in (outlet, _SUFFIXES.sub("", path.name)) if name)


def _slug(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_SLUG.sub("-", letters).strip("-") or blake2b(name.encode(), digest_size=4).hexdigest()


def form_of(path: Path) -> str:
    """Return the format that a file's name, or else its beginning, says it has.

    Raises:
        InputError: the name says none, or the file cannot be read.
    """
    suffixes = [suffix for suffix in (suffix.lower() for suffix in path.suffixes) if suffix != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if suffix == ".json":
        with open_binary(path) as stream:
            return (
                "rss"
                if b"jsonfeed.org/version" in next(read_blocks(stream, path, _JSON_HEAD_BYTES))
                else "jsonl"
            )
    if suffix not in _FORM_BY_SUFFIX:
        raise InputError(
            f"{path}: the name does not say the format; give --format {'|'.join((*FORMS, WARC))}"
        )
    return _FORM_BY_SUFFIX[suffix]


def _read_csv(stream: Stream, columns: Mapping[str, str] | None, run: _Import) -> Intake:
    lines = TextLines(stream, run.path, run.warn)
    number = 0
    for row in csv_rows(lines, run.path, columns):
        number += 1
        yield _item(row, run)
    if number and not lines.complete:
        run.warn(f"{run.path}: no newline at the end; the last row may be cut short: row {number}")


def _read_feed(stream: Stream, columns: Mapping[str, str] | None, run: _Import) -> Intake:
    if columns:
        raise UsageError("--map serves csv and jsonl; a feed says itself what its parts are")
    for part in feed_parts(stream, run.path):
        for item in _parse_part(part, run):
            yield _dated_by_file(item) if isinstance(item, Item) else item


def _parse_part(part: bytes, run: _Import) -> list[Item | Rejected]:
    try:
        return parse_feed(
            part,
            content_type=None,
            url=str(run.path),
            source=run.source,
            seen_at=run.seen_at,
            limit=None,
            zone=run.zone,
            pattern=run.pattern,
        )
    except ParseError as error:
        raise InputError(f"{error}; say what it is with --format") from error


def _dated_by_file(item: Item) -> Item | Rejected:
    published = item.published
    if published.source == "seen":
        return Rejected(
            "bad-date" if published.raw else "no-date", f"{item.url or item.title}: {published.raw}"
        )
    return replace(item, published=replace(published, source="file"))


def _item(row: Row | Rejected, run: _Import) -> Item | Rejected:
    if isinstance(row, Rejected):
        return row
    fields, where = row.fields, f"row {row.number}"
    title, raw = plain(fields.get("title")), clean(fields.get("date"))
    if not title or not raw:
        return Rejected("no-date" if title else "no-title", where)
    if len(title) > MAX_TITLE_CHARACTERS:
        detail = f"{where}: a title of {len(title)} characters; is a quote left open?"
        run.warn(f"{run.path}: {detail} The rows after it may have gone into it")
        return Rejected("bad-row", detail)
    published = read_date(raw, source="file", now=run.seen_at, zone=run.zone, pattern=run.pattern)
    if published is None or is_future(published, run.seen_at):
        return Rejected("date-in-future" if published else "bad-date", f"{where}: {raw}")
    return Item(
        run.source.id,
        _outlet(clean(fields.get("outlet")), run.source.outlet),
        title,
        published,
        canonical_url(fields.get("url")),
        clean(fields.get("guid")) or None,
        shorten(plain(fields.get("summary")), SUMMARY_CHARACTERS),
        plain(fields.get("text")),
    )


def _outlet(name: str, usual: Outlet) -> Outlet:
    return Outlet(name) if name and name != usual.name else usual
