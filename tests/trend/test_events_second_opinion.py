import warnings

import numpy as np
import pytest

from monitor.trend.placebo import Flags, Floats
from monitor.trend.second_opinion import fit_quasi_binomial, lag_one, second_opinions

SEED = 20261125


def weekly(spread: float = 0.3, seed: int = SEED) -> tuple[Floats, Floats, Floats, list[Flags]]:
    """A base of 52 weeks, windows of 4 and 22, and shares that vary between weeks by ``spread``."""
    random = np.random.default_rng(seed)
    places = np.array([*range(52), *range(53, 79)], dtype=float)
    n: Floats = (random.poisson(25, places.size) + 5).astype(float)
    odds = -1.4 + random.normal(0, spread, places.size)
    hits = random.binomial(n.astype(int), 1 / (1 + np.exp(-odds))).astype(float)
    groups = [places < 52, (places >= 53) & (places < 57), places >= 57]
    return hits, n, places, groups


def test_the_fit_is_that_of_statsmodels_with_trials_as_variance_weights() -> None:
    """Guards against `GLM([y, n - y])` with scale X2, which ignores the trials (statsmodels 0.15)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.genmod.families import Binomial
        from statsmodels.genmod.generalized_linear_model import GLM
    hits, n, places, groups = weekly()
    design = np.column_stack([np.ones_like(n), *groups[1:]]).astype(float)
    right = GLM(hits / n, design, family=Binomial(), var_weights=n).fit(scale="X2")
    wrong = GLM(np.column_stack([hits, n - hits]), design, family=Binomial()).fit(scale="X2")
    ours = fit_quasi_binomial(hits, n, places, groups)
    assert ours.dispersion == pytest.approx(right.scale)
    assert ours.effects == pytest.approx(right.params[1:])
    assert wrong.scale < right.scale / 10


def test_without_autocorrelation_the_errors_are_those_of_the_quasi_binomial_model() -> None:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    hits, n, places, groups = weekly(0.6)
    apart = places * 3  # no week follows another, so that no autocorrelation is estimated
    design = np.column_stack([np.ones_like(n), *groups[1:]]).astype(float)
    right = GLM(hits / n, design, family=Binomial(), var_weights=n).fit(scale="X2")
    ours = fit_quasi_binomial(hits, n, apart, groups)
    assert ours.autocorrelation == 0
    assert ours.errors == pytest.approx(right.bse[1:])


def test_errors_are_never_narrower_than_the_binomial_ones() -> None:
    _, n, places, groups = weekly()
    hits = np.round(n * 0.2)
    ours = fit_quasi_binomial(hits, n, places * 3, groups)
    assert ours.dispersion < 0.3
    counts = [(hits[group].sum(), n[group].sum()) for group in groups]
    binomial = [sum(1 / h + 1 / (m - h) for h, m in (counts[0], window)) ** 0.5 for window in counts[1:]]
    assert ours.errors == pytest.approx(binomial)


def test_autocorrelated_weeks_widen_the_errors() -> None:
    hits, n, places, groups = weekly(0.0)
    wave = 1 + 0.8 * np.sin(np.arange(places.size) / 3)
    smooth = np.round(hits.mean() / n.mean() * n * wave)
    shuffled = np.random.default_rng(1).permutation(places.size)
    related, mixed = (
        fit_quasi_binomial(smooth[order], n[order], places, groups)
        for order in (np.arange(places.size), shuffled)
    )
    assert related.autocorrelation > 0.7
    assert mixed.autocorrelation < 0.4
    assert related.errors[0] > 1.3 * mixed.errors[0]


def test_the_autocorrelation_skips_gaps_and_is_neither_negative_nor_near_1() -> None:
    places = np.arange(40.0)
    assert lag_one(np.tile([1.0, -1.0], 20), places) == 0
    assert lag_one(np.ones(40), places) == 0.95
    assert lag_one(np.ones(40), places * 2) == 0
    assert lag_one(np.zeros(40), places) == 0


def test_unchanged_weeks_seldom_give_a_small_p() -> None:
    found = [second_opinions(*weekly(seed=seed))[0].p for seed in range(400)]
    assert np.mean([p is not None and p <= 0.05 for p in found]) <= 0.08


def test_a_window_without_the_frame_is_refused_and_the_other_is_not() -> None:
    hits, n, places, groups = weekly()
    hits[groups[1]] = 0
    first, later = second_opinions(hits, n, places, groups)
    assert (first.odds_ratio, first.p) == (None, None)
    assert first.reason == "all items of the window carry the frame, or none"
    assert later.p is not None


def test_a_base_without_the_frame_leaves_no_opinion() -> None:
    hits, n, places, groups = weekly()
    hits[groups[0]] = 0
    assert [one.p for one in second_opinions(hits, n, places, groups)] == [None, None]
