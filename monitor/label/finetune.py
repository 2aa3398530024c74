"""Train the shipped kind of model: a fine-tuned encoder and the linear model, weighed against each other.

Which of the two to trust for which head, calibration and thresholds are fitted on authors that neither has
read; no weight, calibration or threshold rests on files for evaluation or gold files. Recipes (rates,
smoothing: benchmarks/recipes.py) were compared on them, which flatters the figures on them a little. Needs
the extra ``transformers`` and torch; what it writes needs neither.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import InputError, UsageError, first_line
from monitor.label.calibrate import Calibration, Margins, calibrate
from monitor.label.card import describe, keep_failures
from monitor.label.classifiers.linear import heads_of, pack_artefact, unpack_artefact
from monitor.label.classifiers.onnx import (
    MAX_TOKENS,
    LinearNet,
    OnnxNet,
    Source,
    open_session,
    read_tokenizer,
)
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded
from monitor.label.evaluate import Figures
from monitor.label.features import fingerprint
from monitor.label.left_out import left_out_figures
from monitor.label.manifest import file_digest
from monitor.label.modelfolder import replacing, require_place
from monitor.label.origin import LEAST_AUTHORS, in_parts, made_with, training_record
from monitor.label.quiet import quieten_bars
from monitor.label.sheet import Sheet, authors_of, require_variety, sheet_of
from monitor.label.train import fit_linear

if TYPE_CHECKING:
    from monitor.label.encoder import Say

HELD = 4
"""One author in so many, and two at least, is held out of a first fit, on which all is chosen and measured.

A second fit reads everybody: the linear part alone gained up to 0.03 macro F1 from the authors held out. One
author at a time, as the linear model does it, would cost hours for a little more certainty. The number of
epochs is chosen on them too, so that the card's figures on them flatter a little.
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training run depends on besides the coded items."""

    base: str
    """A folder with config.json, model.safetensors and tokenizer.json, or a name on the Hugging Face hub."""
    seed: int
    epochs: int
    """At most; the first fit says how many are enough."""
    base_name: str = ""
    """What the card calls the base; by default the folder's name, or that on the hub."""
    files: tuple[str, ...] = ()
    """The names of those that the items stood in, for the card."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The files of one fit."""

    network: bytes
    exact: bytes
    """The network in single precision; it is not shipped."""
    linear: bytes
    tokenizer: bytes
    epochs: int

    def sources(self, *, exact: bool = False) -> tuple[Source, ...]:
        session = open_session(self.exact if exact else self.network)
        return OnnxNet(session, read_tokenizer(self.tokenizer)), LinearNet(*unpack_artefact(self.linear))


def train_encoder(coded: Sequence[Coded], recipe: Recipe, *, folder: Path, say: "Say") -> Figures:
    """Fit a model and write it to ``folder``: network, tokenizer, linear part, manifest.json and README.md.

    Returns:
        The figures of leaving authors out, in the shape of ``evaluate``.

    Raises:
        UsageError: torch or transformers is not installed.
        InputError: the base cannot be read or is of a kind that cannot be fine-tuned here, the items are
            too few, or the folder's place cannot be written to.
    """
    require_place(folder)
    sheet = sheet_of(in_parts(coded, recipe.seed))
    held = held_rows(sheet)
    require_variety(sheet.part(np.flatnonzero(~held)))
    kept = sheet.part(np.flatnonzero(held))
    require_variety(kept)
    require_base(recipe.base)
    tokenizer = base_tokenizer(recipe.base)
    base = _base_record(recipe)
    say("first fit, to calibrate on the authors held out")
    first = _fit(sheet.part(np.flatnonzero(~held)), recipe, tokenizer, say, kept)
    margins, figures = _judged(kept, first.sources(), recipe.seed)
    exact = _judged(kept, first.sources(exact=True), recipe.seed)[1]
    figures["precision"] = {"int8": figures["macro"], "single": exact["macro"]}
    say(f"second fit, on all authors, {first.epochs} epochs")
    parts = _fit(sheet, replace(recipe, epochs=first.epochs), tokenizer, say)
    training = {
        **base,
        **training_record(coded, recipe.files, recipe.seed),
        "seed": recipe.seed,
        "epochs": parts.epochs,
        "held": sorted(authors_of(kept)),
        "made_with": made_with(encoder=True),
    }
    with replacing(folder) as new:
        keep_failures(folder, new)
        _write_model(new, parts, calibrate(kept, margins), training, figures)
    return figures


