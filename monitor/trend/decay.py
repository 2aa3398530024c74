"""How fast an effect fades: its half-life on the log-odds, with a block bootstrap interval.

The share of week k after the event follows ``logit p_k = logit p_base + a 2^(-k / h)``; ``a`` and ``h`` by
maximum likelihood, ``h`` over a grid. Weeks count by their effective size ``n / (1 + n p q s2)``, where
``s2`` is the variance between weeks of the base, so that one week of a thousand items does not decide alone.
The interval resamples blocks of four neighbouring residuals of the base (moving blocks: Kunsch 1989, Annals
of Statistics 17, 1217-1241). They are scaled by what blocks so short lose of an AR(1) series' long-run
variance, and the percentiles are expanded as for a t-interval of half as many values as weeks (Hesterberg
2015, The American Statistician 69, 371-386): without both, intervals held the true half-life in 81 to 89 %.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.findings import HalfLife
from monitor.trend.placebo import AFFECTED, LEVEL, Floats
from monitor.trend.second_opinion import lag_one

SEED = 20261125
DRAWS = 299
BLOCK = 4
LONGEST = 52.0
"""Half-lives beyond twice the observed weeks cannot be told from an effect that stays."""
GRID = np.geomspace(0.25, 104.0, 41)
MINIMUM_WEEKS = 13
_STEPS = 6


@dataclass(frozen=True, slots=True)
class Decay:
    """Fitted effects on log-odds at week 0 and half-lives in weeks; arrays (series)."""

    effect: Floats
    half_life: Floats


def fit_decay(shares: Floats, sizes: Floats, base: Floats) -> Decay:
    """Fit the decay of each series.

    Args:
        shares: (series, weeks), from the event's week on.
        sizes: (series, weeks), effective; 0 where a week was not read.
        base: (series), shares inside (0, 1).
    """
    ages = np.arange(shares.shape[-1])
    start = np.log(base / (1 - base))[:, None, None]
    fading = np.exp2(-ages / GRID[:, None])[None]
    fitted = _expit(start + _fit_effects(shares, sizes, start, fading)[..., None] * fading)
    fitted = np.clip(fitted, 1e-9, 1 - 1e-9)
    fit = shares[:, None] * np.log(fitted) + (1 - shares[:, None]) * np.log(1 - fitted)
    half = _peak(np.sum(sizes[:, None] * fit, axis=-1))
    chosen = np.exp2(-ages / half[:, None])[:, None]
    return Decay(_fit_effects(shares, sizes, start, chosen)[:, 0], half)


def _fit_effects(shares: Floats, sizes: Floats, start: Floats, fading: Floats) -> Floats:
    """Return the likeliest effect of each series for each way of fading; Newton, its steps bounded."""
    effect = np.zeros((len(shares), fading.shape[1]))
    for _ in range(_STEPS):
        fitted = _expit(start + effect[..., None] * fading)
        slope = np.sum(sizes[:, None] * fading * (shares[:, None] - fitted), axis=-1)
        bend = np.sum(sizes[:, None] * fading**2 * fitted * (1 - fitted), axis=-1)
        effect = np.clip(effect + np.clip(slope / np.maximum(bend, 1e-9), -2, 2), -8, 8)
    return effect


def _peak(likelihood: Floats) -> Floats:
    """Return the half-life at the top of the parabola through the grid's best point and its neighbours."""
    best = np.argmax(likelihood, axis=-1)
    middle = np.clip(best, 1, len(GRID) - 2)
    rows = np.arange(len(best))
    before, at, after = (likelihood[rows, middle + step] for step in (-1, 0, 1))
    bend = np.minimum(before - 2 * at + after, -1e-12)
    step = np.where(middle == best, np.clip((before - after) / (2 * bend), -0.5, 0.5), 0.0)
    return np.asarray(GRID[best] * (GRID[1] / GRID[0]) ** step)


def effective_sizes(n: Floats, share: Floats | float, variance: Floats | float) -> Floats:
    """Return what items are worth when weeks vary by ``variance`` on the log-odds beyond sampling."""
    return np.asarray(n / (1 + n * share * (1 - share) * variance))


def weekly_variance(hits: Floats, n: Floats) -> float:
    """Return the variance between weeks on the log-odds that sampling does not explain, at least 0."""
    kept = n > 0
    hits, n = hits[kept], n[kept]
    share = (hits.sum() + 0.5) / (n.sum() + 1)
    expected = n * share * (1 - share)
    return max(0.0, float(np.sum((hits - n * share) ** 2 / expected - 1) / np.sum(expected)))


