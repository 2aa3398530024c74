"""Fit models on growing parts of the corpus, and say how well each frame is then found.

Run in the repository's folder: ``python -m benchmarks.learning_curve [--base FOLDER] [--gold FILE]``. Each
fit reads a random part of the training passages (minimal pairs whole) of the authors who are not held out,
and is calibrated on those who are; all are measured on the same passages for evaluation. With --base an
encoder is fine-tuned too and weighed against the linear model, as `monitor train --base` does it; that needs
torch. docs/models.md holds what was found.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks.held_out import EPOCHS, SEED, arguments, linear_of, measured, read_sets, say, split_of
from monitor.label.classifiers.onnx import OnnxNet, Source, open_session, read_tokenizer
from monitor.label.finetune import base_tokenizer
from monitor.label.sheet import Sheet, pairs_of

SHARES = (0.125, 0.25, 0.5, 1.0)


def parts_of(sheet: Sheet) -> Iterator[Sheet]:
    """Yield growing parts of a sheet, each within the next."""
    pairs = pairs_of(sheet.coded)
    order = np.random.default_rng(SEED).permutation(len(pairs))
    rows = np.array([row for place in order for row in pairs[place]])
    for share in SHARES:
        yield sheet.part(np.sort(rows[: round(share * len(rows))]))


def sources_of(part: Sheet, base: str | None) -> tuple[Source, ...]:
    """Fit what is asked for on a part."""
    linear = linear_of(part)
    if base is None:
        return (linear,)
    from monitor.label.encoder import fit_encoder

    tokenizer = base_tokenizer(base)
    fit = fit_encoder(part, base=base, tokenizer=tokenizer, seed=SEED, epochs=EPOCHS, say=say)
    return OnnxNet(open_session(fit.network), read_tokenizer(tokenizer)), linear


def main() -> None:
    """Print one table for each set of items."""
    asked = arguments(__doc__).parse_args()
    corpus, sets = read_sets(asked.corpus, asked.gold)
    split = split_of(corpus.training)
    curves: dict[str, list[dict[str, float]]] = {name: [] for name in sets}
    sizes = []
    for part in parts_of(split.fitted):
        sources = sources_of(part, asked.base)
        sizes.append(len(part.coded))
        for name, items in sets.items():
            curves[name].append(measured(sources, split.held, items))
            say(f"{sizes[-1]} passages, {name}: macro F1 {curves[name][-1]['macro']:.3f}")
    for name, items in sets.items():
        print(f"\nF1 on {name} ({len(items):,})\n")
        print("| passages | " + " | ".join(f"{size:,}" for size in sizes) + " |")
        print("|---|" + "---:|" * len(sizes))
        for figure in curves[name][0]:
            print(f"| {figure} | " + " | ".join(f"{one[figure]:.2f}" for one in curves[name]) + " |")


if __name__ == "__main__":
    main()
