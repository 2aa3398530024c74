"""Take a model of the transformers library, from a folder or the hub, as one of ours: write its manifest.

The network stays where it is, or is downloaded into the model's folder because the user named it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from monitor.errors import InputError, ModelError, UsageError, first_line
from monitor.label.card import keep_failures, noted_failures
from monitor.label.classifiers.linear import RELEVANT, heads_of
from monitor.label.classifiers.transformer import (
    LOADING_ERRORS,
    TONE_HEADS,
    entailment_columns,
    hypotheses,
    label_names,
    open_reader,
)
from monitor.label.codebook import load_codebook
from monitor.label.manifest import file_digest
from monitor.label.modelfolder import FLOORS, replacing, write_manifest

WANTED = ("*.json", "*.safetensors", "*.txt", "*.model")
"""What is downloaded of a repository: no pickles, no code."""
WEIGHTS = "weights"
"""Where in a model's folder a download lies."""
THRESHOLD = 0.5


def adopt_model(
    base: str, folder: Path, *, revision: str | None = None, labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Write the manifest and card of a model, and return the manifest.

    A model that was added under the name before is replaced, but for its floors and the failures that a
    person noted; what was trained never is.

    An NLI model is used zero-shot; of any other, labels named like frames, ``relevant``, or ``tone
    negative``, ``tone neutral``, ``tone positive`` are used.

    Args:
        base: a folder, or the name of a repository on the Hugging Face hub.
        folder: where the model is to stand, under ``models/``.
        revision: of the repository; the newest by default, and pinned by the digests.
        labels: names of the network's labels to our heads, where they differ.

    Raises:
        InputError: there is no such network, or none of its labels stands for a frame.
        UsageError: the folder holds something else than an added model.
        ModelError: transformers cannot load the network.
    """
    _require_free(folder)
    downloaded = (folder / WEIGHTS).resolve()
    source = Path(base).resolve() if Path(base).is_dir() else None
    if source and folder.resolve() in (source, *source.parents) and source != downloaded:
        raise UsageError(f"{base}: lies in the folder that is to be written; name a folder elsewhere")
    kept = (FLOORS, WEIGHTS) if source == downloaded else (FLOORS,)
    with replacing(folder, kept) as new:
        weights = source or _download(base, new / WEIGHTS, revision)
        manifest = _manifest_of(base, weights, revision, labels or {}, local=source in (None, downloaded))
        _check(weights, manifest)
        write_manifest(new, manifest)
        keep_failures(folder, new)
        (new / "README.md").write_text(_card(folder.name, manifest, noted_failures(new)), "utf-8")
    return manifest


def _require_free(folder: Path) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("kind") != "transformer":
        raise UsageError(f"{folder}: holds what models add did not write; choose another name, or remove it")


def _manifest_of(
    base: str, weights: Path, revision: str | None, labels: Mapping[str, str], *, local: bool
) -> dict[str, Any]:
    """Describe a network that lies in ``weights``; ``local`` says that this is in the model's own folder."""
    files = {path.name: file_digest(path) for path in sorted(weights.iterdir()) if _is_wanted(path)}
    if not any(name.endswith(".safetensors") for name in files) or "config.json" not in files:
        raise InputError(f"{weights}: holds no config.json with safetensors; name a folder that does")
    names = _label_names(weights)
    zero_shot = not labels and _is_nli(names)
    heads = hypotheses() if zero_shot else _heads_by_label(weights, names, labels)
    codebook = load_codebook()
    return {
        "kind": "transformer",
        "codebook": codebook.version,
        "frames": [frame for frame in codebook.ids if frame in heads],
        "artefact": "config.json",
        "sha256": files["config.json"],
        "weights": WEIGHTS if local else str(weights),
        "files": files,
        "task": "zero-shot" if zero_shot else "classification",
        "heads": heads,
        "thresholds": {head: THRESHOLD for head in heads if head not in TONE_HEADS},
        "base": {"name": base if local else weights.name, "revision": revision},
    }


def _is_wanted(path: Path) -> bool:
    return path.is_file() and any(path.match(pattern) for pattern in WANTED)


def _download(base: str, weights: Path, revision: str | None) -> Path:
    from httpx import HTTPError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        snapshot_download(base, revision=revision, local_dir=weights, allow_patterns=list(WANTED))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, HTTPError, OSError) as error:
        raise InputError(
            f"{base}: neither a folder here nor a model of the hub ({first_line(error)}); name another"
        ) from error
    return weights.resolve()


def _label_names(weights: Path) -> list[str]:
    try:
        return label_names(weights)
    except LOADING_ERRORS as error:
        raise InputError(
            f"{weights / 'config.json'}: cannot be read ({first_line(error)}); name another folder"
        ) from error


def _is_nli(names: Sequence[str]) -> bool:
    try:
        entailment_columns({name: place for place, name in enumerate(names)})
    except ValueError:
        return False
    return True


def _heads_by_label(weights: Path, names: Sequence[str], labels: Mapping[str, str]) -> dict[str, str]:
    """Return for each of our heads that the network has the network's label, in our order."""
    known = heads_of(load_codebook().ids)
    unknown = [f"{label}={head}" for label, head in labels.items() if label not in names or head not in known]
    if unknown:
        raise InputError(
            f"{weights}: {unknown[0]}: its labels are {', '.join(names)}; ours {', '.join(known)}"
        )
    by_head = {name.lower(): name for name in names} | {head: label for label, head in labels.items()}
    heads = {head: by_head[head] for head in known if head in by_head}
    if not any(head in load_codebook().ids for head in heads):
        raise InputError(
            f"{weights}: none of its labels ({', '.join(names) or 'it has none'}) is a frame; name them with "
            "--map LABEL=FRAME"
        )
    return heads


def _check(weights: Path, manifest: Mapping[str, Any]) -> None:
    """Read one sentence, so that what cannot be loaded is never written."""
    try:
        reader = open_reader(weights, manifest["task"], manifest["heads"])
        chances = reader(["Social workers missed the warning signs."])
        if not np.isfinite(chances).all():
            raise ValueError("its answers are no probabilities")
    except LOADING_ERRORS as error:
        raise ModelError(
            f"{weights}: transformers cannot load it ({first_line(error)}); name another folder"
        ) from error


def _card(name: str, manifest: Mapping[str, Any], failures: str) -> str:
    how = {
        "zero-shot": "an NLI model, asked whether a passage entails each hypothesis of the codebook",
        "classification": "a classifier whose labels stand for our heads",
    }[manifest["task"]]
    without = ", ".join(frame for frame in load_codebook().ids if frame not in manifest["frames"])
    lacks = f"It labels no {without}.\n" if without else ""
    relevance = "" if RELEVANT in manifest["heads"] else "Whatever names social work counts as relevant.\n"
    return (
        f"# {name}\n\n`{manifest['base']['name']}`: {how} ({manifest['codebook']}).\n{lacks}{relevance}\n"
        "Not trained, calibrated or measured by this project: its probabilities are raw, its thresholds "
        f"{THRESHOLD}. Measure it before use: `monitor evaluate GOLD.jsonl --model {name}`. Its licence is "
        "that of its makers.\n" + (f"\n## Known failures\n{failures}\n" if failures else "")
    )
