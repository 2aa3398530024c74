"""Coded passages as numbers: what training reads, for every kind of model."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.errors import InputError
from monitor.label.classifiers.linear import TONES, heads_of
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded
from monitor.label.features import terms
from monitor.label.lexicon import Mention, mention

Targets = NDArray[np.bool_]

FOLDS = 12
"""At most so many fits leave authors out: one for each of sixty takes half an hour and says little more."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Coded passages; one column a head, in the order of ``heads_of``."""

    coded: tuple[Coded, ...]
    texts: tuple[str, ...]
    terms: tuple[list[str], ...]
    targets: Targets
    taught: Targets
    """Which rows teach a head: tone only where it is coded, relevance only past gate G1."""

    def part(self, rows: NDArray[np.int64]) -> "Sheet":
        """Return some of the rows."""
        return Sheet(
            tuple(self.coded[row] for row in rows),
            tuple(self.texts[row] for row in rows),
            tuple(self.terms[row] for row in rows),
            self.targets[rows],
            self.taught[rows],
        )


def sheet_of(coded: Sequence[Coded]) -> Sheet:
    """Return the sheet of coded items, a row an item, in order."""
    frames = load_codebook().ids
    texts = [item.title + ("\n" + item.text if item.text else "") for item in coded]
    signs = [None if item.tone is None or not item.relevant else int(np.sign(item.tone)) for item in coded]
    targets = [
        [item.relevant, *(frame in item.frames for frame in frames), *(sign == band for band in (-1, 0, 1))]
        for item, sign in zip(coded, signs, strict=True)
    ]
    taught = [
        [mention(text) > Mention.NONE, *(True for _ in frames), *(sign is not None for _ in TONES)]
        for text, sign in zip(texts, signs, strict=True)
    ]
    found = tuple(terms(text) for text in texts)
    return Sheet(tuple(coded), tuple(texts), found, np.array(targets), np.array(taught))


def require_variety(sheet: Sheet) -> None:
    """Refuse data from which a head could not be learnt with any one author left out.

    Raises:
        InputError: fewer than two authors, or a frame or band of tone that only one of them has used.
    """
    if len(authors_of(sheet)) < 2:
        raise InputError(
            "training needs relevant items by at least two authors, or two texts by fewer; code more"
        )
    for column, head in enumerate(heads_of(load_codebook().ids)):
        rows = np.flatnonzero(sheet.taught[:, column])
        for value in (True, False):
            using = {sheet.coded[row].author for row in rows if sheet.targets[row, column] == value}
            if len(using) < 2:
                said = "yes" if value else "no"
                needed = f"items with {head} = {said} by at least two authors, or in two parts"
                raise InputError(f"training needs {needed}; code more, or learn --with-corpus")


def authors_of(sheet: Sheet) -> list[str]:
    """Return the authors who are left out in turn: those who wrote anything relevant, by name."""
    return sorted({item.author for item in sheet.coded if item.relevant})


def folds_of(sheet: Sheet) -> NDArray[np.int64]:
    """Return the fold of each row, from 0: an author's rows are all in one, of some authors where many wrote.

    An author of off-topic items alone is background: dealt out over the folds, or leaving it out would
    measure models that have hardly seen an off-topic item.
    """
    authors = authors_of(sheet)
    count = min(len(authors), FOLDS)
    fold = {author: place % count for place, author in enumerate(authors)}
    return np.array(
        [fold.get(item.author, row % count) for row, item in enumerate(sheet.coded)], dtype=np.int64
    )


def pairs_of(coded: Sequence[Coded]) -> list[list[int]]:
    """Return the rows that belong together: each author's minimal pairs, and every other row alone."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, item in enumerate(coded):
        groups[(item.author, item.pair or f"row {row}")].append(row)
    return list(groups.values())
