"""Show how models judge full-length articles, at several ways to weigh a full text's passages.

Run in the repository's folder: ``python -m benchmarks.articles [--model NAME]...``. What
`monitor.label.aggregate` calls DAMPING, FULL_ODDS and FULL_CAUTION was fitted on ``author-h``, of which no
model is trained: the first two for the least log loss, where the probabilities also add up to the frames that
are there, FULL_CAUTION as high as F1 bears. ``eval-m``, by another author, shows whether that holds.
docs/models.md says what was found.
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.label import aggregate
from monitor.label.aggregate import judge_coded
from monitor.label.corpus import Coded, read_coded
from monitor.label.registry import find_models, load_classifier
from monitor.types import Classifier, Judgement, PassageScores

FOLDER = Path(__file__).parents[1] / "models" / "corpus" / "articles"
AUTHORS = ("author-h", "eval-m")
DAMPING, ODDS, CAUTION = (0.3, 0.45, 0.6, 0.75, 0.9), (1.25, 1.0, 0.8, 0.64, 0.5), (1.0, 1.5, 2.1, 3.0)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A classifier whose answers are kept, since the same passages are asked for again and again."""

    classifier: Classifier
    answers: dict[str, PassageScores]

    @property
    def name(self) -> str:
        """That of the classifier."""
        return self.classifier.name

    @property
    def version(self) -> str:
        """That of the classifier."""
        return self.classifier.version

    @property
    def frames(self) -> Sequence[str]:
        """Those of the classifier."""
        return self.classifier.frames

    @property
    def thresholds(self) -> Any:
        """Those of the classifier."""
        return aggregate.thresholds_of(self.classifier)

    def scores(self, texts: Sequence[str]) -> list[PassageScores]:
        """Return what the classifier says, asked once a text."""
        new = [text for text in dict.fromkeys(texts) if text not in self.answers]
        self.answers.update(zip(new, self.classifier.scores(new) if new else (), strict=True))
        return [self.answers[text] for text in texts]


def row(articles: Sequence[Coded], judgements: Sequence[Judgement]) -> str:
    """Return the figures of one setting, as columns of a table."""
    said = [{frame for frame, label in one.frames.items() if label.label} for one in judgements]
    coded = [set(one.frames) for one in articles]
    hits = sum(len(ours & theirs) for ours, theirs in zip(said, coded, strict=True))
    ours, theirs = sum(map(len, said)), sum(map(len, coded))
    expected = sum(label.p for one in judgements for label in one.frames.values())
    bare = [bool(one) for one, codes in zip(said, coded, strict=True) if not codes]
    return (
        f"{expected:.0f} of {theirs} | {hits / max(ours, 1):.2f} | {hits / theirs:.2f} "
        f"| {2 * hits / (ours + theirs):.3f} | {sum(bare)} of {len(bare)}"
    )


def log_loss(articles: Sequence[Coded], judgements: Sequence[Judgement]) -> float:
    """Return the mean logarithmic loss of the probabilities of frames."""
    losses = [
        -math.log(max(label.p if frame in one.frames else 1 - label.p, 1e-6))
        for one, said in zip(articles, judgements, strict=True)
        for frame, label in said.frames.items()
    ]
    return sum(losses) / len(losses)


def print_losses(sets: Mapping[str, Sequence[Coded]], classifier: Classifier) -> None:
    """Print the log loss at each damping and odds."""
    print("| articles | damping | " + " | ".join(f"odds {odds}" for odds in ODDS) + " |")
    print("|---|---:|" + "---:|" * len(ODDS))
    kept = aggregate.DAMPING
    for author, articles in sets.items():
        for damping in DAMPING:
            losses = []
            for odds in ODDS:
                aggregate.DAMPING, aggregate.FULL_ODDS = damping, odds
                losses.append(f"{log_loss(articles, judge_coded(articles, classifier)):.4f}")
            print(f"| {author} | {damping} | {' | '.join(losses)} |", flush=True)
    aggregate.DAMPING = kept


def main() -> None:
    """Print two tables for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", action="append", help="a model's name or folder; default: all shipped")
    asked = parser.parse_args().model or sorted(find_models())
    sets = {author: read_coded(FOLDER / f"{author}.jsonl") for author in AUTHORS}
    # all at first: a model's version covers the numbers that are varied below
    for classifier in [Remembered(load_classifier(name), {}) for name in asked]:
        print(f"\n{classifier.version}\n")
        print_losses(sets, classifier)
        print(
            "\n| articles | odds | caution | expected frames | precision | recall | F1 | frameless with one |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for author, articles in sets.items():
            for odds in ODDS:
                for caution in CAUTION:
                    aggregate.FULL_ODDS, aggregate.FULL_CAUTION = odds, caution
                    figures = row(articles, judge_coded(articles, classifier))
                    print(f"| {author} | {odds} | {caution} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
