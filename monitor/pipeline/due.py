"""When reports are due; pure decisions over times."""

from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.clock import LONDON, Week
from monitor.trend.periods import month_of

ALARM_AFTER = timedelta(minutes=50)
"""A report that is due and has reached nobody for so long is missed; the daemon looks every ten minutes, so
that the alarm comes within the hour."""


class DueReport(NamedTuple):
    """A report that should be there, and since when."""

    week: Week
    """The last of its weeks."""
    since: datetime


def due_report(now: datetime, report_at: timedelta) -> DueReport:
    """Return the newest week whose report should be there.

    Only the newest is due: a report of a week before it would be no news.

    Args:
        report_at: since Monday 00:00 of the week after, by the clocks of London, whatever they do that
            weekend.
    """
    week = Week.of(now).plus(-1)
    if now < report_time(week, report_at):
        week = week.plus(-1)
    return DueReport(week, report_time(week, report_at))


def report_time(week: Week, report_at: timedelta) -> datetime:
    """Return when the report of a week becomes due."""
    midnight = datetime.combine(week.plus(1).monday(), datetime.min.time(), tzinfo=LONDON)
    return midnight + report_at  # the same zone throughout: hours of the clock, not of the sun


def due_month(now: datetime, report_at: timedelta) -> tuple[str, Week]:
    """Return the newest month whose report should be there, as ``2026-10``, and its last week.

    A month has the weeks whose Thursday lies in it; its report is due with that of the last of them.
    """
    week = due_report(now, report_at).week
    while month_of(week.plus(1)) == month_of(week):
        week = week.plus(-1)
    return month_of(week), week
