"""From margins to probabilities and decisions, fitted on authors that the model has not read."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from monitor.label.classifiers.linear import OFF_TOPIC, RELEVANT, sigmoid
from monitor.label.codebook import load_codebook
from monitor.label.sheet import Sheet, Targets

RELEVANT_FLOOR = 0.75
"""Relevance is said no sooner than this: a false story costs a reader some three times what a missed one
does. F1 is level from 0.5 to 0.9 on authors kept for evaluation, and fewer off-topic items pass."""
THRESHOLDS = (0.2, 0.6)
"""Bounds of a frame's threshold."""

Margins = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How margins become probabilities, and from which probability a decision is yes."""

    platt: NDArray[np.float64]
    """*Shape:* (heads, sources + 1); a slope for each source of margins, and last the offset."""
    thresholds: Mapping[str, float]


def calibrate(sheet: Sheet, margins: Margins) -> Calibration:
    """Fit Platt's sigmoid and a threshold for each head on held-out margins.

    With several sources of margins, the sigmoid's slopes weigh them against each other.

    Args:
        sheet: what the margins are of.
        margins: *Shape:* (items, heads, sources)

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
    chances = chances_of(margins, platt)
    chances[~sheet.taught[:, 0], : 1 + len(frames)] = OFF_TOPIC
    best = [best_threshold(chances[:, column], sheet.targets[:, column]) for column in range(1 + len(frames))]
    chosen = dict(zip(frames, half_way(np.array(best[1:])), strict=True))
    thresholds = {RELEVANT: max(best[0], RELEVANT_FLOOR), **chosen}
    return Calibration(platt.round(6), {head: round(float(value), 4) for head, value in thresholds.items()})


def half_way(best: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return thresholds half-way from each frame's best to the median: its own is noisy where it is rare."""
    return np.clip((best + np.median(best)) / 2, *THRESHOLDS)


def chances_of(margins: Margins, platt: NDArray[np.float64]) -> Margins:
    """Return probabilities, one an item and head; shapes as in ``calibrate``."""
    return sigmoid((margins * platt[:, :-1]).sum(axis=-1) + platt[:, -1])


def _platt(margins: Margins, targets: Targets) -> list[float]:
    model = LogisticRegression(C=10.0, solver="lbfgs", max_iter=1000).fit(margins, targets)
    return [*map(float, model.coef_[0]), float(model.intercept_[0])]


def best_threshold(chances: Margins, targets: Targets) -> float:
    """Return the probability that gives the best F1, midway to the next lower one."""
    order = np.argsort(-chances, kind="stable")
    hits = np.cumsum(targets[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + targets.sum())
    best = int(f1.argmax())
    return float(chances[order[best]] + chances[order[min(best + 1, len(order) - 1)]]) / 2
