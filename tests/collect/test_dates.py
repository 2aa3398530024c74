from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.clock import LONDON
from monitor.collect.dates import check_pattern, is_future, read_date
from monitor.errors import UsageError
from monitor.types import Published
from tests.collect.samples import NOW


def at(raw: str, pattern: str | None = None, zone: ZoneInfo = LONDON) -> tuple[str, str] | None:
    """Return the moment in UTC to the minute, and the precision."""
    published = read_date(raw, source="file", now=NOW, pattern=pattern, zone=zone)
    return (f"{published.at:%Y-%m-%d %H:%M}", published.precision) if published else None


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("Wed, 10 Aug 2022 15:46:18 GMT", "2022-08-10 15:46"),
        ("Wed, 10 Aug 2022 15:46:18 BST", "2022-08-10 14:46"),
        ("Wed, 10 Aug 2022 15:46:18 IST", "2022-08-10 14:46"),
        ("Wed, 10 Aug 2022 15:46:18 +0100", "2022-08-10 14:46"),
        ("Wed, 10 Aug 2022 15:46:18 GMT+1", "2022-08-10 14:46"),
        ("10 Aug 22 15:46:18 EST", "2022-08-10 20:46"),
        ("Wed Aug 10 15:46:18 BST 2022", "2022-08-10 14:46"),
        ("2022-08-10T15:46:18Z", "2022-08-10 15:46"),
        ("2022-08-10T15:46:18.123+01:00", "2022-08-10 14:46"),
        ("2022-08-10T15:46:18", "2022-08-10 14:46"),
        ("2022-12-10 15:46:18", "2022-12-10 15:46"),
        ("20220810154618", "2022-08-10 14:46"),
        ("1228000000", "2008-11-29 23:06"),
        ("1228000000123", "2008-11-29 23:06"),
        ("2016-12-31T23:59:60Z", "2016-12-31 23:59"),
    ],
)
def test_a_moment_is_read_as_it_is_meant_in_the_united_kingdom(raw: str, moment: str) -> None:
    assert at(raw) == (moment, "second")


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("10/08/2022 15:46", "2022-08-10 14:46"),
        ("10th August 2022 at 3.46pm", "2022-08-10 14:46"),
        ("10 August 2022 15:46pm", "2022-08-10 14:46"),
        ("15:46, Wednesday 10 August 2022", "2022-08-10 14:46"),
        ("August 10, 2022 12:46 am", "2022-08-09 23:46"),
        ("noon on 3 March 2009", "2009-03-03 12:00"),
        ("10 Aug 2022 15:46 NZST", "2022-08-10 03:46"),
    ],
)
def test_times_without_seconds_are_read_to_the_minute(raw: str, moment: str) -> None:
    assert at(raw) == (moment, "minute")


@pytest.mark.parametrize(
    "raw",
    ["20081112", "2008-11-12", "2008/11/12", "12/11/2008", "12.11.08", "12-Nov-2008", "12 November 2008",
     "Wednesday, 12 November 2008", "12th of November 2008", "November 12, 2008", "Nov. 12 2008"],
)  # fmt: skip
def test_a_day_is_put_at_noon_and_days_stand_before_months(raw: str) -> None:
    assert at(raw) == ("2008-11-12 12:00", "day")


@pytest.mark.parametrize(
    "raw",
    ["", "   ", "rubbish", "2023-13-45", "45/13/2023", "31 February 2008", "02/19/2003", "2008-11-12 25:00",
     "1850-01-01", "2040-01-01", "12 November", "Nov 2008", "2 hours ago",
     "20081332", "0000-00-00", "x" * 500],
)  # fmt: skip
def test_what_names_no_day_is_none_and_nothing_is_rolled_over(raw: str) -> None:
    assert at(raw) is None


def test_an_hour_that_the_clocks_repeat_is_the_first_of_the_two() -> None:
    assert at("25/10/2020 01:30") == ("2020-10-25 00:30", "minute")


def test_times_without_a_zone_are_in_the_zone_that_was_given() -> None:
    assert at("2003-02-19 09:00", zone=ZoneInfo("Australia/Sydney")) == ("2003-02-18 22:00", "minute")


@given(
    st.dates(date(1900, 1, 1), date(2027, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%Y%m%d", "%d %B %Y", "%d %b %Y"]),
)
def test_a_day_comes_back_as_the_same_day_in_london(day: date, form: str) -> None:
    published = read_date(day.strftime(form), source="file", now=NOW)
    assert published is not None
    assert published.at.astimezone(LONDON).date() == day


@given(st.integers(315_532_800, 1_800_000_000), st.integers(-14 * 60, 14 * 60))
def test_a_moment_with_an_offset_comes_back_as_the_same_moment(seconds: int, minutes: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    offset = timedelta(minutes=minutes)
    local = (moment + offset).replace(tzinfo=None)
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    suffix = f"{sign}{size // 60:02d}{size % 60:02d}"
    for raw in (f"{local:%Y-%m-%dT%H:%M:%S}{suffix}", f"{local:%a, %d %b %Y %H:%M:%S} {suffix}"):
        assert read_date(raw, source="feed", now=NOW) == Published(moment, raw, "feed", "second")


@pytest.mark.parametrize(
    ("pattern", "raw", "expected"),
    [
        ("%m/%d/%Y", "02/03/2008", ("2008-02-03 12:00", "day")),
        ("%d/%m/%Y %H:%M", "10/08/2022 15:46", ("2022-08-10 14:46", "minute")),
        ("%d %b %Y %H:%M:%S %Z", "10 Aug 2022 15:46:18 BST", ("2022-08-10 14:46", "second")),
        ("%a %b %d %H:%M:%S %Z %Y", "Wed Aug 10 15:46:18 BST 2022", ("2022-08-10 14:46", "second")),
        ("%Y-%m-%d", "10/08/2022", None),
    ],
)
def test_a_pattern_alone_decides(pattern: str, raw: str, expected: tuple[str, str] | None) -> None:
    check_pattern(pattern)
    assert at(raw, pattern) == expected


@pytest.mark.parametrize("pattern", ["%d %b", "%Y-%m", "%Y-%m-%d %Q", "date", "%H:%M", "%s"])
def test_a_pattern_that_cannot_give_a_date_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="date format"):
        check_pattern(pattern)


def test_a_date_is_in_the_future_when_it_is_more_than_a_day_ahead() -> None:
    def published(ahead: timedelta) -> Published:
        return Published(NOW + ahead, "", "feed", "second")

    assert not is_future(published(timedelta(hours=24)), NOW)
    assert is_future(published(timedelta(hours=24, seconds=1)), NOW)
