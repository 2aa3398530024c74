"""The corrected share against the formulas of the papers, and what its interval promises."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.trend import correction
from monitor.trend.correction import (
    BALANCE,
    SHARE,
    Array,
    Codes,
    Estimate,
    Raw,
    estimate,
    score_interval,
    transfer,
)
from monitor.trend.shares import wilson_interval

SAID, ALL_FOUND = (0, 1, 2), (0.0, 700.0, 300.0)


Table = Sequence[Sequence[float]]


def codes(table: Table, said: tuple[int, ...] = SAID) -> Codes:
    """Codes of weight 1: a row for each cell, a column for each category that was coded."""
    weights = np.array(table, dtype=float)
    return Codes(said, weights, weights.sum(-1))


def share_of(counts: tuple[float, ...], table: Table, *, tuned: bool = True) -> Estimate:
    return estimate(np.array(counts), codes(table), tuned=tuned)


def test_the_tuned_share_is_that_of_prediction_powered_inference_with_its_best_coefficient() -> None:
    table: Table = [[0.0, 0, 0], [0, 80, 10], [0, 15, 45]]
    said = np.repeat([0, 0, 1, 1], [80, 10, 15, 45])
    coded = np.repeat([0, 1, 0, 1], [80, 10, 15, 45])
    best = np.cov(said, coded)[0, 1] / np.var(said, ddof=1)
    expected = best * 0.3 + (coded - best * said).mean()
    assert share_of(ALL_FOUND, table).value == pytest.approx(expected)


def test_the_other_share_is_the_mean_of_the_pseudo_outcomes_of_design_based_supervised_learning() -> None:
    inclusion = np.array([0.5, 0.1, 0.1, 0.5])
    said, coded = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    number = np.array([80, 10, 15, 45])
    items = (number / inclusion).sum()
    said_share = (number / inclusion * said).sum() / items
    expected = said_share + (number / inclusion * (coded - said)).sum() / items
    weights = np.array([[0.0, 0, 0], [0, 160, 100], [0, 150, 90]])
    squares = np.array([0.0, 80 / 0.5**2 + 10 / 0.1**2, 15 / 0.1**2 + 45 / 0.5**2])
    counts = np.array([0, items * (1 - said_share), items * said_share])
    assert estimate(counts, Codes(SAID, weights, squares), tuned=False).value == pytest.approx(expected)


def test_a_share_is_one_of_items_that_people_find_relevant() -> None:
    found = share_of((800.0, 150.0, 50.0), [[98.0, 1, 1], [10, 80, 10], [0, 10, 40]])
    with_frame = 800 * 0.01 + 150 * 0.1 + 50 * 0.8
    relevant = 800 * 0.02 + 150 * 0.9 + 50
    assert found.value == pytest.approx(with_frame / relevant)


def test_codes_that_are_drawn_more_rarely_weigh_more() -> None:
    weights = np.array([[0.0, 0, 0], [0, 50, 0], [0, 10 * 5, 10 * 1]])
    found = estimate(np.array(ALL_FOUND), Codes(SAID, weights, np.array([0.0, 50, 10 * 25 + 10])))
    assert found.value == pytest.approx(0.3 / 6)


def test_the_share_does_not_depend_on_the_scale_of_the_weights() -> None:
    table: Table = [[48.0, 1, 1], [10, 80, 10], [0, 10, 40]]
    plain = codes(table)
    scaled = Codes(SAID, plain.weights * 7, plain.squares * 49)
    counts = np.array([800.0, 150, 50])
    assert _parts(estimate(counts, plain)) == pytest.approx(_parts(estimate(counts, scaled)))


def _parts(found: Estimate) -> tuple[Array, Array, Array]:
    return found.value, found.low, found.high


def test_cells_of_one_answer_share_its_items_as_the_weights_of_their_codes_do() -> None:
    two_cells = Codes((0, 0, 1, 2), np.array([[900.0, 0, 0], [80, 15, 5], [0, 9, 1], [0, 1, 9]]), np.ones(4))
    assert two_cells.split(np.array([500.0, 30, 10])) == pytest.approx([450, 50, 30, 10])


def test_codes_without_a_single_error_leave_an_interval() -> None:
    found = share_of((0.0, 7e6, 3e6), [[0.0, 0, 0], [0, 80, 0], [0, 0, 60]])
    assert found.low < 0.295
    assert found.high > 0.305


@pytest.mark.parametrize("hits", [0, 1])
def test_a_share_that_nothing_speaks_for_or_against_has_an_interval_inside_0_and_1(hits: int) -> None:
    table: Table = [[0.0, 0, 0], [0, 80.0 * (1 - hits), 80.0 * hits], [0, 20.0 * (1 - hits), 20.0 * hits]]
    found = share_of(ALL_FOUND, table)
    assert found.value == hits
    assert 0.005 < found.high - found.low < 0.2


def test_with_all_items_coded_right_the_interval_is_near_that_of_the_items() -> None:
    found = share_of((0.0, 70.0, 30.0), [[0.0, 0, 0], [0, 70_000, 0], [0, 0, 30_000]])
    assert (found.low, found.high) == pytest.approx(wilson_interval(30, 100), abs=0.002)


counts_of_cells = st.tuples(st.integers(0, 5_000), st.integers(1, 2_000), st.integers(1, 2_000))
a_table = st.lists(
    st.lists(st.integers(0, 60), min_size=3, max_size=3).filter(lambda row: sum(row) > 0),
    min_size=3,
    max_size=3,
)


@given(counts_of_cells, a_table, st.booleans())
def test_share_and_interval_stay_within_0_and_1(
    counts: tuple[int, int, int], table: list[list[int]], tuned: bool
) -> None:
    found = estimate(np.array(counts, dtype=float), codes(table), tuned=tuned)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_image_balance_is_estimated_by_the_same_formula() -> None:
    table: Table = [[50.0, 0, 0, 0], [0, 40, 10, 0], [0, 5, 30, 15], [0, 0, 10, 40]]
    found = estimate(np.array([0.0, 100, 60, 40]), codes(table, (0, 1, 2, 3)), BALANCE)
    expected = (-100 * 0.8 + 60 * (0.3 - 0.1) + 40 * 0.8) / 200
    assert found.value == pytest.approx(expected)
    assert -1 <= found.low < expected < found.high <= 1


def simulate(share: float, runs: int) -> tuple[Array, Array]:
    """Items and codes of 75 % sensitivity and 97 % specificity, all relevant: counts and tables."""
    rng = np.random.default_rng(20261125)
    joint = np.array([[0.97 * (1 - share), 0.03 * (1 - share)], [0.25 * share, 0.75 * share]])
    said = joint.sum(0)
    counts = np.pad(rng.multinomial(2_000, said, runs), ((0, 0), (1, 0))).astype(float)
    tables = np.zeros((runs, 3, 3))
    drawn = rng.multinomial(300, joint.T.ravel(), runs).reshape(runs, 2, 2)
    tables[:, 1:, 1:] = drawn
    return counts, tables


@pytest.mark.parametrize("share", [0.03, 0.25])
@pytest.mark.parametrize("tuned", [True, False])
def test_the_interval_holds_the_truth_as_often_as_it_says_and_the_raw_one_does_not(
    share: float, tuned: bool
) -> None:
    counts, tables = simulate(share, 2_000)
    found = estimate(counts, Codes(SAID, tables, tables.sum(-1)), tuned=tuned)
    assert 0.93 <= ((found.low <= share) & (share <= found.high)).mean() <= 0.97
    raw = score_interval(counts[:, 2] / 2_000, np.full(2_000, 2_000.0))
    assert ((raw.low <= share) & (share <= raw.high)).mean() < 0.3


# ---------------------------------------------------------------- from a pool to its parts

POOL = Estimate(np.array([0.30]), np.array([0.25]), np.array([0.36]))


def moved(raw: float, n: float, common: float | None = None, pool_n: float = 4_000) -> Estimate:
    common = n if common is None else common
    part = Raw(np.array([raw]), np.array([n]))
    return transfer(POOL, Raw(np.array([0.20]), np.array([pool_n])), part, np.array([common]), SHARE)


def test_the_whole_pool_keeps_its_share_and_interval() -> None:
    whole = moved(0.20, 4_000)
    assert np.array(_parts(whole)) == pytest.approx(np.array(_parts(POOL)), abs=1e-6)


def test_a_part_is_shifted_by_what_the_pool_was_off_by() -> None:
    assert moved(0.24, 50).value == pytest.approx(0.34)


def test_a_smaller_part_has_a_wider_interval() -> None:
    small, large = moved(0.20, 40), moved(0.20, 400)
    assert small.high - small.low > large.high - large.low > POOL.high - POOL.low


def test_items_outside_the_pool_are_less_sure_than_those_inside() -> None:
    inside, outside = moved(0.20, 2_000, 2_000), moved(0.20, 2_000, 0)
    assert outside.high - outside.low > inside.high - inside.low


def test_a_shift_by_chance_does_not_widen_the_interval_but_one_beyond_does() -> None:
    nearly, beyond = moved(0.25, 100), moved(0.40, 2_000)
    assert nearly.high - nearly.low == pytest.approx(0.19, abs=0.02)
    assert beyond.low < beyond.value - correction.CHANGE * float(beyond.value[0])
    assert beyond.high > beyond.value + correction.BLINDNESS * 0.18


def test_a_part_far_below_a_low_share_is_put_at_0_with_an_interval_above() -> None:
    found = moved(0.0, 20, pool_n=4_000)
    low = transfer(
        Estimate(np.array([0.03]), np.array([0.01]), np.array([0.06])),
        Raw(np.array([0.08]), np.array([4_000.0])),
        Raw(np.array([0.0]), np.array([20.0])),
        np.array([20.0]),
    )
    assert found.low >= 0
    assert low.low == low.value == 0
    assert low.high > 0.03
