"""Coding in a spreadsheet: CSV out, with empty columns to fill in, and back.

A spreadsheet runs a cell that begins with ``= + - @``, a tab or a return as a formula, and a headline may be
one: such cells get an apostrophe before them (OWASP, CSV Injection,
https://owasp.org/www-community/attacks/CSV_Injection), which is taken away again on the way back.
"""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from monitor.errors import InputError
from monitor.label.coding import FIELDS, Filled, Task

COLUMNS = ("unit", "coder", "title", "summary", "passages", *FIELDS)
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def write_csv(tasks: Iterable[Task], file: IO[str], coder: str = "") -> int:
    """Write one row a unit under the names of COLUMNS, and return how many."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for task in tasks:
        shown = (task.unit, coder, task.title, task.summary, task.passages)
        writer.writerow([*(harmless(cell) for cell in shown), *("" for _ in FIELDS)])
        count += 1
    return count


def read_csv(path: Path, coder: str = "") -> Filled:
    """Read a CSV with the columns ``unit`` and ``relevant``, and any others of COLUMNS.

    Cells may be parted by commas, semicolons or tabs. A row in which none of FIELDS is filled is blank.

    Args:
        path: of a file in UTF-8, with or without a byte order mark.
        coder: of every row; one whose column ``coder`` names somebody else is a problem.

    Raises:
        InputError: it cannot be read, or lacks a column.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; name another file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text ({error}); save it as CSV UTF-8") from error
    filled = Filled()
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    names: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    while True:
        where = f"line {rows.line_num + 1}"
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error as error:
            filled.problems.append(
                f"{where}: broken off or quoted wrongly ({error}); nothing after it was read"
            )
            break
        if not names:
            names = _names(path, cells)
        elif any(cell.strip() for cell in cells):
            _take(filled, where, names, cells, coder, seen)
    if not names:
        raise InputError(f"{path}: is empty; it should begin with the columns {', '.join(COLUMNS)}")
    return filled


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs; `original` gives back what it was."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def original(cell: str) -> str:
    """Return what `harmless` was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _names(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    missing = [name for name in ("unit", "relevant") if name not in names]
    double = [name for name in COLUMNS if names.count(name) > 1]
    if missing or double:
        wrong = f"has no column {missing[0]!r}" if missing else f"has two columns {double[0]!r}"
        raise InputError(f"{path}: {wrong}; the first line should name: {', '.join(COLUMNS)}")
    return names


def _take(
    filled: Filled,
    where: str,
    names: list[str],
    cells: list[str],
    coder: str,
    seen: dict[tuple[str, str], str],
) -> None:
    """Take one row; ``seen`` holds where each unit and coder was met."""
    if len(cells) > len(names) and any(cells[len(names) :]):
        filled.problems.append(f"{where}: has {len(cells)} cells, the first line {len(names)}")
        return
    fields = {name: original(cell).strip() for name, cell in zip(names, cells, strict=False)}
    if not any(fields.get(name) for name in FIELDS):
        filled.blank += 1
        return
    named = fields.get("coder", "")
    if named and coder and named != coder:
        filled.problems.append(f"{where}: is coded by {named!r}, not by {coder!r} of --coder")
        return
    key = (fields.get("unit", ""), named or coder)
    if key in seen:
        filled.problems.append(f"{where}: unit {key[0]} is coded on {seen[key]} already")
        return
    seen[key] = where
    filled.take(where, fields, named or coder)
