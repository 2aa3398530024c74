import numpy as np
import pytest

from monitor.trend.decay import effective_sizes, fit_decay, half_life, weekly_variance
from monitor.trend.placebo import Floats

WEEKS = 26


def after(ratio: float, half: float, n: int, seed: int = 20261125, base: float = 0.2) -> tuple[Floats, ...]:
    """Base and window counts of an effect on the log-odds that halves every ``half`` weeks."""
    random = np.random.default_rng(seed)
    start = np.log(base / (1 - base))
    odds = start + np.log(ratio) * np.exp2(-np.arange(WEEKS) / half)
    base_n, sizes = np.full(52, float(n)), np.full(WEEKS, float(n))
    base_hits = random.binomial(n, base, 52).astype(float)
    return base_hits, base_n, random.binomial(n, 1 / (1 + np.exp(-odds))).astype(float), sizes


@pytest.mark.parametrize("half", [2.0, 4.0, 8.0])
def test_the_half_life_of_a_clean_decay_is_told_and_its_interval_holds_it(half: float) -> None:
    found = half_life("incompetent", *after(8, half, 400))
    assert found.weeks == pytest.approx(half, rel=0.25)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= half <= found.high
    assert found.peak_odds_ratio == pytest.approx(8, rel=0.25)
    assert found.n == 26 * 400


def test_an_effect_below_the_base_decays_too() -> None:
    found = half_life("positive", *after(1 / 6, 4.0, 2_000))
    assert found.weeks == pytest.approx(4, rel=0.25)
    assert found.peak_odds_ratio is not None
    assert found.peak_odds_ratio < 0.3


def test_an_effect_that_stays_has_no_half_life() -> None:
    found = half_life("incompetent", *after(4, 1e9, 500))
    assert (found.weeks, found.reason) == (None, "no decay within the 26 weeks after")


def test_too_few_weeks_give_a_reason_instead_of_a_number() -> None:
    base_hits, base_n, hits, n = after(8, 4.0, 100)
    n[12:] = 0
    found = half_life("incompetent", base_hits, base_n, hits, n)
    assert found.weeks is None
    assert found.reason == "only 12 of the 26 weeks after have items; 13 are needed"


def test_weeks_that_were_not_read_are_left_out_of_the_fit() -> None:
    base_hits, base_n, hits, n = after(8, 4.0, 2_000)
    hits[3], n[3] = 0, 0
    found = half_life("incompetent", base_hits, base_n, hits, n)
    assert found.weeks == pytest.approx(4, rel=0.25)


def test_weeks_of_few_items_count_by_their_share() -> None:
    odds = 0.25 * np.exp(np.log(20) * np.exp2(-np.arange(WEEKS) / 4.0))
    n = np.full(WEEKS, 20.0)
    found = half_life("incompetent", np.full(52, 4.0), np.full(52, 20.0), 20 * odds / (1 + odds), n)
    assert found.weeks == pytest.approx(4, rel=0.02)
    assert found.peak_odds_ratio == pytest.approx(20, rel=0.05)


def test_the_same_counts_give_the_same_interval() -> None:
    assert half_life("positive", *after(4, 4.0, 60)) == half_life("positive", *after(4, 4.0, 60))


def test_many_series_are_fitted_at_once_as_each_alone() -> None:
    shares = np.array([after(8, half, 5_000)[2] / 5_000 for half in (2.0, 6.0)])
    sizes, base = np.full((2, WEEKS), 5_000.0), np.array([0.2, 0.2])
    together = fit_decay(shares, sizes, base)
    alone = [fit_decay(shares[[row]], sizes[[row]], base[[row]]).half_life[0] for row in (0, 1)]
    assert together.half_life.tolist() == alone
    assert alone[0] < alone[1]


def test_a_week_is_worth_no_more_than_the_variation_between_weeks_allows() -> None:
    worth = effective_sizes(np.array([10.0, 1e6]), 0.5, 0.04)
    assert worth == pytest.approx([10 / 1.1, 100], rel=0.001)


def test_binomial_weeks_show_no_variance_of_their_own_and_bunched_ones_do() -> None:
    random = np.random.default_rng(3)
    n = np.full(2_000, 40.0)
    assert weekly_variance(random.binomial(40, 0.3, 2_000).astype(float), n) < 0.02
    bunched = random.binomial(40, 1 / (1 + np.exp(-random.normal(-0.8, 0.5, 2_000)))).astype(float)
    assert weekly_variance(bunched, n) == pytest.approx(0.25, rel=0.2)
