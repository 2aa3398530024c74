"""Trend: shares of frames by period, image balance and volume, from the weekly sums."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.errors import UsageError
from monitor.label.codebook import load_codebook
from monitor.store.codes import coded_units
from monitor.store.open import Store
from monitor.store.per_outlet import per_outlet_counts
from monitor.store.readings import ReadingKind
from monitor.store.rollups import labelled_span, weekly_counts
from monitor.trend.corrected import Coded, balance_points, correct_shares
from monitor.trend.panel import MOST_MONTHS, constant_panel
from monitor.trend.periods import Period, PeriodKind, cut_periods, sum_by_period
from monitor.trend.pools import POOLS, PoolRule
from monitor.trend.shares import period_shares
from monitor.types import (
    BalancePoint,
    Depth,
    Grouping,
    Series,
    SharePoint,
    StoredModel,
    Unit,
    WeekCount,
)

Copies = Literal["once", "per-outlet"]
Correction = Literal["ppi", "dsl", "none"]
DepthChoice = Literal["headline", "full", "title", "summary"]

_READINGS: Mapping[DepthChoice, str] = {
    "headline": "headline readings (title and summary)",
    "full": "readings of full texts",
    "title": "headline readings of items without a summary",
    "summary": "headline readings of items with a summary",
}
_COPIES: Mapping[Copies, str] = {
    "once": "wire copies counted once, where first published",
    "per-outlet": "wire copies counted for every outlet",
}
_CORRECTIONS: Mapping[Correction, str] = {
    "ppi": "prediction-powered inference from people's codes of a random sample",
    "dsl": "design-based supervised learning from people's codes of a random sample",
    "none": "",
}

NO_CODES = "no codes by people"


@dataclass(frozen=True, slots=True)
class TrendQuery:
    """Which shares are asked for; None and empty mean all there are."""

    frames: tuple[str, ...] = ()
    first: Week | None = None
    last: Week | None = None
    by: Grouping | None = None
    series: Series = "broad"
    unit: Unit = "item"
    period: PeriodKind = "week"
    depth: DepthChoice = "headline"
    copies: Copies = "once"
    panel: bool = False
    correction: Correction = "ppi"
    pool: int = POOLS[-1]
    """Weeks of the longest pool of codes."""
    changes: tuple[Week, ...] = ()
    """Weeks across which codes are not pooled."""

    @property
    def method(self) -> str:
        """What the figures are, in words."""
        sampling = "Wilson interval of sampling error alone, not corrected for the classifier's error"
        how = _CORRECTIONS[self.correction]
        return "; ".join(
            (
                f"share of relevant {self.unit}s that carry the frame, by London ISO {self.period}",
                _READINGS[self.depth],
                _COPIES[self.copies],
                f"95 % intervals: where corrected, {how}; else {sampling}" if how else f"95 % {sampling}",
            )
        )


@dataclass(frozen=True, slots=True)
class Trend:
    """What was asked for; all empty where nothing is labelled, or ``reason`` says why."""

    shares: Sequence[SharePoint] = ()
    balance: Sequence[BalancePoint] = ()
    volume: Sequence[tuple[Period, WeekCount]] = ()
    panel: tuple[str, ...] | None = None
    """The outlets of the constant panel, where one was asked for."""
    reason: str = ""
    """Why nothing can be estimated."""


def run_trend(store: Store, model: StoredModel, query: TrendQuery) -> list[SharePoint]:
    """Return the shares of `read_trend` alone."""
    return list(read_trend(store, model, query).shares)


def read_trend(store: Store, model: StoredModel, query: TrendQuery) -> Trend:
    """Return shares, balance and volume of every period of the span.

    Raises:
        UsageError: an unknown frame, or weeks in the wrong order.
    """
    frames = _frames(model, query.frames)
    if query.first and query.last and query.first > query.last:
        raise UsageError(f"--from {query.first} lies after --to {query.last}; exchange them")
    with store.reading() as session:
        span = labelled_span(session, model.id)
        if span is None and (query.first is None or query.last is None):
            return Trend()
        first, last = query.first or span[0], query.last or span[1]  # type: ignore[index]
        if first > last:
            return Trend()
        count = _counter(session, model, query, first, last)
        panel = constant_panel(count(by="outlet"), first, last) if query.panel else None
        counts = count(by=query.by, outlets=panel)
        coded = _coded(session, model, query, first, last)
    if panel == ():
        return Trend(
            panel=panel, reason=f"no outlet was read in {100 * MOST_MONTHS:.0f} % of the months asked for"
        )
    periods = cut_periods(query.period, first, last)
    return Trend(
        shares=_shares(counts, frames, periods, coded, query),
        balance=_balance(counts, periods, coded, query),
        volume=[
            pair for row in sum_by_period(counts, periods).values() for pair in zip(periods, row, strict=True)
        ],
        panel=panel,
    )


def _frames(model: StoredModel, wanted: Sequence[str]) -> tuple[str, ...]:
    load_codebook().require(wanted)
    missing = [frame for frame in wanted if frame not in model.frames]
    if missing:
        raise UsageError(f"{model.version} does not label {missing[0]!r}; choose another with --model")
    return tuple(wanted) or model.frames


def _counter(
    session: Session, model: StoredModel, query: TrendQuery, first: Week, last: Week
) -> Callable[..., list[WeekCount]]:
    """Return a function that gives the weekly counts that are asked for, of some outlets and groups."""
    counts = weekly_counts if query.copies == "once" else per_outlet_counts
    depth = Depth(query.depth) if query.depth in ("title", "summary") else None
    reading: ReadingKind = "full" if query.depth == "full" else "headline"
    return partial(
        counts, session, model.id, first, last,
        series=query.series, unit=query.unit, reading=reading, depth=depth,
    )  # fmt: skip


def _obstacle(query: TrendQuery) -> str:
    """Say why people's codes cannot correct what is asked for, or nothing."""
    if query.correction == "none":
        return "no correction asked for"
    if query.unit != "item":
        return "people code items, not mentions"
    if query.series != "broad":
        return "people code the broad series"
    return "people code headlines and summaries, not full texts" if query.depth == "full" else ""


