"""Weeks from which a frame's share seems to lie on another level: candidates, never findings.

The weekly shares, on the arcsine scale where their sampling variance is ``1 / (4n)`` (Anscombe 1948,
Biometrika 35, 246-254), are cut into runs of at least eight weeks so that the weighted squares about the
means of the runs, plus a penalty for each cut, are least: exact optimal partitioning (Jackson et al. 2005,
IEEE Signal Processing Letters 12, 105-108), every week a possible cut. Weeks weigh by the inverse of their
variance: sampling, and the variation between weeks beyond it. Weeks without an item are left out, not zero.

The usual penalty of a cut, ``2 * variance * log(weeks)``, finds breaks in 39 to 93 % of unchanged series
whose neighbouring weeks resemble each other, so it is inflated by the ratio of their long-run variance to
their variance: ``1 + 2 * r / (1 - phi)``, which is ``(1 + r) / (1 - r)`` for an autoregression. Sampling
hides part of the resemblance of small weeks, so phi, the share of r that lasts to the next week, is the
largest of r, r over the part of the variance that is not sampling, and the second autocorrelation over r.
All are of the deviations from a running median of a year, which follows a step, by estimators that a level of
some weeks hardly moves, so that what is looked for is not taken for noise.

What a search cannot show: that anything changed at all (a penalty is no test), what a change comes from,
or a change shorter than eight weeks (see outbreaks.py). A break in shares as the model labels them may be
one in how easily texts are labelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from monitor.clock import Week
from monitor.findings import BreakSearch, CandidateBreak, NearbyEvent
from monitor.trend.shares import ALL, score_limits
from monitor.types import Event, SharePoint, WeekCount

Array = NDArray[np.float64]

MINIMUM_RUN = 8
"""Weeks on each side of a break."""
MINIMUM_WEEKS = 52
MINIMUM_HITS = 20
LEVEL_WEEKS = 53
"""Width of the running median."""
MARGIN = 1.3
"""On the penalty: with it short series keep to 3 % too (benchmarks/trend_breaks.py)."""
MOST_PERSISTENCE = 0.9
MAD_TO_SD = 1.4826
WINSORISED = 0.9205
"""The variance of a standard normal drawn in to [-2, 2]."""
NEAR_WEEKS = 2


@dataclass(frozen=True, slots=True)
class Noise:
    """How weekly values vary about their level."""

    weights: Array
    """Inverse variance of each week that has a value."""
    variance: float
    """Of the weighted deviations; 1 where the weights are right."""
    sampling: float
    """The part of the variance that sampling makes, 0 to 1."""
    autocorrelation: float
    inflation: float


def find_breaks(
    counts: Sequence[WeekCount], frame: str, first: Week, last: Week, events: Sequence[Event] = ()
) -> BreakSearch:
    """Return the candidate breaks of one frame's weekly shares, oldest first.

    Args:
        counts: of one group; those outside the span are left out.
        events: listed ones, of which those within two weeks of a break are named with it.
    """
    span = list(first.until(last))
    by_week = {count.week: count for count in counts}
    n = np.array([by_week[week].relevant if week in by_week else 0 for week in span], dtype=float)
    hits = np.array(
        [by_week[week].hits.get(frame, 0) if week in by_week else 0 for week in span], dtype=float
    )
    search = BreakSearch(frame, int((n > 0).sum()), int((n == 0).sum()), int(n.sum()), int(hits.sum()))
    reason = _obstacle(search)
    if reason:
        return replace(search, reason=reason)
    noise = measure_noise(hits, n)
    read = np.flatnonzero(n)
    penalty = MARGIN * 2 * noise.variance * noise.inflation * log(len(read))
    cuts = partition(stabilised(hits, n)[read], noise.weights, penalty, MINIMUM_RUN)
    runs = [read[start:end] for start, end in pairwise([0, *cuts, len(read)])]
    shares = [_pooled(frame, span[run[0]], hits[run].sum(), n[run].sum(), noise) for run in runs]
    breaks = [
        CandidateBreak(
            frame, after.week, before, after, len(old), len(new), nearby_events(events, after.week)
        )
        for (before, old), (after, new) in pairwise(zip(shares, runs, strict=True))
    ]
    return replace(
        search, autocorrelation=noise.autocorrelation, inflation=noise.inflation, breaks=tuple(breaks)
    )


def stabilised(hits: Array, n: Array) -> Array:
    """Return shares on the arcsine scale of Anscombe, of variance close to ``1 / (4n + 2)``; NaN at n = 0."""
    with np.errstate(invalid="ignore"):
        return np.where(n > 0, np.arcsin(np.sqrt((hits + 0.375) / (n + 0.75))), np.nan)


def measure_noise(hits: Array, n: Array) -> Noise:
    """Return how weekly shares vary about a running median of a year, weeks with n = 0 left out.

    Autocorrelations are corrected for the level being estimated from the same weeks (Kendall 1954, Biometrika
    41, 403-404), and never negative.
    """
    deviations = stabilised(hits, n)
    deviations = deviations - running_median(deviations, LEVEL_WEEKS)
    read = n > 0
    sampling = 1 / (4 * n[read] + 2)
    expected = float(sampling.mean())
    total = max(robust_variance(deviations), expected)
    weights = 1 / (total - expected + sampling)
    first, second = (robust_autocorrelation(deviations, lag) for lag in (1, 2))
    shrunk = (1 + 3 * first) / min(LEVEL_WEEKS, len(n))
    first, second = (min(max(r + shrunk, 0.0), MOST_PERSISTENCE) for r in (first, second))
    persistence = max(first, _ratio(first, 1 - expected / total), _ratio(second, first))
    return Noise(
        weights=weights,
        variance=max(1.0, robust_variance(np.sqrt(weights) * deviations[read])),
        sampling=expected / total,
        autocorrelation=first,
        inflation=1 + 2 * first / (1 - persistence),
    )


def robust_variance(values: Array) -> float:
    """Return the variance of a normal sample in which up to a fifth of the values may be of another kind.

    That of the values drawn in to within two scaled median absolute deviations of the median, over what this
    leaves of a normal variance (winsorised: Huber 1981, Robust Statistics, chapter 5); NaN are left out.
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return 0.0
    from_median = values - np.median(values)
    reach = 2 * MAD_TO_SD * float(np.median(np.abs(from_median)))
    return float(np.mean(np.clip(from_median, -reach, reach) ** 2)) / WINSORISED


