"""Fit the linear model on coded passages, measured on authors that it has not read.

Every choice beyond the weights (calibration, thresholds) is made on held-out authors of the corpus; files
for evaluation and gold files play no part.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from monitor.errors import InputError
from monitor.label.aggregate import depth_of, judge_all
from monitor.label.card import write_card
from monitor.label.classifiers.linear import (
    OFF_TOPIC,
    RELEVANT,
    TONES,
    LinearClassifier,
    Vocabulary,
    heads_of,
    pack_artefact,
    sigmoid,
    unpack_artefact,
)
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded, digest_of
from monitor.label.evaluate import Figures, compare
from monitor.label.features import fingerprint, terms
from monitor.label.lexicon import Mention, mention
from monitor.types import Judgement

ARTEFACT = "weights.npz"

STRENGTH = 3.0
"""Inverse strength of regularisation; flat from 0.3 to 10 in cross-validation by author."""

RARE: Mapping[str, int] = {"w": 2, "c": 3, "q": 2}
"""Terms in fewer passages than this are left out, by kind of term."""

RELEVANT_FLOOR = 0.5
"""Relevance is said no sooner than this: a false story costs a reader more than a missed one."""
THRESHOLDS = (0.2, 0.6)
"""Bounds of a frame's threshold."""

Margins = NDArray[np.float64]
Targets = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Coded passages as numbers; one column a head, in the order of ``heads_of``."""

    coded: tuple[Coded, ...]
    terms: tuple[list[str], ...]
    targets: Targets
    taught: Targets
    """Which rows teach a head: tone only where it is coded, relevance only past gate G1."""

    def part(self, rows: NDArray[np.int64]) -> "_Sheet":
        """Return some of the rows."""
        return _Sheet(
            tuple(self.coded[row] for row in rows),
            tuple(self.terms[row] for row in rows),
            self.targets[rows],
            self.taught[rows],
        )


@dataclass(frozen=True, slots=True)
class _Fit:
    """What the data taught; not yet calibrated."""

    vocabulary: Vocabulary
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]


def train_linear(coded: Sequence[Coded], *, seed: int, folder: Path) -> Figures:
    """Fit a model and write it to ``folder``: weights, manifest.json and README.md.

    The same items in the same order give the same bytes.

    Returns:
        The figures of leaving one author out, in the shape of ``evaluate``.

    Raises:
        InputError: fewer than two authors, or a frame or band of tone that only one of them has used.
    """
    sheet = _sheet_of(coded)
    _require_variety(sheet)
    folds = _folds(sheet)
    parts = [_fit(sheet.part(np.flatnonzero(folds != fold)), seed) for fold in range(folds.max() + 1)]
    margins = _held_out_margins(sheet, folds, parts)
    figures = _left_out_figures(sheet, folds, parts, margins, seed)
    final = _fit(sheet, seed)
    _write_model(folder, final, _calibrate(sheet, margins), coded, seed, figures)
    return figures


# ---------------------------------------------------------------- data


def _sheet_of(coded: Sequence[Coded]) -> _Sheet:
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
    return _Sheet(tuple(coded), tuple(terms(text) for text in texts), np.array(targets), np.array(taught))


def _require_variety(sheet: _Sheet) -> None:
    """Refuse data from which a head could not be learnt with any one author left out."""
    if len(_authors(sheet)) < 2:
        raise InputError("training needs relevant items by at least two authors; name them by the key author")
    for column, head in enumerate(heads_of(load_codebook().ids)):
        rows = np.flatnonzero(sheet.taught[:, column])
        for value in (True, False):
            using = {sheet.coded[row].author for row in rows if sheet.targets[row, column] == value}
            if len(using) < 2:
                said = "yes" if value else "no"
                needed = f"items with {head} = {said} by at least two authors"
                raise InputError(f"training needs {needed}; code more")


def _authors(sheet: _Sheet) -> list[str]:
    """Return the authors who are left out in turn: those who wrote anything relevant, by name."""
    return sorted({item.author for item in sheet.coded if item.relevant})


def _folds(sheet: _Sheet) -> NDArray[np.int64]:
    """Return the fold of each row: one an author.

    An author of off-topic items alone is background: dealt out over the folds, or leaving it out would
    measure models that have hardly seen an off-topic item.
    """
    authors = _authors(sheet)
    folds = [
        authors.index(item.author) if item.author in authors else row % len(authors)
        for row, item in enumerate(sheet.coded)
    ]
    return np.array(folds, dtype=np.int64)


# ---------------------------------------------------------------- fitting


def _fit(sheet: _Sheet, seed: int) -> _Fit:
    vocabulary = _vocabulary(sheet)
    matrix = _matrix(vocabulary, sheet)
    models = [
        _regress(matrix[taught], targets[taught], seed)
        for targets, taught in zip(sheet.targets.T, sheet.taught.T, strict=True)
    ]
    fitted = _Fit(
        vocabulary,
        np.stack([model.coef_[0] for model in models], axis=1).astype(np.float32),
        np.array([model.intercept_[0] for model in models], dtype=np.float32),
    )
    # as it will be read from its file, so that calibration sees the very same margins
    return _Fit(*unpack_artefact(pack_artefact(fitted.vocabulary, fitted.weights, fitted.intercepts)))


def _vocabulary(sheet: _Sheet) -> Vocabulary:
    spread: Counter[str] = Counter()
    for found in sheet.terms:
        spread.update(set(found))
    known = sorted(term for term, count in spread.items() if count >= RARE[term[0]])
    rows = len(sheet.terms)
    idf = [np.log((1 + rows) / (1 + spread[term])) + 1 for term in known]
    return Vocabulary.of(known, np.array(idf, dtype=np.float32))


def _matrix(vocabulary: Vocabulary, sheet: _Sheet) -> Any:
    rows = [vocabulary.row(found) for found in sheet.terms]
    ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows]).astype(np.float64)
    return csr_matrix((values, columns, ends), shape=(len(rows), len(vocabulary.terms)))


def _regress(matrix: Any, targets: Targets, seed: int) -> Any:
    model = LogisticRegression(
        C=STRENGTH,
        class_weight="balanced",
        solver="liblinear",
        dual=True,
        max_iter=1000,
        random_state=seed,
        tol=1e-3,
    )
    return model.fit(matrix, targets)


def _held_out_margins(sheet: _Sheet, folds: NDArray[np.int64], parts: Sequence[_Fit]) -> Margins:
    """Return the margin of every row and head, by the model that has not read its author."""
    margins = np.zeros(sheet.targets.shape)
    for fold, part in enumerate(parts):
        rows = np.flatnonzero(folds == fold)
        margins[rows] = _matrix(part.vocabulary, sheet.part(rows)) @ part.weights + part.intercepts
    return margins


# ---------------------------------------------------------------- calibration and thresholds


@dataclass(frozen=True, slots=True)
class _Calibration:
    platt: NDArray[np.float64]
    """*Shape:* (heads, 2)"""
    thresholds: Mapping[str, float]


def _calibrate(sheet: _Sheet, margins: Margins) -> _Calibration:
    """Fit Platt's sigmoid and a threshold for each head on held-out margins.

    Source: Platt (1999), Probabilistic outputs for support vector machines; smoothed targets left out,
    since the regression is itself regularised.
    """
    frames = load_codebook().ids
    platt = np.array(
        [
            _platt(margins[taught, column], sheet.targets[taught, column])
            for column, taught in enumerate(sheet.taught.T)
        ]
    )
    chances = sigmoid(platt[:, 0] * margins + platt[:, 1])
    chances[~sheet.taught[:, 0], : 1 + len(frames)] = OFF_TOPIC
    best = [best_threshold(chances[:, column], sheet.targets[:, column]) for column in range(1 + len(frames))]
    shared = float(np.median(best[1:]))
    low, high = THRESHOLDS
    # a frame's own best is noisy where it is rare: meet the others half-way
    chosen = {f: min(max((own + shared) / 2, low), high) for f, own in zip(frames, best[1:], strict=True)}
    thresholds = {RELEVANT: max(best[0], RELEVANT_FLOOR), **chosen}
    return _Calibration(platt.round(6), {head: round(float(value), 4) for head, value in thresholds.items()})


def _platt(margins: Margins, targets: Targets) -> tuple[float, float]:
    model = LogisticRegression(C=10.0, solver="lbfgs", max_iter=1000).fit(margins[:, None], targets)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def best_threshold(chances: Margins, targets: Targets) -> float:
    """Return the probability that gives the best F1, midway to the next lower one."""
    order = np.argsort(-chances, kind="stable")
    hits = np.cumsum(targets[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + targets.sum())
    best = int(f1.argmax())
    return float(chances[order[best]] + chances[order[min(best + 1, len(order) - 1)]]) / 2


# ---------------------------------------------------------------- figures and files


def _left_out_figures(
    sheet: _Sheet, folds: NDArray[np.int64], parts: Sequence[_Fit], margins: Margins, seed: int
) -> Figures:
    """Measure each author by the model that has not read it, calibrated on the other authors alone.

    Background is not measured: its author was read.
    """
    authors = _authors(sheet)
    measured: list[Coded] = []
    judgements: list[Judgement] = []
    for fold, part in enumerate(parts):
        others = np.flatnonzero(folds != fold)
        calibration = _calibrate(sheet.part(others), margins[others])
        classifier = _classifier("left-out", "left-out", part, calibration)
        own = [item for item in sheet.coded if item.author == authors[fold]]
        measured += own
        judgements += judge_all([(item.title, item.text, depth_of(item.text)) for item in own], classifier)
    return compare(measured, judgements, load_codebook().ids, seed)


def _classifier(name: str, version: str, fitted: _Fit, calibration: _Calibration) -> LinearClassifier:
    return LinearClassifier(
        name,
        version,
        load_codebook().ids,
        fitted.vocabulary,
        fitted.weights,
        fitted.intercepts,
        calibration.platt,
        calibration.thresholds,
    )


def _write_model(
    folder: Path, fitted: _Fit, calibration: _Calibration, coded: Sequence[Coded], seed: int, figures: Figures
) -> None:
    data = pack_artefact(fitted.vocabulary, fitted.weights, fitted.intercepts)
    codebook = load_codebook()
    platt = dict(zip(heads_of(codebook.ids), calibration.platt.tolist(), strict=True))
    manifest = {
        "kind": "linear",
        "codebook": codebook.version,
        "frames": list(codebook.ids),
        "artefact": ARTEFACT,
        "sha256": hashlib.sha256(data).hexdigest(),
        "features": fingerprint(),
        "calibration": platt,
        "thresholds": dict(calibration.thresholds),
        "training": {
            "sha256": digest_of(coded),
            "items": len(coded),
            "authors": dict(sorted(Counter(item.author for item in coded).items())),
            "seed": seed,
        },
        "figures": figures,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ARTEFACT).write_bytes(data)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_card(folder, manifest)
