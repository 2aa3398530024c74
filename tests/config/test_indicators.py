"""The shipped indicators: dated, sourced, and cut where no line may be drawn."""

from datetime import date

import pytest

from monitor.config.indicators import chosen_indicators, shipped_indicators
from monitor.errors import UsageError


def test_every_figure_has_a_period_an_end_day_and_a_source() -> None:
    for indicator in shipped_indicators():
        assert indicator.group in ("workforce", "care_applications", "public_opinion")
        assert indicator.label
        assert indicator.unit
        assert indicator.geography
        for point in indicator.points:
            assert point.period
            assert point.source
            assert point.source_url == "" or point.source_url.startswith("http")
            assert date(2000, 1, 1) <= date.fromisoformat(point.date) <= date(2025, 1, 1)


def test_no_figure_was_published_before_the_day_that_it_is_of() -> None:
    points = [point for indicator in shipped_indicators() for point in indicator.points if point.as_of]
    assert len(points) > 80
    undated = {(one.series, p.period) for one in shipped_indicators() for p in one.points if not p.as_of}
    yearly = ("2008/09", "2009/10", "2014/15", "2015/16", "2016/17", "2017/18", "2018/19")
    assert undated == {
        ("workers_not_valued", "2024"),
        *(("care_applications_yearly", period) for period in yearly),
    }, "the sources of these do not tell their day"
    assert all(point.date <= point.as_of for point in points)


def test_vacancies_of_2012_of_2013_on_and_of_2017_on_are_three_series() -> None:
    runs = [one for one in shipped_indicators() if one.series == "cfsw_vacancy_rate"]
    assert [[point.date[:4] for point in run.points] for run in runs] == [
        ["2012"],
        ["2015", "2016"],
        ["2022", "2023"],
    ]
    assert len({run.segment for run in runs}) == 3


def test_points_of_one_run_have_one_unit_and_place_and_rise_in_time() -> None:
    keys = [(one.series, one.segment) for one in shipped_indicators()]
    assert len(set(keys)) == len(keys)
    for indicator in shipped_indicators():
        days = [point.date for point in indicator.points]
        assert days == sorted(set(days)), indicator.series


def test_months_of_two_releases_are_not_joined() -> None:
    runs = [one for one in shipped_indicators() if one.series == "care_applications_monthly"]
    assert [len(run.points) for run in runs] == [3, 60]
    assert runs[1].points[-1].value == 1066


def test_an_unknown_series_is_named() -> None:
    assert {one.series for one in chosen_indicators(["cfsw_caseload"])} == {"cfsw_caseload"}
    with pytest.raises(UsageError, match="no indicator 'caseload'; see: monitor indicators"):
        chosen_indicators(["caseload"])
