"""How often candidate breaks and outbreaks are found where nothing changed, and where something did.

    python benchmarks/trend_breaks.py [--series 4000] [--peer 20]

Series of three years of weeks: about 40 relevant items a week, Poisson about a log-normal volume, a share of
15 % whose log-odds vary as an autoregression of standard deviation 0.5, read by the functions that commands
call. The seed was fixed before the first run. The peer is ruptures' Pelt with the same cost, written
for it, on the same series; it must find the same cuts. Prints Markdown tables.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from math import log

import numpy as np
import ruptures
from numpy.typing import NDArray

from monitor.clock import Week
from monitor.trend.breaks import MARGIN, MINIMUM_RUN, find_breaks, measure_noise, partition, stabilised
from monitor.trend.outbreaks import check_outbreaks
from monitor.types import WeekCount

Array = NDArray[np.float64]

SEED = 20261125
FRAME = "incompetent"
FIRST = Week(2020, 1)
AUTOCORRELATIONS = (0.0, 0.4, 0.7)
SPREAD = 0.5
BASE_SHARE = 0.15


def autoregressions(series: int, weeks: int, phi: float, random: np.random.Generator) -> Array:
    """Return stationary autoregressions of variance 1, one a row."""
    values = random.standard_normal((series, weeks))
    for week in range(1, weeks):
        values[:, week] = phi * values[:, week - 1] + np.sqrt(1 - phi**2) * values[:, week]
    return values


def drawn(
    series: int, weeks: int, phi: float, random: np.random.Generator,
    *, items: float = 40.0, step: float = 1.0, lasting: int | None = None,
) -> tuple[Array, Array]:  # fmt: skip
    """Return hits and items, one series a row; from the middle on the odds are ``step`` times as high."""
    log_odds = log(BASE_SHARE / (1 - BASE_SHARE)) + SPREAD * autoregressions(series, weeks, phi, random)
    end = weeks if lasting is None else weeks // 2 + lasting
    log_odds[:, weeks // 2 : end] += log(step)
    volume = items * np.exp(0.4 * autoregressions(series, weeks, phi, random) - 0.08)
    n = np.maximum(random.poisson(volume), 1)
    return random.binomial(n, 1 / (1 + np.exp(-log_odds))).astype(float), n.astype(float)


def counts_of(hits: Array, n: Array) -> list[WeekCount]:
    """Return one series as the store gives it."""
    last = FIRST.plus(len(n) - 1)
    return [
        WeekCount(week, "all", int(items) * 2, int(items), 0, int(items), 0, {FRAME: int(hit)})
        for week, items, hit in zip(FIRST.until(last), n, hits, strict=True)
    ]


def breaks_of(hits: Array, n: Array) -> Iterator[list[Week]]:
    """Yield the weeks of the candidates of each series."""
    last = FIRST.plus(n.shape[1] - 1)
    for row, items in zip(hits, n, strict=True):
        yield [one.week for one in find_breaks(counts_of(row, items), FRAME, FIRST, last).breaks]


def false_breaks(series: int) -> None:
    """Print how many unchanged series have a candidate."""
    print("| weeks | items a week | AR(1) | series | with a candidate | seconds |")
    print("|---:|---:|---:|---:|---:|---:|")
    for weeks, items, number in ((156, 40.0, series), (104, 40.0, series // 4), (520, 40.0, series // 16),
                                 (156, 2_000.0, series // 4), (156, 8.0, series // 4),
                                 (156, 3.0, series // 4)):  # fmt: skip
        for phi in AUTOCORRELATIONS:
            random = np.random.default_rng(SEED)
            started = time.perf_counter()
            found = list(breaks_of(*drawn(number, weeks, phi, random, items=items)))
            share = sum(map(bool, found)) / number
            seconds = time.perf_counter() - started
            print(
                f"| {weeks} | {items:,.0f} | {phi} | {number:,} | {share:.1%} | {seconds:.0f} |", flush=True
            )


def found_breaks(series: int) -> None:
    """Print how many planted steps are found, within two weeks of their place."""
    middle = FIRST.plus(78)
    print("\n| odds ratio | lasting | AR(1) | found within 2 weeks | within 8 | other candidates |")
    print("|---:|---|---:|---:|---:|---:|")
    for step, lasting in ((1.5, None), (2.2, None), (4.0, None), (4.0, 12)):
        for phi in AUTOCORRELATIONS:
            random = np.random.default_rng(SEED)
            every = list(breaks_of(*drawn(series, 156, phi, random, step=step, lasting=lasting)))
            places = {middle.plus(n): abs(n) for n in range(-8, 9)}
            near = [min((places[week] for week in weeks if week in places), default=99) for weeks in every]
            ends = {FIRST.plus(78 + lasting + n) for n in range(-8, 9)} if lasting else set()
            odd = sum(any(week not in places and week not in ends for week in weeks) for weeks in every)
            close, wide = (sum(n <= most for n in near) / series for most in (2, 8))
            how = "to the end" if lasting is None else f"{lasting} weeks"
            print(f"| {step} | {how} | {phi} | {close:.0%} | {wide:.0%} | {odd / series:.1%} |", flush=True)


class WeightedMean(ruptures.base.BaseCost):  # type: ignore[misc]
    """Our cost for ruptures: weighted squares about the mean; the signal holds values and weights."""

    model = ""
    min_size = MINIMUM_RUN

    def fit(self, signal: Array) -> "WeightedMean":
        """Take a signal of shape (weeks, 2)."""
        values, weights = signal.T
        parts = (weights, weights * values, weights * values**2)
        self.sums = [np.concatenate([[0.0], np.cumsum(part)]).tolist() for part in parts]
        self.signal = signal
        return self

    def error(self, start: int, end: int) -> float:
        """Return the cost of the weeks from ``start`` up to ``end``."""
        weight, moment, square = (sums[end] - sums[start] for sums in self.sums)
        return float(square - moment**2 / weight)


def against_ruptures(series: int) -> None:
    """Print how long both take for the same series, and whether they find the same cuts."""
    random = np.random.default_rng(SEED)
    hits, n = drawn(series, 156, 0.4, random, step=2.2)
    ours: list[list[int]] = []
    theirs: list[list[int]] = []
    spent = [0.0, 0.0]
    for row, items in zip(hits, n, strict=True):
        noise = measure_noise(row, items)
        values = stabilised(row, items)
        penalty = MARGIN * 2 * noise.variance * noise.inflation * log(len(values))
        started = time.perf_counter()
        ours.append(partition(values, noise.weights, penalty, MINIMUM_RUN))
        between = time.perf_counter()
        search = ruptures.Pelt(custom_cost=WeightedMean(), min_size=MINIMUM_RUN, jump=1)
        theirs.append(search.fit(np.column_stack([values, noise.weights])).predict(pen=penalty)[:-1])
        spent[0] += between - started
        spent[1] += time.perf_counter() - between
    same = sum(a == b for a, b in zip(ours, theirs, strict=True))
    print(f"\n| | ms a series of 156 weeks |\n|---|---:|\n| ours | {spent[0] / series * 1000:.1f} |")
    print(f"| ruptures.Pelt, jump 1 | {spent[1] / series * 1000:.1f} |")
    print(f"\nratio {spent[1] / spent[0]:.0f}; the same cuts in {same} of {series}")


def false_outbreaks(series: int) -> None:
    """Print how many outbreaks a year are found where nothing changed."""
    print("\n| items a week | spread of log volume | AR(1) | alarms a year: volume | a share |")
    print("|---:|---:|---:|---:|---:|")
    weeks = list(FIRST.until(FIRST.plus(103)))
    for items in (5.0, 40.0, 400.0):
        for spread in (0.2, 0.4, 0.6):
            for phi in AUTOCORRELATIONS:
                random = np.random.default_rng(SEED)
                volume = items * np.exp(spread * autoregressions(series, 104, phi, random) - spread**2 / 2)
                n = random.poisson(volume)
                level = log(BASE_SHARE / (1 - BASE_SHARE))
                log_odds = level + spread * autoregressions(series, 104, phi, random)
                hits = random.binomial(n, 1 / (1 + np.exp(-log_odds)))
                alarms = _alarms(hits.astype(float), n.astype(float), weeks)
                rates = [count / series for count in alarms]
                print(f"| {items:,.0f} | {spread} | {phi} | {rates[0]:.2f} | {rates[1]:.2f} |", flush=True)


def _alarms(hits: Array, n: Array, weeks: Sequence[Week]) -> list[int]:
    alarms = [0, 0]
    for row, items in zip(hits, n, strict=True):
        counts = counts_of(row, items)
        for place in range(52, 104):
            checks = check_outbreaks(counts[place - 52 : place + 1], [FRAME], weeks[place])
            for number, check in enumerate(checks):
                alarms[number] += check.verdict == "outbreak"
    return alarms


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=4_000)
    parser.add_argument("--peer", type=int, default=20)
    chosen = parser.parse_args()
    false_breaks(chosen.series)
    found_breaks(max(1, chosen.series // 8))
    false_outbreaks(max(1, chosen.series // 20))
    against_ruptures(chosen.peer)


if __name__ == "__main__":
    main()
