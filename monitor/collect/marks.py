"""Which entries of a feed are fresh: not among those that it showed at the last poll.

What the store has not seen yet is something else: two feeds of an outlet share stories, and a feed moves on
all the same when another has brought its news first.
"""

from collections.abc import Sequence
from hashlib import blake2b

from monitor.types import Item, Rejected

SIZE = 4
"""Bytes of a mark: by chance, one entry in ten million passes for another of the same feed."""
MOST_MARKS = 500


def marks_of(entries: Sequence[Item | Rejected]) -> bytes:
    """Return the marks of the first items of a body."""
    items = [entry for entry in entries if isinstance(entry, Item)][:MOST_MARKS]
    return b"".join(_mark(item.url or item.guid or item.title) for item in items)


def count_fresh(marks: bytes, before: bytes) -> int | None:
    """Return how many of the marks were not there before; None where nothing was."""
    if not before:
        return None
    known = set(_split(before))
    return sum(mark not in known for mark in _split(marks))


def _split(marks: bytes) -> list[bytes]:
    return [marks[start : start + SIZE] for start in range(0, len(marks), SIZE)]


def _mark(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "replace"), digest_size=SIZE).digest()
