"""Find and load classifiers by name: a folder of ``models/`` with a manifest that says its kind.

Other packages may add kinds through the entry point group ``monitor.classifiers``: a function that takes
the folder and returns a Classifier.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from monitor.errors import ModelError, UsageError
from monitor.label.codebook import load_codebook
from monitor.types import Classifier

Loader = Callable[[Path], Classifier]
_TEXTS = ("kind", "codebook", "artefact", "sha256")
"""Keys of a manifest that are texts."""


def _linear(folder: Path) -> Classifier:
    from monitor.label.classifiers.linear import load_linear  # scikit-learn: only when it is used

    return load_linear(folder)


def _onnx(folder: Path) -> Classifier:
    from monitor.label.classifiers.onnx import load_onnx  # onnxruntime: only when it is used

    return load_onnx(folder)


def _transformer(folder: Path) -> Classifier:
    try:
        from monitor.label.classifiers.transformer import load_transformer  # torch: only when it is used
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{folder}: needs {error.name}; install torch and social-work-monitor[transformers]"
        ) from error
    return load_transformer(folder)


BUILT_IN: Mapping[str, Loader] = {"linear": _linear, "onnx": _onnx, "transformer": _transformer}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model that can be loaded, with what its manifest says."""

    name: str
    path: Path
    kind: str
    """``broken`` where the manifest cannot be read."""
    codebook: str
    problem: str | None = None
    """What is wrong with the manifest, with the remedy, in one line; the folder is listed all the same."""


def shipped_models() -> Path:
    """Return the folder of models that came with the program: in a checkout, or inside the wheel."""
    package = Path(__file__).resolve().parents[1]
    packed = package / "_models"  # asked first: beside an installed package, "models" may be anyone's
    return packed if packed.is_dir() else package.parent / "models"


def find_models(folders: list[Path] | None = None) -> dict[str, ModelFolder]:
    """Return the models of ``./models`` and of the program, the former winning, by name."""
    places = folders or [Path("models"), shipped_models()]
    return {name: _model_folder(name, folder) for name, folder in _model_folders(places).items()}


def _model_folder(name: str, folder: Path) -> ModelFolder:
    try:
        manifest = read_manifest(folder)
    except ModelError as error:
        return ModelFolder(name, folder, kind="broken", codebook="", problem=str(error))
    return ModelFolder(name, folder, manifest["kind"], manifest["codebook"])


def require_model_name(name: str) -> None:
    """Refuse what is no plain name of a folder under ``models/``: writing there would leave it.

    Raises:
        UsageError: the name is empty, begins with a full stop, or holds a separator.
    """
    if not name.strip() or name.startswith(".") or any(letter in name for letter in "/\\:\0"):
        raise UsageError(
            f"model name {name!r}: must be a plain folder name, as in models/NAME; choose another"
        )


def _model_folders(places: list[Path]) -> dict[str, Path]:
    manifests = (path for place in reversed(places) for path in sorted(place.glob("*/manifest.json")))
    return {path.parent.name: path.parent for path in manifests}


def load_classifier(name: str) -> Classifier:
    """Load a model by its name, or from a path to its folder; what is wrong with others plays no part.

    Raises:
        UsageError: there is no such model.
        ModelError: its files are missing, altered, of an unknown kind or made for another codebook.
    """
    folders = _model_folders([Path("models"), shipped_models()])
    path = Path(name)
    if name in folders:
        path = folders[name]
    elif not (path / "manifest.json").is_file():
        known = ", ".join(sorted(folders)) or "none"
        raise UsageError(f"no model {name!r}; there are: {known} (monitor models)")
    manifest = read_manifest(path)
    _require_codebook(path, manifest)
    loaders, kind = _loaders(), manifest["kind"]
    return loaders[kind](path) if kind in loaders else _unknown(kind, path)


def _require_codebook(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a model of another codebook: its labels would be stamped with a version they do not follow."""
    codebook, made_for = load_codebook(), manifest["codebook"]
    if made_for != codebook.version:
        raise ModelError(
            f"{folder}/manifest.json: made for codebook {made_for}, and this program has {codebook.version}; "
            "train the model again"
        )
    if unknown := sorted({*manifest["frames"]} - {*codebook.ids}):
        raise ModelError(
            f"{folder}/manifest.json: frames that codebook {codebook.version} does not have: "
            f"{', '.join(unknown)}; train the model again"
        )


def _unknown(kind: str, folder: Path) -> Classifier:
    known = ", ".join(sorted(_loaders()))
    raise ModelError(f"{folder}/manifest.json: kind {kind!r} is unknown; known: {known}")


def _loaders() -> dict[str, Loader]:
    loaders = dict(BUILT_IN)
    for point in entry_points(group="monitor.classifiers"):
        if point.name in loaders:
            raise ModelError(f"two packages offer classifiers of kind {point.name!r}; uninstall one")
        loaders[point.name] = point.load()
    return loaders


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a model's manifest.

    Raises:
        ModelError: missing or not JSON, a needed key is absent or of another type, or a frame occurs twice.
    """
    path = folder / "manifest.json"
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: no manifest to be read ({error}); train the model again") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path}: is not a JSON object; train the model again")
    missing = {*_TEXTS, "frames"} - set(data)
    if missing:
        raise ModelError(f"{path}: lacks {', '.join(sorted(missing))}; train the model again")
    if odd := [key for key in _TEXTS if not isinstance(data[key], str)]:
        raise ModelError(f"{path}: {odd[0]} must be a text, not {data[odd[0]]!r}; train the model again")
    frames = data["frames"]
    if not isinstance(frames, list) or not all(isinstance(frame, str) for frame in frames):
        raise ModelError(f"{path}: frames must be a list of frame ids; train the model again")
    if twice := [frame for frame, count in Counter(frames).items() if count > 1]:
        raise ModelError(f"{path}: names frame {twice[0]} more than once; train the model again")
    return dict(data)


def verified_artefact(folder: Path, manifest: Mapping[str, Any]) -> bytes:
    """Return the artefact's bytes, checked against the manifest before anything interprets them."""
    path = folder / str(manifest["artefact"])
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}; fetch or train the model again") from error
    if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
        raise ModelError(f"{path}: not what manifest.json describes (SHA-256); fetch or train it again")
    return data


def version_of(name: str, manifest: Mapping[str, Any]) -> str:
    """Return ``name@digest``: the digest covers weights, calibration and thresholds alike."""
    canonical = json.dumps(manifest, sort_keys=True).encode()
    return f"{name}@{hashlib.sha256(canonical).hexdigest()[:12]}"
