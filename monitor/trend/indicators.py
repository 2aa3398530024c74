"""How a published series and a frame's share go together, which says nothing of why."""

from collections.abc import Sequence
from math import atanh, nan, sqrt, tanh

import numpy as np
from numpy.typing import NDArray

from monitor.findings import LaggedCorrelation
from monitor.trend.shares import Z_95

MINIMUM_PAIRS = 20
MOST_LAG = 6

CAVEAT = (
    "A correlation of two series over time is no evidence that either moves the other: both may follow a "
    "trend, the season or a third thing, and the best of several lags is always higher than chance. It is "
    "shown to be doubted, with its n."
)


def lagged_correlation(
    first: Sequence[float | None], second: Sequence[float | None], most_lag: int = MOST_LAG
) -> list[LaggedCorrelation]:
    """Return the correlation of ``first`` with ``second`` at each lag from ``-most_lag`` to ``most_lag``.

    At lag k each value of ``first`` is paired with the one of ``second`` k steps later. The interval is
    Fisher's, with the pairs made fewer by the autocorrelation of both series (Bartlett 1946, JRSS Supplement
    8, 27-41; for two autoregressions ``n * (1 - a * b) / (1 + a * b)``). Never to be shown without CAVEAT.

    Args:
        first: equally spaced, as long as ``second``; None where missing.
    """
    a, b = (np.array([nan if value is None else value for value in values]) for values in (first, second))
    return [_at_lag(a, b, lag) for lag in range(-most_lag, most_lag + 1)]


def _at_lag(first: NDArray[np.float64], second: NDArray[np.float64], lag: int) -> LaggedCorrelation:
    length = max(0, len(first) - abs(lag))
    a = first[max(0, -lag) :][:length]
    b = second[max(0, lag) :][:length]
    both = ~np.isnan(a) & ~np.isnan(b)
    n = int(both.sum())
    if n < MINIMUM_PAIRS:
        return _not_estimable(lag, n, f"{n} pairs; {MINIMUM_PAIRS} are needed")
    if np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return _not_estimable(lag, n, "one of the series does not vary")
    r = float(np.corrcoef(a[both], b[both])[0, 1])
    alike = _autocorrelation(a) * _autocorrelation(b)
    independent = min(float(n), n * (1 - alike) / (1 + alike))
    if independent <= 4:
        return _not_estimable(lag, n, "neighbouring values are too alike for an interval")
    spread = Z_95 / sqrt(independent - 3)
    middle = atanh(max(-0.9999, min(0.9999, r)))
    return LaggedCorrelation(lag, n, r, tanh(middle - spread), tanh(middle + spread))


def _not_estimable(lag: int, n: int, reason: str) -> LaggedCorrelation:
    return LaggedCorrelation(lag, n, None, None, None, reason)


def _autocorrelation(values: NDArray[np.float64]) -> float:
    """Return the correlation of neighbours, over the pairs that are there."""
    deviations = values - np.nanmean(values)
    products = deviations[1:] * deviations[:-1]
    known = products[~np.isnan(products)]
    return float(known.mean() / np.nanmean(deviations**2)) if len(known) else 0.0
