"""Compare ways to turn margins into probabilities, and probabilities into decisions.

    python -m benchmarks.calibrations --base FOLDER --out FOLDER [--gold FILE]

Uses the first network of ``benchmarks.recipes`` (fitted now if ``--out`` does not hold it) and the linear
model of the same authors. Each way is fitted on the authors held out and measured, passage by passage, on the
evaluation files: calibration error over ten equal bins of all decisions on frames, and macro F1 under each
way to set thresholds. docs/models.md holds what was found.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from benchmarks.learning_curve import CORPUS
from benchmarks.recipes import SEED, Bench
from monitor.label import metrics
from monitor.label.calibrate import best_threshold, calibrate, chances_of
from monitor.label.classifiers.linear import OFF_TOPIC, TONES, pack_artefact, sigmoid, unpack_artefact
from monitor.label.classifiers.onnx import LinearNet
from monitor.label.corpus import read_coded, read_corpus
from monitor.label.finetune import base_tokenizer, held_rows
from monitor.label.sheet import Sheet, sheet_of
from monitor.label.train import fit_linear

Floats = NDArray[np.float64]
Map = Callable[[Floats], Floats]
"""From margins to chances. *Shape:* (passages, heads, sources) to (passages, heads)"""
BINS = 10


def platt(kept: Sheet, margins: Floats) -> Map:
    """Weigh the margins of each head, with an offset (Platt 1999): what the models do."""
    found = calibrate(kept, margins).platt
    return lambda own: chances_of(own, found)


def temperature(kept: Sheet, margins: Floats) -> Map:
    """Divide all margins by one number a source (Guo et al. 2017), without offsets."""
    rows = margins.reshape(-1, margins.shape[-1])
    fit = LogisticRegression(C=10.0, fit_intercept=False).fit(rows, kept.targets.ravel())
    return lambda own: sigmoid((own * fit.coef_[0]).sum(axis=-1))


def isotonic(kept: Sheet, margins: Floats) -> Map:
    """Follow Platt's chances with steps that only rise (Zadrozny and Elkan 2002), head by head."""
    first = platt(kept, margins)
    steps = [
        IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(chances, yes)
        for chances, yes in zip(first(margins).T, kept.targets.T, strict=True)
    ]
    return lambda own: np.stack(
        [step.predict(chances) for step, chances in zip(steps, first(own).T, strict=True)], axis=1
    )


WAYS: Mapping[str, Callable[[Sheet, Floats], Map]] = {
    "Platt": platt,
    "temperature": temperature,
    "isotonic": isotonic,
}


def cuts(chances: Floats, targets: NDArray[np.bool_]) -> dict[str, Floats]:
    """Return thresholds of the frames by each way to set them."""
    own = np.array([best_threshold(*pair) for pair in zip(chances.T, targets.T, strict=True)])
    said = chances >= own
    best = np.array(
        [metrics.f1_of(*metrics.counts(*pair)[:3]) for pair in zip(targets.T, said.T, strict=True)]
    )
    shared = float(np.median(own))
    return {
        "half-way to the median": ((own + shared) / 2).clip(0.2, 0.6),
        "each its own": own,
        "one for all": np.full(len(own), shared),
        "half of the best F1": best / 2,
        "one half": np.full(len(own), 0.5),
    }


def calibration_error(chances: Floats, targets: NDArray[np.bool_]) -> float:
    """Return the mean gap of chance and frequency over equal bins, weighed by size (Naeini et al. 2015)."""
    bins = (chances.ravel() * BINS).astype(int).clip(0, BINS - 1)
    gap = np.bincount(bins, weights=chances.ravel() - targets.ravel(), minlength=BINS)
    return float(np.abs(gap).sum() / chances.size)


def main() -> None:
    """Print a row for each way and set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=True, help="an encoder's folder or name")
    parser.add_argument("--out", type=Path, required=True, help="where networks are kept")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--gold", type=Path, help="coded items besides those for evaluation")
    asked = parser.parse_args()
    corpus = read_corpus(asked.corpus)
    sheet = sheet_of(corpus.training)
    held = held_rows(sheet)
    kept, learnt = sheet.part(np.flatnonzero(held)), sheet.part(np.flatnonzero(~held))
    fit = fit_linear(learnt, SEED)
    linear = LinearNet(*unpack_artefact(pack_artefact(fit.vocabulary, fit.weights, fit.intercepts)))
    asked.out.mkdir(parents=True, exist_ok=True)
    sources = (Bench(asked.out, asked.base, base_tokenizer(asked.base), learnt, kept).fitted("kept"), linear)
    sets = {"held out": kept, "evaluation": sheet_of(corpus.evaluation)}
    sets |= {"gold": sheet_of(read_coded(asked.gold))} if asked.gold else {}
    margins = {
        name: np.stack([source(own.texts) for source in sources], axis=-1) for name, own in sets.items()
    }
    frames = slice(1, kept.targets.shape[1] - len(TONES))

    def chances(name: str, way: Map) -> Floats:
        found = way(margins[name])[:, frames]
        found[~sets[name].taught[:, 0]] = OFF_TOPIC
        return found

    print(
        "| way | set | calibration error | " + " | ".join(cuts(np.ones((1, 1)), np.ones((1, 1), bool))) + " |"
    )
    for title, make in WAYS.items():
        way = make(kept, margins["held out"])
        chosen = cuts(chances("held out", way), kept.targets[:, frames])
        for name, own in sets.items():
            found, yes = chances(name, way), own.targets[:, frames]
            macro = [
                np.mean(
                    [
                        metrics.f1_of(*metrics.counts(*pair)[:3])
                        for pair in zip(yes.T, (found >= cut).T, strict=True)
                    ]
                )
                for cut in chosen.values()
            ]
            cells = [f"{calibration_error(found, yes):.3f}", *(f"{value:.3f}" for value in macro)]
            print(f"| {title} | {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
