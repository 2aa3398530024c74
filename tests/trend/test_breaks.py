"""Candidate breaks: the exact partition, a penalty that autocorrelation does not fool, and refusals."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import ruptures
from numpy.typing import NDArray

from monitor.clock import Week
from monitor.findings import BreakSearch
from monitor.trend.breaks import (
    MINIMUM_RUN,
    find_breaks,
    measure_noise,
    nearby_events,
    partition,
    robust_autocorrelation,
    robust_variance,
    running_median,
    stabilised,
)
from monitor.trend.shares import wilson_interval
from monitor.types import Event, WeekCount
from tests.trend.conftest import WEEK, a_count

Array = NDArray[np.float64]
FIRST = WEEK.plus(-155)
STEP = WEEK.plus(-77)


def an_event(day: str, event_id: str = "E1", precision: str = "day", *, verified: bool = True) -> Event:
    return Event(
        event_id, day, precision, "A verdict", "UK", "verdict", (), verified=verified,  # type: ignore[arg-type]
    )  # fmt: skip


def drawn(
    *,
    before: float = 0.15,
    after: float = 0.15,
    items: int = 40,
    phi: float = 0.0,
    spread: float = 0.0,
    seed: int = 1,
) -> list[WeekCount]:
    """156 weeks up to WEEK, whose share moves at STEP."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal(156)
    for week in range(1, 156):
        noise[week] = phi * noise[week - 1] + np.sqrt(1 - phi**2) * noise[week]
    share = np.where(np.arange(156) < 78, before, after)
    odds = share / (1 - share) * np.exp(spread * noise)
    n = random.poisson(items, 156)
    hits = random.binomial(n, odds / (1 + odds))
    return [a_count(FIRST.plus(week), int(n[week]), {"incompetent": int(hits[week])}) for week in range(156)]


def search(counts: list[WeekCount], *events: Event) -> BreakSearch:
    return find_breaks(counts, "incompetent", FIRST, WEEK, events)


def test_a_step_is_found_in_its_week_with_both_shares_their_n_and_intervals() -> None:
    counts = drawn(before=0.1, after=0.3)
    (found,) = search(counts).breaks
    assert found.week == STEP
    old, new = counts[:78], counts[78:]
    for side, weeks, share in ((found.before, old, 0.1), (found.after, new, 0.3)):
        assert side.n == sum(count.relevant for count in weeks)
        assert side.hits == sum(count.hits["incompetent"] for count in weeks)
        assert side.share == side.hits / side.n
        assert side.low is not None
        assert side.high is not None
        assert side.low < share < side.high
        assert not side.corrected
    assert (found.before.week, found.after.week) == (FIRST, STEP)
    assert (found.weeks_before, found.weeks_after) == (78, 78)


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.7])
def test_unchanged_series_seldom_have_a_candidate_however_alike_their_weeks_are(phi: float) -> None:
    found = [search(drawn(phi=phi, spread=0.5, seed=seed)).breaks for seed in range(60)]
    assert sum(map(bool, found)) <= 5  # of 60 at 3 %: more than 5 in fewer than one run of 100


def test_the_usual_penalty_would_find_breaks_in_most_unchanged_series() -> None:
    fooled = 0
    for seed in range(30):
        counts = drawn(phi=0.7, spread=0.5, items=400, seed=seed)
        n = np.array([count.relevant for count in counts], dtype=float)
        hits = np.array([count.hits["incompetent"] for count in counts], dtype=float)
        noise = measure_noise(hits, n)
        usual = 2 * noise.variance * np.log(156)
        fooled += bool(partition(stabilised(hits, n), noise.weights, usual, MINIMUM_RUN))
        assert noise.inflation > 2
    assert fooled >= 15


def test_autocorrelation_is_not_mistaken_for_the_step_itself() -> None:
    flat, stepped = search(drawn()), search(drawn(before=0.1, after=0.4))
    assert flat.autocorrelation is not None
    assert stepped.autocorrelation is not None
    assert stepped.autocorrelation < 0.35  # about the mean of all weeks it would be 0.9


