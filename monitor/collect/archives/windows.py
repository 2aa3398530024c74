"""The pieces of time, or of an archive, that are read and ticked off one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from monitor.errors import UsageError

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of an archive; the ledger remembers it by its key.

    ``detail`` is the archive's own: the files, captures or pages that lie in it, where the plan found them
    out. ``calls`` is how many requests it takes at least.
    """

    key: str
    start: datetime
    end: datetime
    detail: tuple[str, ...] = ()
    calls: int = 1


def span_of_days(first: date, last: date) -> tuple[datetime, datetime]:
    """Return ``[start, end)`` in UTC of two days and those between.

    Raises:
        UsageError: the last lies before the first.
    """
    if last < first:
        raise UsageError(f"--from {first} lies after --to {last}; exchange them")
    return midnight(first), midnight(last) + _DAY


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def from_beginning(
    start: datetime, end: datetime, beginning: datetime, archive: str
) -> tuple[datetime, datetime]:
    """Return the part of a span that an archive may hold.

    Raises:
        UsageError: all of it lies before the archive's beginning.
    """
    if end <= beginning:
        raise UsageError(f"{archive} begins on {beginning:%Y-%m-%d}; choose a later --to, or another archive")
    return max(start, beginning), end


def days(start: datetime, end: datetime) -> Iterator[Window]:
    """Yield the days of a span in UTC, oldest first; the first and last may be parts of one."""
    here = start
    while here < end:
        following = min(midnight(here.date()) + _DAY, end)
        yield Window(_key(here, following, "%Y-%m-%d", _DAY), here, following)
        here = following


def months(start: datetime, end: datetime) -> Iterator[Window]:
    """Yield the months of a span in UTC, oldest first; the first and last may be parts of one."""
    here = start
    while here < end:
        begun = midnight(here.date().replace(day=1))
        whole = (begun + timedelta(days=31)).replace(day=1)
        following = min(whole, end)
        yield Window(_key(here, following, "%Y-%m", whole - begun), here, following)
        here = following


def halves(window: Window, step: timedelta) -> tuple[Window, Window] | None:
    """Return the two halves of a window, cut at a multiple of a step; None where it is no longer than one."""
    steps = (window.end - window.start) // step
    if steps <= 1:
        return None
    middle = window.start + step * (steps // 2)
    return (
        Window(window.key, window.start, middle, window.detail),
        Window(window.key, middle, window.end, window.detail),
    )


def is_settled(window: Window, now: datetime, after: timedelta) -> bool:
    """Tell whether an archive will add nothing more to a window, ``after`` so long."""
    return window.end + after <= now


def _key(start: datetime, end: datetime, pattern: str, whole: timedelta) -> str:
    """Return the name of a whole piece, or both ends of a part: parts must not pass for the whole."""
    return f"{start:{pattern}}" if end - start == whole else f"{start:%Y-%m-%dT%H:%M}/{end:%Y-%m-%dT%H:%M}"
