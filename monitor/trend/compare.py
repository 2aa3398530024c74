"""One week against the weeks before it.

What this can and cannot say. A comparison is exploratory: it looks at all frames every week, so frames are
marked as moved only after Benjamini-Hochberg over the frames compared (Benjamini and Hochberg 1995, JRSS B
57, 289-300). One story that many outlets write about makes many items with the same frames, and items are
then no independent draws; the interval is widened by how much the frame's weekly shares have varied beyond
chance in the year before (a quasi-binomial dispersion, never below 1), which answers for usual bunching,
not for a story bigger than any of that year. Classifier error is not in the interval. Weeks that nearly all
differ from the baseline are a trend, which one week cannot show, and no comparison says what a change
comes from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import erfc, sqrt

from monitor.clock import Week
from monitor.findings import Comparison, Verdict
from monitor.trend.shares import ALL, Z_95, counts_between, index_counts, score_limits
from monitor.types import WeekCount

BASELINES = (12, 52)
DISPERSION_WEEKS = 52
MINIMUM_DISPERSION_WEEKS = 8
FALSE_DISCOVERY_RATE = 0.05


def newcombe_interval(
    share: float, n: float, base_share: float, base_n: float, z: float = Z_95
) -> tuple[float, float]:
    """Return the hybrid score interval of ``share - base_share``, two independent proportions.

    Sizes may be effective ones. Source: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    low, high = score_limits(share, n, z)
    base_low, base_high = score_limits(base_share, base_n, z)
    difference = share - base_share
    return (
        difference - sqrt((share - low) ** 2 + (base_high - base_share) ** 2),
        difference + sqrt((high - share) ** 2 + (base_share - base_low) ** 2),
    )


def difference_p(share: float, n: float, base_share: float, base_n: float) -> float:
    """Return the two-sided p at which ``newcombe_interval`` just reaches 0, so that test and interval agree.

    Found by bisection, since the interval grows with z; anything beyond z = 10 is told as that.
    """
    near, far = 0.0, 10.0
    for _ in range(40):
        z = (near + far) / 2
        low, high = newcombe_interval(share, n, base_share, base_n, z)
        near, far = (near, z) if low <= 0 <= high else (z, far)
    return erfc(near / sqrt(2))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p-values in the order given, each at least its p and at most 1."""
    adjusted = [1.0] * len(p_values)
    smallest = 1.0
    for rank, index in sorted(enumerate(_ascending(p_values), start=1), reverse=True):
        smallest = min(smallest, p_values[index] * len(p_values) / rank)
        adjusted[index] = smallest
    return adjusted


def weekly_dispersion(counts: Sequence[WeekCount], frame: str) -> float:
    """Return Pearson's chi-squared over its degrees of freedom for equal weekly shares, at least 1.

    With fewer than eight weeks that have items, or a frame that none or all of them carry, it is 1.
    """
    weeks = [count for count in counts if count.relevant]
    n = sum(count.relevant for count in weeks)
    hits = sum(count.hits.get(frame, 0) for count in weeks)
    if len(weeks) < MINIMUM_DISPERSION_WEEKS or hits in (0, n):
        return 1.0
    share = hits / n
    chi_squared = sum(
        (count.hits.get(frame, 0) - count.relevant * share) ** 2 / (count.relevant * share * (1 - share))
        for count in weeks
    )
    return max(1.0, chi_squared / (len(weeks) - 1))


def compare_week(
    counts: Sequence[WeekCount],
    frames: Sequence[str],
    week: Week,
    group: str = ALL,
    baselines: Sequence[int] = BASELINES,
) -> list[Comparison]:
    """Return one group's week against each baseline of so many weeks before it, in the order of the frames.

    A baseline of which less than half the weeks have a count, and so were read, is not estimable, and neither
    is a week or a baseline without a relevant item; the comparison then gives the reason.
    """
    by_week = index_counts(counts).get(group, {})
    return [
        comparison
        for weeks in baselines
        for comparison in _adjusted([_compare(by_week, frame, week, group, weeks) for frame in frames])
    ]


def _compare(by_week: Mapping[Week, WeekCount], frame: str, week: Week, group: str, weeks: int) -> Comparison:
    now = by_week.get(week)
    base = counts_between(by_week, week.plus(-weeks), week.plus(-1))
    year = counts_between(by_week, week.plus(-DISPERSION_WEEKS), week.plus(-1))
    n, hits = (now.relevant, now.hits.get(frame, 0)) if now else (0, 0)
    base_n, base_hits = sum(c.relevant for c in base), sum(c.hits.get(frame, 0) for c in base)
    dispersion = weekly_dispersion(year, frame)
    difference = hits / n - base_hits / base_n if n and base_n else None
    reason = _obstacle(n, base_n, len(base), weeks)
    result = Comparison(
        group, frame, weeks, n, hits, base_n, base_hits, difference, None, None, None, dispersion,
        "not_estimable", reason,
    )  # fmt: skip
    return result if reason else _with_interval(result)


def _obstacle(n: int, base_n: int, covered: int, weeks: int) -> str:
    """Say what keeps a comparison from being made, or nothing."""
    if n == 0:
        return "the week has no relevant item"
    if covered * 2 < weeks:
        return f"only {covered} of the {weeks} weeks before have been read"
    return "" if base_n else f"the {weeks} weeks before have no relevant item"


def _with_interval(comparison: Comparison) -> Comparison:
    low, high = newcombe_interval(*_effective(comparison))
    return replace(comparison, low=low, high=high, verdict="no_clear_change")


def _effective(comparison: Comparison) -> tuple[float, float, float, float]:
    """Return both shares, with sizes divided by the dispersion."""
    return (
        comparison.hits / comparison.n,
        comparison.n / comparison.dispersion,
        comparison.base_hits / comparison.base_n,
        comparison.base_n / comparison.dispersion,
    )


def _adjusted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons of one family with q and verdict; those not estimable do not count in it."""
    estimable = [c for c in comparisons if c.verdict != "not_estimable"]
    p_values = [difference_p(*_effective(c)) for c in estimable]
    q_of = {c.frame: q for c, q in zip(estimable, benjamini_hochberg(p_values), strict=True)}
    return [
        replace(c, q=q_of[c.frame], verdict=_verdict(c, q_of[c.frame])) if c.frame in q_of else c
        for c in comparisons
    ]


def _verdict(comparison: Comparison, q: float) -> Verdict:
    if q <= FALSE_DISCOVERY_RATE:
        return "moved"
    low, high = newcombe_interval(*_effective(comparison))
    return "no_clear_change" if low <= 0 <= high else "maybe"


def _ascending(values: Sequence[float]) -> list[int]:
    return sorted(range(len(values)), key=values.__getitem__)