def test_a_level_of_some_months_is_found_at_both_ends() -> None:
    high = {c.week: c for c in drawn(before=0.45, after=0.45, items=100)}
    inside = [FIRST.plus(week) for week in range(60, 72)]
    counts = [high[c.week] if c.week in inside else c for c in drawn(items=100, spread=0.2, seed=3)]
    assert [found.week for found in search(counts).breaks] == [inside[0], inside[-1].plus(1)]


def test_sampling_in_small_weeks_does_not_hide_that_weeks_resemble_each_other() -> None:
    found = [search(drawn(items=40, phi=0.7, spread=0.5, seed=seed)) for seed in range(20)]
    plain = [(1 + (one.autocorrelation or 0)) / (1 - (one.autocorrelation or 0)) for one in found]
    assert np.median([one.inflation or 0 for one in found]) > 1.3 * np.median(plain)


def test_a_share_beside_a_break_has_a_wider_interval_where_weeks_vary_beyond_sampling() -> None:
    (found,) = search(drawn(before=0.1, after=0.5, items=200, spread=0.4, phi=0.3)).breaks
    low, high = wilson_interval(found.after.hits, found.after.n)
    assert found.after.low is not None
    assert found.after.high is not None
    assert found.after.high - found.after.low > 1.5 * (high - low)


def test_the_robust_estimates_are_those_of_a_normal_autoregression() -> None:
    random = np.random.default_rng(4)
    values = random.standard_normal(6_000)
    for place in range(1, len(values)):
        values[place] = 0.6 * values[place - 1] + 0.8 * values[place]
    assert robust_variance(values) == pytest.approx(1.0, abs=0.06)
    assert robust_autocorrelation(values, 1) == pytest.approx(0.6, abs=0.04)
    values[1000:1300] += 6.0
    assert robust_autocorrelation(values, 1) == pytest.approx(0.6, abs=0.08)
    assert robust_variance(np.array([np.nan])) == 0.0


def test_weeks_that_were_not_collected_are_left_out_and_not_zero() -> None:
    counts = [count for place, count in enumerate(drawn(before=0.3, after=0.3)) if not 60 <= place < 75]
    uncollected = search(counts)
    assert (uncollected.weeks, uncollected.missing) == (141, 15)
    assert uncollected.breaks == ()
    as_zero = [a_count(FIRST.plus(place), 40, {}) for place in range(60, 75)]
    assert len(search(counts + as_zero).breaks) == 2


def test_a_step_is_found_beside_a_gap() -> None:
    counts = [c for place, c in enumerate(drawn(before=0.1, after=0.3)) if not 70 <= place < 80]
    (found,) = search(counts).breaks
    assert found.week == FIRST.plus(80)
    assert found.weeks_before == 70


def test_weeks_with_few_items_weigh_less() -> None:
    counts = drawn(before=0.15, after=0.15, items=200)
    thin = [
        replace(c, relevant=1, hits={"incompetent": 1}) if place >= 140 else c
        for place, c in enumerate(counts)
    ]
    noise = measure_noise(
        np.array([c.hits["incompetent"] for c in thin], dtype=float),
        np.array([c.relevant for c in thin], dtype=float),
    )
    assert noise.weights[150] < noise.weights[0] / 2


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([], "only 0 weeks have a relevant item; 52 are needed"),
        (drawn()[:51], "only 51 weeks have a relevant item; 52 are needed"),
        ([a_count(FIRST.plus(n), 40, {}) for n in range(156)], "only 0 items carry it; 20 are needed"),
        (
            [a_count(FIRST.plus(n), 40, {"incompetent": 40}) for n in range(156)],
            "only 0 items do not carry it; 20 are needed",
        ),
    ],
)  # fmt: skip
def test_too_little_is_not_estimable_and_says_why(counts: list[WeekCount], reason: str) -> None:
    found = search(counts)
    assert found.reason == reason
    assert found.breaks == ()
    assert found.inflation is None


