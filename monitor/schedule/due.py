"""What is due; pure decisions over times."""

from datetime import datetime, time, timedelta

from monitor.clock import LONDON, Week

REPORT_HOUR = time(7)
"""On Monday, by the clocks of London."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0


def due_report(now: datetime) -> tuple[Week, datetime]:
    """Return the newest week whose report should be there, and since when.

    The report of a week is due on the Monday after it at 07:00 in London, whatever the clocks do that
    weekend. Only the newest is: a report of a week before it would be no news.
    """
    week = Week.of(now).plus(-1)
    if now < report_time(week):
        week = week.plus(-1)
    return week, report_time(week)


def report_time(week: Week) -> datetime:
    """Return when the report of a week becomes due."""
    return datetime.combine(week.plus(1).monday(), REPORT_HOUR, tzinfo=LONDON)


def jumped_back(before: datetime, after: datetime, seconds: float) -> bool:
    """Tell whether the wall clock fell behind by more than a minute over so many true seconds."""
    return after - before < timedelta(seconds=seconds - 60)


def retry_wait(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 1, doubling up to 60."""
    return min(FIRST_WAIT * 2.0 ** min(failures - 1, 10), LONGEST_WAIT)
