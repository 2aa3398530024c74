"""Read a feed from a file, as large as it may be: a few hundred entries at a time."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from monitor.collect.archives.lines import Stream, read_blocks
from monitor.collect.feedxml import closing
from monitor.errors import InputError

BLOCK_BYTES = 2**20
MAX_HEAD_BYTES = 8 * BLOCK_BYTES
"""How far the first entry may be; a file without one so far is taken whole."""

_OPEN = re.compile(rb"<(?:[\w-]+:)?(?:item|entry)[\s>/]")
_CLOSE = re.compile(rb"</(?:[\w-]+:)?(?:item|entry)\s*>")


def feed_parts(stream: Stream, path: Path) -> Iterator[bytes]:
    """Yield documents that together hold the entries of a feed, in order, each entry in one of them.

    A JSON Feed, and what is no feed, comes as one document: whole, in memory.

    Raises:
        InputError: the stream is damaged; after all that could be read of it.
    """
    errors: list[InputError] = []
    blocks = _until_error(read_blocks(stream, path, BLOCK_BYTES), errors)
    held = b""
    for block in blocks:
        held += block
        if _OPEN.search(held) or len(held) > MAX_HEAD_BYTES:
            break
    first = _OPEN.search(held)
    if first is None or held.lstrip()[:1] == b"{":
        yield held + b"".join(blocks)
    else:
        yield from _cut(held[: first.start()], held[first.start() :], blocks, errors)
    if errors:
        raise errors[0]


def _until_error(blocks: Iterator[bytes], errors: list[InputError]) -> Iterator[bytes]:
    """Yield blocks, and put aside the error that ends them."""
    try:
        yield from blocks
    except InputError as error:
        errors.append(error)


def _cut(head: bytes, held: bytes, blocks: Iterator[bytes], errors: list[InputError]) -> Iterator[bytes]:
    """Yield the closed entries of each block, as a document; an open one at the end only in a whole file."""
    tail = closing(head.decode("utf-8", "replace")).encode()
    for block in chain([b""], blocks):
        held += block
        if end := _last_close(held):
            yield head + held[:end] + tail
            held = held[end:]
    if not errors and _OPEN.search(held):
        yield head + held


def _last_close(held: bytes) -> int:
    """Return the place after the last closed entry, 0 where none is."""
    return max((match.end() for match in _CLOSE.finditer(held)), default=0)