def test_events_within_two_weeks_are_named_and_none_without_a_verified_day() -> None:
    monday = STEP.monday()
    near = an_event(str(monday), "NOW"), an_event(str(STEP.plus(-2).monday()), "BEFORE")
    far = an_event(str(STEP.plus(3).monday()), "FAR")
    vague = an_event(str(monday), "VAGUE", "month"), an_event(str(monday), "UNSURE", verified=False)
    (found,) = search(drawn(before=0.1, after=0.3), *near, far, *vague).breaks
    assert [(one.event.id, one.weeks_after) for one in found.events] == [("NOW", 0), ("BEFORE", 2)]


def test_an_event_after_the_break_is_said_to_come_later() -> None:
    (near,) = nearby_events([an_event(str(WEEK.plus(1).monday()))], WEEK)
    assert near.weeks_after == -1


def random_series(seed: int) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    values = random.standard_normal(120) + np.repeat(random.normal(0, 1.5, 6), 20)
    return values, random.uniform(0.2, 3.0, 120)


@pytest.mark.parametrize("seed", range(8))
def test_the_partition_is_the_one_that_ruptures_finds_for_equal_weights(seed: int) -> None:
    values, _ = random_series(seed)
    theirs = (
        ruptures.KernelCPD(kernel="linear", min_size=8, jump=1).fit(values.reshape(-1, 1)).predict(pen=6.0)
    )
    assert partition(values, np.ones(120), 6.0, 8) == theirs[:-1]


def cost(values: Array, weights: Array, cuts: list[int], penalty: float) -> float:
    bounds = [0, *cuts, len(values)]
    runs = [slice(start, end) for start, end in pairwise(bounds)]
    means = [np.average(values[run], weights=weights[run]) for run in runs]
    squares = [
        float((weights[run] * (values[run] - mean) ** 2).sum()) for run, mean in zip(runs, means, strict=True)
    ]
    return sum(squares) + penalty * len(cuts)


@pytest.mark.parametrize("seed", range(4))
def test_no_weighted_partition_that_ruptures_finds_is_cheaper(seed: int) -> None:
    values, weights = random_series(seed)
    root = np.sqrt(weights)
    # Least squares of y√w on √w alone are the weighted squares about the weighted mean.
    search = ruptures.Pelt(model="linear", min_size=8, jump=1).fit(np.column_stack([values * root, root]))
    theirs, ours = search.predict(pen=6.0)[:-1], partition(values, weights, 6.0, 8)
    assert cost(values, weights, ours, 6.0) <= cost(values, weights, theirs, 6.0) + 1e-9
    assert ours == theirs


def test_every_run_has_its_minimum_of_weeks() -> None:
    values = np.concatenate([np.zeros(5), np.full(30, 9.0), np.zeros(5)])
    cuts = partition(values, np.ones(40), 0.01, 8)
    assert all(end - start >= 8 for start, end in zip([0, *cuts], [*cuts, 40], strict=True))
    assert partition(values[:7], np.ones(7), 0.01, 8) == []


def test_a_running_median_follows_a_step_and_leaves_out_gaps() -> None:
    values = np.concatenate([np.zeros(40), np.ones(40)])
    values[10] = np.nan
    median = running_median(values, 21)
    assert (median[:40].max(), median[40:].min()) == (0.0, 1.0)
    assert np.isnan(running_median(np.full(9, np.nan), 3)).all()


def test_weeks_outside_the_span_change_nothing() -> None:
    counts = drawn(before=0.1, after=0.3)
    beside = [a_count(Week(2001, week), 900, {"incompetent": 900}) for week in range(1, 50)]
    assert search([*counts, *beside]) == search(counts)
