"""Ask of event studies: false alarms, power, half-lives, interval coverage, and speed.

    .venv/bin/python benchmarks/trend_events.py [--series 4000]

Series are weekly counts whose log-odds and log volumes follow AR(1), standard deviations .3 and .4, with
two listed events a year whose weeks are ordinary ones. The seed was fixed before the first run.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from monitor.clock import Week
from monitor.trend.decay import half_life
from monitor.trend.events import holm, study_event
from monitor.trend.neighbours import study_week
from monitor.trend.placebo import (
    AFFECTED,
    BASE,
    FIRST,
    LATER,
    Differences,
    PlaceboTest,
    Span,
    choose_placebos,
    detectable_share,
    rank_placebos,
    share_differences,
    share_limits,
    smoothed_share,
    volume_differences,
    window_sums,
)
from monitor.trend.second_opinion import fit_quasi_binomial
from monitor.trend.weekly import WeekSeries
from monitor.types import Event

SEED = 20261125
CORRELATIONS = (0.0, 0.4, 0.7)
LAYOUTS = {"3 years": (156, 118), "6 years": (312, 200), "18 years": (936, 300)}
"""Weeks of a series, and the event's place among them."""
RATIOS = (1.5, 2.2, 4.0, 8.0)
HALF_LIFE = 4.0
Floats = npt.NDArray[np.float64]


@dataclass
class Simulated:
    """Series as arrays (series, weeks), with the places of the event and of other listed ones."""

    n: Floats
    hits: Floats
    place: int
    others: list[int]


def latent(
    random: np.random.Generator, shape: tuple[int, int], correlation: float, deviation: float
) -> Floats:
    """Return stationary AR(1) series."""
    noise = random.normal(0, deviation, shape)
    series = np.empty(shape)
    series[:, 0] = noise[:, 0]
    for week in range(1, shape[1]):
        series[:, week] = correlation * series[:, week - 1] + np.sqrt(1 - correlation**2) * noise[:, week]
    return series


