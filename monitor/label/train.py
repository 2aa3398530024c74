"""Fit the linear model on coded passages, measured on authors that it has not read.

Calibration and thresholds are fitted on held-out authors of the corpus; no weight, calibration or threshold
rests on files for evaluation or gold files. How to learn (strength, features) was compared on them too, which
flatters the figures on them a little.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from monitor.label.calibrate import Calibration, Margins, calibrate
from monitor.label.card import describe, keep_failures
from monitor.label.classifiers.linear import Vocabulary, heads_of, pack_artefact, unpack_artefact
from monitor.label.classifiers.onnx import LinearNet
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded
from monitor.label.evaluate import Figures
from monitor.label.features import fingerprint
from monitor.label.left_out import left_out_figures
from monitor.label.modelfolder import replacing, require_place
from monitor.label.origin import in_parts, made_with, training_record
from monitor.label.sheet import Sheet, Targets, folds_of, require_variety, sheet_of

ARTEFACT = "weights.npz"

STRENGTH = 3.0
"""Inverse strength of regularisation; flat from 0.3 to 10 in cross-validation by author."""

RARE: Mapping[str, int] = {"w": 2, "c": 3, "q": 2}
"""Terms in fewer passages than this are left out, by kind of term."""


def train_linear(coded: Sequence[Coded], *, seed: int, folder: Path, files: Sequence[str] = ()) -> Figures:
    """Fit a model and write it to ``folder``: weights, manifest.json and README.md.

    The same items in the same order give the same bytes, with what ``made_with`` names.

    Args:
        files: the names of those that the items stood in, for the card.

    Returns:
        The figures of leaving authors or parts (``in_parts``) out, in the shape of ``evaluate``.

    Raises:
        InputError: a frame or band of tone that only one author, or one part, has used; or the folder's
            place cannot be written to.
    """
    require_place(folder)
    sheet = sheet_of(in_parts(coded, seed))
    require_variety(sheet)
    folds = folds_of(sheet)
    parts = [fit_linear(sheet.part(np.flatnonzero(folds != fold)), seed) for fold in range(folds.max() + 1)]
    margins = _held_out_margins(sheet, folds, parts)
    figures = left_out_figures(sheet, folds, [(part,) for part in parts], margins, seed)
    final = fit_linear(sheet, seed)
    training = {**training_record(coded, files, seed), "seed": seed, "made_with": made_with()}
    with replacing(folder) as new:
        keep_failures(folder, new)
        _write_model(new, final, calibrate(sheet, margins), training, figures)
    return figures


# ---------------------------------------------------------------- fitting


def fit_linear(sheet: Sheet, seed: int) -> LinearNet:
    """Fit one regression a head; what is returned is as it will be read from its file, not yet calibrated."""
    vocabulary = _vocabulary(sheet)
    matrix = _matrix(vocabulary, sheet)
    models = [
        _regress(matrix[taught], targets[taught], seed)
        for targets, taught in zip(sheet.targets.T, sheet.taught.T, strict=True)
    ]
    weights = np.stack([model.coef_[0] for model in models], axis=1).astype(np.float32)
    intercepts = np.array([model.intercept_[0] for model in models], dtype=np.float32)
    # weights lose digits in their file: calibration must see the very same margins
    return LinearNet(*unpack_artefact(pack_artefact(vocabulary, weights, intercepts)))


def _vocabulary(sheet: Sheet) -> Vocabulary:
    spread: Counter[str] = Counter()
    for found in sheet.terms:
        spread.update(set(found))
    known = sorted(term for term, count in spread.items() if count >= RARE[term[0]])
    rows = len(sheet.terms)
    idf = [np.log((1 + rows) / (1 + spread[term])) + 1 for term in known]
    return Vocabulary.of(known, np.array(idf, dtype=np.float32))


def _matrix(vocabulary: Vocabulary, sheet: Sheet) -> Any:
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


def linear_margins(fitted: LinearNet, sheet: Sheet) -> Margins:
    """Return the margins of a sheet. *Shape:* (items, heads)"""
    return np.asarray(_matrix(fitted.vocabulary, sheet) @ fitted.weights + fitted.intercepts)


def _held_out_margins(sheet: Sheet, folds: NDArray[np.int64], parts: Sequence[LinearNet]) -> Margins:
    """Return the margin of every row and head, by the model that has not read its author.

    *Shape:* (items, heads, 1), as ``calibrate`` reads them.
    """
    margins = np.zeros(sheet.targets.shape)
    for fold, part in enumerate(parts):
        rows = np.flatnonzero(folds == fold)
        margins[rows] = linear_margins(part, sheet.part(rows))
    return margins[:, :, None]


# ---------------------------------------------------------------- files


def _write_model(
    folder: Path,
    fitted: LinearNet,
    calibration: Calibration,
    training: Mapping[str, Any],
    figures: Figures,
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
        "training": training,
        "figures": figures,
    }
    (folder / ARTEFACT).write_bytes(data)
    describe(folder, manifest)