def _coded(session: Session, model: StoredModel, query: TrendQuery, first: Week, last: Week) -> Coded | None:
    if _obstacle(query):
        return None
    earliest = first.plus(1 - query.pool)
    rule = PoolRule(query.pool, query.changes, tuned=query.correction == "ppi")
    units = coded_units(session, model.id, earliest, last)
    return Coded(units, weekly_counts(session, model.id, earliest, last), rule) if units else None


def _shares(
    counts: Sequence[WeekCount],
    frames: Sequence[str],
    periods: Sequence[Period],
    coded: Coded | None,
    query: TrendQuery,
) -> list[SharePoint]:
    points = period_shares(counts, frames, periods)
    if coded is not None:
        return correct_shares(points, periods, coded)
    reason = _obstacle(query) or NO_CODES
    return [replace(point, reason=reason) for point in points]


def _balance(
    counts: Sequence[WeekCount], periods: Sequence[Period], coded: Coded | None, query: TrendQuery
) -> list[BalancePoint]:
    points = balance_points(counts, periods, coded)
    if coded is not None:
        return points
    return [replace(point, reason=_obstacle(query) or NO_CODES) for point in points]


def share_json(point: SharePoint, period: PeriodKind = "week") -> dict[str, object]:
    """Return one row of ``monitor trend --json``."""
    return {
        **_dated(point.week, point.period, period),
        "group": point.group,
        "frame": point.frame,
        "n": point.n,
        "hits": point.hits,
        "share": point.share,
        "low": point.low,
        "high": point.high,
        "corrected": point.corrected,
        "raw_share": point.raw_share,
        "method": point.method,
        "n_codes": point.n_codes,
        "pool_weeks": point.pool_weeks,
        "reason": point.reason,
    }


def balance_json(point: BalancePoint, period: PeriodKind = "week") -> dict[str, object]:
    """Return one row of the image balance."""
    return {
        **_dated(point.week, point.period, period),
        "group": point.group,
        "n": point.n,
        "positive": point.positive,
        "negative": point.negative,
        "net": point.net,
        "low": point.low,
        "high": point.high,
        "corrected": point.corrected,
        "raw_net": point.raw_net,
        "method": point.method,
        "n_codes": point.n_codes,
        "pool_weeks": point.pool_weeks,
        "reason": point.reason,
        "failed_to_protect": point.fail_hits,
        "over_zealous": point.over_hits,
        "ratio": point.fail_over,
        "ratio_low": point.fail_over_low,
        "ratio_high": point.fail_over_high,
    }


def volume_json(dated: tuple[Period, WeekCount], period: PeriodKind = "week") -> dict[str, object]:
    """Return one row of the volume."""
    span, count = dated
    return {
        **_dated(span.first, span.name, period),
        "group": count.group,
        "labelled": count.labelled,
        "relevant": count.relevant,
    }


def _dated(week: Week, name: str, kind: PeriodKind) -> dict[str, object]:
    """Return the key of a row: ``week``, or ``period`` with the first week of it that was asked for."""
    return {"week": str(week)} if kind == "week" else {"period": name, "first_week": str(week)}