def half_life(frame: str, base_hits: Floats, base_n: Floats, hits: Floats, n: Floats) -> HalfLife:
    """Return the half-life of one frame's effect.

    Args:
        frame: its id.
        base_hits, base_n: (weeks) of the base.
        hits, n: (weeks), from the event's week on; n is 0 in weeks that were not read.
    """
    weeks, items = int((n > 0).sum()), int(n.sum())
    if weeks < MINIMUM_WEEKS:
        reason = f"only {weeks} of the {len(AFFECTED)} weeks after have items; {MINIMUM_WEEKS} are needed"
        return HalfLife(frame, n=items, reason=reason)
    base = (base_hits.sum() + 0.5) / (base_n.sum() + 1)
    between = weekly_variance(base_hits, base_n)
    sizes = effective_sizes(n, base, between)
    shares = hits / np.maximum(n, 1)
    found = fit_decay(shares[None], sizes[None], np.array([base]))
    if found.half_life[0] >= LONGEST:
        return HalfLife(frame, n=items, reason=f"no decay within the {len(AFFECTED)} weeks after")
    low, high = _bootstrap(base_hits, base_n, shares, sizes, found)
    peak = float(np.exp(found.effect[0]))
    return HalfLife(frame, float(found.half_life[0]), low, high if high < LONGEST else None, peak, items)


def _bootstrap(
    base_hits: Floats, base_n: Floats, shares: Floats, sizes: Floats, found: Decay
) -> tuple[float, float]:
    random = np.random.default_rng(SEED)
    base = (base_hits.sum() + 0.5) / (base_n.sum() + 1)
    residuals = _base_residuals(base_hits[base_n > 0], base_n[base_n > 0], base)
    lost = _lost_by_blocks(lag_one(residuals, np.flatnonzero(base_n > 0).astype(float)))
    ages = np.arange(len(shares))
    fitted = _expit(np.log(base / (1 - base)) + found.effect[0] * np.exp2(-ages / found.half_life[0]))
    error = np.sqrt(fitted * (1 - fitted) / np.maximum(sizes, 1e-9))
    resampled = np.clip(fitted + lost * error * _blocks(residuals, len(shares), random), 0, 1)
    departures = base_hits - base_n * base
    drawn = lost * _blocks(departures, len(departures), random).sum(axis=-1)
    bases = np.clip(base + drawn / base_n.sum(), 1e-4, 1 - 1e-4)
    refitted = fit_decay(resampled, np.broadcast_to(sizes, resampled.shape), bases)
    tail = _expanded_tail(int((sizes > 0).sum()) / 2)
    low, high = np.quantile(refitted.half_life, [tail, 1 - tail])
    return float(low), float(high)


def _base_residuals(hits: Floats, n: Floats, base: float) -> Floats:
    """Return the departures of weekly shares from the base, in units of their standard errors."""
    sizes = effective_sizes(n, base, weekly_variance(hits, n))
    residuals = (hits / n - base) * np.sqrt(sizes / (base * (1 - base)))
    return np.asarray(residuals - residuals.mean())


def _lost_by_blocks(correlation: float) -> float:
    """Return the standard deviation of long sums of AR(1) over that of sums of independent blocks."""
    lags = np.arange(1, BLOCK)
    kept = 1 + 2 * np.sum((1 - lags / BLOCK) * correlation**lags)
    return float(np.sqrt((1 + correlation) / (1 - correlation) / kept))


def _expanded_tail(values: float) -> float:
    from scipy.special import ndtr, stdtrit

    reach = -stdtrit(values - 1, LEVEL / 2) * np.sqrt(values / (values - 1))
    return float(ndtr(-reach))


def _blocks(values: Floats, length: int, random: np.random.Generator) -> Floats:
    """Return ``DRAWS`` series of a length, of blocks of neighbouring values taken in a circle."""
    number = -(-length // BLOCK)
    starts = random.integers(len(values), size=(DRAWS, number, 1))
    places = ((starts + np.arange(BLOCK)) % len(values)).reshape(DRAWS, -1)
    return np.asarray(values[places[:, :length]])


def _expit(values: npt.NDArray[Any]) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))
