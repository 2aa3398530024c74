"""Compare ways to fine-tune the encoder: the same authors to learn from, and the same others to measure on.

    python -m benchmarks.recipes --base FOLDER --out FOLDER [--gold FILE] [RECIPE]...

Each recipe's network is kept in ``--out``, and one that is there already is not fitted again, so that a run
cut short goes on where it stopped. Each is judged alone and weighed against the linear model, calibrated
on the authors held out as `monitor train --base` does it. Averages of recipes follow, of the fits that are
there. Needs torch; docs/models.md holds what was found.
"""

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.learning_curve import CORPUS, measured
from monitor.clock import stopwatch
from monitor.label.classifiers.linear import TONES, pack_artefact, sigmoid, unpack_artefact
from monitor.label.classifiers.onnx import LinearNet, OnnxNet, Source, open_session, read_tokenizer
from monitor.label.corpus import Coded, read_coded, read_corpus
from monitor.label.encoder import TAUGHT, Teaching, fit_encoder
from monitor.label.finetune import base_tokenizer, held_rows
from monitor.label.lexicon import BROAD, STRICT
from monitor.label.sheet import Sheet, sheet_of
from monitor.label.train import fit_linear

SEED, EPOCHS = 1, 4
NEAR = 0.3
"""From this probability a frame that is not there makes a passage a hard negative."""


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
    """What every recipe is fitted on and measured on."""

    folder: Path
    base: str
    tokenizer: bytes
    learnt: Sheet
    kept: Sheet

    def fitted(self, name: str) -> Source:
        """Return a recipe's network, fitted now unless it was before."""
        recipe, path = RECIPES[name], self.folder / f"{name.replace(' ', '-')}.onnx"
        if not path.exists():
            sheet, elapsed = self._sheet(recipe), stopwatch()
            fit = fit_encoder(
                marked(sheet) if recipe.marked else sheet,
                base=self.base,
                tokenizer=self.tokenizer,
                seed=recipe.seed,
                epochs=recipe.epochs,
                say=_say,
                teaching=recipe.teaching,
            )
            path.write_bytes(fit.network)
            _say(f"{name}: {len(sheet.texts):,} passages, {elapsed():.0f} s")
        net = OnnxNet(open_session(path.read_bytes()), read_tokenizer(self.tokenizer))
        return (lambda texts: net([mark(text) for text in texts])) if recipe.marked else net

    def _sheet(self, recipe: Recipe) -> Sheet:
        if not recipe.hard:
            return self.learnt
        frames = slice(1, self.learnt.targets.shape[1] - len(TONES))
        chances = sigmoid(self.fitted("kept")(self.learnt.texts)[:, frames])
        hard = np.flatnonzero(((chances > NEAR) & ~self.learnt.targets[:, frames]).any(axis=1))
        _say(f"{len(hard)} hard negatives")
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


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Print a table: macro F1, F1 of the core frames and of tone, on each set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipes", nargs="*", metavar="RECIPE", help=f"of {', '.join(RECIPES)}; default: all")
    parser.add_argument("--base", required=True, help="an encoder's folder or name")
    parser.add_argument("--out", type=Path, required=True, help="where networks are kept")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--gold", type=Path, help="coded items besides those for evaluation")
    asked = parser.parse_args()
    corpus = read_corpus(asked.corpus)
    sheet = sheet_of(corpus.training)
    held = held_rows(sheet)
    kept, learnt = sheet.part(np.flatnonzero(held)), sheet.part(np.flatnonzero(~held))
    sets = {"evaluation": corpus.evaluation, **({"gold": read_coded(asked.gold)} if asked.gold else {})}
    asked.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(asked.out, asked.base, base_tokenizer(asked.base), learnt, kept)
    fit = fit_linear(learnt, SEED)
    linear = LinearNet(*unpack_artefact(pack_artefact(fit.vocabulary, fit.weights, fit.intercepts)))
    print(f"| macro F1, core F1, tone F1 | {' | '.join(f'{name} ({len(sets[name])})' for name in sets)} |")
    print("|---|" + "---|" * len(sets))
    sources = {name: bench.fitted(name) for name in asked.recipes or RECIPES}
    for average, parts in AVERAGES.items():
        if set(parts) <= sources.keys():
            sources[average] = mean_of([sources[part] for part in parts])
    for name, source in sources.items():
        print_rows(name, source, linear, kept, sets)


if __name__ == "__main__":
    main()
