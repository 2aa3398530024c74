from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect.archives.windows import (
    Window,
    days,
    from_beginning,
    halves,
    is_settled,
    midnight,
    months,
    span_of_days,
)
from monitor.errors import UsageError

DAYS = st.dates(date(1999, 1, 1), date(2030, 1, 1))
SECONDS = st.integers(0, 86_399).map(lambda seconds: timedelta(seconds=seconds))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@given(DAYS, SECONDS, st.integers(1, 400 * 86_400), st.sampled_from([days, months]))
def test_windows_cover_a_span_without_gap_or_overlap(
    day: date, after: timedelta, seconds: int, cut: Callable[[datetime, datetime], Iterator[Window]]
) -> None:
    start, long = midnight(day) + after, timedelta(seconds=seconds)
    windows = list(cut(start, start + long))

    assert windows[0].start == start
    assert windows[-1].end == start + long
    assert all(one.end == other.start for one, other in pairwise(windows))
    assert len({window.key for window in windows}) == len(windows)


def test_both_days_of_a_span_are_in_it_and_a_month_is_cut_where_the_span_ends() -> None:
    start, end = span_of_days(date(2008, 10, 30), date(2008, 12, 1))

    assert [window.key for window in months(start, end)] == [
        "2008-10-30T00:00/2008-11-01T00:00",
        "2008-11",
        "2008-12-01T00:00/2008-12-02T00:00",
    ]
    assert [window.key for window in days(start, end)][:2] == ["2008-10-30", "2008-10-31"]


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="exchange them"):
        span_of_days(date(2008, 12, 1), date(2008, 11, 1))


def test_a_span_is_cut_to_what_an_archive_may_hold_and_one_before_it_is_refused() -> None:
    assert from_beginning(at(2000, 1, 1), at(2018, 1, 1), at(2017, 1, 1), "It") == (
        at(2017, 1, 1),
        at(2018, 1, 1),
    )
    with pytest.raises(UsageError, match="It begins on 2017-01-01"):
        from_beginning(at(2000, 1, 1), at(2016, 1, 1), at(2017, 1, 1), "It")


def test_halves_meet_at_a_whole_step_until_one_step_is_left() -> None:
    window = Window("w", at(2018, 1, 1), at(2018, 1, 1, 0, 45))
    first, second = halves(window, timedelta(minutes=15)) or (window, window)

    assert (first.end, second.start, second.end) == (
        at(2018, 1, 1, 0, 15),
        at(2018, 1, 1, 0, 15),
        window.end,
    )
    assert halves(first, timedelta(minutes=15)) is None


def test_a_window_is_settled_only_some_time_after_its_end() -> None:
    window = Window("w", at(2018, 1, 1), at(2018, 1, 2))

    assert not is_settled(window, at(2018, 1, 3, 23), timedelta(days=2))
    assert is_settled(window, at(2018, 1, 4), timedelta(days=2))
