"""Lagged correlations: the right lag, an interval that autocorrelation widens, and refusals."""

import numpy as np
import pytest

from monitor.trend.indicators import CAVEAT, lagged_correlation


def by_lag(first: list[float | None], second: list[float | None]) -> dict[int, float | None]:
    return {one.lag: one.r for one in lagged_correlation(first, second)}


def test_the_lag_says_how_much_later_the_second_series_is_read() -> None:
    first = np.random.default_rng(1).standard_normal(60).tolist()
    second = [None] * 3 + first[:-3]
    found = by_lag(first, second)
    assert found[3] == pytest.approx(1.0)
    assert all(abs(r or 0) < 0.5 for lag, r in found.items() if lag != 3)
    assert by_lag(second, first)[-3] == pytest.approx(1.0)


def test_fewer_than_twenty_pairs_are_not_estimable_at_that_lag() -> None:
    values = np.random.default_rng(2).standard_normal(22).tolist()
    found = {one.lag: one for one in lagged_correlation(values, values)}
    assert (found[2].n, found[2].reason) == (20, "")
    assert (found[3].n, found[3].r, found[3].reason) == (19, None, "19 pairs; 20 are needed")


def test_missing_values_cost_their_pairs_only() -> None:
    values: list[float | None] = list(np.random.default_rng(3).standard_normal(40))
    values[5] = None
    (same,) = [one for one in lagged_correlation(values, values) if one.lag == 0]
    assert same.n == 39
    assert same.r == pytest.approx(1.0)


def test_a_series_that_does_not_vary_is_not_estimable() -> None:
    flat = lagged_correlation([1.0] * 40, np.random.default_rng(4).standard_normal(40).tolist())
    assert {one.reason for one in flat} == {"one of the series does not vary"}


def test_two_trends_have_a_wide_interval_or_none() -> None:
    random = np.random.default_rng(5)
    drifts = [np.cumsum(random.standard_normal(80)).tolist() for _ in range(2)]
    noise = [random.standard_normal(80).tolist() for _ in range(2)]
    widths = []
    for first, second in (drifts, noise):
        (now,) = [one for one in lagged_correlation(first, second) if one.lag == 0]
        widths.append(2.0 if now.low is None or now.high is None else now.high - now.low)
    assert widths[0] > 2 * widths[1]


def test_independent_series_lie_outside_the_interval_as_seldom_as_it_says() -> None:
    random = np.random.default_rng(6)
    outside = 0
    for _ in range(300):
        first, second = random.standard_normal((2, 60))
        for series in (first, second):
            for place in range(1, 60):
                series[place] += 0.6 * series[place - 1]
        (now,) = lagged_correlation(first.tolist(), second.tolist(), 0)
        outside += now.low is not None and now.high is not None and not now.low <= 0 <= now.high
    assert outside <= 30  # 15 expected


def test_a_series_alike_from_end_to_end_gives_no_interval() -> None:
    line = [float(n) for n in range(21)]
    (now,) = lagged_correlation(line, line, 0)
    assert now.low is None or now.low > -1


def test_the_caveat_says_that_it_is_no_evidence() -> None:
    assert "no evidence" in CAVEAT
