"""Take a model of the transformers library, from a folder or the hub, as one of ours: write its manifest.

The network stays where it is, or is downloaded into the model's folder because the user named it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.errors import InputError, ModelError
from monitor.label.classifiers.linear import RELEVANT, heads_of
from monitor.label.classifiers.transformer import (
    LOADING_ERRORS,
    entailment_columns,
    file_digest,
    hypotheses,
    open_reader,
    told,
)
from monitor.label.codebook import load_codebook

WANTED = ("*.json", "*.safetensors", "*.txt", "*.model")
"""What is downloaded of a repository: no pickles, no code."""
THRESHOLD = 0.5


def adopt_model(
    base: str, folder: Path, *, revision: str | None = None, labels: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Write the manifest and card of a model, and return the manifest.

    An NLI model is used zero-shot; of any other, labels named like frames, ``relevant``, or ``tone
    negative``, ``tone neutral``, ``tone positive`` are used.

    Args:
        base: a folder, or the name of a repository on the Hugging Face hub.
        folder: where the model is to stand, under ``models/``.
        revision: of the repository; the newest by default, and pinned by the digests.
        labels: names of the network's labels to our heads, where they differ.

    Raises:
        InputError: there is no such network, or none of its labels stands for a frame.
    """
    weights = Path(base).resolve() if Path(base).is_dir() else _download(base, folder / "weights", revision)
    files = {path.name: file_digest(path) for path in sorted(weights.iterdir()) if _is_wanted(path)}
    if not any(name.endswith(".safetensors") for name in files) or "config.json" not in files:
        raise InputError(f"{weights}: holds no config.json with safetensors; name a folder that does")
    names = _label_names(weights)
    zero_shot = not labels and _is_nli(names)
    heads = hypotheses() if zero_shot else _heads_by_label(weights, names, labels or {})
    codebook = load_codebook()
    local = weights.parent == folder.resolve()
    manifest: dict[str, Any] = {
        "kind": "transformer",
        "codebook": codebook.version,
        "frames": [frame for frame in codebook.ids if frame in heads],
        "artefact": "config.json",
        "sha256": files["config.json"],
        "weights": "weights" if local else str(weights),
        "files": files,
        "task": "zero-shot" if zero_shot else "classification",
        "heads": heads,
        "thresholds": {head: THRESHOLD for head in heads if not head.startswith("tone ")},
        "base": {"name": base if local else weights.name, "revision": revision},
    }
    _check(weights, manifest)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / "README.md").write_text(_card(folder.name, manifest), "utf-8")
    return manifest


def _is_wanted(path: Path) -> bool:
    return path.is_file() and any(path.match(pattern) for pattern in WANTED)


def _download(base: str, weights: Path, revision: str | None) -> Path:
    from httpx import HTTPError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        snapshot_download(base, revision=revision, local_dir=weights, allow_patterns=list(WANTED))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, HTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"{base}: neither a folder here nor a model of the hub ({reason})") from error
    return weights.resolve()


def _label_names(weights: Path) -> list[str]:
    try:
        config = json.loads((weights / "config.json").read_text("utf-8"))
        return [str(label) for label in config.get("id2label", {}).values()]
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{weights / 'config.json'}: cannot be read ({error})") from error


def _is_nli(names: Sequence[str]) -> bool:
    try:
        entailment_columns({name: place for place, name in enumerate(names)})
    except KeyError:
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
        reader(["Social workers missed the warning signs."])
    except LOADING_ERRORS as error:
        raise ModelError(
            f"{weights}: transformers cannot load it ({told(error)}); name another folder"
        ) from error


def _card(name: str, manifest: Mapping[str, Any]) -> str:
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
        "that of its makers.\n"
    )
