"""How often the 95 % interval of a share holds the truth, with and without people's codes.

    python benchmarks/trend_correction.py

A classifier reads every item; people code a stratified random sample (four in five codes are of items it
found relevant, one in five of the others). It finds 95 % of relevant items and 1 % of the others; of the
relevant items it flags the frame in 75 % of those that carry it and in 3 % of those that do not. Where it
"gets better" after an event, it flags 90 %. Truth is the rate behind the items. 2,000 runs a cell (or as
many as --runs says), a generator for each cell from a seed fixed beforehand; one core, two seconds.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.trend import correction
from monitor.trend.correction import Codes, Estimate, Raw, estimate, transfer
from monitor.trend.pools import MINIMUM_CELL, MINIMUM_FOUND

SEED = 20261125
SHARES = (0.03, 0.10, 0.25, 0.45)
SIZES = (150, 300, 600)
ITEMS_A_WEEK, POOL_WEEKS, AFTER_WEEKS = 200, 52, 26
FOUND_CODES = 0.8
Array = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """What there is, and how it is seen."""

    share: float
    sensitivity: float = 0.75
    specificity: float = 0.97
    relevant: float = 0.2
    found: float = 0.95
    false_alarm: float = 0.01

    def joint(self) -> Array:
        """Return the chance of each pair, truth by what is said: not relevant, without the frame, with it."""
        truth = np.array([1 - self.relevant, self.relevant * (1 - self.share), self.relevant * self.share])
        found = np.array([self.false_alarm, self.found, self.found])
        flagged = np.array([1 - self.specificity, 1 - self.specificity, self.sensitivity])
        said = np.stack([1 - found, found * (1 - flagged), found * flagged], axis=1)
        return np.asarray(truth[:, None] * said)


@dataclass(frozen=True)
class Cell:
    """One line of a table: a true share and a number of codes, with its own chance."""

    rng: np.random.Generator
    runs: int
    share: float
    number: int

    def items(self, world: World, weeks: int) -> Array:
        """Return items by what is said, ``(runs, 3)``."""
        said = world.joint().sum(0)
        return self.rng.multinomial(ITEMS_A_WEEK * weeks, said, self.runs).astype(float)

    def codes(self, world: World, number: int) -> Array:
        """Return codes, ``(runs, said, coded)``."""
        joint = world.joint()
        said = joint.sum(0)
        found = round(number * FOUND_CODES)
        flagged = self.rng.binomial(found, said[2] / said[1:].sum(), self.runs)
        sizes = (np.full(self.runs, number - found), found - flagged, flagged)
        truth = (joint / said).T
        drawn = [self.rng.multinomial(size, truth[cell]) for cell, size in enumerate(sizes)]
        return np.stack(drawn, 1).astype(float)


def cells(table: int, runs: int) -> Iterator[Cell]:
    """Yield the lines of a table."""
    for row, share in enumerate(SHARES):
        for column, number in enumerate(SIZES):
            yield Cell(np.random.default_rng([SEED, table, row, column]), runs, share, number)


def coded(tables: Array) -> Codes:
    """Return codes of equal weight within a cell; the parts of the cells come from the items."""
    return Codes((0, 1, 2), tables, tables.sum(-1))


def raw(counts: Array) -> Raw:
    """Return the classifier's share."""
    n = counts[:, 1:].sum(-1)
    return Raw(counts[:, 2] / np.maximum(n, 1), n)


def enough(tables: Array) -> NDArray[np.bool_]:
    """Return which runs `monitor trend` would correct."""
    found = tables[:, 1:].sum(-1)
    return np.asarray((found.sum(-1) >= MINIMUM_FOUND) & (found.min(-1) >= MINIMUM_CELL))


def covered(found: Estimate, truth: float, kept: NDArray[np.bool_] | None = None) -> str:
    """Return coverage and median width in percent and points."""
    inside = (found.low <= truth) & (truth <= found.high)
    kept = np.ones(len(inside), dtype=bool) if kept is None else kept
    return f"{100 * inside[kept].mean():5.1f} ({100 * np.median((found.high - found.low)[kept]):4.1f})"


def raw_interval(counts: Array) -> Estimate:
    """Return Wilson's interval of the classifier's share."""
    said = raw(counts)
    return correction.score_interval(said.value, said.n)


