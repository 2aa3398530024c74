"""How often the interval of a difference after an event holds the truth, corrected by people's codes or not.

    python benchmarks/trend_corrected_effects.py

Six years of 25 relevant items a week (three times as many in weeks 0-3 where those are studied), whose
log-odds follow AR(1) .4 with a standard deviation of .3. From the event on the true odds of the frame change,
and so may the classifier's sensitivity and specificity. People code so many relevant items of the base, and
of weeks 0-3 or 0-25, and a quarter as many of the others. 600 runs a row, seed fixed beforehand; two minutes.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.clock import Week
from monitor.findings import EventStudy, FrameEffect, Neighbours
from monitor.trend.corrected_effects import CorrectedEffect, correct_effects
from monitor.trend.effects import frame_effects, sum_windows
from monitor.trend.placebo import AFFECTED, BASE, FIRST, LATER, Floats, Span
from monitor.trend.weekly import WeekSeries
from monitor.types import CodedUnit, Depth, Event, FrameLabel, Judgement, Stratum, WeekCount

SEED = 20261125
FRAME = "incompetent"
WEEKS, PLACE = 312, 200
FIRST_WEEK = Week(2006, 1)
WEEK = FIRST_WEEK.plus(PLACE)
EVENT = Event("X", WEEK.monday().isoformat(), "day", "Event", "UK", "trial", (), verified=True)
ITEMS, OTHERS, SURGE = 25.0, 4, 3.0
CORRELATION, SPREAD = 0.4, 0.3
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """What is true before and after, how the classifier sees it, and what is coded."""

    share: float
    ratio: float
    sensitivity: tuple[float, float]
    specificity: tuple[float, float]
    window: Span
    base_codes: int = 300
    codes: int = 150

    @property
    def coded(self) -> Span:
        """Weeks after the event of which people code items."""
        return FIRST if self.window is FIRST else AFFECTED


WORLDS = (
    World(0.2, 1.0, (0.75, 0.75), (0.97, 0.97), FIRST),
    World(0.2, 1.0, (0.75, 0.90), (0.97, 0.97), FIRST),
    World(0.1, 1.0, (0.75, 0.90), (0.97, 0.93), FIRST),
    World(0.2, 2.2, (0.75, 0.90), (0.97, 0.93), FIRST),
    World(0.2, 1.0, (0.75, 0.90), (0.97, 0.93), LATER, codes=300),
    World(0.1, 2.2, (0.75, 0.90), (0.97, 0.97), LATER, codes=300),
)


def log_odds(world: World, rng: np.random.Generator) -> Floats:
    """Return the log-odds of every week."""
    noise = rng.normal(0, 1, WEEKS)
    for week in range(1, WEEKS):
        noise[week] = CORRELATION * noise[week - 1] + np.sqrt(1 - CORRELATION**2) * noise[week]
    odds = np.log(world.share / (1 - world.share)) + SPREAD * noise
    odds[PLACE + AFFECTED.first : PLACE + AFFECTED.last + 1] += np.log(world.ratio)
    return np.asarray(odds)


def true_difference(world: World) -> float:
    """Return the difference of the mean shares of weeks after and before."""
    noise = np.random.default_rng(SEED).normal(0, SPREAD, 100_000)
    level = np.log(world.share / (1 - world.share)) + noise
    shares = (1 / (1 + np.exp(-odds)) for odds in (level + np.log(world.ratio), level))
    after, before = (float(share.mean()) for share in shares)
    return after - before


def run(world: World, rng: np.random.Generator) -> tuple[CorrectedEffect, FrameEffect]:
    """Return one simulated study's effect, corrected and as the classifier has it."""
    volume = np.full(WEEKS, ITEMS)
    if world.window is FIRST:
        volume[PLACE : PLACE + len(FIRST)] *= SURGE
    relevant = rng.poisson(volume)
    carrying = rng.binomial(relevant, 1 / (1 + np.exp(-log_odds(world, rng))))
    after = (np.arange(WEEKS) >= PLACE).astype(int)
    found = rng.binomial(carrying, np.array(world.sensitivity)[after])
    wrong = rng.binomial(relevant - carrying, 1 - np.array(world.specificity)[after])
    hits = found + wrong
    series = WeekSeries(
        FIRST_WEEK, (FRAME,), np.ones(WEEKS, bool), relevant.astype(float), hits[None].astype(float)
    )
    effects = [
        one
        for window in (FIRST, LATER)
        for one in frame_effects(sum_windows(series, window), series, [FRAME], PLACE, [])
    ]
    base = (WEEK.plus(BASE.first), WEEK.plus(BASE.last))
    study = EventStudy(EVENT, WEEK, base, Neighbours((), (), ()), effects=effects)
    counts = [
        WeekCount(
            FIRST_WEEK.plus(week), "all", int((1 + OTHERS) * relevant[week]), int(relevant[week]), 0, 0, 0,
            {FRAME: int(hits[week])},
        )
        for week in range(PLACE + BASE.first, PLACE + AFFECTED.last + 1)
    ]  # fmt: skip
    cells = np.stack([found, carrying - found, wrong, relevant - carrying - wrong, OTHERS * relevant])
    units = [*draw(cells, BASE, world.base_codes, rng), *draw(cells, world.coded, world.codes, rng)]
    corrected = correct_effects(study, counts, units, FIRST_WEEK.plus(WEEKS - 1))
    at = (FIRST, LATER).index(world.window)
    return corrected[at], effects[at]


