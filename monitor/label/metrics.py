"""Figures of agreement between two codings, on arrays; no model and no file is known here."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

BINS = 10
LOW, HIGH = 2.5, 97.5
"""Percentiles of a 95 % bootstrap interval."""


def ratio(part: float, whole: float) -> float:
    """Return ``part / whole``, 0 where there is no whole."""
    return float(part / whole) if whole else 0.0


def f1_of(hits: float, false: float, missed: float) -> float:
    """Return the harmonic mean of precision and recall; 0 where there is nothing to find or found."""
    return ratio(2 * hits, 2 * hits + false + missed)


def counts(gold: Bools, said: Bools) -> tuple[int, int, int, int]:
    """Return ``(hits, false alarms, missed, rightly not said)``."""
    return (
        int(np.sum(gold & said)),
        int(np.sum(~gold & said)),
        int(np.sum(gold & ~said)),
        int(np.sum(~gold & ~said)),
    )


def binary_alpha(one: Bools, other: Bools) -> float | None:
    """Return Krippendorff's alpha for two coders, two values and no gaps; None where nothing varies.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability, nominal data.
    """
    values = 2 * len(one)
    yes = int(one.sum()) + int(other.sum())
    expected = 2 * yes * (values - yes) / (values * (values - 1)) if values else 0.0
    if expected == 0:
        return None
    return float(1 - np.mean(one != other) / expected)


def average_precision(gold: Bools, scores: Floats) -> float | None:
    """Return the mean of the precisions at each step of recall, ties taken together; None without support."""
    if not gold.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    hits = np.cumsum(gold[order])[ends]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (ends + 1)) / gold.sum())


def calibration_error(gold: Bools, chances: Floats) -> float:
    """Return the expected calibration error over ten bins of equal width, weighted by their sizes."""
    bins = np.minimum((chances * BINS).astype(int), BINS - 1)
    sizes = np.bincount(bins, minlength=BINS)
    gap = np.bincount(bins, chances, BINS) - np.bincount(bins, gold.astype(float), BINS)
    return ratio(float(np.abs(gap).sum()), float(sizes.sum()))


def resamples(n: int, seed: int, times: int = 1000) -> NDArray[np.int64]:
    """Return how often each of n items is drawn in each bootstrap sample; *shape:* (times, n)."""
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=times)
    return np.asarray(draws, dtype=np.int64)


def resampled_specificity(gold: Bools, said: Bools, weights: NDArray[np.int64]) -> Floats:
    """Return the share of what is not there that is not said, in each sample; NaN where all is there.

    Args:
        gold: *Shape:* (items,)
        said: *Shape:* (items,)
        weights: *Shape:* (samples, items)
    """
    bare = weights @ (~gold).astype(float)
    return np.where(bare > 0, weights @ (~gold & ~said).astype(float) / np.maximum(bare, 1), np.nan)


def interval(values: Floats) -> list[float] | None:
    """Return ``[low, high]`` of bootstrap values, those that are not defined left out; None without any."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, [LOW, HIGH])
    return [round(float(low), 4), round(float(high), 4)]


def resampled_f1(gold: Bools, said: Bools, weights: NDArray[np.int64]) -> Floats:
    """Return the F1 of each column in each sample.

    Args:
        gold: *Shape:* (items, columns)
        said: *Shape:* (items, columns)
        weights: *Shape:* (samples, items)
    Returns:
        *Shape:* (samples, columns); NaN where a sample has no gold case of a column.
    """
    hits = weights @ (gold & said).astype(float)
    support = weights @ gold.astype(float)
    total = support + weights @ said.astype(float)
    return np.where(support > 0, 2 * hits / np.maximum(total, 1), np.nan)
