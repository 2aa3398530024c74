"""Fit models on growing parts of the corpus, and say how well each frame is then found.

Run in the repository's folder: ``python -m benchmarks.learning_curve [--base FOLDER] [--gold FILE]``. Each
fit reads a random part of the training passages (minimal pairs whole) of the authors who are not held out,
and is calibrated on those who are; all are measured on the same passages for evaluation. With --base an
encoder is fine-tuned too and weighed against the linear model, as `monitor train --base` does it; that needs
torch. docs/models.md holds what was found.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitor.label.aggregate import depth_of, judge_all
from monitor.label.calibrate import calibrate
from monitor.label.classifiers.linear import pack_artefact, unpack_artefact
from monitor.label.classifiers.onnx import (
    EncoderClassifier,
    LinearNet,
    OnnxNet,
    Source,
    open_session,
    read_tokenizer,
)
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded, read_coded, read_corpus
from monitor.label.evaluate import compare
from monitor.label.finetune import base_tokenizer, held_rows
from monitor.label.sheet import Sheet, sheet_of
from monitor.label.train import fit_linear

CORPUS = Path(__file__).parents[1] / "models" / "corpus"
SHARES = (0.125, 0.25, 0.5, 1.0)
SEED, EPOCHS = 1, 4


def parts_of(sheet: Sheet) -> Iterator[Sheet]:
    """Yield growing parts of a sheet, each within the next."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, item in enumerate(sheet.coded):
        groups[(item.author, item.pair or f"row {row}")].append(row)
    order = [list(groups.values())[place] for place in np.random.default_rng(SEED).permutation(len(groups))]
    rows = np.array([row for group in order for row in group])
    for share in SHARES:
        yield sheet.part(np.sort(rows[: round(share * len(rows))]))


def sources_of(part: Sheet, base: str | None) -> tuple[Source, ...]:
    """Fit what is asked for on a part."""
    linear = fit_linear(part, SEED)
    net = LinearNet(*unpack_artefact(pack_artefact(linear.vocabulary, linear.weights, linear.intercepts)))
    if base is None:
        return (net,)
    from monitor.label.encoder import fit_encoder

    tokenizer = base_tokenizer(base)
    fit = fit_encoder(part, base=base, tokenizer=tokenizer, seed=SEED, epochs=EPOCHS, say=_say)
    return OnnxNet(open_session(fit.network), read_tokenizer(tokenizer)), net


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def measured(sources: tuple[Source, ...], kept: Sheet, items: Sequence[Coded]) -> dict[str, float]:
    """Return F1 by frame, the means over all and over the core frames, and those of relevance and tone."""
    frames = load_codebook().ids
    calibration = calibrate(kept, np.stack([source(kept.texts) for source in sources], axis=-1))
    classifier = EncoderClassifier("curve", "1", frames, sources, calibration.platt, calibration.thresholds)
    judgements = judge_all([(item.title, item.text, depth_of(item.text)) for item in items], classifier)
    figures: Any = compare(items, judgements, frames, SEED)
    each = {frame: figures["frames"][frame]["f1"] for frame in frames}
    means = {name: figures[name]["f1"] for name in ("macro", "core", "relevance")}
    return {**each, **means, "tone": figures["tone"]["macro_f1"]}


def main() -> None:
    """Print one table for each set of items."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--base", help="an encoder's folder or name")
    parser.add_argument("--gold", type=Path, help="coded items besides those for evaluation")
    asked = parser.parse_args()
    corpus = read_corpus(CORPUS)
    sheet = sheet_of(corpus.training)
    held = held_rows(sheet)
    kept = sheet.part(np.flatnonzero(held))
    sets = {"evaluation": list(corpus.evaluation), **({"gold": read_coded(asked.gold)} if asked.gold else {})}
    curves: dict[str, list[dict[str, float]]] = {name: [] for name in sets}
    sizes = []
    for part in parts_of(sheet.part(np.flatnonzero(~held))):
        sources = sources_of(part, asked.base)
        sizes.append(len(part.coded))
        for name, items in sets.items():
            curves[name].append(measured(sources, kept, items))
            _say(f"{sizes[-1]} passages, {name}: macro F1 {curves[name][-1]['macro']:.3f}")
    for name, items in sets.items():
        print(f"\nF1 on {name} ({len(items):,})\n")
        print("| passages | " + " | ".join(f"{size:,}" for size in sizes) + " |")
        print("|---|" + "---:|" * len(sizes))
        for figure in curves[name][0]:
            print(f"| {figure} | " + " | ".join(f"{one[figure]:.2f}" for one in curves[name]) + " |")


if __name__ == "__main__":
    main()
