"""A constant panel of outlets: adding feeds looks like change, so that a trend is shown without it too."""

from collections.abc import Sequence

from monitor.clock import Week
from monitor.trend.periods import month_of
from monitor.types import WeekCount

MOST_MONTHS = 0.9
"""The part of a span's months in which an outlet must have been read to be of its panel."""


def constant_panel(by_outlet: Sequence[WeekCount], first: Week, last: Week) -> tuple[str, ...]:
    """Return the outlets that have labelled items in nearly all months of a span, by name.

    ``by_outlet`` are weekly counts by outlet; months are those of `month_of`. An outlet is judged by what
    was read of it, not by what was relevant: silence about social work is no absence.
    """
    months = {month_of(week) for week in first.until(last)}
    read: dict[str, set[str]] = {}
    for count in by_outlet:
        if count.labelled and first <= count.week <= last:
            read.setdefault(count.group, set()).add(month_of(count.week))
    return tuple(sorted(name for name, own in read.items() if len(own) >= MOST_MONTHS * len(months)))