def held_rows(sheet: Sheet) -> NDArray[np.bool_]:
    """Return which rows are held out: those of some authors, spread over the names, and some background.

    Raises:
        InputError: fewer than ``LEAST_AUTHORS``.
    """
    authors = authors_of(sheet)
    if len(authors) < LEAST_AUTHORS:
        raise InputError(
            "an encoder is trained on two authors, or parts of few coders' texts, and calibrated on two; "
            "code more texts, or learn --with-corpus"
        )
    count = max(2, len(authors) // HELD)
    held = {authors[(2 * place + 1) * len(authors) // (2 * count)] for place in range(count)}
    return np.array(
        [
            item.author in held if item.author in authors else row % HELD == 0
            for row, item in enumerate(sheet.coded)
        ]
    )


def require_torch() -> None:
    """Refuse to start where the libraries for training are missing.

    Raises:
        UsageError: they are.
    """
    missing = [name for name in ("torch", "transformers", "onnx") if find_spec(name) is None]
    if missing:
        needed = "pip install torch onnx 'social-work-monitor[transformers]'"
        raise UsageError(f"training an encoder needs {', '.join(missing)}: {needed}")


@cache  # the command asks before it reads a large corpus, and the base is loaded for it
def require_base(base: str) -> None:
    """Refuse what cannot be fine-tuned, before anything long is begun.

    Raises:
        UsageError: torch or transformers is not installed.
        InputError: the base cannot be read, reads too few tokens, or is of a kind that cannot be fine-tuned.
    """
    require_torch()
    quieten_bars()
    base_tokenizer(base)
    require_length(base)
    from monitor.label.encoder import require_layers  # torch: only when it is there

    require_layers(base)


def base_tokenizer(base: str) -> bytes:
    """Return the tokenizer.json of a base.

    Raises:
        InputError: there is no such base, or it has no fast tokenizer.
    """
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(base).backend_tokenizer.to_str().encode()  # type: ignore[no-any-return]
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"{base}: no encoder with a tokenizer.json to be read ({first_line(error)}); name a folder"
        ) from error


def require_length(base: str) -> None:
    """Refuse an encoder that reads fewer tokens than a passage may have.

    Raises:
        InputError: it does, or its config.json cannot be read.
    """
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(base)
    except (OSError, ValueError) as error:
        raise InputError(f"{base}: no config.json to be read ({first_line(error)}); name another") from error
    longest = getattr(config, "max_position_embeddings", None) or MAX_TOKENS
    if longest < MAX_TOKENS:
        raise InputError(f"{base}: reads {longest} tokens, and a passage may have {MAX_TOKENS}; name another")


def _base_record(recipe: Recipe) -> dict[str, str | None]:
    """Return the base's name and the SHA-256 of its model.safetensors; None where it has no such file."""
    from transformers.utils import cached_file

    folder = Path(recipe.base)
    name = recipe.base_name or (folder.resolve().name if folder.is_dir() else recipe.base)
    path = cached_file(recipe.base, "model.safetensors", _raise_exceptions_for_missing_entries=False)
    if path is None:
        return {"base": name, "base_sha256": None}
    return {"base": name, "base_sha256": file_digest(Path(path))}


def _fit(sheet: Sheet, recipe: Recipe, tokenizer: bytes, say: "Say", kept: Sheet | None = None) -> _Parts:
    from monitor.label.encoder import fit_encoder  # torch: only when it is used

    linear = fit_linear(sheet, recipe.seed)
    fit = fit_encoder(
        sheet,
        base=recipe.base,
        tokenizer=tokenizer,
        seed=recipe.seed,
        epochs=recipe.epochs,
        say=say,
        kept=kept,
    )
    packed = pack_artefact(linear.vocabulary, linear.weights, linear.intercepts)
    return _Parts(fit.network, fit.exact, packed, tokenizer, fit.epochs)


# ---------------------------------------------------------------- measuring


def _judged(kept: Sheet, sources: tuple[Source, ...], seed: int) -> tuple[Margins, Figures]:
    """Return what the sources say of the passages kept apart, and how good that is, an author at a time."""
    margins = np.stack([source(kept.texts) for source in sources], axis=-1)
    authors = authors_of(kept)
    fold = {author: place for place, author in enumerate(authors)}
    folds = np.array([fold.get(item.author, -1) for item in kept.coded], dtype=np.int64)
    return margins, left_out_figures(kept, folds, [sources] * len(authors), margins, seed)


# ---------------------------------------------------------------- files


def _write_model(
    folder: Path,
    parts: _Parts,
    calibration: Calibration,
    training: Mapping[str, Any],
    figures: Figures,
) -> None:
    codebook = load_codebook()
    network = _write_file(folder / "model.onnx", parts.network)
    manifest: dict[str, Any] = {
        "kind": "onnx",
        "codebook": codebook.version,
        "frames": list(codebook.ids),
        **network,
        "files": {
            "tokenizer": _write_file(folder / "tokenizer.json", parts.tokenizer),
            "linear": _write_file(folder / "linear.npz", parts.linear),
        },
        "features": fingerprint(),
        "calibration": dict(zip(heads_of(codebook.ids), calibration.platt.tolist(), strict=True)),
        "thresholds": dict(calibration.thresholds),
        "training": training,
        "figures": figures,
    }
    describe(folder, manifest)


def _write_file(path: Path, data: bytes) -> dict[str, str]:
    path.write_bytes(data)
    return {"artefact": path.name, "sha256": hashlib.sha256(data).hexdigest()}
