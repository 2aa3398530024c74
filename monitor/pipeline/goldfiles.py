"""Files for coders, and of codes: each appears only when it is whole."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO

from monitor.errors import InputError
from monitor.label import labelstudio, spreadsheet
from monitor.label.coding import Task
from monitor.label.corpus import Coded
from monitor.pipeline.gold import Form


def write_tasks(tasks: Sequence[Task], form: Form, out: Path | None, coder: str = "") -> int:
    """Write what is to be coded to a file or to standard output, and return the number of units."""
    if form == "csv":
        return _write(out, lambda file: spreadsheet.write_csv(tasks, file, coder))
    return _write(out, lambda file: labelstudio.write_tasks(tasks, file))


def write_codes(coded: Sequence[Coded], out: Path | None, *, each_coder: bool = False) -> int:
    """Write codes as JSON lines, and return their number; see `monitor.label.corpus` for the form.

    Args:
        each_coder: items have a code of each coder, who is then put into the id.
    """

    def write(file: IO[str]) -> int:
        for one in coded:
            line = {**asdict(one), "id": f"{one.id}/{one.author}" if each_coder else one.id}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return len(coded)

    return _write(out, write)


def write_config(out: Path | None, *, with_passages: bool) -> int:
    """Write Label Studio's labelling interface, and return the number of lines."""
    text = labelstudio.labelling_config(with_passages=with_passages)

    def write(file: IO[str]) -> int:
        file.write(text)
        return text.count("\n")

    return _write(out, write)


def _write(out: Path | None, write: Callable[[IO[str]], int]) -> int:
    if out is None:
        return write(sys.stdout)
    unfinished = out.parent / f"{out.name}.part"
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            count = write(file)
        unfinished.replace(out)
    except OSError as error:
        raise InputError(f"{out}: {error.strerror or error}; name another file with --out") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count
