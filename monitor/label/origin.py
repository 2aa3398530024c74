"""Where a model comes from: who coded what it learns, which parts are left out in turn, what fits it."""

import platform
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from monitor.label.corpus import Coded, digest_of, read_corpus
from monitor.label.registry import shipped_models

LEAST_AUTHORS = 4
"""With fewer, leaving one out would measure that person's habits more than the model."""
PARTS = 6
"""What few coders' passages are cut into: an encoder holds two of them out."""
LINEAR_LIBRARIES = ("numpy", "scipy", "scikit-learn")
ENCODER_LIBRARIES = (*LINEAR_LIBRARIES, "torch", "transformers", "tokenizers", "onnx", "onnxruntime")
CPUINFO = Path("/proc/cpuinfo")


@cache
def shipped_passages() -> frozenset[Coded]:
    """Return the training passages that came with the program: language models wrote and coded them."""
    folder = shipped_models() / "corpus"
    return frozenset(read_corpus(folder).training if folder.is_dir() else ())


def training_record(coded: Sequence[Coded], files: Sequence[str], seed: int) -> dict[str, Any]:
    """Return what a manifest says of the passages; ``own`` and ``parts`` only where they apply."""
    own = Counter(item.author for item in coded if item not in shipped_passages())
    record: dict[str, Any] = {
        "sha256": digest_of(coded),
        "items": len(coded),
        "authors": dict(sorted(Counter(item.author for item in coded).items())),
    }
    if own:
        record["own"] = {"items": own.total(), "coders": sorted(own), "files": list(files)}
        if in_parts(coded, seed) is not coded:
            record["parts"] = PARTS
    return record


def made_with(*, encoder: bool = False) -> dict[str, Any]:
    """Return what the bytes of a fit made here and now hang on, besides the items and the seed.

    Args:
        encoder: whether torch takes part; then ``half`` tells whether it multiplies in 16 bits here.

    Returns:
        ``versions`` by library, and the ``processor``.
    """
    libraries = ENCODER_LIBRARIES if encoder else LINEAR_LIBRARIES
    found: dict[str, Any] = {
        "versions": {library: version(library) for library in libraries},
        "processor": _processor(),
    }
    if encoder:
        from monitor.label.encoder import HALF  # torch: only when it is used

        found["half"] = HALF
    return found


def _processor() -> str:
    """Return the processor's name, where Linux or Python knows it, else its kind."""
    listed = CPUINFO.read_text("utf-8", "replace") if CPUINFO.is_file() else ""
    named = re.search(r"^model name\s*: *(.+)$", listed, re.MULTILINE)
    return named[1].strip() if named else platform.processor() or platform.machine()


def in_parts(coded: Sequence[Coded], seed: int) -> Sequence[Coded]:
    """Return the items, each by the author it is left out with; the very same sequence where nothing changes.

    Passages of one's own that fewer than ``LEAST_AUTHORS`` people coded, or of which several coded the same
    text, are cut at random into ``PARTS`` instead, each named as an author: all items of a text in one part,
    and those of each frame spread over all. Shipped passages and authors of nothing relevant keep their
    names.
    """
    own = [row for row, item in enumerate(coded) if item not in shipped_passages()]
    authors = {coded[row].author for row in own if coded[row].relevant}
    texts: dict[str, list[int]] = defaultdict(list)
    for row in own:
        if coded[row].author in authors:
            texts[_text(coded[row])].append(row)
    shared = any(len({coded[row].author for row in rows}) > 1 for rows in texts.values())
    if not own or (len(authors) >= LEAST_AUTHORS and not shared):
        return coded
    drawn = [list(texts.values())[place] for place in np.random.default_rng(seed).permutation(len(texts))]
    drawn.sort(key=lambda rows: (coded[rows[0]].frames, coded[rows[0]].relevant, coded[rows[0]].tone or 0))
    part = {row: f"part {place % PARTS + 1}" for place, rows in enumerate(drawn) for row in rows}
    return [replace(item, author=part.get(row, item.author)) for row, item in enumerate(coded)]


def _text(item: Coded) -> str:
    return " ".join(f"{item.title} {item.text}".casefold().split())
