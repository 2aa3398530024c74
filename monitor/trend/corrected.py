"""Shares and image balance of periods, corrected for the classifier's error where people coded enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from monitor.trend.balance import FAILED, OVER_ZEALOUS, fail_over_interval, fail_over_ratio, net_interval
from monitor.trend.correction import BALANCE, SHARE, Estimate, Raw, Target, transfer
from monitor.trend.periods import Period, sum_by_period
from monitor.trend.pools import CategoryOf, Pooled, PoolRule, gather, pool_periods, raw_ratio
from monitor.types import BalancePoint, CodedUnit, ShareMethod, SharePoint, WeekCount

BANDS = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Coded:
    """What people have coded, and the counts that it is a sample of."""

    units: Sequence[CodedUnit]
    counts: Sequence[WeekCount]
    """All outlets together, wire copies once, broad series, by item; from a pool's length before on."""
    rule: PoolRule


@dataclass(frozen=True, slots=True)
class _Correction:
    """What becomes of one point; ``reason`` says why nothing does."""

    reason: str
    value: float
    low: float
    high: float
    method: ShareMethod
    n_codes: int
    pool_weeks: int

    def changes(self, figure: str) -> dict[str, Any]:
        """Return what to replace in a point whose ``figure`` is corrected."""
        if self.reason:
            return {"reason": self.reason}
        return {
            figure: self.value,
            "low": self.low,
            "high": self.high,
            "corrected": True,
            "method": self.method,
            "n_codes": self.n_codes,
            "pool_weeks": self.pool_weeks,
        }


def correct_shares(points: Sequence[SharePoint], periods: Sequence[Period], coded: Coded) -> list[SharePoint]:
    """Return the points with corrected share and interval, or with the reason why there is none.

    Points are those of `monitor.trend.shares.period_shares` for the same periods, of any groups. One
    without items stays as it is.
    """
    if not points:
        return []
    frames = list(dict.fromkeys(point.frame for point in points))

    def categories(count: WeekCount) -> list[list[int]]:
        found = [count.hits.get(frame, 0) for frame in frames]
        return [[count.labelled - count.relevant, count.relevant - hits, hits] for hits in found]

    def said_and_coded(unit: CodedUnit) -> list[tuple[int, int]]:
        return [(_said(unit, frame), unit.relevant * (1 + (frame in unit.frames))) for frame in frames]

    pooled = _pooled(coded, periods, categories, said_and_coded, SHARE)
    corrections = _correct(
        pooled,
        ([point.period for point in points], periods),
        [frames.index(point.frame) for point in points],
        Raw(
            np.array([point.raw_share or 0.0 for point in points]),
            np.array([float(point.n) for point in points]),
        ),
        coded.rule,
        SHARE,
    )
    return [
        replace(point, **(one.changes("share") if point.n else {"reason": one.reason}))
        for point, one in zip(points, corrections, strict=True)
    ]


def balance_points(
    counts: Sequence[WeekCount], periods: Sequence[Period], coded: Coded | None = None
) -> list[BalancePoint]:
    """Return the image balance of every group and period, sorted in that order; ``net`` maybe corrected."""
    cells = [
        (count, period)
        for row in sum_by_period(counts, periods).values()
        for period, count in zip(periods, row, strict=True)
    ]
    points = [_balance_point(count, period) for count, period in cells]
    if coded is None or not points:
        return points
    pooled = _pooled(coded, periods, lambda count: [_by_band(count)], lambda unit: [_bands(unit)], BALANCE)
    corrections = _correct(
        pooled,
        ([period.name for _, period in cells], periods),
        [0] * len(cells),
        raw_ratio(np.array([_by_band(count) for count, _ in cells], dtype=float), BALANCE),
        coded.rule,
        BALANCE,
    )
    return [
        replace(point, **(one.changes("net") if point.n else {"reason": one.reason}))
        for point, one in zip(points, corrections, strict=True)
    ]


def _said(unit: CodedUnit, frame: str) -> int:
    given = unit.label.frames.get(frame)
    return unit.label.relevant * (1 + (given is not None and given.label))


def _by_band(count: WeekCount) -> list[int]:
    return [count.labelled - count.relevant, count.negative, count.neutral, count.positive]


def _bands(unit: CodedUnit) -> tuple[int, int]:
    """Return the band that was said and the one that was coded, from 1; 0 where not relevant."""
    tone = unit.tone or 0
    said = BANDS.index(unit.label.tone_band or "neutral") + 1
    return unit.label.relevant * said, unit.relevant * (2 + (tone > 0) - (tone < 0))


def _balance_point(count: WeekCount, period: Period) -> BalancePoint:
    n = count.relevant
    net = (count.positive - count.negative) / n if n else None
    low, high = net_interval(count.negative, count.neutral, count.positive) if n else (None, None)
    fail, over = count.hits.get(FAILED, 0), count.hits.get(OVER_ZEALOUS, 0)
    ratio_low, ratio_high = fail_over_interval(fail, over)
    return BalancePoint(
        week=period.first,
        group=count.group,
        n=n,
        negative=count.negative,
        positive=count.positive,
        net=net,
        low=low,
        high=high,
        corrected=False,
        raw_net=net,
        method="wilson",
        n_codes=0,
        pool_weeks=0,
        reason="",
        fail_hits=fail,
        over_hits=over,
        fail_over=fail_over_ratio([count]),
        fail_over_low=ratio_low,
        fail_over_high=ratio_high,
        period=period.name,
    )


def _pooled(
    coded: Coded,
    periods: Sequence[Period],
    categories: Callable[[WeekCount], Sequence[Sequence[int]]],
    said_and_coded: CategoryOf,
    target: Target,
) -> Pooled:
    first = min(periods[0].first, periods[0].last.plus(1 - coded.rule.weeks))
    material = gather(first, periods[-1].last, coded.counts, categories, coded.units, said_and_coded)
    return pool_periods(material, periods, coded.rule, target)


def _correct(
    pooled: Pooled,
    dated: tuple[Sequence[str], Sequence[Period]],
    series: Sequence[int],
    raw: Raw,
    rule: PoolRule,
    target: Target,
) -> list[_Correction]:
    """Return what becomes of some points.

    Args:
        pooled: the pools.
        dated: the period of each point by name, and all periods.
        series: the series of each point.
        raw: what the classifier says of each.
        rule: how was pooled.
        target: the ratio.
    """
    at = {period.name: place for place, period in enumerate(dated[1])}
    place = (np.array([at[name] for name in dated[0]]), np.array(series))
    share = Estimate(pooled.share.value[place], pooled.share.low[place], pooled.share.high[place])
    pool = Raw(pooled.raw.value[place], pooled.raw.n[place])
    moved = transfer(share, pool, raw, raw.n * pooled.inside[place], target)
    columns = (
        pooled.reason[place].tolist(),
        moved.value.tolist(),
        moved.low.tolist(),
        moved.high.tolist(),
        [("ppi" if rule.tuned else "dsl")] * len(series),
        pooled.n_codes[place].tolist(),
        pooled.weeks[place].tolist(),
    )
    return [_Correction(*row) for row in zip(*columns, strict=True)]
