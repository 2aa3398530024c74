"""A model's folder, replaced whole."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from monitor.errors import InputError

FLOORS = "floors.json"
"""What a model must reach at least: set for its name, so a model trained anew must reach it too."""


@contextmanager
def replacing(folder: Path, kept: Sequence[str] = (FLOORS,)) -> Iterator[Path]:
    """Give an empty folder of the same name to write into, which then takes the place of ``folder``.

    Where that fails, ``folder`` stays as it was.

    Args:
        folder: of a model; it need not exist.
        kept: what is moved over from it, as far as it is there and was not written anew; from where a link
            leads it is copied.

    Raises:
        InputError: the place cannot be written to.
    """
    with ExitStack() as stack:
        with _blaming(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            beside = stack.enter_context(TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-"))
            new = Path(beside, folder.name)
            new.mkdir()
        yield new
        with _blaming(folder):
            _exchange(folder, new, kept)


def require_place(folder: Path) -> None:
    """Refuse a place for a model's folder before anything long is begun; nothing is left in it.

    Raises:
        InputError: it cannot be written to.
    """
    there = next(place for place in folder.absolute().parents if place.exists())
    with _blaming(folder), TemporaryDirectory(dir=there, prefix=f".{folder.name}-"):
        pass


@contextmanager
def _blaming(folder: Path) -> Iterator[None]:
    """Tell what cannot be written as a fault of the place that was named."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}; name another place with --out") from error


def _exchange(folder: Path, new: Path, kept: Sequence[str]) -> None:
    """Put ``new`` in the place of ``folder``, or, where that fails, everything back."""
    if not folder.exists():
        new.rename(folder)
        return
    old = new.parent.with_name(f"{new.parent.name}.old")  # outside of what is deleted, come what may
    folder.rename(old)
    moved: list[str] = []
    try:
        for name in kept:
            if not (old / name).exists() or (new / name).exists():
                continue
            if old.is_symlink():  # what it leads to is not ours to empty
                _copy(old / name, new / name)
            else:
                shutil.move(old / name, new / name)
                moved.append(name)
        new.rename(folder)
    finally:
        if not folder.exists():
            for name in moved:
                shutil.move(new / name, old / name)
            old.rename(folder)
    if old.is_symlink():
        old.unlink()
    shutil.rmtree(old, ignore_errors=True)


def _copy(path: Path, target: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, target)
    else:
        shutil.copy2(path, target)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a model's manifest.json: the only place that says how it is laid out."""
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