def robust_autocorrelation(values: Array, lag: int) -> float:
    """Return the correlation of values so far apart, from the variances of their sums and differences.

    A level that lasts for some weeks only is of another kind than the rest and hardly moves it. Pairs with a
    NaN are left out. Source: Gnanadesikan and Kettenring 1972, Biometrics 28, 81-124.
    """
    sums = robust_variance(values[lag:] + values[:-lag])
    differences = robust_variance(values[lag:] - values[:-lag])
    return (sums - differences) / (sums + differences) if sums + differences else 0.0


def running_median(values: Array, width: int) -> Array:
    """Return the median of each value and those around it, the ends mirrored; NaN are left out.

    Args:
        width: odd.
    """
    half = min(width // 2, len(values) - 1)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, half, mode="reflect"), 2 * half + 1)
    present = ~np.isnan(windows).all(axis=1)
    medians = np.full(len(values), np.nan)
    medians[present] = np.nanmedian(windows[present], axis=1)
    return medians


def partition(values: Array, weights: Array, penalty: float, minimum: int) -> list[int]:
    """Return where the runs after the first begin in the cheapest cut of a series, exactly.

    The cost of a run is the weighted sum of squares about its weighted mean.

    Args:
        weights: above 0.
        penalty: of each run after the first.
        minimum: values in each run; a series shorter than that is one run.
    """
    length = len(values)
    weight, moment, square = (
        np.concatenate([[0.0], np.cumsum(part)]) for part in (weights, weights * values, weights * values**2)
    )
    best = np.full(length + 1, np.inf)
    best[0] = -penalty
    begins = np.zeros(length + 1, dtype=int)
    for end in range(minimum, length + 1):
        starts = slice(0, end - minimum + 1)
        run = (
            square[end]
            - square[starts]
            - (moment[end] - moment[starts]) ** 2 / (weight[end] - weight[starts])
        )
        cost = best[starts] + run + penalty
        begins[end] = int(cost.argmin())
        best[end] = cost[begins[end]]
    cuts: list[int] = []
    end = int(begins[length])
    while end > 0:
        cuts.append(end)
        end = int(begins[end])
    return cuts[::-1]


def nearby_events(events: Sequence[Event], week: Week) -> tuple[NearbyEvent, ...]:
    """Return the events whose day is verified and lies within two weeks of a week, nearest first."""
    dated = [
        NearbyEvent(event, (week.monday() - Week.of_date(date.fromisoformat(event.date)).monday()).days // 7)
        for event in events
        if event.precision == "day" and event.verified
    ]
    near = (one for one in dated if abs(one.weeks_after) <= NEAR_WEEKS)
    return tuple(sorted(near, key=lambda one: (abs(one.weeks_after), one.event.date, one.event.id)))


def _obstacle(search: BreakSearch) -> str:
    """Say what keeps a series from being searched, or nothing."""
    if search.weeks < MINIMUM_WEEKS:
        return f"only {search.weeks} weeks have a relevant item; {MINIMUM_WEEKS} are needed"
    fewer = min(search.hits, search.n - search.hits)
    if fewer < MINIMUM_HITS:
        kind = "carry it" if fewer == search.hits else "do not carry it"
        return f"only {fewer} items {kind}; {MINIMUM_HITS} are needed"
    return ""


def _pooled(frame: str, week: Week, hits: float, n: float, noise: Noise) -> SharePoint:
    """Return a run's share; its interval is widened by what weeks vary beyond sampling, and resemble."""
    low, high = score_limits(hits / n, n * noise.sampling / noise.inflation)
    return SharePoint(week, ALL, frame, int(n), int(hits), float(hits / n), low, high, corrected=False)


def _ratio(part: float, whole: float) -> float:
    """Return ``part / whole``, at most MOST_PERSISTENCE."""
    return min(MOST_PERSISTENCE, part / whole) if whole > 0 else (MOST_PERSISTENCE if part > 0 else 0.0)
