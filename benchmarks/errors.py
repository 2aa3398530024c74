"""List what a model gets wrong on the evaluation files, the surest errors first.

    python -m benchmarks.errors [--model NAME] [--gold FILE] [--count 20]
    python -m benchmarks.errors --off-topic FILE [--model NAME]

An error is a wrong answer on relevance or, of what is relevant and said to be, on a frame. docs/models.md
sums them up by kind.

With ``--off-topic``, counts and lists what of a file of headlines that have nothing to do with social work in
the United Kingdom is said to be relevant. The file holds a headline a line, or is a CSV (``.csv``) with a
column ``headline_text``, or ``title`` and perhaps ``description``; either may be packed (``.gz``).
"""

import argparse
import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.label.aggregate import judge_coded
from monitor.label.corpus import Coded, evaluation_files, read_coded
from monitor.label.registry import load_classifier, shipped_models
from monitor.types import Classifier, Judgement

SHOWN = 200
"""Characters of a text that are printed."""
TITLES = ("headline_text", "title")
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Error:
    """One wrong answer."""

    sureness: float
    """How far the probability was beyond the one needed, or short of it."""
    answer: str
    item: Coded


def errors_of(item: Coded, judgement: Judgement) -> Iterator[Error]:
    """Yield what is wrong of one judgement."""
    if item.relevant != judgement.relevant:
        answer = "said relevant" if judgement.relevant else "missed relevance"
        yield Error(abs(judgement.relevant_margin or 0.0), answer, item)
        return
    for frame, label in judgement.frames.items():
        if label.label != (frame in item.frames):
            yield Error(abs(label.margin or 0.0), f"{'said' if label.label else 'missed'} {frame}", item)


def read_headlines(path: Path) -> list[Coded]:
    """Return the headlines of a file as items coded off topic; what cannot be decoded is replaced."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
        if ".csv" not in path.suffixes:
            pairs = [(line.strip(), "") for line in file]
        else:
            rows = csv.DictReader(file)
            named = [name for name in TITLES if name in (rows.fieldnames or ())]
            if not named:
                raise SystemExit(f"{path}: no column {' or '.join(TITLES)}")
            pairs = [(row[named[0]] or "", row.get("description") or "") for row in rows]
    return [
        Coded(str(number), title, text, relevant=False)
        for number, (title, text) in enumerate(pairs, start=1)
        if title or text
    ]


def print_off_topic(path: Path, classifier: Classifier) -> None:
    """Print what of the headlines is said to be relevant, and how many that are."""
    items = read_headlines(path)
    found = 0
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        for item, said in zip(some, judge_coded(some, classifier), strict=True):
            if said.relevant:
                found += 1
                print(f"{said.relevant_p:.2f} {item.title} {item.text}".strip()[:SHOWN], flush=True)
    print(f"{found} of {len(items):,} said relevant: {found / max(len(items), 1) * 10_000:.1f} in 10,000")


def print_errors(items: list[Coded], classifier: Classifier, count: int) -> None:
    """Print how many errors there are of each kind, and the surest."""
    judgements = judge_coded(items, classifier)
    found = [error for pair in zip(items, judgements, strict=True) for error in errors_of(*pair)]
    for answer, number in Counter(error.answer for error in found).most_common():
        print(f"{number:4} {answer}")
    for error in sorted(found, key=lambda one: -one.sureness)[:count]:
        text = f"{error.item.title} {error.item.text}".strip().replace("\n", " ")
        print(f"\n{error.sureness:.2f} {error.answer}; coded {', '.join(error.item.frames) or 'no frame'}")
        print(f"     {text[:SHOWN]} ({error.item.id})")


def main() -> None:
    """Print errors on coded items, or on headlines that are off topic."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="minilm", help="a model's name or folder")
    parser.add_argument("--gold", type=Path, help="coded items instead of those for evaluation")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--off-topic", type=Path, metavar="FILE", help="headlines, none of which is relevant")
    asked = parser.parse_args()
    classifier = load_classifier(asked.model)
    if asked.off_topic:
        print_off_topic(asked.off_topic, classifier)
        return
    files = [asked.gold] if asked.gold else evaluation_files(shipped_models() / "corpus")
    print_errors([item for path in files for item in read_coded(path)], classifier, asked.count)


if __name__ == "__main__":
    main()
