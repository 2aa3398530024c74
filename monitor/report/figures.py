"""Numbers as readers see them.

A share of fewer than twenty items is told as a count: a percentage would promise what it does not hold.
"""

from datetime import date, timedelta
from math import ceil, floor

from monitor.clock import Week

SMALL_N = 20
MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def percent(share: float) -> str:
    """Return ``46%``; a share above 0 that would round to 0 is ``<1%``."""
    if 0 < share < 0.005:
        return "<1%"
    return f"{share * 100:.0f}%"


def percent_range(low: float, high: float) -> str:
    """Return ``34–58%``."""
    return f"{low * 100:.0f}{DASH}{high * 100:.0f}%"


def with_range(share: float, low: float, high: float) -> str:
    """Return ``31% (24–39)``."""
    return f"{percent(share)} ({low * 100:.0f}{DASH}{high * 100:.0f})"


def count_range(low: float, high: float, n: int) -> tuple[int, int]:
    """Return the interval of a share as counts of n, rounded outwards: what a count of few items could be."""
    return floor(low * n + 1e-9), ceil(high * n - 1e-9)


def signed(difference: float) -> str:
    """Return a difference of shares in percentage points without the word: ``+15``, ``−3``, ``0``."""
    points = round(difference * 100)
    return f"+{points}" if points > 0 else f"{MINUS}{-points}" if points < 0 else "0"


def points(difference: float) -> str:
    """Return ``+15 points``."""
    number = signed(difference)
    return f"{number} point" if number[1:] == "1" else f"{number} points"


def points_range(low: float, high: float) -> str:
    """Return ``+3 to +27``."""
    return f"{signed(low)} to {signed(high)}"


def number(value: float) -> str:
    """Return ``1,240``, and a half as ``48.5``."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return ``1 item``, ``2 items``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def long_date(day: date) -> str:
    """Return ``9 November 2026``."""
    return f"{day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Return ``9 Nov 2026``."""
    return f"{day.day} {day:%b %Y}"


def week_dates(week: Week) -> str:
    """Return ``9–15 November 2026``, naming month and year twice only where they differ."""
    return span_dates(week, week)


def span_dates(first_week: Week, last_week: Week) -> str:
    """Return the first to the last day of some weeks, as `week_dates` does."""
    first, last = first_week.monday(), last_week.monday() + timedelta(days=6)
    if first.year != last.year:
        return f"{long_date(first)} {DASH} {long_date(last)}"
    if first.month != last.month:
        return f"{first.day} {first:%B} {DASH} {long_date(last)}"
    return f"{first.day}{DASH}{long_date(last)}"
