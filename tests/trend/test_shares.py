import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.clock import Week
from monitor.trend.shares import (
    index_counts,
    pooled_share,
    rolling_shares,
    score_limits,
    weekly_shares,
    wilson_interval,
)
from tests.trend.conftest import FRAMES, WEEK, a_count


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_is_that_of_newcombe_1998_table_i(
    hits: int, total: int, low: float, high: float
) -> None:
    assert wilson_interval(hits, total) == pytest.approx((low, high), abs=0.00005)


def test_nothing_is_known_of_a_share_of_no_trials() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "total"), [(-1, 4), (5, 4)])
def test_hits_outside_the_trials_are_refused(hits: int, total: int) -> None:
    with pytest.raises(ValueError, match="hits of"):
        wilson_interval(hits, total)


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_its_share_and_stays_within_0_and_1(total: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, total))
    low, high = wilson_interval(hits, total)
    assert 0 <= low <= hits / total <= high <= 1


@given(st.floats(0, 1), st.integers(1, 500))
def test_a_larger_z_gives_an_interval_that_holds_the_smaller_one(share: float, n: int) -> None:
    low, high = score_limits(share, n, 1.0)
    wider_low, wider_high = score_limits(share, n, 2.0)
    assert wider_low <= low + 1e-12
    assert high <= wider_high + 1e-12


def test_every_week_of_the_span_has_a_point_and_a_week_without_items_has_no_share() -> None:
    counts = [a_count(WEEK.plus(-2), 10, {"positive": 4})]
    points = weekly_shares(counts, ["positive"], WEEK.plus(-2), WEEK)
    assert [(str(p.week), p.n, p.hits, p.share) for p in points] == [
        ("2026-W44", 10, 4, 0.4),
        ("2026-W45", 0, 0, None),
        ("2026-W46", 0, 0, None),
    ]
    assert [(p.low, p.high) for p in points[1:]] == [(None, None)] * 2


def test_points_are_sorted_by_group_then_frame_of_the_codebook_then_week() -> None:
    counts = [a_count(group="tabloid", relevant=3), a_count(group="all", relevant=5)]
    points = weekly_shares(counts, FRAMES, WEEK.plus(-1), WEEK)
    assert [(p.group, p.frame) for p in points[::2]] == [
        (group, frame) for group in ("all", "tabloid") for frame in FRAMES
    ]
    assert [p.week for p in points[:2]] == [WEEK.plus(-1), WEEK]


def test_a_span_over_new_year_has_week_53_where_the_year_has_one() -> None:
    points = weekly_shares([a_count(Week(2026, 53), 1)], ["positive"], Week(2026, 52), Week(2027, 1))
    assert [str(p.week) for p in points] == ["2026-W52", "2026-W53", "2027-W01"]


def test_no_share_claims_to_be_corrected_while_no_human_sample_is_used() -> None:
    assert not any(p.corrected for p in weekly_shares([a_count(relevant=9)], FRAMES, WEEK, WEEK))


def test_weeks_are_pooled_by_items_and_not_by_their_shares() -> None:
    pooled = pooled_share(
        [a_count(relevant=1, hits={"positive": 1}), a_count(relevant=9)], "positive", "all", WEEK
    )
    assert (pooled.n, pooled.hits, pooled.share) == (10, 1, 0.1)
    assert (pooled.low, pooled.high) == wilson_interval(1, 10)


def test_a_rolling_share_takes_in_the_weeks_before_the_span_too() -> None:
    counts = [a_count(WEEK.plus(-3), 4, {"positive": 4}), a_count(WEEK, 4)]
    points = rolling_shares(counts, ["positive"], WEEK.plus(-1), WEEK, width=4)
    assert [(p.n, p.share) for p in points] == [(4, 1.0), (8, 0.5)]


def test_the_later_of_two_counts_of_one_cell_stays() -> None:
    assert index_counts([a_count(relevant=1), a_count(relevant=2)])["all"][WEEK].relevant == 2
