"""Everything that a week's report needs to know of the counts, in one call."""

from collections.abc import Sequence

from monitor.clock import Week
from monitor.findings import Findings
from monitor.trend.balance import compare_volume, sum_tone
from monitor.trend.compare import BASELINES, compare_week
from monitor.trend.shares import (
    ALL,
    counts_between,
    index_counts,
    pooled_share,
    rolling_shares,
    weekly_shares,
)
from monitor.types import SharePoint, WeekCount

ROLLING_WEEKS = 4
RECENT_WEEKS = 12
REPORTED_WEEKS = 104


def find_week(
    counts: Sequence[WeekCount], by_outlet_type: Sequence[WeekCount], frames: Sequence[str], week: Week
) -> Findings:
    """Return the findings of a week.

    Args:
        counts: of group ``all``, for as many weeks as there are; two years are reported. A week without a
            count was not read; one that was read and had no item has an empty count.
        by_outlet_type: the same weeks cut by kind of outlet; may be empty.
        frames: ids in the order of the codebook.
        week: the week to report; later counts are ignored.
    """
    counts = [c for c in counts if c.week <= week]
    by_outlet_type = [c for c in by_outlet_type if c.week <= week]
    first = _first_week(counts, week)
    by_week = index_counts(counts).get(ALL, {})
    before = counts_between(by_week, week.plus(-BASELINES[0]), week.plus(-1))
    return Findings(
        first=first,
        week=week,
        frames=tuple(frames),
        shares=weekly_shares([*counts, *by_outlet_type], frames, first, week),
        rolling=rolling_shares(counts, frames, first, week, ROLLING_WEEKS),
        rolling_weeks=ROLLING_WEEKS,
        recent=_recent_shares([*counts, *by_outlet_type], frames, week),
        recent_weeks=RECENT_WEEKS,
        comparisons=compare_week(counts, frames, week),
        volume=compare_volume(by_week.get(week), before, BASELINES[0]),
        weekly_relevant=[(w, by_week[w].relevant if w in by_week else None) for w in first.until(week)],
        tone=sum_tone([by_week[week]] if week in by_week else []),
        base_tone=sum_tone(before),
        weekly_tone=[(count.week, sum_tone([count])) for count in counts_between(by_week, first, week)],
    )


def _first_week(counts: Sequence[WeekCount], week: Week) -> Week:
    """Return where the series begins: at most two years back, and not before the first count."""
    earliest = week.plus(1 - REPORTED_WEEKS)
    return max(earliest, min((count.week for count in counts), default=week))


def _recent_shares(counts: Sequence[WeekCount], frames: Sequence[str], week: Week) -> list[SharePoint]:
    first = week.plus(1 - RECENT_WEEKS)
    return [
        pooled_share(counts_between(by_week, first, week), frame, group, week)
        for group, by_week in index_counts(counts).items()
        for frame in frames
    ]
