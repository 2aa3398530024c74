"""How good a fit is on authors that it has not read: what training reports, for every kind of model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.label.aggregate import judge_coded
from monitor.label.calibrate import Margins, calibrate
from monitor.label.classifiers.onnx import EncoderClassifier, Source
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded
from monitor.label.evaluate import Figures, compare
from monitor.label.sheet import Sheet, authors_of
from monitor.types import Judgement


def left_out_figures(
    sheet: Sheet, folds: NDArray[np.int64], sources: Sequence[tuple[Source, ...]], margins: Margins, seed: int
) -> Figures:
    """Measure the authors of each fold by what has not read them, calibrated on the other rows alone.

    Background, whose author wrote nothing relevant, is not measured: it was read.

    Args:
        sheet: what is measured, and calibrated on.
        folds: the fold of each row, from 0, or -1 for what is in none. *Shape:* (items,)
        sources: of each fold, those that have not read it.
        margins: of each row, by the sources of its fold. *Shape:* (items, heads, sources)
        seed: of the bootstrap.

    Returns:
        Figures in the shape of ``evaluate``.
    """
    frames, authors = load_codebook().ids, set(authors_of(sheet))
    measured: list[Coded] = []
    judgements: list[Judgement] = []
    for fold, unread in enumerate(sources):
        others = np.flatnonzero(folds != fold)
        found = calibrate(sheet.part(others), margins[others])
        classifier = EncoderClassifier("left-out", "left-out", frames, unread, found.platt, found.thresholds)
        own = [sheet.coded[row] for row in np.flatnonzero(folds == fold)]
        own = [item for item in own if item.author in authors]
        measured += own
        judgements += judge_coded(own, classifier)
    return compare(measured, judgements, frames, seed)
