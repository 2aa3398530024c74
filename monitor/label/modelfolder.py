"""A model's folder, replaced whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor.errors import InputError


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder of the same name to write into, which then takes the place of ``folder``.

    Where the writing fails, ``folder`` stays as it was. Files of it that were not written anew
    (floors.json) are kept.

    Raises:
        InputError: the place cannot be written to.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
            new, old = Path(beside, folder.name), Path(beside, f"{folder.name}.old")
            new.mkdir()
            yield new
            if folder.exists():
                for path in folder.iterdir():
                    if path.is_file() and not (new / path.name).exists():
                        shutil.copy2(path, new)
                folder.rename(old)
            new.rename(folder)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}; name another place with --out") from error
