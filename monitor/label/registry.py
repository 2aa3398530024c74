"""Find and load classifiers by name: a folder of ``models/`` with a manifest that says its kind.

Other packages may add kinds through the entry point group ``monitor.classifiers``: a function that takes
the folder and returns a Classifier.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from typing import Any

from monitor.errors import ModelError, UsageError
from monitor.label.aggregate import rules
from monitor.label.codebook import load_codebook
from monitor.label.manifest import (
    AGAIN,
    again,
    altered,
    described_files,
    require_features,
    require_file,
    text_of,
    unreadable,
)
from monitor.types import Classifier

Loader = Callable[[Path], Classifier]
_TEXTS = ("kind", "codebook", "artefact", "sha256")
"""Keys of a manifest that are texts."""
MOST_HASHED = 64_000_000
"""Bytes of a file up to which ``examined`` reads it; larger ones are looked for, and read on loading."""


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
    """What would keep it from being loaded, with the remedy, in one line; it is listed all the same."""


def shipped_models() -> Path:
    """Return the folder of models that came with the program: in a checkout, or inside the wheel."""
    package = Path(__file__).resolve().parents[1]
    packed = package / "_models"  # asked first: beside an installed package, "models" may be anyone's
    return packed if packed.is_dir() else package.parent / "models"


def find_models(folders: list[Path] | None = None) -> dict[str, ModelFolder]:
    """Return the models of ``./models`` and of the program, the former winning, by name.

    Of problems only those of reading a manifest are told; ``examined`` looks for the others.
    """
    places = folders or [Path("models"), shipped_models()]
    return {name: _model_folder(name, folder) for name, folder in _model_folders(places).items()}


def _model_folder(name: str, folder: Path) -> ModelFolder:
    try:
        manifest = read_manifest(folder)
    except ModelError as error:
        return ModelFolder(name, folder, kind="broken", codebook="", problem=_writable(error))
    return ModelFolder(name, folder, manifest["kind"], manifest["codebook"])


def examined(model: ModelFolder) -> ModelFolder:
    """Return a model with what is wrong with it as far as that shows without loading it.

    That is another codebook, unknown frames or kind, other features, and files that are missing or altered.
    """
    if model.problem:
        return model
    try:
        _examine(model.path)
    except ModelError as error:
        return replace(model, problem=_writable(error))
    return model


def _examine(folder: Path) -> None:
    manifest = read_manifest(folder)
    _require_codebook(folder, manifest)
    _require_kind(folder, manifest, {*BUILT_IN, *(point.name for point in _others())})
    if "features" in manifest:
        require_features(folder, manifest)
    for path, digest in described_files(folder, manifest):
        require_file(path, digest, folder, manifest, most=MOST_HASHED)


def _writable(error: ModelError) -> str:
    """Return an error's text as UTF-8 can carry it: a manifest may hold half characters."""
    return str(error).encode("utf-8", "replace").decode()


def require_model_name(name: str) -> None:
    """Refuse what is no plain name of a folder under ``models/``: writing there would leave it.

    Raises:
        UsageError: the name is empty, begins with a full stop, or holds a separator.
    """
    if not _is_plain(name):
        raise UsageError(
            f"model name {name!r}: must be a plain folder name, as in models/NAME; choose another"
        )


def _is_plain(name: str) -> bool:
    return bool(name.strip()) and not name.startswith(".") and not any(one in name for one in "/\\:\0")


def _model_folders(places: list[Path]) -> dict[str, Path]:
    manifests = (path for place in reversed(places) for path in sorted(place.glob("*/manifest.json")))
    # what begins with a full stop is a model that is being replaced
    return {path.parent.name: path.parent for path in manifests if not path.parent.name.startswith(".")}


def load_classifier(name: str) -> Classifier:
    """Load a model by its name, or from a path to its folder; what is wrong with others plays no part.

    Raises:
        UsageError: there is no such model.
        ModelError: its files are missing, altered, of an unknown kind or made for another codebook.
    """
    path = Path(name) if _is_path(name) else require_model(name)
    manifest = read_manifest(path)
    _require_codebook(path, manifest)
    loaders = _loaders()
    _require_kind(path, manifest, loaders)
    return loaders[manifest["kind"]](path)


