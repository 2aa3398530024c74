import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.trend.placebo import (
    BASE,
    FIRST,
    LATER,
    MINIMUM_PLACEBOS,
    NOT_IN_WINDOW,
    NOT_THIS_EVENT,
    UNEVENTFUL,
    Floats,
    PlaceboTest,
    Span,
    choose_placebos,
    detectable_share,
    independent,
    rank_placebos,
    share_differences,
    share_limits,
    smoothed_share,
    subtract_differences,
    volume_differences,
    window_sums,
)

WEEKS, PLACE = 312, 200
SEED = 20261125


def ordinary(number: int, correlation: float, seed: int = SEED, weeks: int = WEEKS) -> tuple[Floats, Floats]:
    """Items and hits of series whose log-odds follow AR(1), and nothing else."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, 0.3, (number, weeks))
    latent = noise.copy()
    for week in range(1, weeks):
        latent[:, week] = correlation * latent[:, week - 1] + np.sqrt(1 - correlation**2) * noise[:, week]
    n = random.poisson(25 * random.gamma(6, 1 / 6, noise.shape))
    return n.astype(float), random.binomial(n, 1 / (1 + np.exp(1.4 - latent))).astype(float)


def ranked(n: Floats, hits: Floats, window: Span = FIRST, place: int = PLACE) -> PlaceboTest:
    sums = [window_sums(values, span) for span in (window, BASE) for values in (hits, n)]
    weeks = np.arange(n.shape[-1])
    mask, _ = choose_placebos((weeks >= 27) & (weeks + window.last < n.shape[-1]), place, window, [])
    return rank_placebos(share_differences(*sums), place, mask, window)


def limits_and_base(n: Floats, hits: Floats, test: PlaceboTest) -> tuple[Floats, Floats, Floats]:
    window_hits, window_n, base_hits, base_n = (
        window_sums(values, span)[:, PLACE] for span in (FIRST, BASE) for values in (hits, n)
    )
    low, high = share_limits(window_hits, window_n, base_hits, base_n, test.tau2, test.width)
    return low, high, smoothed_share(base_hits, base_n)


def test_a_span_is_summed_around_every_week_and_the_outside_counts_nothing() -> None:
    values = np.arange(1.0, 7.0)
    assert window_sums(values, Span(0, 1)).tolist() == [3, 5, 7, 9, 11, 6]
    assert window_sums(values, Span(-2, -1)).tolist() == [0, 1, 3, 5, 7, 9]
    assert window_sums(np.array([values, 2 * values]), Span(0, 0))[1].tolist() == (2 * values).tolist()


@pytest.mark.parametrize("correlation", [0.0, 0.4, 0.7])
@pytest.mark.parametrize("window", [FIRST, LATER])
def test_unchanged_series_raise_no_more_false_alarms_than_the_level_says(
    correlation: float, window: Span
) -> None:
    test = ranked(*ordinary(1_500, correlation), window)
    assert np.mean(test.p <= 0.05) <= 0.065  # the benchmark's 4,000 series say at most .06


def test_overlapping_windows_alone_would_raise_false_alarms_in_a_short_series() -> None:
    n, hits = ordinary(1_500, 0.4, weeks=156)
    sums = [window_sums(values, span) for span in (LATER, BASE) for values in (hits, n)]
    weeks = np.arange(156)
    mask = (weeks >= 27) & (weeks + LATER.last < 115)
    differences = share_differences(*sums)
    test = rank_placebos(differences, 115, mask, LATER)
    z = np.abs(differences.value / differences.spread(test.tau2))
    by_rank_alone = (1 + (z[:, mask] >= z[:, [115]]).sum(axis=1)) / (mask.sum() + 1)
    assert np.mean(by_rank_alone <= 0.05) > 0.08
    assert np.mean(test.p <= 0.05) <= 0.065


def test_a_lasting_effect_is_found_and_its_interval_holds_it() -> None:
    n, hits = ordinary(400, 0.4)
    random = np.random.default_rng(1)
    odds = 3 * 0.2466  # the ratio is 3; the latent log-odds are -1.4
    hits[:, PLACE : PLACE + 4] = random.binomial(n[:, PLACE : PLACE + 4].astype(int), odds / (1 + odds))
    test = ranked(n, hits)
    low, high, base = limits_and_base(n, hits, test)
    true = 3 * base / (1 - base) / (1 + 3 * base / (1 - base))
    assert np.mean(test.p <= 0.05) > 0.95
    assert np.mean((low <= true) & (true <= high)) > 0.93


def test_the_interval_excludes_the_base_just_where_p_is_at_most_5_percent() -> None:
    n, hits = ordinary(500, 0.7)
    test = ranked(n, hits)
    low, high, base = limits_and_base(n, hits, test)
    outside = (base < low) | (base > high)
    assert outside.any()
    assert (outside == (test.p <= 0.05)).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 40), st.integers(40, 90), st.integers(0, 500), st.floats(0, 1), st.floats(1.9, 4))
def test_limits_lie_around_the_share_and_inside_0_and_1(
    hits: int, n: int, base_hits: int, tau2: float, width: float
) -> None:
    given = [np.array([float(value)]) for value in (hits, n, base_hits, 500, tau2, width)]
    low, high = (float(limit[0]) for limit in share_limits(*given))
    assert 0 <= low <= hits / n <= high <= 1


def test_without_placebo_variation_the_limits_are_those_of_wilson_with_a_sure_base() -> None:
    given = [np.array([value]) for value in (15.0, 100.0, 1e12, 1e13, 0.0, 1.959964)]
    low, high = share_limits(*given)
    assert (low[0], high[0]) == pytest.approx((0.0931, 0.2328), abs=0.0001)


def test_p_cannot_fall_below_one_over_the_placebos_and_one() -> None:
    n, hits = ordinary(1, 0.0)
    hits[:, PLACE : PLACE + 4] = n[:, PLACE : PLACE + 4]
    test = ranked(n, hits)
    assert test.p[0] == pytest.approx(1 / (test.placebos[0] + 1))


def test_a_series_without_any_variation_is_still_tested_by_sampling() -> None:
    n, hits = np.full((1, WEEKS), 20.0), np.full((1, WEEKS), 4.0)
    hits[:, PLACE] = 6.0
    test = ranked(n, hits)
    assert test.p[0] > 0.3  # the placebos alone would say one over their number


def test_hundred_windows_of_22_weeks_that_overlap_are_worth_seven_apart() -> None:
    worth = independent(np.array([100]), 22)[0]
    assert 6 < worth < 9
    assert independent(np.array([100]), 1)[0] == 100


def test_the_ratio_that_is_said_to_be_found_four_times_in_five_is() -> None:
    n, hits = ordinary(600, 0.4)
    sums = [window_sums(values, span) for span in (FIRST, BASE) for values in (hits, n)]
    differences = share_differences(*sums)
    test = ranked(n, hits)
    base = smoothed_share(sums[2][:, PLACE], sums[3][:, PLACE])
    share = np.median(detectable_share(differences, test, PLACE, base, sums[1][:, PLACE]))
    lift = np.log(share / (1 - share)) + 1.4
    random = np.random.default_rng(2)
    latent = random.normal(lift - 1.4, 0.3, (600, 4))
    hits[:, PLACE : PLACE + 4] = random.binomial(
        n[:, PLACE : PLACE + 4].astype(int), 1 / (1 + np.exp(-latent))
    )
    assert 0.72 < np.mean(ranked(n, hits).p <= 0.05) < 0.9


def test_placebos_keep_away_from_this_event_and_from_others_where_enough_are_left() -> None:
    usable = np.ones(600, dtype=bool)
    mask, rule = choose_placebos(usable, 300, FIRST, [100])
    kept = set(np.flatnonzero(mask).tolist())
    assert rule == UNEVENTFUL
    assert not kept & set(range(297, 379))  # weeks 0-25 in the placebo's window, or in its base
    assert {296, 379} <= kept
    assert not kept & set(range(97, 104))
    assert {96, 104} <= kept


def test_placebos_come_nearer_rather_than_being_too_few() -> None:
    usable = np.zeros(200, dtype=bool)
    usable[40:110] = True
    mask, rule = choose_placebos(usable, 120, FIRST, list(range(40, 110, 7)))
    assert (rule, int(mask.sum())) == (NOT_THIS_EVENT, 70)
    usable[:] = False
    usable[90:180] = True
    mask, rule = choose_placebos(usable, 120, FIRST, [])
    assert rule == NOT_IN_WINDOW
    assert set(np.flatnonzero(mask).tolist()) == {*range(90, 117), *range(146, 180)}
    assert mask.sum() >= MINIMUM_PLACEBOS


def test_volumes_are_compared_by_the_week_whatever_was_not_read() -> None:
    given = [np.array([value]) for value in (30.0, 3.0, 260.0, 26.0)]
    assert np.exp(volume_differences(*given).value[0]) == pytest.approx(1, abs=0.02)


def test_a_difference_in_differences_takes_what_both_have_in_common_away() -> None:
    ours = volume_differences(*(np.array([value]) for value in (400.0, 4.0, 2600.0, 52.0)))
    theirs = volume_differences(*(np.array([value]) for value in (800.0, 4.0, 5200.0, 52.0)))
    both = subtract_differences(ours, theirs)
    assert np.exp(both.value[0]) == pytest.approx(1, abs=0.01)
    assert both.variance[0] == pytest.approx(ours.variance[0] + theirs.variance[0])
