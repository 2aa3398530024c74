"""The raw answers of sources, kept as WARC files that `monitor collect --reextract` reads again.

A poll is a run of records: a ``response`` for each body of the feed and for each article page, then a
``metadata`` record that closes it and says whose it was. What is not closed was cut off, by ``kill -9`` or a
full disk, before the poll was stored; it is passed over. Bodies are kept decompressed, cookies not at all.

Each process writes files of its own, one a day, another at the size cap. Whoever appends or rewrites holds a
lock on the file.
"""

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from io import BytesIO, FileIO
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from monitor.clock import Clock
from monitor.collect.entries import Entry, Reader
from monitor.collect.feeds import MAX_ENTRIES, raw_feed
from monitor.collect.http import Fetched
from monitor.collect.rawrecords import ASKED, KIND, Found, record, records, response, warc_time, warcinfo
from monitor.errors import InputError, ParseError, StoreError
from monitor.types import Item, Outlet, OutletType, Source

MOST_BYTES = 500_000_000
"""Of a file, about: it ends with the poll that reaches it."""
SUFFIX = ".warc.gz"

_NAMES: dict[tuple[int, Path], str] = {}
"""What the names of this process's files have in common, by process id and folder."""
_DAY = re.compile(r"monitor-(\d{8})-")
_REDACTED_TYPE = "application/feed+json"
_NOBODY = Source("", "", Outlet(""))


@dataclass(frozen=True, slots=True)
class RawPoll:
    """One poll as it was answered; ``pages`` by the addresses that were asked for."""

    source: Source
    started_at: datetime
    feeds: Sequence[tuple[Fetched, datetime]]
    """Each body of the feed, with the moment at which it was read."""
    pages: Mapping[str, Fetched]


@dataclass(slots=True)
class Recording:
    """Gathers the records of one poll, compressed; `closed` gives them to be written at once."""

    on: bool = True
    """Whether anything is to be gathered."""
    records: list[bytes] = field(default_factory=list)

    def feed(self, asked: str, answer: Fetched, read_at: datetime) -> None:
        """Add a body of the feed."""
        if self.on:
            self.records.append(response("feed", asked, answer, read_at))

    def page(self, asked: str, answer: Fetched, read_at: datetime) -> None:
        """Add an article page."""
        if self.on:
            self.records.append(response("page", asked, answer, read_at))

    def closed(self, source: Source, started_at: datetime) -> bytes:
        """Return the records of the poll with the one that closes it; nothing where nothing was added."""
        if not self.records:
            return b""
        about = {
            "source": source.id,
            "url": source.url,
            "outlet": source.outlet.name,
            "outlet_type": source.outlet.outlet_type.value,
            "nation": source.outlet.nation,
            "started": warc_time(started_at),
        }
        body = json.dumps(about).encode()
        headers = {"WARC-Date": warc_time(started_at), "Content-Type": "application/json", KIND: "poll"}
        return b"".join([*self.records, record("metadata", source.url, body, headers)])