def draw(cells: Ints, span: Span, number: int, rng: np.random.Generator) -> Iterator[CodedUnit]:
    """Yield codes of so many relevant items of a span, and of a quarter as many others."""
    weeks = np.arange(PLACE + span.first, PLACE + span.last + 1)
    for kinds, wanted in (((0, 1, 2, 3), number), ((4,), number // 4)):
        items = [(week, kind) for kind in kinds for week in weeks for _ in range(cells[kind, week])]
        wanted = min(wanted, len(items))
        for place in rng.choice(len(items), wanted, replace=False):
            week, kind = items[place]
            yield unit(FIRST_WEEK.plus(int(week)), kind, wanted / len(items))


def unit(week: Week, kind: int, inclusion: float) -> CodedUnit:
    """Return a coded item; kinds 0 and 2 are said to carry the frame, 0 and 1 do, 4 is not relevant."""
    relevant, said = kind != 4, kind in (0, 2)
    frames = {FRAME: FrameLabel(0.9 if said else 0.1, said, unclear=False)}
    label = Judgement(Depth.TITLE, 0.9 * relevant, relevant, relevant, 0.0, None, frames, None, 1, ())
    stratum: Stratum = "relevant" if relevant else "irrelevant"
    coded = frozenset({FRAME} if kind in (0, 1) else ())
    return CodedUnit(
        1, 1, Depth.TITLE, week, "Post", "national", "England", "s", stratum,
        inclusion, label, relevant, coded, None, 1,
    )  # fmt: skip


def row(world: World, runs: int) -> str:
    """Return a line of the table."""
    rng, truth = np.random.default_rng(SEED), true_difference(world)
    counted: Counter[str] = Counter()
    widths, errors, plain_errors = [], [], []
    for _ in range(runs):
        found, plain = run(world, rng)
        if found.points is None or found.low is None or found.high is None or plain.points is None:
            continue
        counted["runs"] += 1
        counted["held"] += found.low <= truth <= found.high
        counted["plain"] += (plain.points_low or 0) <= truth <= (plain.points_high or 0)
        widths.append(found.high - found.low)
        errors.append(found.points - truth)
        plain_errors.append(plain.points - truth)
    n = counted["runs"]
    cells = [
        str(world.window), f"{100 * world.share:.0f} %", f"{world.ratio:.1f}",
        "{:.0f} → {:.0f} %".format(*(100 * s for s in world.sensitivity)),
        "{:.0f} → {:.0f} %".format(*(100 * (1 - s) for s in world.specificity)),
        f"{world.base_codes}, {world.codes}", f"{100 * counted['held'] / n:.1f} %",
        f"{100 * np.median(widths):.0f}", f"{100 * np.mean(errors):+.1f}",
        f"{100 * counted['plain'] / n:.1f} %", f"{100 * np.mean(plain_errors):+.1f}",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Read the arguments and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=600)
    runs = parser.parse_args().runs
    print(
        "| weeks | share | odds | finds | false alarms | codes | holds | width | bias | labels hold | bias |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for world in WORLDS:
        print(row(world, runs), flush=True)


if __name__ == "__main__":
    main()
