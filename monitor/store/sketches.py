"""What is kept of the words of a report, by which its wire copies are told.

A copy is told by *containment*: the share of the shorter report's runs of three words that the longer one
has too (Broder 1997, On the resemblance and containment of documents). What is kept of a report is a sketch,
the lowest hashes of its runs (bottom-k: Cohen and Kaplan 2007), taken from the full text before the text
policy cuts it; no word can be read from it. The lowest of these again are the keys under which a later
report finds it.
"""

import re
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING
from zlib import crc32

from monitor.types import Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint32]

HASHES_BELOW = 1 << 31
"""So that they fit the databases' signed integers."""

_WORDS = 3
"""In a run. Longer runs lose more of a copy to each word that was changed."""
_MOST_HASHES = 256
_FEWEST_HASHES = 20
"""A shorter text has no sketch: headlines and teasers are alike by chance, or by a template."""
_FEWEST_COMPARED = 16
"""Of two texts of very different length few hashes can be compared; fewer than this decide nothing."""
_KEYS = 16
_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc")


def sketch(item: Item) -> bytes:
    """Return the sketch of what an item says: at most 256 hashes of four bytes, little-endian, ascending.

    Empty where it says too little, or only has a headline.
    """
    return sketches([item])[0]


def sketches(items: Sequence[Item]) -> list[bytes]:
    """Return the sketch of each of some items, in their order."""
    found = [item.sketch or b"" for item in items]
    words = {place: _words(item) for place, item in enumerate(items) if item.sketch is None}
    told = {place: own for place, own in words.items() if len(own) >= _FEWEST_HASHES + _WORDS - 1}
    if told:
        for place, hashes in zip(told, _lowest_hashes(list(told.values())), strict=True):
            found[place] = hashes.astype("<u4").tobytes() if len(hashes) >= _FEWEST_HASHES else b""
    return found


def _words(item: Item) -> list[str]:
    if not (item.summary or item.text):
        return []
    # Said in one go: runs over the seams are a handful, and one pass is several times as fast.
    return _WORD.findall(f"{item.title} {item.summary} {item.text}".casefold().translate(_APOSTROPHES))


def _lowest_hashes(texts: Sequence[Sequence[str]]) -> list["Hashes"]:
    """Return the lowest hashes of the runs of words of each text, ascending.

    All texts are hashed and sorted as one array, the number of each above its hashes: with numpy a short
    text costs as much as a long one.
    """
    import numpy as np

    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    codes = np.fromiter(map(crc32, map(str.encode, chain.from_iterable(texts))), np.uint64, lengths.sum())
    numbers = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)
    within = numbers[: 1 - _WORDS] == numbers[_WORDS - 1 :]
    numbered = np.sort(numbers[: 1 - _WORDS][within] * np.uint64(HASHES_BELOW) + _mixed(codes)[within])
    numbered = numbered[np.diff(numbered, prepend=numbered[:1] + np.uint64(1)) != 0]
    ends = np.searchsorted(numbered, np.arange(1, len(texts) + 1, dtype=np.uint64) * np.uint64(HASHES_BELOW))
    hashes = (numbered % np.uint64(HASHES_BELOW)).astype(np.uint32)
    starts = (0, *ends[:-1].tolist())
    return [hashes[start : min(end, start + _MOST_HASHES)] for start, end in zip(starts, ends, strict=True)]


def _mixed(codes: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Return a hash of each run of words; the finishing steps of splitmix64 (Steele et al. 2014)."""
    import numpy as np

    runs = codes[: 1 - _WORDS]
    for place in range(1, _WORDS):
        end = len(codes) - _WORDS + 1 + place
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + codes[place:end]
    runs = (runs ^ (runs >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    runs = (runs ^ (runs >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (runs ^ (runs >> np.uint64(31))) >> np.uint64(33)


def containment(first: bytes, second: bytes) -> float:
    """Return the share of the shorter text's runs that the longer one has, as two sketches tell it.

    0 where they tell too little: each holds only the hashes up to a bound, and those up to the lower of the
    two bounds can be compared.
    """
    import numpy as np

    one, other = _hashes(first), _hashes(second)
    bound = min(_bound(one), _bound(other))
    one, other = one[one <= bound], other[other <= bound]
    shorter = min(len(one), len(other))
    if shorter < _FEWEST_COMPARED:
        return 0.0
    return len(np.intersect1d(one, other, assume_unique=True)) / shorter


def keys_of(stored: bytes) -> list[int]:
    """Return the keys of a sketch, its lowest hashes, ascending."""
    found: list[int] = _hashes(stored)[:_KEYS].tolist()
    return found


def _hashes(stored: bytes) -> "Hashes":
    import numpy as np

    return np.frombuffer(stored, "<u4")


def _bound(hashes: "Hashes") -> int:
    return int(hashes[-1]) if len(hashes) == _MOST_HASHES else HASHES_BELOW
