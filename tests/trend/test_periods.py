import pytest

from monitor.clock import Week
from monitor.trend.panel import constant_panel
from monitor.trend.periods import PeriodKind, cut_periods, month_of, sum_by_period
from tests.trend.conftest import WEEK, a_count


def test_a_week_belongs_to_the_month_of_its_thursday() -> None:
    assert month_of(Week(2026, 40)) == "2026-10"  # Monday 28 September, Thursday 1 October
    assert month_of(Week(2026, 53)) == "2026-12"  # Thursday 31 December


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("week", ["2026-W52", "2026-W53", "2027-W01"]),
        ("month", ["2026-12", "2027-01"]),
        ("quarter", ["2026-Q4", "2027-Q1"]),
        ("year", ["2026", "2027"]),
    ],
)
def test_a_span_over_new_year_is_cut_by_iso_years(kind: PeriodKind, names: list[str]) -> None:
    assert [period.name for period in cut_periods(kind, Week(2026, 52), Week(2027, 1))] == names


def test_every_week_lies_in_one_period_and_outer_periods_hold_only_weeks_of_the_span() -> None:
    first, last = Week(2025, 10), Week(2026, 20)
    periods = cut_periods("quarter", first, last)
    weeks = [week for period in periods for week in period.first.until(period.last)]
    assert weeks == list(first.until(last))
    assert [str(period.first) for period in periods[:2]] == ["2025-W10", "2025-W14"]


def test_counts_are_summed_by_group_and_period_and_those_outside_are_left_out() -> None:
    counts = [
        a_count(WEEK.plus(-9), 50),
        a_count(WEEK.plus(-1), 10, {"positive": 3}, negative=4),
        a_count(WEEK, 5, {"positive": 1, "incompetent": 2}, positive=1),
        a_count(WEEK, 7, group="blog"),
    ]
    periods = cut_periods("year", WEEK.plus(-1), WEEK)
    summed = sum_by_period(counts, periods)
    assert list(summed) == ["all", "blog"]
    (whole,) = summed["all"]
    assert (whole.week, whole.relevant, whole.negative, whole.positive) == (WEEK.plus(-1), 15, 4, 1)
    assert whole.hits == {"positive": 4, "incompetent": 2}


def test_the_panel_holds_the_outlets_that_were_read_in_nine_of_ten_months() -> None:
    first, last = Week(2025, 2), Week(2025, 43)  # ten months
    weeks = list(first.until(last))
    counts = [
        *(a_count(week, labelled=3, group="always") for week in weeks),
        *(a_count(week, labelled=1, group="nine months") for week in weeks if month_of(week) != "2025-05"),
        *(a_count(week, labelled=9, group="newcomer") for week in weeks[20:]),
        *(a_count(week, labelled=0, group="silent") for week in weeks),
        a_count(first.plus(-1), labelled=5, group="before"),
    ]
    assert constant_panel(counts, first, last) == ("always", "nine months")
