"""Indicators: published series, and a frame's monthly share beside a monthly one."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from monitor.clock import Week
from monitor.errors import UsageError
from monitor.findings import Indicator, LaggedCorrelation
from monitor.store.open import Store
from monitor.store.rollups import weekly_counts
from monitor.trend.indicators import CAVEAT, MINIMUM_PAIRS, lagged_correlation
from monitor.types import StoredModel, WeekCount

Month = tuple[int, int]
"""Year and month."""
LONGEST_MONTH_GAP = 31
METHOD = (
    "figures as published; no line may join points of two segments of a series, whose way of counting or "
    "release differ; date: last day of the period, or the day of publication where that was earlier"
)


@dataclass(frozen=True, slots=True)
class Beside:
    """A frame's monthly share against a monthly series, at lags in months."""

    frame: str
    indicator: Indicator
    correlations: Sequence[LaggedCorrelation]
    caveat: str = CAVEAT


def correlate(store: Store, model: StoredModel, frame: str, indicators: Sequence[Indicator]) -> list[Beside]:
    """Return how a frame's monthly share goes together with each indicator that is monthly.

    A week belongs to the month of its Thursday. A positive lag pairs a month's share with the indicator of so
    many months later.

    Raises:
        UsageError: the model has no such frame, or no indicator of these is monthly.
    """
    if frame not in model.frames:
        raise UsageError(f"{model.version} has no frame {frame!r}; it has: {', '.join(model.frames)}")
    monthly = [one for one in indicators if is_monthly(one)]
    if not monthly:
        raise UsageError(
            f"no monthly series of {MINIMUM_PAIRS} points or more is among these; see: monitor indicators"
        )
    return [Beside(frame, one, _correlations(store, model, frame, one)) for one in monthly]


def is_monthly(indicator: Indicator) -> bool:
    """Tell whether a run has a point for each month, and enough of them to be correlated."""
    days = [date.fromisoformat(point.date) for point in indicator.points]
    gaps = [(after - before).days for before, after in pairwise(days)]
    return len(days) >= MINIMUM_PAIRS and max(gaps) <= LONGEST_MONTH_GAP


def monthly_shares(counts: Sequence[WeekCount], frame: str) -> dict[Month, float]:
    """Return the share of a frame by month, hits and items of its weeks each summed.

    Months without an item are absent.
    """
    sums: defaultdict[Month, list[int]] = defaultdict(lambda: [0, 0])
    for count in counts:
        thursday = count.week.monday() + timedelta(days=3)
        cell = sums[thursday.year, thursday.month]
        cell[0] += count.hits.get(frame, 0)
        cell[1] += count.relevant
    return {month: hits / n for month, (hits, n) in sums.items() if n}


def _correlations(
    store: Store, model: StoredModel, frame: str, indicator: Indicator
) -> list[LaggedCorrelation]:
    days = [date.fromisoformat(point.date) for point in indicator.points]
    # A year on either side, so that lags lose no pairs that there are.
    first, last = days[0] - timedelta(days=365), days[-1] + timedelta(days=365)
    with store.reading() as session:
        counts = weekly_counts(session, model.id, Week.of_date(first), Week.of_date(last))
    shares = monthly_shares(counts, frame)
    values = {(day.year, day.month): point.value for day, point in zip(days, indicator.points, strict=True)}
    months = list(_months(first, last))
    return lagged_correlation(
        [shares.get(month) for month in months], [values.get(month) for month in months]
    )


def _months(first: date, last: date) -> Iterator[Month]:
    year, month = first.year, first.month
    while (year, month) <= (last.year, last.month):
        yield year, month
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def indicator_json(indicator: Indicator) -> dict[str, object]:
    """Return one row of ``monitor indicators --json``."""
    return {
        "series": indicator.series,
        "segment": indicator.segment,
        "group": indicator.group,
        "label": indicator.label,
        "unit": indicator.unit,
        "geography": indicator.geography,
        "points": [
            {
                "period": point.period,
                "date": point.date,
                "value": point.value,
                "as_of": point.as_of or None,
                "source": point.source,
                "source_url": point.source_url or None,
            }
            for point in indicator.points
        ],
    }


def beside_json(beside: Beside) -> dict[str, object]:
    """Return the correlations of one series; the caveat goes with them."""
    estimated = any(one.r is not None for one in beside.correlations)
    return {
        "frame": beside.frame,
        "series": beside.indicator.series,
        "segment": beside.indicator.segment,
        "status": "ok" if estimated else "not_estimable",
        "reason": "" if estimated else beside.correlations[0].reason,
        "caveat": beside.caveat,
        "lags": [
            {"lag_months": one.lag, "n": one.n, "r": one.r, "low": one.low, "high": one.high,
             "reason": one.reason}
            for one in beside.correlations
        ],
    }  # fmt: skip