class RawArchive:
    """Appends polls to the files of a folder."""

    def __init__(self, folder: Path, clock: Clock, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._clock = clock
        self._most_bytes = most_bytes
        self._own = _NAMES.setdefault((os.getpid(), folder), f"{clock():%H%M%S%f}-{os.getpid()}")

    def append(self, polls: Sequence[bytes]) -> None:
        """Write polls to the disk; when this returns they outlast a power cut.

        Raises:
            StoreError: the folder cannot be written.
        """
        written = b"".join(polls)
        if not written:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._path()
            with _locked(path, "a") as file:
                size = os.fstat(file.fileno()).st_size
                try:
                    _write(file, written if size else warcinfo(path.name, self._clock()) + written)
                    os.fsync(file.fileno())
                except OSError:
                    os.ftruncate(file.fileno(), size)
                    raise
        except OSError as error:
            raise StoreError(
                f"{self._folder}: raw answers cannot be written ({error.strerror or error}); "
                "free space there, or take raw: out of feeds.yaml"
            ) from error

    def _path(self) -> Path:
        for number in count():
            path = self._folder / f"monitor-{self._clock():%Y%m%d}-{self._own}-{number:03}{SUFFIX}"
            if not path.exists() or path.stat().st_size < self._most_bytes:
                return path
        raise AssertionError


# ---------------------------------------------------------------- reading


def raw_files(folder: Path, first: date | None = None, last: date | None = None) -> list[Path]:
    """Return the files of a folder that were written from first to last day (UTC), oldest first.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; raw: in feeds.yaml names it once raw answers are kept")
    days = {path: day_of(path) for path in folder.glob(f"*{SUFFIX}")}
    within = (
        path
        for path, day in days.items()
        if (first is None or day >= first) and (last is None or day <= last)
    )
    return sorted(within, key=lambda path: path.name)


def day_of(path: Path) -> date:
    """Return the day on which a file was written, by its name.

    Raises:
        InputError: it has another name than we give.
    """
    match = _DAY.match(path.name)
    try:
        if match is None:
            raise ValueError
        return datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise InputError(f"{path}: not a file of raw answers; move it out of the folder") from None


def raw_polls(path: Path) -> Iterator[RawPoll]:
    """Yield the polls of a file in the order in which they were stored; a torn end is passed over.

    Raises:
        InputError: the file cannot be read, or is none of ours.
    """
    feeds: list[tuple[Fetched, datetime]] = []
    pages: dict[str, Fetched] = {}
    try:
        with path.open("rb") as stored:
            for found in records(stored, str(path)):
                if found.kind == "feed":
                    feeds.append((found.answer, found.read_at))
                elif found.kind == "page":
                    pages[found.asked] = found.answer
                elif found.kind == "poll":
                    about = json.loads(found.answer.body)
                    yield RawPoll(_source(about), datetime.fromisoformat(about["started"]), feeds, pages)
                    feeds, pages = [], {}
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _source(about: Mapping[str, Any]) -> Source:
    outlet = Outlet(about["outlet"], OutletType(about["outlet_type"]), about["nation"])
    return Source(about["source"], about["url"], outlet)


# ---------------------------------------------------------------- erasing


@dataclass(frozen=True, slots=True)
class Erased:
    """Tells what is to go."""

    items: Callable[[Sequence[Item]], Sequence[bool]]
    """Of some items, of each."""
    address: Callable[[str], bool]


def erase_raw(path: Path, erased: Erased) -> bool:
    """Rewrite a file without what is to be erased, and tell whether there was anything.

    The pages of the items go; the feeds that list them are replaced by what else they list, as a JSON Feed in
    a ``conversion`` record. What cannot be read goes whole: such a feed, a torn end, all from a damage on.

    Raises:
        StoreError: the file cannot be rewritten.
    """
    unfinished = path.with_name(path.name + ".part")
    try:
        with _locked(path, "r+") as stored, unfinished.open("wb") as copy:
            changed, size = False, 0
            with suppress(InputError):
                for own, after in _after_erasure(stored, str(path), erased):
                    changed, size = changed or after != own, size + len(own)
                    copy.write(after)
            copy.flush()
            os.fsync(copy.fileno())
            changed = changed or size < os.fstat(stored.fileno()).st_size
            if changed:
                unfinished.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: not erased from: {error.strerror or error}; run it again") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return changed


def without_erased(raw: bytes, erased: Erased) -> bytes:
    """Return the records of a poll without what is to be erased."""
    return b"".join(after for _, after in _after_erasure(BytesIO(raw), "a poll", erased))


def _after_erasure(stored: BinaryIO | FileIO, name: str, erased: Erased) -> Iterator[tuple[bytes, bytes]]:
    """Yield each record as it stands and as it is to stand."""
    waiting: list[Found] = []
    for found in records(stored, name):
        waiting.append(found)
        if found.kind in ("poll", ""):  # the record that says whose the poll is stands last
            source = _source(json.loads(found.answer.body)) if found.kind else _NOBODY
            yield from ((one.own, _without(one, source, erased)) for one in waiting)
            waiting = []
    yield from ((one.own, _without(one, _NOBODY, erased)) for one in waiting)


def _without(found: Found, source: Source, erased: Erased) -> bytes:
    own = found.own
    if found.kind == "page":
        return b"" if erased.address(found.asked) or erased.address(found.answer.url) else own
    if found.kind != "feed":
        return own
    feed = found.answer
    try:
        entries = raw_feed(feed.body, feed.content_type, feed.url, MAX_ENTRIES).entries
    except ParseError:
        return b""
    reader = Reader(source, feed.url, found.read_at)
    items = [(entry, reader.item(entry)) for entry in entries if entry is not None]
    read = [(entry, one if isinstance(one, Item) else one.item) for entry, one in items]
    known = [(entry, item) for entry, item in read if item is not None]
    gone = erased.items([item for _, item in known])
    if not any(gone):
        return own
    left = [entry for (entry, _), is_gone in zip(known, gone, strict=True) if not is_gone]
    headers = {"WARC-Date": warc_time(found.read_at), "Content-Type": _REDACTED_TYPE}
    return record("conversion", feed.url, _json_feed(left), {**headers, KIND: "feed", ASKED: found.asked})


def _json_feed(entries: Sequence[Entry]) -> bytes:
    """Return entries as a JSON Feed 1.1 (jsonfeed.org) that `parse_json` reads as the same entries."""
    items = [
        {
            "id": entry.guid,
            "url": entry.link,
            "title": entry.title,
            "summary": entry.summary,
            "content_html": entry.content,
            "date_published": entry.date,
        }
        for entry in entries
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "redacted", "items": items}
    return json.dumps(feed).encode()


def delete_raw_before(folder: Path, day: date) -> int:
    """Delete the files that were written before a day (UTC), and return how many."""
    old = [path for path in raw_files(folder) if day_of(path) < day] if folder.is_dir() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _write(file: FileIO, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


# ---------------------------------------------------------------- files


@contextmanager
def _locked(path: Path, mode: str) -> Iterator[FileIO]:
    """Open a file alone; where it was replaced while we waited for it, the new one."""
    while True:
        file = FileIO(path, mode)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            now = path.stat() if path.exists() else None
            if now is not None and now.st_ino == os.fstat(file.fileno()).st_ino:
                yield file
                return
        finally:
            file.close()
