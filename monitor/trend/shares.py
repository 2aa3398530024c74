"""Shares of a week's relevant items, each with its n and a score interval.

The intervals hold sampling error alone, so every point says ``corrected=False``; those that people's codes
correct are made by `monitor.trend.corrected`. They treat items as independent draws.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import sqrt

from monitor.clock import Week
from monitor.trend.periods import Period, sum_by_period
from monitor.types import SharePoint, WeekCount

Z_95 = 1.959964
ALL = "all"

CountIndex = Mapping[str, Mapping[Week, WeekCount]]
"""Group to week to its counts."""


def score_limits(share: float, n: float, z: float = Z_95) -> tuple[float, float]:
    """Return Wilson's interval of a share of ``n`` trials, maybe an effective size; n = 0 gives (0, 1).

    At a share of 0 or 1 the near limit is that share itself.
    """
    if n <= 0:
        return 0.0, 1.0
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    centre = share + z * z / (2 * n)
    scale = 1 + z * z / n
    low = 0.0 if share == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if share == 1 else min(1.0, (centre + spread) / scale)
    return low, high


def wilson_interval(hits: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion.

    Args:
        hits: successes, ``0 <= hits <= total``.
        total: trials; 0 gives ``(0.0, 1.0)``, we know nothing.
        z: the normal quantile; the default gives 95 %.

    Returns:
        ``(low, high)``, shares in [0, 1], not percent.

    Raises:
        ValueError: hits outside ``[0, total]``.

    Source: Wilson (1927), JASA 22, 209-212; checked against Newcombe (1998), Statistics in Medicine 17,
    857-872, table I.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} hits of {total}")
    return score_limits(hits / total if total else 0.0, total, z)


def share_point(week: Week, group: str, frame: str, hits: int, n: int) -> SharePoint:
    """Return the share with its interval, or with neither at n = 0."""
    if n == 0:
        return SharePoint(week, group, frame, 0, 0, None, None, None, corrected=False)
    low, high = wilson_interval(hits, n)
    return SharePoint(week, group, frame, n, hits, hits / n, low, high, corrected=False, raw_share=hits / n)


def index_counts(counts: Iterable[WeekCount]) -> CountIndex:
    """Return the counts by group, sorted, and week; of two counts of one cell the later stays."""
    index: dict[str, dict[Week, WeekCount]] = {}
    for count in counts:
        index.setdefault(count.group, {})[count.week] = count
    return dict(sorted(index.items()))


def weekly_shares(
    counts: Sequence[WeekCount], frames: Sequence[str], first: Week, last: Week
) -> list[SharePoint]:
    """Return a point for every group, frame and week of the span, sorted in that order.

    Frames keep the order given, and weeks without a count have n = 0. Groups are those of ``counts``,
    whether or not they have one inside the span.
    """
    weeks = list(first.until(last))
    return [
        pooled_share([by_week[week]] if week in by_week else [], frame, group, week)
        for group, by_week in index_counts(counts).items()
        for frame in frames
        for week in weeks
    ]


def period_shares(
    counts: Sequence[WeekCount], frames: Sequence[str], periods: Sequence[Period]
) -> list[SharePoint]:
    """Return a point for every group, frame and period, sorted in that order; see `weekly_shares`."""
    return [
        replace(
            share_point(period.first, group, frame, count.hits.get(frame, 0), count.relevant),
            period=period.name,
        )
        for group, row in sum_by_period(counts, periods).items()
        for frame in frames
        for period, count in zip(periods, row, strict=True)
    ]


def pooled_share(counts: Sequence[WeekCount], frame: str, group: str, week: Week) -> SharePoint:
    """Return the share over several weeks taken together, dated ``week``: hits and items are each summed."""
    hits = sum(count.hits.get(frame, 0) for count in counts)
    return share_point(week, group, frame, hits, sum(count.relevant for count in counts))


def rolling_shares(
    counts: Sequence[WeekCount], frames: Sequence[str], first: Week, last: Week, width: int
) -> list[SharePoint]:
    """Return ``weekly_shares`` with each week pooled with the ``width - 1`` weeks before it.

    Neighbours share items, so the points of one line are not independent of each other.
    """
    return [
        pooled_share(counts_between(by_week, week.plus(1 - width), week), frame, group, week)
        for group, by_week in index_counts(counts).items()
        for frame in frames
        for week in first.until(last)
    ]


def counts_between(by_week: Mapping[Week, WeekCount], first: Week, last: Week) -> list[WeekCount]:
    """Return the counts that there are from ``first`` up to and including ``last``, oldest first."""
    return [by_week[week] for week in first.until(last) if week in by_week]
