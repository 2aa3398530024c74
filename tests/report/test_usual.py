from dataclasses import replace

import pytest

from monitor.report.usual import middle_half, usual_hits, usual_shares, usual_volume
from monitor.types import WeekCount
from tests.report.conftest import WEEK, monthly_data, report_data


def counted(relevant: list[int], hits: list[int]) -> list[WeekCount]:
    """Weeks of so many items, the newest last; the last is the week of the report."""
    size = len(relevant)
    return [
        WeekCount(WEEK.plus(place - size + 1), "national", 500, n, 0, n, 0, {"positive": k})
        for place, (n, k) in enumerate(zip(relevant, hits, strict=True))
    ]


def test_the_mean_is_of_all_items_of_the_four_weeks_before_and_not_of_their_shares() -> None:
    data = report_data(counted([30, 10, 40, 20, 99], [3, 5, 4, 2, 99]))
    usual = usual_shares(data)["positive"]
    assert usual.mean == pytest.approx(14 / 100)
    assert usual.mean_n == 100


def test_the_middle_half_lies_between_the_quartiles_of_the_weeks_before() -> None:
    data = report_data(counted([100] * 9 + [100], [*range(10, 19), 90]))
    usual = usual_shares(data)["positive"]
    assert usual.low == pytest.approx(0.12)
    assert usual.high == pytest.approx(0.16)
    assert usual_hits(data, "positive").high == pytest.approx(16)


def test_weeks_of_few_items_have_no_share_to_take_quartiles_of() -> None:
    data = report_data(counted([19] * 30, [3] * 30))
    usual = usual_shares(data)["positive"]
    assert (usual.low, usual.high) == (None, None)
    assert usual_volume(data).low == 19


def test_fewer_than_eight_weeks_have_no_middle_half() -> None:
    assert middle_half([1.0] * 7) == (None, None)
    assert middle_half([1.0] * 8) == (1.0, 1.0)


def test_no_week_beyond_a_year_before_is_usual() -> None:
    data = report_data(counted([100] * 40 + [20] * 52 + [50], [0] * 93))
    assert (usual_volume(data).low, usual_volume(data).high) == (20, 20)


def test_a_month_is_set_against_blocks_of_as_many_weeks() -> None:
    data = monthly_data()
    weeks = dict(data.findings.weekly_relevant)
    first = data.since
    blocks = [sum(weeks[first.plus(-4 * k + j)] for j in range(4)) for k in range(1, 5)]
    assert usual_volume(data).mean == sum(blocks) / 4


def test_the_period_itself_is_no_part_of_what_is_usual() -> None:
    data = report_data(counted([100] * 20, [10] * 20))
    changed = [replace(p, share=0.9) if p.week == WEEK else p for p in data.findings.shares]
    assert usual_shares(replace(data, findings=replace(data.findings, shares=changed))) == usual_shares(data)
