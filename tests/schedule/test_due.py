"""When a report is due, and what counts as a jump of the clock."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import Week
from monitor.pipeline.due import due_report
from monitor.schedule.due import jumped_back, retry_wait

MONDAY_AT_SEVEN = timedelta(hours=7)


@pytest.mark.parametrize(
    ("last_moment", "week"),
    [
        (datetime(2026, 11, 16, 6, 59, 59, tzinfo=UTC), "2026-W46"),  # winter
        (datetime(2026, 7, 6, 5, 59, 59, tzinfo=UTC), "2026-W27"),  # summer
        (datetime(2026, 3, 30, 5, 59, 59, tzinfo=UTC), "2026-W13"),  # the clocks went forward on Sunday
        (datetime(2026, 10, 26, 6, 59, 59, tzinfo=UTC), "2026-W43"),  # the clocks went back on Sunday
        (datetime(2027, 1, 4, 6, 59, 59, tzinfo=UTC), "2026-W53"),
    ],
)
def test_a_report_is_due_from_seven_on_monday_in_london(last_moment: datetime, week: str) -> None:
    found = Week.parse(week)
    assert due_report(last_moment, MONDAY_AT_SEVEN).week == found.plus(-1)
    then = last_moment + timedelta(seconds=1)
    assert due_report(then, MONDAY_AT_SEVEN) == (found, then)


def test_every_week_of_four_years_becomes_due_once_and_in_order() -> None:
    moment, seen = datetime(2024, 1, 1, 8, tzinfo=UTC), []
    while moment < datetime(2028, 1, 1, tzinfo=UTC):
        week, since = due_report(moment, MONDAY_AT_SEVEN)
        assert since <= moment < since + timedelta(hours=169)
        seen.append(week)
        moment += timedelta(hours=1)
    assert list(dict.fromkeys(seen)) == list(seen[0].until(seen[-1]))


def test_only_a_clock_that_falls_behind_has_jumped_back() -> None:
    before = datetime(2026, 11, 11, tzinfo=UTC)
    assert jumped_back(before, before - timedelta(hours=3), 1.0)
    assert not jumped_back(before, before + timedelta(hours=3), 1.0)
    assert not jumped_back(before, before - timedelta(seconds=5), 1.0)


def test_the_wait_for_a_database_grows_to_a_minute() -> None:
    assert [retry_wait(failures) for failures in (1, 2, 3, 6, 7, 10_000)] == [1, 2, 4, 32, 60, 60]
