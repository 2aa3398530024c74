"""What the scripts on training share: the authors held out, the linear model of the others, and figures."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.label.aggregate import judge_coded
from monitor.label.calibrate import calibrate
from monitor.label.classifiers.onnx import EncoderClassifier, Source
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded, Corpus, read_coded, read_corpus
from monitor.label.evaluate import compare
from monitor.label.finetune import held_rows
from monitor.label.sheet import Sheet, sheet_of
from monitor.label.train import fit_linear

CORPUS = Path(__file__).parents[1] / "models" / "corpus"
SEED, EPOCHS = 1, 4
"""Epochs of these comparisons, all of them run; `monitor train --base` runs up to five."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Split:
    """The training passages, and the authors among them that are held out to tune on: as for our encoder."""

    whole: Sheet
    fitted: Sheet
    held: Sheet


def split_of(coded: Sequence[Coded]) -> Split:
    """Return the split of the training passages."""
    whole = sheet_of(coded)
    held = held_rows(whole)
    return Split(whole, whole.part(np.flatnonzero(~held)), whole.part(np.flatnonzero(held)))


def linear_of(sheet: Sheet) -> Source:
    """Return the linear model of a sheet, as a source of margins."""
    return fit_linear(sheet, SEED)


def margins_of(sources: Sequence[Source], texts: Sequence[str]) -> Floats:
    """Return the margins of texts. *Shape:* (texts, heads, sources)"""
    return np.stack([source(texts) for source in sources], axis=-1)


def measured(sources: tuple[Source, ...], held: Sheet, items: Sequence[Coded]) -> dict[str, float]:
    """Return F1 by frame, the means over all and over the core frames, and those of relevance and tone.

    Args:
        sources: calibrated on ``held``.
        held: of authors that they have not read.
        items: what is measured.
    """
    frames = load_codebook().ids
    found = calibrate(held, margins_of(sources, held.texts))
    classifier = EncoderClassifier("held-out", "1", frames, sources, found.platt, found.thresholds)
    figures: Any = compare(items, judge_coded(items, classifier), frames, SEED)
    each = {frame: figures["frames"][frame]["f1"] for frame in frames}
    means = {name: figures[name]["f1"] for name in ("macro", "core", "relevance")}
    return {**each, **means, "tone": figures["tone"]["macro_f1"]}


def arguments(description: str | None, *, base_needed: bool = False) -> argparse.ArgumentParser:
    """Return a parser of what these scripts are all asked: the encoder, the corpus, further coded items."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", required=base_needed, help="an encoder's folder or name")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--gold", type=Path, help="coded items besides those for evaluation")
    return parser


def read_sets(corpus: Path, gold: Path | None) -> tuple[Corpus, dict[str, Sequence[Coded]]]:
    """Return the corpus, and by name the sets of items that are measured on."""
    found = read_corpus(corpus)
    return found, {"evaluation": found.evaluation, **({"gold": read_coded(gold)} if gold else {})}


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)
