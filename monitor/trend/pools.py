"""Which codes correct which period: those of the period itself, or of the weeks before it as well.

A period with too few codes of its own is pooled with the shortest stretch of weeks up to its end that has
enough. The pool, from its first coded week to its last, is what these codes are a sample of: its share is
estimated as `monitor.trend.correction` says, and the period's own figure is shifted by what the pool's was
off by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.clock import Week
from monitor.trend.correction import Array, Codes, Estimate, Raw, Target, effective_size, estimate
from monitor.trend.periods import Period
from monitor.types import CodedUnit, WeekCount

POOLS = (13, 26, 52)
"""Weeks of the pools that are tried, shortest first, up to the longest that the rule allows."""
MINIMUM_FOUND = 100
"""Codes of items that the classifier found relevant: with fewer, intervals at low shares undercover."""
MINIMUM_CELL = 5
"""Codes of those said to carry the frame, and of those said not to, where there are any such items."""
MINIMUM_MISSED = 30
"""Codes of items that it did not find relevant: what was missed is seen in these alone."""

Ints = NDArray[np.int64]
CategoryOf = Callable[[CodedUnit], Sequence[tuple[int, int]]]
"""For each series of a unit (such as each frame), the category that was said and the one that was coded."""


@dataclass(frozen=True, slots=True)
class PoolRule:
    """How codes may be pooled."""

    weeks: int = POOLS[-1]
    """The longest pool."""
    changes: tuple[Week, ...] = ()
    """Weeks from which coverage or the classifier's error may differ: no pool reaches across one, but for a
    period that does so itself."""
    tuned: bool = True
    """Correct by PPI; else by DSL."""


@dataclass(frozen=True, slots=True)
class Material:
    """Counts and codes of a model by week; week ``t`` is the ``t``-th from ``first``."""

    first: Week
    counts: Array
    """``(weeks, series, categories)``: all items by what the classifier said."""
    codes: Codes
    """Of each week and series."""
    numbers: Ints
    """``(weeks, series, cells)``: codes, not weighed."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """The pool of every period and series, ``(periods, series)``; values only where ``reason`` is empty."""

    share: Estimate
    raw: Raw
    inside: Array
    """The part of the period's relevant items that lies in the pool."""
    n_codes: Ints
    weeks: Ints
    reason: NDArray[Any]


def gather(
    first: Week,
    last: Week,
    counts: Sequence[WeekCount],
    categories: Callable[[WeekCount], Sequence[Sequence[int]]],
    units: Sequence[CodedUnit],
    coded: CategoryOf,
) -> Material:
    """Return the counts and codes from first to last week, by week.

    Args:
        first: the first week of the first pool.
        last: the last week.
        counts: of all outlets, one a week at most.
        categories: the items of a count by category, for each series.
        units: coded items, each weighing 1 / inclusion.
        coded: see `CategoryOf`.
    """
    places = {week: place for place, week in enumerate(first.until(last))}
    empty = np.array(categories(WeekCount(first, "all", 0, 0, 0, 0, 0, {})), dtype=float)
    series, kinds = empty.shape
    by_week = np.zeros((len(places), series, kinds))
    for count in counts:
        if count.week in places:
            by_week[places[count.week]] += categories(count)
    weights = np.zeros((len(places), series, kinds + 1, kinds))
    squares = np.zeros((len(places), series, kinds + 1))
    numbers = np.zeros(squares.shape, dtype=np.int64)
    for unit in units:
        if unit.week in places:
            week, near = places[unit.week], unit.stratum in ("relevant", "close")
            for one, (said, found) in enumerate(coded(unit)):
                cell = said + 1 if said else int(near)
                weights[week, one, cell, found] += 1 / unit.inclusion
                squares[week, one, cell] += unit.inclusion**-2
                numbers[week, one, cell] += 1
    return Material(first, by_week, Codes((0, *range(kinds)), weights, squares), numbers)


def pool_periods(material: Material, periods: Sequence[Period], rule: PoolRule, target: Target) -> Pooled:
    """Return for every period and series the shortest pool that has enough codes, and what it says."""
    begin, end = _places(material, periods)
    floor = np.array([_floor(material.first, period, rule.changes) for period in periods])
    numbers, counts = _running(material.numbers), _running(material.counts)
    starts = np.repeat(begin[:, None], counts.shape[1], axis=1)
    chosen = np.zeros(starts.shape, dtype=bool)
    reason = np.full(starts.shape, "no codes", dtype=object)
    for width in (0, *(width for width in POOLS if width < rule.weeks), rule.weeks):
        start = np.maximum(np.minimum(begin, end - width), np.minimum(floor, begin))
        reasons = _lacks(numbers[end] - numbers[start], counts[end] - counts[start])
        starts = np.where(chosen, starts, start[:, None])
        reason = np.where(chosen, reason, reasons)
        chosen |= reasons == ""
    starts, ends = _trimmed(material, starts, end)
    return _estimated(material, (begin, end), (starts, ends), reason, rule, target)


