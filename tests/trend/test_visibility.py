"""Social work beside other professions: ratios with intervals, and none from nothing."""

from dataclasses import replace

import pytest

from monitor.clock import Week
from monitor.trend.shares import wilson_interval
from monitor.trend.visibility import pooled_ratios, split_dispersion, weekly_ratios
from monitor.types import ProfessionCount
from tests.trend.conftest import WEEK


def counted(week: Week = WEEK, *, group: str = "all", **mentions: int) -> list[ProfessionCount]:
    """Every profession of a week, each mention in an item of its own."""
    return [
        ProfessionCount(week, profession, mentions.get(profession, 0), mentions.get(profession, 0), group)
        for profession in ("social_work", "teachers", "police")
    ]


def test_a_ratio_has_the_interval_of_the_split() -> None:
    teachers, police = weekly_ratios(counted(social_work=20, teachers=40, police=80))
    low, high = wilson_interval(20, 60)
    assert (teachers.profession, teachers.ratio) == ("teachers", 0.5)
    assert teachers.low == pytest.approx(low / (1 - low))
    assert teachers.high == pytest.approx(high / (1 - high))
    assert police.ratio == 0.25


def test_mentions_of_one_item_do_not_narrow_the_interval() -> None:
    once = counted(social_work=10, teachers=10)
    often = [replace(count, mentions=count.mentions * 5) for count in once]
    (single, _), (repeated, _) = weekly_ratios(once), weekly_ratios(often)
    assert (single.ratio, single.low, single.high) == (repeated.ratio, repeated.low, repeated.high)


def test_a_profession_that_nobody_names_gives_no_ratio() -> None:
    teachers, _ = weekly_ratios(counted(social_work=5, police=1))
    assert (teachers.ratio, teachers.low, teachers.high) == (None, None, None)
    assert (teachers.mentions, teachers.other_mentions) == (5, 0)


def test_a_week_without_social_work_has_ratio_zero_and_an_upper_limit() -> None:
    teachers, _ = weekly_ratios(counted(teachers=10))
    assert teachers.ratio == 0
    assert teachers.low == 0
    assert teachers.high is not None
    assert 0 < teachers.high < 1


def test_weeks_are_pooled_and_groups_kept_apart() -> None:
    counts = [
        *counted(WEEK, social_work=1, teachers=1, group="a"),
        *counted(WEEK.plus(1), social_work=3, teachers=1, group="a"),
        *counted(WEEK, social_work=5, teachers=1, group="b"),
    ]  # fmt: skip
    pooled = {(row.group, row.profession): row.ratio for row in pooled_ratios(counts)}
    assert pooled == {
        ("a", "teachers"): 2.0,
        ("a", "police"): None,
        ("b", "teachers"): 5.0,
        ("b", "police"): None,
    }
    assert [row.week for row in weekly_ratios(counts)] == [WEEK, WEEK, WEEK.plus(1), WEEK.plus(1), WEEK, WEEK]


def test_weeks_that_differ_beyond_chance_widen_the_pooled_interval() -> None:
    steady = [c for n in range(10) for c in counted(WEEK.plus(n), social_work=20, teachers=20)]
    swinging = [
        c for n in range(10) for c in counted(WEEK.plus(n), social_work=4 + 32 * (n % 2), teachers=20)
    ]
    (even, _), (uneven, _) = pooled_ratios(steady), pooled_ratios(swinging)
    assert even.ratio == uneven.ratio == 1.0
    assert even.low is not None
    assert uneven.low is not None
    assert uneven.low < even.low


def test_the_dispersion_is_one_for_few_weeks_or_no_variation() -> None:
    cells = [
        {c.profession: c for c in counted(WEEK.plus(n), social_work=9 * n, teachers=20)} for n in range(7)
    ]
    assert split_dispersion(cells, "teachers") == 1.0
    assert split_dispersion(cells * 2, "police") == 1.0
    assert split_dispersion(cells * 2, "teachers") > 2
