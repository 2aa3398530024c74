"""Shares of a report corrected for the classifier's error, where people have coded a random sample."""

from collections.abc import Sequence
from dataclasses import replace

from monitor.clock import Week
from monitor.findings import Findings
from monitor.trend.corrected import Coded, correct_shares
from monitor.trend.periods import Period, cut_periods
from monitor.trend.pools import PoolRule
from monitor.trend.shares import period_shares
from monitor.types import CodedUnit, SharePoint, WeekCount


def coded_sample(units: Sequence[CodedUnit], counts: Sequence[WeekCount]) -> Coded | None:
    """Return what shares can be corrected by; None without codes, when they stay as they are."""
    return Coded(units, counts, PoolRule()) if units else None


def corrected_findings(
    findings: Findings, counts: Sequence[WeekCount], by_type: Sequence[WeekCount], coded: Coded | None
) -> Findings:
    """Return the findings with every share corrected that can be; comparisons stay those of the labels."""
    if coded is None:
        return findings
    weeks = cut_periods("week", findings.first, findings.week)
    recent = findings.week.plus(1 - findings.recent_weeks)
    return replace(
        findings,
        shares=_corrected([*counts, *by_type], findings.frames, weeks, coded),
        rolling=_rolling(findings, counts, coded),
        recent=corrected_span([*counts, *by_type], findings.frames, recent, findings.week, coded),
    )


def corrected_span(
    counts: Sequence[WeekCount], frames: Sequence[str], first: Week, last: Week, coded: Coded | None
) -> list[SharePoint]:
    """Return each group's share of each frame over the weeks from first to last, dated the last."""
    points = _corrected(counts, frames, [Period(str(last), first, last)], coded)
    return [replace(point, week=last) for point in points]


def _rolling(findings: Findings, counts: Sequence[WeekCount], coded: Coded) -> list[SharePoint]:
    """Return the pooled weeks; since periods must not overlap, every fourth of them at a time."""
    width = findings.rolling_weeks
    weeks = list(findings.first.until(findings.week))
    points = [
        replace(point, week=point.week.plus(width - 1))
        for offset in range(width)
        for point in _corrected(
            counts,
            findings.frames,
            [Period(str(week), week.plus(1 - width), week) for week in weeks[offset::width]],
            coded,
        )
    ]
    order = {frame: place for place, frame in enumerate(findings.frames)}
    return sorted(points, key=lambda point: (order[point.frame], point.week))


def _corrected(
    counts: Sequence[WeekCount], frames: Sequence[str], periods: Sequence[Period], coded: Coded | None
) -> list[SharePoint]:
    points = period_shares(counts, frames, periods)
    return correct_shares(points, periods, coded) if coded is not None and periods else points