def simulate(
    random: np.random.Generator,
    number: int,
    layout: str,
    correlation: float,
    *,
    mean: float = 25,
    share: float = 0.2,
    effect: Floats | None = None,
    surge: Floats | None = None,
) -> Simulated:
    """Return series whose event adds ``effect`` to the log-odds of the weeks from its own on.

    ``surge`` multiplies the volumes of the same weeks.
    """
    weeks, place = LAYOUTS[layout]
    odds = np.log(share / (1 - share)) + latent(random, (number, weeks), correlation, 0.3)
    volume = np.full(weeks, float(mean))
    if effect is not None:
        odds[:, place : place + len(effect)] += effect[: weeks - place]
    if surge is not None:
        volume[place : place + len(surge)] *= surge[: weeks - place]
    busy = np.exp(latent(random, odds.shape, correlation, 0.4) - 0.4**2 / 2)
    n = random.poisson(volume * busy).astype(float)
    hits = random.binomial(n.astype(int), 1 / (1 + np.exp(-odds))).astype(float)
    others = [int(week) for week in random.choice(weeks, weeks // 26, replace=False) if week != place]
    return Simulated(n, hits, place, others)


@dataclass
class Tested:
    """The test of every series in one window, with the sums that it used."""

    differences: Differences
    test: PlaceboTest
    hits: Floats
    n: Floats
    base_hits: Floats
    base_n: Floats


def test_shares(data: Simulated, window: Span) -> Tested:
    """Test the event of every series."""
    n, base_n = (window_sums(data.n, span) for span in (window, BASE))
    hits, base_hits = (window_sums(data.hits, span) for span in (window, BASE))
    differences = share_differences(hits, n, base_hits, base_n)
    mask, _ = choose_placebos(_usable(data.n.shape[1], window), data.place, window, data.others)
    test = rank_placebos(differences, data.place, mask, window)
    at = (..., data.place)
    return Tested(differences, test, hits[at], n[at], base_hits[at], base_n[at])


def test_volumes(data: Simulated, window: Span) -> PlaceboTest:
    """Test the volume of every series."""
    every = np.ones_like(data.n)
    sums = [window_sums(values, span) for span in (window, BASE) for values in (data.n, every)]
    mask, _ = choose_placebos(_usable(data.n.shape[1], window), data.place, window, data.others)
    return rank_placebos(volume_differences(*sums), data.place, mask, window)


def _usable(weeks: int, window: Span) -> npt.NDArray[np.bool_]:
    places = np.arange(weeks)
    return (places >= 26 + 1) & (places + window.last < weeks)


def rows_of_false_alarms(number: int) -> Iterator[str]:
    """Yield table rows: how often unchanged series give p <= 5 %."""
    random = np.random.default_rng(SEED)
    for layout in LAYOUTS:
        for correlation in CORRELATIONS:
            data = simulate(random, number, layout, correlation)
            first, later, volume = (
                test_shares(data, FIRST).test,
                test_shares(data, LATER).test,
                test_volumes(data, FIRST),
            )
            family = first.p[: number // 3 * 3].reshape(-1, 3)
            wrong = np.mean([min(holm(list(p), 3)) <= 0.05 for p in family])
            yield (
                f"| {layout} | {correlation:.1f} | {int(first.placebos[0])} | {_rate(first.p)} | {wrong:.1%} "
                f"| {_rate(volume.p)} | {int(later.placebos[0])} | {_rate(later.p)} "
                f"| {_rate(_second_p(data))} |"
            )


def rows_of_stress(number: int) -> Iterator[str]:
    """Yield table rows: false alarms where counts are thin, frames rare, or only the volume changes."""
    random = np.random.default_rng(SEED + 1)
    surge = 1 + 39 * np.exp2(-np.arange(26) / 4.5)
    for name, options in {
        "6 items a week": {"mean": 6.0},
        "share 3 %": {"share": 0.03},
        "6 items a week, share 5 %": {"mean": 6.0, "share": 0.05},
        "volume 40 times, share unchanged": {"surge": surge},
        "volume a quarter, share unchanged": {"surge": np.full(26, 0.25)},
    }.items():
        rates = [
            _rate(test_shares(simulate(random, number, "6 years", phi, **options), FIRST).test.p)  # type: ignore[arg-type]
            for phi in CORRELATIONS
        ]
        yield f"| {name} | " + " | ".join(rates) + " |"


def _second_p(data: Simulated, most: int = 1_000) -> Floats:
    """Return the second opinion's p for weeks 0-3 of some series."""
    from scipy.special import stdtr

    places = np.arange(data.n.shape[1])
    spans = [(places >= data.place + s.first) & (places <= data.place + s.last) for s in (BASE, FIRST, LATER)]
    found = []
    for n, hits in zip(data.n[:most], data.hits[:most], strict=True):
        kept = np.any(spans, axis=0) & (n > 0)
        groups = [span[kept] for span in spans]
        if not all(0 < hits[kept][group].sum() < n[kept][group].sum() for group in groups):
            continue
        fit = fit_quasi_binomial(hits[kept], n[kept], places[kept].astype(float), groups)
        found.append(2 * stdtr(fit.freedom, -abs(fit.effects[0]) / fit.errors[0]))
    return np.array(found)


def _rate(p: Floats, level: float = 0.05) -> str:
    return f"{np.mean(p <= level):.1%}"


def rows_of_power(number: int) -> Iterator[str]:
    """Yield table rows: decaying effects found, and how well their half-life is told."""
    random = np.random.default_rng(SEED + 2)
    fading = np.exp2(-np.arange(104) / HALF_LIFE)
    for layout in ("3 years", "18 years"):
        for mean in (25.0, 100.0):
            for ratio in RATIOS:
                data = simulate(random, number, layout, 0.4, mean=mean, effect=np.log(ratio) * fading)
                found = test_shares(data, FIRST)
                yield (
                    f"| {layout} | {mean:.0f} | {ratio:g} | {_rate(found.test.p)} "
                    f"| {_rate(found.test.p, 0.05 / 3)} | " + _half_lives(data, found.test.p) + " |"
                )


def _half_lives(data: Simulated, p: Floats, most: int = 150) -> str:
    """Return the median half-life of the effects found, its relative error, and the interval's coverage."""
    base, after = (slice(data.place + span.first, data.place + span.last + 1) for span in (BASE, AFFECTED))
    found = [
        half_life("", data.hits[row, base], data.n[row, base], data.hits[row, after], data.n[row, after])
        for row in np.flatnonzero(p <= 0.05)[:most]
    ]
    told = [one for one in found if one.weeks is not None]
    if not told:
        return "none | | | "
    weeks = np.array([one.weeks for one in told])
    held = np.mean([(one.low or 0) <= HALF_LIFE <= (one.high or np.inf) for one in told])
    error = np.median(np.abs(weeks / HALF_LIFE - 1))
    return f"{np.median(weeks):.1f} | {error:.0%} | {held:.0%} | {len(told)} of {len(found)}"


def rows_of_intervals(number: int) -> Iterator[str]:
    """Yield table rows: how often the interval of the odds ratio holds the true one, and the power stated."""
    random = np.random.default_rng(SEED + 3)
    for layout in LAYOUTS:
        for share in (0.03, 0.1, 0.25, 0.45):
            held, power = [], []
            for ratio in (1.0, 2.2):
                lift = np.full(4, np.log(ratio))
                data = simulate(random, number, layout, 0.4, share=share, effect=lift)
                found = test_shares(data, FIRST)
                low, high = share_limits(
                    found.hits, found.n, found.base_hits, found.base_n, found.test.tau2, found.test.width
                )
                base = smoothed_share(found.base_hits, found.base_n)
                odds = base / (1 - base) * ratio
                true = odds / (1 + odds)
                held.append(np.mean((low <= true) & (true <= high)))
            findable = detectable_share(found.differences, found.test, data.place, base, found.n)
            lift = np.full(4, np.median(log_odds(findable) - log_odds(base)))
            power = test_shares(simulate(random, number, layout, 0.4, share=share, effect=lift), FIRST).test.p
            yield (
                f"| {layout} | {share:.0%} | {held[0]:.1%} | {held[1]:.1%} | {np.exp(lift[0]):.1f} "
                f"| {_rate(power)} |"
            )


def rows_of_baby_p(number: int) -> Iterator[str]:
    """Yield table rows: an effect as large as that of November 2008, in a series of the years around it."""
    random = np.random.default_rng(SEED + 4)
    fading = np.exp2(-np.arange(52) / 4.5)
    for layout in LAYOUTS:
        data = simulate(
            random, number, layout, 0.7, mean=10, effect=np.log(4) * fading, surge=1 + 39 * fading
        )
        shares, volumes = test_shares(data, FIRST).test, test_volumes(data, FIRST)
        yield f"| {layout} | {_rate(volumes.p)} | {_rate(shares.p)} | {_rate(shares.p, 0.05 / 3)} |"


def time_studies() -> tuple[float, int]:
    """Return the seconds of 60 studies of 12 frames in 22 years, and how many effects were estimated."""
    random = np.random.default_rng(SEED + 5)
    weeks, frames = 22 * 52, [f"frame_{number}" for number in range(9)]
    names = ("incompetent", "over_zealous", "positive", *frames)
    n = random.poisson(60, weeks).astype(float)
    hits = random.binomial(n.astype(int), 0.1, (len(names), weeks)).astype(float)
    series = WeekSeries(Week(2004, 2), names, np.ones(weeks, dtype=bool), n, hits)
    events = [_event(number, series, int(week)) for number, week in enumerate(random.choice(1_000, 60) + 60)]
    for event in events[::4]:  # so that half-lives are bootstrapped too
        place = series.place(study_week(event))
        hits[:, place : place + 8] = np.minimum(n[place : place + 8], 4 * hits[:, place : place + 8])
    start = time.perf_counter()
    studies = [study_event(event, series, names, events) for event in events]
    seconds = time.perf_counter() - start
    return seconds, sum(one.verdict != "not_estimable" for study in studies for one in study.effects)


def log_odds(shares: Floats) -> Floats:
    """Return the log-odds of shares."""
    return np.log(shares / (1 - shares))


def _event(number: int, series: WeekSeries, place: int) -> Event:
    day = series.first.plus(place).monday() + timedelta(days=2)
    return Event(f"S{number}", day.isoformat(), "day", "", "UK", "", (), verified=True)


def table(heads: str, rows: Iterator[str]) -> None:
    """Print a table, row by row."""
    print(f"\n| {heads} |\n|{'---|' * (heads.count('|') + 1)}")
    for row in rows:
        print(row, flush=True)


def main() -> None:
    """Measure and print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--series", type=int, default=4_000)
    number = parser.parse_args().series
    start = time.perf_counter()
    table(
        "data | AR(1) | placebos | weeks 0-3 | three core frames, Holm | volume | placebos | weeks 4-25 "
        "| second opinion",
        rows_of_false_alarms(number),
    )
    table("unchanged shares, AR(1) | 0 | .4 | .7", rows_of_stress(number))
    table(
        "data | items a week | odds ratio | found | found after Holm | half-life | error | interval holds 4 "
        "| estimated",
        rows_of_power(number // 4),
    )
    table(
        "data | share | holds 1 | holds 2.2 | ratio said to be found | found",
        rows_of_intervals(number // 2),
    )
    table("data | volume found | share found | after Holm", rows_of_baby_p(number // 4))
    seconds, estimated = time_studies()
    print(f"\n60 events x 12 frames in 22 years: {seconds:.1f} s, {estimated:,} effects estimated")
    print(f"{time.perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
