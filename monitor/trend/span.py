"""Several weeks reported as one period, such as a month, against the weeks before its first."""

from collections.abc import Sequence
from dataclasses import replace

from monitor.clock import Week
from monitor.findings import Findings
from monitor.trend.balance import compare_volume, sum_tone
from monitor.trend.compare import BASELINES, compare_week
from monitor.trend.periods import sum_counts
from monitor.trend.shares import ALL, counts_between, index_counts, pooled_share
from monitor.trend.week import find_week
from monitor.types import SharePoint, WeekCount


def find_span(
    counts: Sequence[WeekCount],
    by_outlet_type: Sequence[WeekCount],
    frames: Sequence[str],
    first: Week,
    last: Week,
) -> Findings:
    """Return the findings of the weeks from first to last: those of the last week, but for the comparisons.

    Comparisons, volume, tone and what is called recent are of all weeks of the span together; the baselines
    are those of weeks, and end with the week before the first. Arguments are those of `find_week`.
    """
    findings = find_week(counts, by_outlet_type, frames, last)
    if first == last:
        return findings
    by_week = index_counts(counts).get(ALL, {})
    whole = sum_counts(counts_between(by_week, first, last), first, ALL)
    before = [count for count in counts if count.week < first]
    base = counts_between(by_week, first.plus(-BASELINES[0]), first.plus(-1))
    return replace(
        findings,
        comparisons=compare_week([*before, whole], frames, first),
        volume=compare_volume(whole, base, BASELINES[0]),
        tone=sum_tone([whole]),
        base_tone=sum_tone(base),
        recent=pool_groups([*counts, *by_outlet_type], frames, first, last),
        recent_weeks=1 + (last.monday() - first.monday()).days // 7,
    )


def pool_groups(
    counts: Sequence[WeekCount], frames: Sequence[str], first: Week, last: Week
) -> list[SharePoint]:
    """Return each group's share of each frame over the weeks from first to last, dated the last."""
    return [
        pooled_share(counts_between(by_week, first, last), frame, group, last)
        for group, by_week in index_counts(counts).items()
        for frame in frames
    ]
