"""Compare ways to turn margins into probabilities, and probabilities into decisions.

    python -m benchmarks.calibrations --base FOLDER --out FOLDER [--gold FILE]

Uses the first network of ``benchmarks.recipes`` (fitted now if ``--out`` does not hold it) and the linear
model of the same authors. Each way is fitted on the authors held out and measured, passage by passage, on the
evaluation files: calibration error over ten equal bins of all decisions on frames, and macro F1 under each
way to set thresholds. docs/models.md holds what was found.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from benchmarks.held_out import Floats, arguments, linear_of, margins_of
from benchmarks.recipes import asked_and_bench
from monitor.label import metrics
from monitor.label.calibrate import best_threshold, calibrate, chances_of, half_way
from monitor.label.classifiers.linear import OFF_TOPIC, TONES, sigmoid
from monitor.label.sheet import Sheet, sheet_of

Bools = NDArray[np.bool_]
Map = Callable[[Floats], Floats]
"""From margins to chances. *Shape:* (passages, heads, sources) to (passages, heads)"""


def platt(held: Sheet, margins: Floats) -> Map:
    """Weigh the margins of each head, with an offset (Platt 1999): what the models do."""
    found = calibrate(held, margins).platt
    return lambda own: chances_of(own, found)


def temperature(held: Sheet, margins: Floats) -> Map:
    """Divide all margins by one number a source (Guo et al. 2017), without offsets; of rows that teach."""
    fit = LogisticRegression(C=10.0, fit_intercept=False)
    fit.fit(margins[held.taught], held.targets[held.taught])
    return lambda own: sigmoid((own * fit.coef_[0]).sum(axis=-1))


def isotonic(held: Sheet, margins: Floats) -> Map:
    """Follow Platt's chances with steps that only rise (Zadrozny and Elkan 2002), head by head."""
    first = platt(held, margins)
    columns = zip(first(margins).T, held.targets.T, held.taught.T, strict=True)
    steps = [
        IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(chances[taught], yes[taught])
        for chances, yes, taught in columns
    ]
    return lambda own: np.stack(
        [step.predict(chances) for step, chances in zip(steps, first(own).T, strict=True)], axis=1
    )


WAYS: Mapping[str, Callable[[Sheet, Floats], Map]] = {
    "Platt": platt,
    "temperature": temperature,
    "isotonic": isotonic,
}
CUTS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "half-way to the median": lambda best, f1: half_way(best),
    "each its own": lambda best, f1: best,
    "one for all": lambda best, f1: np.full(len(best), np.median(best)),
    "half of the best F1": lambda best, f1: f1 / 2,
    "one half": lambda best, f1: np.full(len(best), 0.5),
}
"""From each frame's best threshold, and its F1 there, to the thresholds that are used."""


def cuts(chances: Floats, targets: Bools) -> dict[str, Floats]:
    """Return thresholds of the frames by each way to set them."""
    best = np.array([best_threshold(*pair) for pair in zip(chances.T, targets.T, strict=True)])
    f1 = f1_by_frame(targets, chances >= best)
    return {name: way(best, f1) for name, way in CUTS.items()}


def f1_by_frame(targets: Bools, said: Bools) -> Floats:
    """Return the F1 of each column."""
    return np.array(
        [metrics.f1_of(*metrics.counts(*pair)[:3]) for pair in zip(targets.T, said.T, strict=True)]
    )


def main() -> None:
    """Print a row for each way and set."""
    _, split, bench, items = asked_and_bench(arguments(__doc__, base_needed=True))
    sources = (bench.fitted("kept"), linear_of(split.fitted))
    sets = {"held out": split.held, **{name: sheet_of(own) for name, own in items.items()}}
    margins = {name: margins_of(sources, own.texts) for name, own in sets.items()}
    frames = slice(1, split.held.targets.shape[1] - len(TONES))

    def chances(name: str, way: Map) -> Floats:
        found = way(margins[name])[:, frames]
        found[~sets[name].taught[:, 0]] = OFF_TOPIC
        return found

    print(f"| way | set | calibration error | {' | '.join(CUTS)} |")
    print("|---|---|---|" + "---|" * len(CUTS))
    for title, make in WAYS.items():
        way = make(split.held, margins["held out"])
        chosen = cuts(chances("held out", way), split.held.targets[:, frames])
        for name, own in sets.items():
            found, yes = chances(name, way), own.targets[:, frames]
            error = metrics.calibration_error(yes.ravel(), found.ravel())
            macro = [float(f1_by_frame(yes, found >= cut).mean()) for cut in chosen.values()]
            cells = " | ".join(f"{value:.3f}" for value in (error, *macro))
            print(f"| {title} | {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