def rogan_gladen(counts: Array, tables: Array) -> Estimate:
    """Return the share corrected by sensitivity and specificity as codes give them; the value alone."""
    flagged = tables[:, 1:, :]
    hit = flagged[:, 1, 2] / np.maximum(flagged[:, :, 2].sum(-1), 1)
    alarm = flagged[:, 1, 1] / np.maximum(flagged[:, :, 1].sum(-1), 1)
    value = np.clip((raw(counts).value - alarm) / np.maximum(hit - alarm, 0.05), 0, 1)
    return Estimate(value, value, value)


def own_codes(runs: int) -> None:
    """Show periods that have codes of their own."""
    print("\n1. A half-year with its own codes: coverage in % (median width in points)")
    print(f"{'share':>6} {'codes':>6}  {'PPI':>12}  {'DSL':>12}  {'raw':>12}  corrected in % of runs")
    for cell in cells(1, runs):
        world = World(cell.share)
        counts, tables = cell.items(world, AFTER_WEEKS), cell.codes(world, cell.number)
        kept = enough(tables)
        ppi, dsl = (estimate(counts, coded(tables), tuned=tuned) for tuned in (True, False))
        shown = "  ".join(covered(one, cell.share, kept) for one in (ppi, dsl, raw_interval(counts)))
        print(f"{cell.share:6.0%} {cell.number:6}  {shown}  {100 * kept.mean():5.1f}")


def weeks_of_a_pool(runs: int) -> None:
    """Show single weeks, corrected by the codes of the year that they lie in."""
    print("\n2. One week (about 40 relevant items) by the codes of its year, nothing changing")
    print(f"{'share':>6} {'codes':>6}  {'PPI':>12}  {'raw':>12}")
    for cell in cells(2, runs):
        world = World(cell.share)
        week = cell.items(world, 1)
        year = week + cell.items(world, POOL_WEEKS - 1)
        tables = cell.codes(world, cell.number)
        found = (shifted(year, tables, week, inside=True), raw_interval(week))
        shown = "  ".join(covered(one, cell.share, enough(tables)) for one in found)
        print(f"{cell.share:6.0%} {cell.number:6}  {shown}")


def shifted(pool: Array, tables: Array, part: Array, *, inside: bool) -> Estimate:
    """Return what a pool's codes make of other items, which may be inside the pool."""
    said = raw(part)
    return transfer(estimate(pool, coded(tables)), raw(pool), said, said.n if inside else 0 * said.n)


def after_an_event(table: int, runs: int, title: str, change: Callable[[World], World]) -> None:
    """Show the half-year after an event: by its own codes, by those of before, by half of each."""
    print(f"\n{table}. {title}")
    print(
        f"{'share':>6} {'codes':>6}  {'own codes':>12}  {'of before':>12}  {'across':>12}  {'raw':>12}"
        "  bias in points: own, of before, across, raw, Rogan-Gladen"
    )
    for cell in cells(table, runs):
        before, after = World(cell.share), change(World(cell.share))
        past, present = cell.items(before, AFTER_WEEKS), cell.items(after, AFTER_WEEKS)
        old, new = cell.codes(before, cell.number), cell.codes(after, cell.number)
        halves = cell.codes(before, cell.number // 2) + cell.codes(after, cell.number // 2)
        kept = enough(new) & enough(old) & enough(halves)
        found = (
            estimate(present, coded(new)),
            shifted(past, old, present, inside=False),
            shifted(past + present, halves, present, inside=True),
            raw_interval(present),
        )
        shown = "  ".join(covered(one, after.share, kept) for one in found)
        off = (*found, rogan_gladen(present, old))
        biases = ", ".join(f"{100 * (one.value[kept].mean() - after.share):+.1f}" for one in off)
        print(f"{cell.share:6.0%} {cell.number:6}  {shown}  {biases}")


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description="How often the interval of a share holds the truth.")
    parser.add_argument("--runs", type=int, default=2_000)
    runs = parser.parse_args().runs
    print(f"{runs:,} runs a cell, seed {SEED}")
    own_codes(runs)
    weeks_of_a_pool(runs)
    after_an_event(
        3,
        runs,
        "The half-year after an event from which the classifier flags better (75 % to 90 %); the true"
        " share stays",
        lambda world: replace(world, sensitivity=0.90),
    )
    after_an_event(
        4,
        runs,
        "The half-year after an event from which the true share is higher by half; the classifier stays",
        lambda world: replace(world, share=1.5 * world.share),
    )


if __name__ == "__main__":
    main()
