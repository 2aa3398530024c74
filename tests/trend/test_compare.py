import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.findings import Comparison
from monitor.trend.compare import (
    benjamini_hochberg,
    compare_week,
    difference_p,
    newcombe_interval,
    weekly_dispersion,
)
from monitor.types import WeekCount
from tests.trend.conftest import FRAMES, WEEK, a_count


def history(relevant: int, hits: int, weeks: int = 52) -> list[WeekCount]:
    return [a_count(WEEK.plus(-back), relevant, {"positive": hits}) for back in range(1, weeks + 1)]


def compare_positive(*counts: WeekCount, weeks: int = 12) -> Comparison:
    return compare_week(counts, ["positive"], WEEK, baselines=[weeks])[0]


@pytest.mark.parametrize(
    ("hits", "n", "base_hits", "base_n", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_the_interval_of_a_difference_is_that_of_newcombe_1998_method_10(
    hits: int, n: int, base_hits: int, base_n: int, low: float, high: float
) -> None:
    interval = newcombe_interval(hits / n, n, base_hits / base_n, base_n)
    assert interval == pytest.approx((low, high), abs=0.00006)


@given(st.integers(1, 60), st.integers(1, 600), st.data())
def test_the_p_is_below_5_percent_just_where_the_interval_leaves_0_out(
    n: int, base_n: int, data: st.DataObject
) -> None:
    share = data.draw(st.integers(0, n)) / n
    base_share = data.draw(st.integers(0, base_n)) / base_n
    low, high = newcombe_interval(share, n, base_share, base_n)
    p = difference_p(share, n, base_share, base_n)
    assert 0 <= p <= 1
    if abs(p - 0.05) > 1e-6:
        assert (p < 0.05) == (not low <= 0 <= high)


def test_the_adjusted_p_values_are_those_of_the_procedure_by_hand() -> None:
    assert benjamini_hochberg([0.04, 0.01, 0.02, 0.8]) == pytest.approx([0.16 / 3, 0.04, 0.04, 0.8])
    assert benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_an_adjusted_p_is_never_below_its_own_and_keeps_the_order(p_values: list[float]) -> None:
    adjusted = benjamini_hochberg(p_values)
    assert all(q >= p - 1e-12 and q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert [q for _, q in pairs] == sorted(q for _, q in pairs)


def test_a_week_that_leaps_above_a_steady_year_has_moved() -> None:
    found = compare_positive(*history(20, 2), a_count(WEEK, 40, {"positive": 20}))
    assert found.verdict == "moved"
    assert found.difference == pytest.approx(0.4)
    assert (found.n, found.hits, found.base_n, found.base_hits) == (40, 20, 240, 24)
    assert found.base_share == pytest.approx(0.1)
    assert found.low is not None
    assert found.low > 0


def test_a_week_like_those_before_shows_no_clear_change() -> None:
    assert compare_positive(*history(20, 2), a_count(WEEK, 20, {"positive": 3})).verdict == "no_clear_change"


def test_one_frame_among_many_must_stand_out_more_than_one_alone() -> None:
    counts = [*history(20, 2), a_count(WEEK, 20, {"positive": 6})]
    others = [f"other_{number}" for number in range(11)]
    alone = compare_week(counts, ["positive"], WEEK, baselines=[12])[0]
    among = compare_week(counts, ["positive", *others], WEEK, baselines=[12])[0]
    assert (alone.verdict, among.verdict) == ("moved", "maybe")
    assert (alone.low, alone.high) == (among.low, among.high)


def test_a_frame_whose_weeks_vary_beyond_chance_gets_a_wider_interval() -> None:
    bunched = [a_count(WEEK.plus(-b), 20, {"positive": 0 if b % 2 else 8}) for b in range(1, 53)]
    steady = history(20, 4)
    now = a_count(WEEK, 20, {"positive": 9})
    wide, narrow = compare_positive(*bunched, now), compare_positive(*steady, now)
    assert wide.difference == narrow.difference
    assert wide.dispersion > 4
    assert narrow.dispersion == 1.0
    assert (wide.verdict, narrow.verdict) == ("no_clear_change", "moved")


def test_dispersion_is_1_where_there_is_too_little_to_tell() -> None:
    assert weekly_dispersion(history(20, 4, weeks=7), "positive") == 1.0
    assert weekly_dispersion(history(20, 0), "positive") == 1.0
    assert weekly_dispersion(history(20, 20), "positive") == 1.0


def test_a_week_without_items_is_not_estimable_and_says_why() -> None:
    found = compare_positive(*history(20, 2))
    assert (found.verdict, found.difference, found.low, found.q) == ("not_estimable", None, None, None)
    assert found.reason == "the week has no relevant item"


def test_a_baseline_of_which_less_than_half_was_read_is_not_estimable() -> None:
    found = compare_positive(*history(20, 2, weeks=5), a_count(WEEK, 20, {"positive": 9}))
    assert (found.verdict, found.q) == ("not_estimable", None)
    assert found.reason == "only 5 of the 12 weeks before have been read"
    six = compare_positive(*history(20, 2, weeks=6), a_count(WEEK, 20, {"positive": 9}))
    assert six.verdict == "moved"


def test_a_baseline_that_was_read_but_had_no_relevant_item_is_not_estimable() -> None:
    empty = [a_count(WEEK.plus(-back), 0, labelled=50) for back in range(1, 13)]
    found = compare_positive(*empty, a_count(WEEK, 20))
    assert (found.verdict, found.reason) == ("not_estimable", "the 12 weeks before have no relevant item")
    assert found.base_share is None


def test_the_week_itself_is_no_part_of_its_baseline() -> None:
    found = compare_positive(*history(10, 1, weeks=60), a_count(WEEK, 30, {"positive": 30}), weeks=52)
    assert (found.base_n, found.base_hits) == (520, 52)


def test_comparisons_come_by_baseline_then_in_the_order_of_the_frames() -> None:
    found = compare_week(history(10, 1), FRAMES, WEEK)
    assert [(c.weeks, c.frame) for c in found] == [(weeks, frame) for weeks in (12, 52) for frame in FRAMES]
