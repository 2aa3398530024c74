"""Trend: weekly shares of frames, from the weekly sums."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.clock import Week
from monitor.errors import UsageError
from monitor.label.codebook import load_codebook
from monitor.store.open import Store
from monitor.store.rollups import labelled_span, weekly_counts
from monitor.trend.shares import weekly_shares
from monitor.types import Grouping, Series, SharePoint, StoredModel, Unit

METHOD = (
    "share of relevant items that carry the frame, by London ISO week; headline readings; wire copies "
    "counted once; 95 % Wilson interval of sampling error alone, not corrected for the classifier's error"
)


@dataclass(frozen=True, slots=True)
class TrendQuery:
    """Which shares are asked for; None and empty mean all there are."""

    frames: tuple[str, ...] = ()
    first: Week | None = None
    last: Week | None = None
    by: Grouping | None = None
    series: Series = "broad"
    unit: Unit = "item"


def run_trend(store: Store, model: StoredModel, query: TrendQuery) -> list[SharePoint]:
    """Return the weekly shares that are asked for, of every week of the span.

    Raises:
        UsageError: an unknown frame, or weeks in the wrong order.
    """
    frames = _frames(model, query.frames)
    with store.reading() as session:
        span = labelled_span(session, model.id)
        if span is None and (query.first is None or query.last is None):
            return []
        first, last = query.first or span[0], query.last or span[1]  # type: ignore[index]
        if query.first and query.last and first > last:
            raise UsageError(f"--from {first} lies after --to {last}; exchange them")
        counts = weekly_counts(
            session, model.id, first, last, series=query.series, unit=query.unit, by=query.by
        )
    return weekly_shares(counts, frames, first, last) if first <= last else []


def _frames(model: StoredModel, wanted: Sequence[str]) -> tuple[str, ...]:
    load_codebook().require(wanted)
    missing = [frame for frame in wanted if frame not in model.frames]
    if missing:
        raise UsageError(f"{model.version} does not label {missing[0]!r}; choose another with --model")
    return tuple(wanted) or model.frames


def share_json(point: SharePoint) -> dict[str, object]:
    """Return one row of ``monitor trend --json``."""
    return {
        "week": str(point.week),
        "group": point.group,
        "frame": point.frame,
        "n": point.n,
        "hits": point.hits,
        "share": point.share,
        "low": point.low,
        "high": point.high,
        "corrected": point.corrected,
    }
