"""What stands in a model's manifest, read key by key, so that what is amiss is told with its file and key."""

import hashlib
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.errors import ModelError

Manifest = Mapping[str, Any]
AGAIN = "fetch or train the model again"


def again(manifest: Manifest) -> str:
    """Return what makes a model of this kind anew."""
    return "add it again: monitor models add" if manifest.get("kind") == "transformer" else AGAIN


def value_of(folder: Path, manifest: Manifest, *keys: str) -> Any:
    """Return what stands under keys, each within the one before.

    Raises:
        ModelError: one is missing.
    """
    value: Any = manifest
    for depth, key in enumerate(keys, start=1):
        if not isinstance(value, Mapping) or key not in value:
            raise ModelError(f"{folder}/manifest.json: lacks {'.'.join(keys[:depth])}; {again(manifest)}")
        value = value[key]
    return value


def text_of(folder: Path, manifest: Manifest, *keys: str) -> str:
    """Return the text under keys.

    Raises:
        ModelError: it is missing, no text, or holds NUL or half a character, as no path can.
    """
    value = value_of(folder, manifest, *keys)
    if not isinstance(value, str) or _is_odd(value):
        raise _wrong(folder, manifest, keys, "a text without NUL or half a character", value)
    return value


def _is_odd(text: str) -> bool:
    return any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


def thresholds_of(folder: Path, manifest: Manifest, heads: Sequence[str]) -> dict[str, float]:
    """Return the threshold of each head.

    Raises:
        ModelError: one is missing, or does not lie between 0 and 1.
    """
    for head in heads:
        value = value_of(folder, manifest, "thresholds", head)
        if not _is_number(value) or not 0 < value < 1:
            raise _wrong(folder, manifest, ("thresholds", head), "a number between 0 and 1", value)
    return {head: float(manifest["thresholds"][head]) for head in heads}


def calibration_of(folder: Path, manifest: Manifest, heads: Sequence[str], width: int) -> list[list[float]]:
    """Return each head's slopes and offset. *Shape:* (heads, width)

    Raises:
        ModelError: a head has none, or not so many finite numbers.
    """
    for head in heads:
        value = value_of(folder, manifest, "calibration", head)
        if not isinstance(value, list) or len(value) != width or not all(map(_is_number, value)):
            raise _wrong(folder, manifest, ("calibration", head), f"a list of {width} finite numbers", value)
    return [[float(number) for number in manifest["calibration"][head]] for head in heads]


def _is_number(value: object) -> bool:
    """Say whether JSON gave a number that is finite, also as a float."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max  # NaN is not
    )


def _wrong(folder: Path, manifest: Manifest, keys: Sequence[str], wanted: str, value: object) -> ModelError:
    return ModelError(
        f"{folder}/manifest.json: {'.'.join(keys)} must be {wanted}, not {value!r:.80}; {again(manifest)}"
    )


# ---------------------------------------------------------------- files


def described_files(folder: Path, manifest: Manifest) -> Iterator[tuple[Path, str]]:
    """Yield each file that a model is loaded from, with its SHA-256.

    Raises:
        ModelError: where files should be named, something else is.
    """
    if manifest.get("kind") == "transformer":
        weights = folder / text_of(folder, manifest, "weights")  # an absolute path stays what it is
        for name in _names(folder, manifest):
            yield weights / name, text_of(folder, manifest, "files", name)
        return
    parts: list[tuple[str, ...]] = [()]
    if manifest.get("kind") == "onnx":
        parts += [("files", name) for name in _names(folder, manifest)]
    for part in parts:
        path = folder / text_of(folder, manifest, *part, "artefact")
        yield path, text_of(folder, manifest, *part, "sha256")


def _names(folder: Path, manifest: Manifest) -> list[str]:
    files = value_of(folder, manifest, "files")
    if not isinstance(files, Mapping):
        raise _wrong(folder, manifest, ("files",), "an object", files)
    if odd := [name for name in files if _is_odd(name)]:
        raise _wrong(folder, manifest, ("files",), "an object of file names", odd[0])
    return list(files)


def require_file(path: Path, digest: str, folder: Path, manifest: Manifest, most: float = math.inf) -> None:
    """Refuse a file that is not the one of this SHA-256; of more than ``most`` bytes, only a missing one.

    Raises:
        ModelError: it cannot be read, or is another.
    """
    try:
        found = file_digest(path) if path.stat().st_size <= most else digest
    except OSError as error:
        raise unreadable(path, error, manifest) from error
    if found != digest:
        raise altered(path, folder, manifest)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unreadable(path: Path, error: OSError, manifest: Manifest) -> ModelError:
    """Return the error of a file that is missing or cannot be read."""
    return ModelError(f"{path}: {error.strerror or error}; {again(manifest)}")


def altered(path: Path, folder: Path, manifest: Manifest) -> ModelError:
    """Return the error of a file that has another digest than its model's manifest says."""
    return ModelError(f"{path}: not what {folder}/manifest.json describes (SHA-256); {again(manifest)}")


def require_features(folder: Path, manifest: Manifest) -> None:
    """Refuse a model whose linear part was trained on other features than this program's.

    Raises:
        ModelError: it was.
    """
    from monitor.label.features import fingerprint  # its words take a while to be compiled

    if manifest.get("features") != fingerprint():
        raise ModelError(f"{folder}: was trained for another version of the features; {again(manifest)}")
