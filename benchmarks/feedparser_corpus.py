"""What our parser makes of feedparser's own test corpus: no crash, no hang, and the entries that it finds.

    git clone https://github.com/kurtmckee/feedparser
    python benchmarks/feedparser_corpus.py feedparser/tests

Every file of the folders wellformed, illformed, encoding and entities (all, with ``--all``) is read as a
body that a server sent, with the headers that the file's own comment names. Prints what went wrong, a line
each, and a summary; the exit status is 1 where a file crashed, hung, took over two seconds, or lost entries.
"""

import argparse
import html
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import feedparser

from monitor.collect.feeds import parse_feed, quick_feed
from monitor.errors import ParseError
from monitor.types import Item, Outlet, Source

FOLDERS = ("wellformed", "illformed", "encoding", "entities")
SOURCE = Source("corpus", "http://127.0.0.1:8097/feed.xml", Outlet("Corpus"))
NOW = datetime(2026, 11, 25, tzinfo=UTC)
SLOW = 2.0
HANGS = 20
_HEADER = re.compile(rb"^\s*(?:Header:\s*)?(Content-[Tt]ype):\s*(.+?)\s*$", re.MULTILINE)


@dataclass
class Found:
    """What came of the files."""

    files: int = 0
    quick: int = 0
    """Read without feedparser."""
    entries: int = 0
    slowest: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def main() -> int:
    """Read every file, and say what went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--all", action="store_true", help="every folder, not only those of feeds")
    given = arguments.parse_args()
    signal.signal(signal.SIGALRM, _hangs)
    found = Found()
    for path in sorted(_files(given.folder, every=given.all)):
        signal.alarm(HANGS)
        try:
            _read(path, found)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            found.problems.append(f"{path}: {type(error).__name__}: {error}")
        signal.alarm(0)
    for problem in found.problems:
        print(problem)
    print(
        f"{found.files} files, {found.quick} of them read without feedparser, {found.entries} entries, "
        f"slowest {found.slowest:.2f} s; {dict(found.outcomes)}; {len(found.problems)} problems"
    )
    return 1 if found.problems else 0


def _files(folder: Path, *, every: bool) -> Iterator[Path]:
    if not folder.is_dir():
        sys.exit(f"{folder}: no such folder; give feedparser's tests")
    for path in folder.rglob("*"):
        inside = set(path.relative_to(folder).parts)
        if path.is_file() and path.suffix != ".py" and (every or inside & set(FOLDERS)):
            yield path


def _read(path: Path, found: Found) -> None:
    body = path.read_bytes()
    named = _HEADER.search(body[:2_000])
    content_type = named[2].decode("latin-1") if named else None
    found.files += 1
    start = time.perf_counter()
    ours = _ours(body, content_type)
    seconds = time.perf_counter() - start
    found.slowest = max(found.slowest, seconds)
    if seconds > SLOW:
        found.problems.append(f"{path}: took {seconds:.1f} s")
    theirs = _theirs(body, content_type)
    if ours is None:
        found.outcomes["refused"] += 1
        if theirs:
            found.problems.append(f"{path}: refused, where feedparser finds {len(theirs)} entries")
        return
    found.quick += ours.quick
    found.entries += ours.entries
    if ours.entries < len(theirs):
        found.problems.append(f"{path}: {ours.entries} entries, feedparser {len(theirs)}")
    if ours.items < sum(theirs):
        found.problems.append(f"{path}: {ours.items} items, feedparser {sum(theirs)} with a title or text")
    found.outcomes["read"] += 1


@dataclass(frozen=True)
class Ours:
    """How many entries we found, how many of them make items, and whether feedparser was not needed."""

    entries: int
    items: int
    quick: bool


def _ours(body: bytes, content_type: str | None) -> Ours | None:
    try:
        entries = parse_feed(
            body, content_type=content_type, url=SOURCE.url, source=SOURCE, seen_at=NOW, limit=None
        )
        quick = quick_feed(body, content_type, SOURCE.url) is not None
    except ParseError:
        return None
    items = sum(isinstance(entry, Item) for entry in entries)
    return Ours(len(entries), items, quick)


def _theirs(body: bytes, content_type: str | None) -> list[bool]:
    """Return, for each entry that feedparser finds, whether it has a title or a text to take one from."""
    headers = {"content-type": content_type or "application/xml", "content-location": SOURCE.url}
    try:
        feed = feedparser.parse(BytesIO(body), response_headers=headers)
    except Exception:  # noqa: BLE001 - it may fail where we must not
        return []
    return [_has_words(entry) for entry in feed.entries]


def _has_words(entry: "feedparser.FeedParserDict") -> bool:
    texts = [dict.get(entry, "title"), dict.get(entry, "summary")]
    texts += [content.get("value") for content in dict.get(entry, "content") or []]
    bare = [re.sub(r"<svg.*?</svg>|<[^>]*>", "", html.unescape(text or "")) for text in texts]
    return any(re.sub(r"<[^>]*>|&\w+;|\s", "", text) for text in bare)


def _hangs(_number: int, _frame: object) -> None:
    raise TimeoutError(f"hangs: over {HANGS} s")


if __name__ == "__main__":
    sys.exit(main())
