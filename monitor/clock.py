"""The only reader of the wall clock, and the weeks it is cut into.

All times are aware and in UTC; Europe/London serves only to cut ISO weeks, ``[start, end)``.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.errors import UsageError

LONDON = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]
"""Returns the present as an aware datetime in UTC; tests pass their own."""


def utc_now() -> datetime:
    """Return the present in UTC."""
    return datetime.now(UTC)  # noqa: TID251


def fast_clock(start: datetime, pace: float) -> Clock:
    """Return a clock that shows ``start`` now and runs so many times faster than the true one."""
    seconds = stopwatch()
    return lambda: start + timedelta(seconds=pace * seconds())


def stopwatch() -> Callable[[], float]:
    """Return a function that tells the seconds since this call."""
    start = time.monotonic()
    return lambda: time.monotonic() - start


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO 8601 week, Monday to Sunday in London; written ``2026-W46``."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> "Week":
        """Return the London week that holds an aware moment.

        Raises:
            ValueError: the moment is naive.
        """
        if moment.tzinfo is None:
            raise ValueError(f"naive datetime: {moment!r}")
        return cls.of_date(moment.astimezone(LONDON).date())

    @classmethod
    def of_date(cls, day: date) -> "Week":
        """Return the week that holds a calendar day."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Read ``2026-W46``.

        Raises:
            UsageError: not a week, or one that its year does not have.
        """
        match = re.fullmatch(r"(\d{4})-W(\d{2})", text)
        try:
            if match is None:
                raise ValueError(text)
            week = cls(int(match[1]), int(match[2]))
            week.monday()
        except ValueError:
            raise UsageError(f"{text!r} is not an ISO week; write it like 2026-W46") from None
        return week

    @classmethod
    def from_key(cls, key: int) -> "Week":
        """Return the week of a stored ``year * 100 + number``."""
        return cls(*divmod(key, 100))

    @property
    def key(self) -> int:
        """``year * 100 + number``: sorts as the weeks do, and fits an integer column."""
        return self.year * 100 + self.number

    def monday(self) -> date:
        """Return the first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    def bounds(self) -> tuple[datetime, datetime]:
        """Return ``[start, end)`` in UTC; 167 to 169 hours apart across a change of the clocks."""
        start = datetime.combine(self.monday(), datetime.min.time(), tzinfo=LONDON)
        return start.astimezone(UTC), (start + timedelta(days=7)).astimezone(UTC)

    def plus(self, weeks: int) -> "Week":
        """Return the week so many later, or earlier when negative."""
        return Week.of_date(self.monday() + timedelta(weeks=weeks))

    def until(self, last: "Week") -> Iterator["Week"]:
        """Yield this week and each one up to and including ``last``."""
        week = self
        while week <= last:
            yield week
            week = week.plus(1)

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"
