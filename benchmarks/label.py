"""How well the shipped models label, beside plainer ways to do it, on passages by authors none has read.

    python -m benchmarks.label [--base FOLDER] [--gold FILE]... [--corpus FOLDER] [--rounds 3] [--passages N]

The peers: keyword rules (benchmarks/keywords.py); TF-IDF over words with logistic regression (scikit-learn);
VADER, for tone alone; and, with ``--base``, the folder of all-MiniLM-L6-v2, its sentence embeddings
(sentence-transformers) with logistic regression, and their likeness to the codebook's hypotheses, which
learns nothing. vaderSentiment, sentence-transformers and torch are not parts of the program: install them
where this runs; peers whose library is missing are left out by name.

Peers get what our models get: passages past the same gate of words (a text that names nothing of social work
is off topic), the same training passages, calibration and thresholds from the same held-out authors, and the
same way from passages to items. What is chosen by hand for ours is chosen for them on those authors: strength
of regularisation, and which of two ways to set thresholds. VADER is told which items are relevant.

Prints a Markdown table for each set: F1 of frames, of the core frames, of relevance and of tone, the share of
items with every code right, of all and of the surest 70 %, by how much the first model leads in macro F1 with
a paired 95 % bootstrap interval, and distinct passages a second of these files in this process, two threads,
best of several rounds. Beside them stand, of our models, passages of 64 tokens a second and peak memory, each
measured in a process of its own by ``benchmarks.label_speed``; a table of these comes first, with the
transformers pipeline and sentence-transformers where they are installed. ``--passages 0`` leaves that out.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.held_out import SEED, Floats, split_of
from benchmarks.label_peers import BATCH, FRAMES, Toned, find_peers
from benchmarks.label_speed import Figures, print_speeds, timed
from monitor.clock import stopwatch
from monitor.label import metrics
from monitor.label.aggregate import judge_coded
from monitor.label.corpus import EVALUATION, Coded, digest_of, read_coded, read_corpus
from monitor.label.evaluate import compare
from monitor.label.lexicon import Mention, mention
from monitor.label.registry import find_models, load_classifier, read_manifest, shipped_models
from monitor.types import Classifier, Judgement


def rate(classifier: Classifier, texts: Sequence[str], rounds: int) -> float:
    """Return distinct passages a second, the best of several rounds, after one that warms up."""
    classifier.scores(texts[:BATCH])
    seconds = []
    for _ in range(rounds):
        elapsed = stopwatch()
        classifier.scores(texts)
        seconds.append(elapsed())
    return len(texts) / min(seconds)


def lead(coded: Sequence[Coded], first: Sequence[Judgement], other: Sequence[Judgement]) -> str:
    """Return by how much the first leads in macro F1, with a paired 95 % bootstrap interval."""
    gold = np.array([[frame in item.frames for frame in FRAMES] for item in coded])
    gold = gold[:, present := gold.any(axis=0)]
    weights = metrics.resamples(len(coded), SEED)

    def macro(judgements: Sequence[Judgement], drawn: NDArray[np.int64]) -> Floats:
        said = np.array([[one.frames[frame].label for frame in FRAMES] for one in judgements])[:, present]
        return np.asarray(np.nanmean(metrics.resampled_f1(gold, said, drawn), axis=1))

    once = np.ones((1, len(coded)), dtype=np.int64)
    bounds = metrics.interval(macro(first, weights) - macro(other, weights)) or [np.nan, np.nan]
    gap = float((macro(first, once) - macro(other, once))[0])
    return f"{gap:+.3f} ({bounds[0]:+.3f} to {bounds[1]:+.3f})"


def row_of(coded: Sequence[Coded], judgements: Sequence[Judgement], *, tone_only: bool) -> list[str]:
    """Return a classifier's figures as cells; of VADER, tone alone."""
    found: Mapping[str, Any] = compare(coded, judgements, FRAMES, SEED)
    exact = {point["coverage"]: point["exact"] for point in found["coverage"]}
    tone = found["tone"]["macro_f1"]
    figures = [found["macro"]["f1"], found["core"]["f1"], found["relevance"]["f1"]]
    figures = [None] * 3 if tone_only else figures
    rest = [None, None] if tone_only else [exact[1.0], exact[0.7]]
    return ["–" if value is None else f"{value:.3f}" for value in (*figures, tone, *rest)]


def print_table(
    name: str,
    coded: Sequence[Coded],
    classifiers: Sequence[Classifier],
    speeds: Sequence[float],
    alone: Mapping[str, Figures],
) -> None:
    """Print one set's table; leads and ratios of speed are against the first classifier.

    Args:
        speeds: of each classifier in this process, passages a second.
        alone: by name, the figures of those that were measured in a process of their own.
    """
    first = judge_coded(coded, classifiers[0])
    ahead = classifiers[0].name
    print(f"\n{name}, {len(coded)} items\n")
    heads = ["", "macro F1", "core F1", "relevance F1", "tone F1", "exact", "surest 70 %", f"lead of {ahead}"]
    heads += ["speed", "64 tokens, alone", "peak memory, MB"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for place, classifier in enumerate(classifiers):
        said = first if place == 0 else judge_coded(coded, classifier)
        tone_only = isinstance(classifier, Toned) and classifier.inner is None
        leads = "" if place == 0 or tone_only else lead(coded, first, said)
        speed = f"{speeds[place]:,.0f}/s ({speeds[place] / speeds[0]:.2g} ×)"
        own = alone.get(classifier.name)
        measured = [f"{own['rate']:,.0f}/s", f"{own['peak_mb']:.0f}"] if own else ["–", "–"]
        cells = [classifier.name, *row_of(coded, said, tone_only=tone_only), leads, speed, *measured]
        print(f"| {' | '.join(cells)} |", flush=True)


def shipped(training: Sequence[Coded]) -> list[Classifier]:
    """Return the models in this checkout, slowest first; says so where one learnt from other passages."""
    found = find_models([shipped_models()])
    for model in found.values():
        if read_manifest(model.path).get("training", {}).get("sha256") != digest_of(training):
            print(f"{model.name}: was trained on another state of the corpus", file=sys.stderr)
    names = sorted(found, key=lambda name: (found[name].kind == "linear", name))
    return [load_classifier(str(found[name].path)) for name in names]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", help="a folder with all-MiniLM-L6-v2")
    parser.add_argument("--gold", type=Path, action="append", default=[], help="a further set of coded items")
    parser.add_argument("--corpus", type=Path, default=shipped_models() / "corpus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passages", type=int, default=300, help="of 64 tokens, to measure speed alone on")
    asked = parser.parse_args()
    training = read_corpus(asked.corpus).training
    sets = {path.stem: read_coded(path) for path in sorted(asked.corpus.glob(f"{EVALUATION}*.jsonl"))}
    rare = [item for name in ("eval-k", "eval-n") for item in sets.pop(name, [])]
    sets |= {"eval-k and eval-n": rare} if rare else {}
    sets |= {path.stem: read_coded(path) for path in asked.gold}
    ours = shipped(training)
    alone = timed([one.name for one in ours], asked.base, asked.passages) if asked.passages else {}
    if alone:
        print_speeds(alone)
    classifiers = [*ours, *find_peers(asked.base, split_of(training))]
    texts = [f"{item.title}\n{item.text}" for own in sets.values() for item in own]
    texts = [text for text in dict.fromkeys(texts) if mention(text) > Mention.NONE]
    speeds = [rate(classifier, texts, asked.rounds) for classifier in classifiers]
    for name, coded in sets.items():
        print_table(name, coded, classifiers, speeds, alone)


if __name__ == "__main__":
    main()
