"""Compare ways to fine-tune the encoder: the same authors to learn from, and the same others to measure on.

    python -m benchmarks.recipes --base FOLDER --out FOLDER [--gold FILE] [RECIPE]...

Each recipe's network is kept in ``--out``, under a name with a digest of the recipe and of what it learnt;
one that is there already is not fitted again, so that a run cut short goes on where it stopped. Each is
judged alone and weighed against the linear model, calibrated on the authors held out as
`monitor train --base` does it. Averages of recipes follow, of the fits that are there. Needs torch;
docs/models.md holds what was found.
"""

import argparse
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.held_out import (
    EPOCHS,
    SEED,
    Split,
    arguments,
    linear_of,
    measured,
    read_sets,
    say,
    split_of,
)
from monitor.clock import stopwatch
from monitor.label.classifiers.linear import TONES, sigmoid
from monitor.label.classifiers.onnx import OnnxNet, Source, open_session, read_tokenizer
from monitor.label.corpus import Coded, digest_of
from monitor.label.encoder import TAUGHT, Teaching, fit_encoder
from monitor.label.finetune import base_tokenizer
from monitor.label.lexicon import BROAD, STRICT
from monitor.label.sheet import Sheet

NEAR = 0.3
"""From this probability a frame that is not there makes a passage a hard negative."""
Sets = Mapping[str, Sequence[Coded]]
"""What is measured on, by name."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to fine-tune."""

    teaching: Teaching = TAUGHT
    epochs: int = EPOCHS
    seed: int = SEED
    marked: bool = False
    """Whether the words that name social work stand between marks."""
    hard: bool = False
    """Whether passages that the first recipe's network gives a frame they have not are read twice."""


RECIPES: Mapping[str, Recipe] = {
    "kept": Recipe(),
    "more epochs": Recipe(epochs=8),
    "half the rate": Recipe(Teaching(rate=1e-4)),
    "word embeddings too": Recipe(Teaching(word_rate=5e-5)),
    "no smoothing": Recipe(Teaching(smoothing=0.0)),
    "no balancing": Recipe(Teaching(balance=0.0)),
    "focal loss": Recipe(Teaching(focus=1.5)),
    "social work marked": Recipe(marked=True),
    "hard negatives twice": Recipe(hard=True),
    "second seed": Recipe(seed=2),
    "third seed": Recipe(seed=3),
}
AVERAGES: Mapping[str, Sequence[str]] = {"three seeds": ("kept", "second seed", "third seed")}
NAMED = re.compile(f"{STRICT.pattern}|{BROAD.pattern}", re.IGNORECASE | re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every recipe is fitted on, and where the networks are kept."""

    folder: Path
    base: str
    tokenizer: bytes
    learnt: Sheet

    def fitted(self, name: str) -> Source:
        """Return a recipe's network, fitted now unless it was before."""
        recipe, path = RECIPES[name], self.path(name)
        if not path.exists():
            sheet, elapsed = self._sheet(recipe), stopwatch()
            fit = fit_encoder(
                marked(sheet) if recipe.marked else sheet,
                base=self.base,
                tokenizer=self.tokenizer,
                seed=recipe.seed,
                epochs=recipe.epochs,
                say=say,
                teaching=recipe.teaching,
            )
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(fit.network)
            unfinished.replace(path)
            say(f"{name}: {len(sheet.texts):,} passages, {elapsed():.0f} s")
        net = OnnxNet(open_session(path.read_bytes()), read_tokenizer(self.tokenizer))
        return (lambda texts: net([mark(text) for text in texts])) if recipe.marked else net

    def path(self, name: str) -> Path:
        """Return where a recipe's network is kept: elsewhere once the recipe or what it learns changes."""
        recipe, learnt = RECIPES[name], self.learnt
        parts = [
            *(repr(recipe).encode(), Path(self.base).name.encode(), self.tokenizer),
            *(digest_of(learnt.coded).encode(), learnt.targets.tobytes(), learnt.taught.tobytes()),
            NAMED.pattern.encode() if recipe.marked else b"",
            self.path("kept").name.encode() if recipe.hard else b"",
        ]
        digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
        return self.folder / f"{name.replace(' ', '-')}-{digest[:12]}.onnx"

    def _sheet(self, recipe: Recipe) -> Sheet:
        if not recipe.hard:
            return self.learnt
        frames = slice(1, self.learnt.targets.shape[1] - len(TONES))
        chances = sigmoid(self.fitted("kept")(self.learnt.texts)[:, frames])
        hard = np.flatnonzero(((chances > NEAR) & ~self.learnt.targets[:, frames]).any(axis=1))
        say(f"{len(hard)} hard negatives")
        return self.learnt.part(np.sort(np.concatenate([np.arange(len(chances)), hard])))


def mark(text: str) -> str:
    """Return a text with marks around the words that name social work."""
    return NAMED.sub(lambda match: f"< {match.group(0)} >", text)


def marked(sheet: Sheet) -> Sheet:
    """Return a sheet with marked texts."""
    return replace(sheet, texts=tuple(mark(text) for text in sheet.texts))


def mean_of(sources: Sequence[Source]) -> Source:
    """Return the mean margins of sources."""
    return lambda texts: np.mean([source(texts) for source in sources], axis=0)


def print_rows(
    name: str, source: Source, linear: Source, kept: Sheet, sets: Mapping[str, Sequence[Coded]]
) -> None:
    """Print a network's figures alone, and those of it weighed against the linear model."""
    for label, sources in ((f"{name}, alone", (source,)), (name, (source, linear))):
        cells = []
        for items in sets.values():
            found = measured(sources, kept, items)
            cells += [f"{found['macro']:.3f}, {found['core']:.3f}, {found['tone']:.3f}"]
        print(f"| {label} | {' | '.join(cells)} |", flush=True)


def asked_and_bench(parser: argparse.ArgumentParser) -> tuple[argparse.Namespace, Split, Bench, Sets]:
    """Return what is asked, the split by author, the bench of those who are learnt, and what is measured."""
    parser.add_argument("--out", type=Path, required=True, help="where networks are kept")
    asked = parser.parse_args()
    corpus, sets = read_sets(asked.corpus, asked.gold)
    split = split_of(corpus.training)
    asked.out.mkdir(parents=True, exist_ok=True)
    return asked, split, Bench(asked.out, asked.base, base_tokenizer(asked.base), split.fitted), sets


def main() -> None:
    """Print a table: macro F1, F1 of the core frames and of tone, on each set."""
    parser = arguments(__doc__, base_needed=True)
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"of {', '.join(RECIPES)}; default: all")
    asked, split, bench, sets = asked_and_bench(parser)
    linear = linear_of(split.fitted)
    print(f"| macro F1, core F1, tone F1 | {' | '.join(f'{name} ({len(sets[name])})' for name in sets)} |")
    print("|---|" + "---|" * len(sets))
    sources = {name: bench.fitted(name) for name in asked.recipes or RECIPES}
    for average, parts in AVERAGES.items():
        if set(parts) <= sources.keys():
            sources[average] = mean_of([sources[part] for part in parts])
    for name, source in sources.items():
        print_rows(name, source, linear, split.held, sets)


if __name__ == "__main__":
    main()
