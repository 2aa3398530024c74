"""Weeks taken together: as weeks, months, quarters or years.

A week belongs to the month that holds its Thursday, as ISO 8601 gives it to a year; so no week is cut, and
months have four weeks or five.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Literal

from monitor.clock import Week
from monitor.types import WeekCount

PeriodKind = Literal["week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Period:
    """The weeks from ``first`` to ``last``, both included."""

    name: str
    """``2026-W46``, ``2026-11``, ``2026-Q4`` or ``2026``."""
    first: Week
    last: Week


def cut_periods(kind: PeriodKind, first: Week, last: Week) -> list[Period]:
    """Return the periods of a span in order; the outer ones hold only those of their weeks that lie in it."""
    named = groupby(first.until(last), _NAMES[kind])
    spans = [(name, list(weeks)) for name, weeks in named]
    return [Period(name, weeks[0], weeks[-1]) for name, weeks in spans]


def month_of(week: Week) -> str:
    """Return the month that holds the week's Thursday, such as ``2026-11``."""
    return f"{_thursday(week):%Y-%m}"


def sum_counts(counts: Sequence[WeekCount], week: Week, group: str) -> WeekCount:
    """Return some counts as one of a group, dated ``week``; the sums are 0 where there is none."""
    hits: dict[str, int] = {}
    for count in counts:
        for frame, number in count.hits.items():
            hits[frame] = hits.get(frame, 0) + number
    return WeekCount(
        week=week,
        group=group,
        labelled=sum(count.labelled for count in counts),
        relevant=sum(count.relevant for count in counts),
        negative=sum(count.negative for count in counts),
        neutral=sum(count.neutral for count in counts),
        positive=sum(count.positive for count in counts),
        hits=hits,
    )


def sum_by_period(counts: Iterable[WeekCount], periods: Sequence[Period]) -> dict[str, list[WeekCount]]:
    """Return the counts of each group, sorted, summed by period: one of each, dated its first week."""
    place = {week: at for at, period in enumerate(periods) for week in period.first.until(period.last)}
    cells: dict[str, list[list[WeekCount]]] = {}
    for count in counts:
        row = cells.setdefault(count.group, [[] for _ in periods])
        if count.week in place:
            row[place[count.week]].append(count)
    return {
        group: [sum_counts(cell, period.first, group) for cell, period in zip(row, periods, strict=True)]
        for group, row in sorted(cells.items())
    }


def _thursday(week: Week) -> date:
    return week.monday() + timedelta(days=3)


def _quarter_of(week: Week) -> str:
    day = _thursday(week)
    return f"{day.year:04d}-Q{(day.month + 2) // 3}"


_NAMES: Mapping[PeriodKind, Callable[[Week], str]] = {
    "week": str,
    "month": month_of,
    "quarter": _quarter_of,
    "year": lambda week: f"{week.year:04d}",
}