def _places(material: Material, periods: Sequence[Period]) -> tuple[Ints, Ints]:
    """Return where each period begins and ends, ``[begin, end)``."""
    at = {week: place for place, week in enumerate(_weeks(material))}
    return (
        np.array([at[period.first] for period in periods], dtype=np.int64),
        np.array([at[period.last] + 1 for period in periods], dtype=np.int64),
    )


def _weeks(material: Material) -> list[Week]:
    return [material.first.plus(place) for place in range(len(material.counts))]


def _floor(first: Week, period: Period, changes: Sequence[Week]) -> int:
    """Return the place of the last change up to the period's first week, or 0."""
    before = max((change for change in changes if change <= period.first), default=first)
    return max(0, (before.monday() - first.monday()).days // 7)


def _running(values: NDArray[Any]) -> NDArray[Any]:
    """Return sums up to each week, with a first row of zeros."""
    return np.concatenate([np.zeros((1, *values.shape[1:]), values.dtype), values.cumsum(0)])


def _lacks(numbers: Ints, counts: Array) -> NDArray[Any]:
    """Return in words what a pool has too few codes of, or nothing, for each period and series."""
    found, missed = numbers[..., 2:], numbers[..., :2].sum(-1)
    said = np.where(found >= np.minimum(counts[..., 1:], MINIMUM_CELL), MINIMUM_CELL, found).min(-1)
    lacks = np.full(missed.shape, "", dtype=object)
    _say(lacks, said, MINIMUM_CELL, "codes of items said to carry it, or said not to")
    _say(
        lacks,
        np.where(counts[..., 0] > 0, missed, MINIMUM_MISSED),
        MINIMUM_MISSED,
        "codes of items not found relevant",
    )
    _say(lacks, found.sum(-1), MINIMUM_FOUND, "codes of items found relevant")
    lacks[numbers.sum(-1) == 0] = "no codes by people"
    return lacks


def _say(lacks: NDArray[Any], have: Ints, need: int, what: str) -> None:
    for place in zip(*np.nonzero(have < need), strict=True):
        lacks[place] = f"{have[place]} {what}, {need} needed"


def _trimmed(material: Material, starts: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return pools from their first coded week to their last, ``[start, end)``; those without stay empty."""
    coded = material.numbers.sum((1, 2)) > 0
    weeks = np.arange(len(coded))
    following = np.minimum.accumulate(np.where(coded, weeks, len(coded))[::-1])[::-1]
    previous = np.maximum.accumulate(np.where(coded, weeks, -1))
    ends = np.repeat(previous[end - 1][:, None] + 1, starts.shape[1], axis=1)
    starts = following[starts]
    return np.minimum(starts, ends), ends


def _estimated(
    material: Material,
    periods: tuple[Ints, Ints],
    pools: tuple[Ints, Ints],
    reason: NDArray[Any],
    rule: PoolRule,
    target: Target,
) -> Pooled:
    series = np.arange(reason.shape[1])[None, :]

    def between(values: NDArray[Any], starts: Ints, ends: Ints) -> NDArray[Any]:
        running = _running(values)
        return np.asarray(running[np.maximum(ends, starts), series] - running[starts, series])

    begin, end = (np.repeat(one[:, None], reason.shape[1], axis=1) for one in periods)
    counts = between(material.counts, *pools)
    weights, squares = (between(one, *pools) for one in (material.codes.weights, material.codes.squares))
    whole = between(material.counts, begin, end)[..., 1:].sum(-1)
    both = between(material.counts, np.maximum(begin, pools[0]), np.minimum(end, pools[1]))[..., 1:].sum(-1)
    return Pooled(
        share=estimate(counts, Codes(material.codes.said, weights, squares), target, tuned=rule.tuned),
        raw=raw_ratio(counts, target),
        inside=both / np.maximum(whole, 1),
        n_codes=between(material.numbers, *pools).sum(-1),
        weeks=pools[1] - pools[0],
        reason=reason,
    )


def raw_ratio(counts: Array, target: Target) -> Raw:
    """Return the classifier's ratio of items by category; for a share, ``n`` is the relevant items.

    Where there are none, the ratio is 0 of 0 draws.
    """
    numerator, denominator = np.array(target.numerator), np.array(target.denominator)
    n = (counts * denominator).sum(-1)
    whole = np.maximum(n, 1)
    ratio = (counts * numerator).sum(-1) / whole
    if target.lowest == 0:
        return Raw(ratio, n)
    # Half an item on either side keeps a figure that nothing speaks against from being certain.
    smoothed = ratio * whole / (whole + 1)
    variance = ((counts * numerator**2).sum(-1) + 1) / (whole + 1) - smoothed**2
    return Raw(ratio, np.where(n > 0, effective_size(smoothed, variance / whole, target), 0))
