"""Which codes correct which period, and what is said where there are too few."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from monitor.clock import Week
from monitor.trend.corrected import Coded, balance_points, correct_shares
from monitor.trend.periods import PeriodKind, cut_periods
from monitor.trend.pools import PoolRule
from monitor.trend.shares import period_shares, wilson_interval
from monitor.types import CodedUnit, SharePoint, WeekCount
from tests.trend.coded import FRAME, a_sample, a_unit
from tests.trend.conftest import WEEK, a_count

FIRST = WEEK.plus(-59)


def counts(first: Week = FIRST, *, group: str = "all", relevant: int = 130) -> list[WeekCount]:
    """Equal weeks: 180 labelled, 130 relevant, 30 said to carry the frame, as `a_sample` has it."""
    return [
        a_count(week, relevant, {FRAME: 30 * relevant // 130}, group=group, labelled=180)
        for week in first.until(WEEK)
    ]


def is_ascending(*values: float | None) -> bool:
    """Tell whether all values are there, each greater than the one before."""
    given = [value for value in values if value is not None]
    return len(given) == len(values) and all(one < other for one, other in pairwise(given))


def corrected(
    units: Sequence[CodedUnit],
    rule: PoolRule | None = None,
    *,
    period: PeriodKind = "week",
    first: Week = WEEK,
    of: Sequence[WeekCount] | None = None,
) -> list[SharePoint]:
    periods = cut_periods(period, first, WEEK)
    points = period_shares(of or counts(), [FRAME], periods)
    return correct_shares(points, periods, Coded(units, counts(), rule or PoolRule()))


def test_a_week_with_codes_enough_is_corrected_by_its_own() -> None:
    (point,) = corrected([*a_sample()])
    assert (point.corrected, point.method, point.n_codes, point.pool_weeks) == (True, "ppi", 180, 1)
    assert point.share == pytest.approx((30 * 0.6 + 100 * 0.12) / 130)
    assert (point.raw_share, point.hits, point.n) == (30 / 130, 30, 130)
    assert is_ascending(0, point.low, point.share, point.high, 1)


@pytest.mark.parametrize(("ago", "weeks"), [(12, 13), (20, 26), (40, 52)])
def test_codes_are_pooled_over_the_shortest_stretch_that_has_enough(ago: int, weeks: int) -> None:
    (point,) = corrected([*list(a_sample(WEEK.plus(-ago)))[:-1], a_unit(None, None)])
    assert point.n_codes == 180
    assert point.pool_weeks == ago + 1 <= weeks


def test_a_pool_is_no_longer_than_the_rule_allows() -> None:
    units = [*a_sample(WEEK.plus(-40))]
    (short,) = corrected(units, PoolRule(weeks=26))
    assert (short.corrected, short.reason) == (False, "no codes by people")
    (long,) = corrected([*a_sample(WEEK.plus(-55))], PoolRule(weeks=60))
    assert long.corrected


def test_codes_are_not_pooled_across_a_change() -> None:
    units = [*a_sample(WEEK.plus(-12))]
    (point,) = corrected(units, PoolRule(changes=(WEEK.plus(-11),)))
    assert (point.corrected, point.reason) == (False, "no codes by people")
    (at_the_change,) = corrected(units, PoolRule(changes=(WEEK.plus(-12), WEEK.plus(1))))
    assert at_the_change.corrected


def test_codes_of_later_weeks_are_not_used() -> None:
    first, last = corrected([*a_sample()], first=WEEK.plus(-1))
    assert (first.corrected, last.corrected) == (False, True)


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ([], "no codes by people"),
        ([*a_sample()][:129], "0 codes of items not found relevant, 30 needed"),
        ([*a_sample()][40:], "90 codes of items found relevant, 100 needed"),
        ([*a_sample()][27:], "3 codes of items said to carry it, or said not to, 5 needed"),
    ],
)
def test_an_uncorrected_point_says_why_and_keeps_its_wilson_interval(
    units: list[CodedUnit], reason: str
) -> None:
    (point,) = corrected(units)
    assert (point.corrected, point.method, point.n_codes, point.share) == (False, "wilson", 0, 30 / 130)
    assert (point.low, point.high) == wilson_interval(30, 130)
    assert point.reason == reason


def test_a_period_is_corrected_by_the_codes_inside_it() -> None:
    units = [*a_sample(WEEK.plus(-3)), *a_sample(WEEK, right=30)]
    (month,) = corrected(units, period="year", first=WEEK.plus(-3))
    assert (month.period, month.n_codes, month.pool_weeks) == ("2026", 360, 4)
    assert month.share == pytest.approx((30 * 0.8 + 100 * 0.12) / 130)


def test_a_group_is_shifted_by_what_all_outlets_are_off_by() -> None:
    group = counts(group="tabloid", relevant=65)
    (point,) = corrected([*a_sample()], of=group)
    assert point.corrected
    assert point.raw_share == pytest.approx(15 / 65)
    assert point.share == pytest.approx((30 * 0.6 + 100 * 0.12) / 130)
    (whole,) = corrected([*a_sample()])
    assert (point.high or 0) - (point.low or 0) > (whole.high or 0) - (whole.low or 0)


def test_a_week_without_items_has_no_share_whatever_was_coded() -> None:
    (point,) = corrected([*a_sample()], of=[a_count(WEEK, 0, labelled=5)])
    assert (point.n, point.share, point.low, point.high, point.corrected) == (0, None, None, None, False)


def test_close_calls_that_were_drawn_more_often_weigh_less() -> None:
    missed = [a_unit(None, True, stratum="close", inclusion=1.0) for _ in range(50)]
    (often,) = corrected([*a_sample(), *missed])
    as_rare = [a_unit(None, True, stratum="close", inclusion=0.1) for _ in range(50)]
    (rare,) = corrected([*a_sample(), *as_rare])
    assert is_ascending(often.share, (rare.share or 0) - 0.05)


def test_the_interval_does_not_depend_on_how_rarely_all_codes_were_drawn() -> None:
    (often,) = corrected([replace(unit, inclusion=0.5) for unit in a_sample()])
    (rarely,) = corrected([replace(unit, inclusion=0.01) for unit in a_sample()])
    assert (often.low, often.high) == pytest.approx((rarely.low, rarely.high))


def test_a_week_that_no_code_reaches_is_less_sure_than_one_inside_the_pool() -> None:
    before = list(a_sample(WEEK.plus(-1)))
    (outside,) = corrected(before)
    (inside,) = corrected([*before[:-1], a_unit(None, None)])
    assert (outside.pool_weeks, inside.pool_weeks) == (1, 2)
    assert (outside.high or 0) - (outside.low or 0) > (inside.high or 0) - (inside.low or 0) + 0.01


def test_design_based_supervised_learning_is_used_where_asked_for() -> None:
    (point,) = corrected([*a_sample()], PoolRule(tuned=False))
    assert (point.corrected, point.method) == (True, "dsl")
    assert point.share == pytest.approx((30 * 0.6 + 100 * 0.12) / 130)


def test_no_points_are_corrected_to_none() -> None:
    assert correct_shares([], [], Coded([], [], PoolRule())) == []


# ---------------------------------------------------------------- image balance


def test_the_image_balance_is_corrected_by_the_tone_that_people_coded() -> None:
    of = [a_count(week, 120, labelled=180, negative=60, positive=20) for week in FIRST.until(WEEK)]
    units = [
        *(a_unit(False, False, band="negative", tone=-1 if n < 48 else 0) for n in range(60)),
        *(a_unit(False, False, band="neutral", tone=2 if n < 4 else None) for n in range(40)),
        *(a_unit(False, False, band="positive", tone=1) for _ in range(20)),
        *(a_unit(None, None) for _ in range(60)),
    ]
    periods = cut_periods("week", WEEK, WEEK)
    (point,) = balance_points(of, periods, Coded(units, of, PoolRule()))
    assert (point.corrected, point.method, point.n_codes) == (True, "ppi", 180)
    assert point.raw_net == pytest.approx(-40 / 120)
    assert point.net == pytest.approx((20 + 4 - 48) / 120)
    assert is_ascending(-1, point.low, point.net, point.high, 1)


def test_the_image_balance_without_codes_has_the_interval_of_the_items() -> None:
    of = [a_count(WEEK, 100, {"incompetent": 30, "over_zealous": 10}, negative=50, positive=10)]
    (point,) = balance_points(of, cut_periods("week", WEEK, WEEK))
    assert (point.net, point.corrected, point.method) == (-0.4, False, "wilson")
    assert is_ascending(-1, point.low, -0.4, point.high, 0)
    assert point.fail_over == 3.0
    assert is_ascending(1, point.fail_over_low, 3, point.fail_over_high)


def test_a_period_without_items_has_no_balance() -> None:
    (point,) = balance_points([a_count(WEEK, 0)], cut_periods("week", WEEK, WEEK))
    assert (point.n, point.net, point.low, point.fail_over, point.fail_over_low) == (
        0,
        None,
        None,
        None,
        None,
    )