def require_model(name: str) -> Path:
    """Return the folder of a model by its name alone.

    Raises:
        UsageError: there is no such model.
        ModelError: its folder holds no manifest.
    """
    places = [Path("models"), shipped_models()]
    folders = _model_folders(places)
    if name in folders:
        return folders[name]
    if bare := [place / name for place in places if _is_plain(name) and _exists(place / name)]:
        raise ModelError(f"{bare[0]}/manifest.json: is missing; {AGAIN}")
    known = ", ".join(sorted(folders)) or "none"
    raise UsageError(f"no model {name!r}; there are: {known} (monitor models)")


def _is_path(name: str) -> bool:
    """Say whether a name leads to a folder that may hold a model, and is no model's name."""
    path = Path(name)
    if name in _model_folders([Path("models"), shipped_models()]):
        return False
    return _exists(path / "manifest.json") or (len(path.parts) > 1 and _exists(path))


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # as of a name that is too long
        return False


def _require_codebook(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a model of another codebook: its labels would be stamped with a version they do not follow."""
    codebook, made_for = load_codebook(), manifest["codebook"]
    if made_for != codebook.version:
        raise ModelError(
            f"{folder}/manifest.json: made for codebook {made_for}, and this program has {codebook.version}; "
            f"{again(manifest)}"
        )
    if unknown := sorted({*manifest["frames"]} - {*codebook.ids}):
        raise ModelError(
            f"{folder}/manifest.json: frames that codebook {codebook.version} does not have: "
            f"{', '.join(unknown)}; {again(manifest)}"
        )


def _require_kind(folder: Path, manifest: Mapping[str, Any], known: Collection[str]) -> None:
    if (kind := manifest["kind"]) not in known:
        raise ModelError(
            f"{folder}/manifest.json: kind {kind!r} is unknown; known: {', '.join(sorted(known))}"
        )


def _loaders() -> dict[str, Loader]:
    loaders = dict(BUILT_IN)
    for point in _others():
        if point.name in loaders:
            raise ModelError(f"two packages offer classifiers of kind {point.name!r}; uninstall one")
        loaders[point.name] = point.load()
    return loaders


def _others() -> EntryPoints:
    return entry_points(group="monitor.classifiers")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a model's manifest.

    Raises:
        ModelError: missing or not JSON, a needed key is absent or of another type, or a frame occurs twice.
    """
    path = folder / "manifest.json"
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: no manifest to be read ({error}); {AGAIN}") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path}: is not a JSON object; {AGAIN}")
    missing = {*_TEXTS, "frames"} - set(data)
    if missing:
        raise ModelError(f"{path}: lacks {', '.join(sorted(missing))}; {again(data)}")
    for key in _TEXTS:
        text_of(folder, data, key)
    frames = data["frames"]
    if not isinstance(frames, list) or not all(isinstance(frame, str) for frame in frames):
        raise ModelError(f"{path}: frames must be a list of frame ids; {again(data)}")
    if twice := [frame for frame, count in Counter(frames).items() if count > 1]:
        raise ModelError(f"{path}: names frame {twice[0]} more than once; {again(data)}")
    return dict(data)


def verified_artefact(folder: Path, manifest: Mapping[str, Any], *part: str) -> bytes:
    """Return the artefact's bytes, checked against the manifest before anything interprets them.

    Args:
        folder: of the model.
        manifest: names the file (``artefact``) and its SHA-256 (``sha256``).
        part: the keys under which it so names another file of the model.

    Raises:
        ModelError: the file is missing or another.
    """
    path = folder / text_of(folder, manifest, *part, "artefact")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error, manifest) from error
    if hashlib.sha256(data).hexdigest() != text_of(folder, manifest, *part, "sha256"):
        raise altered(path, folder, manifest)
    return data


def version_of(name: str, manifest: Mapping[str, Any]) -> str:
    """Return ``name@digest``: it covers weights, calibration and thresholds, and the rules beside them."""
    canonical = json.dumps([manifest, rules()], sort_keys=True).encode()
    return f"{name}@{hashlib.sha256(canonical).hexdigest()[:12]}"
