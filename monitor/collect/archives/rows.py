"""The rows of CSV and of JSON lines, as our fields."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from monitor.collect.archives.columns import choose_columns
from monitor.collect.archives.lines import MAX_LINE_BYTES, TextLines
from monitor.errors import InputError
from monitor.types import Rejected

SPECIMENS = 100
"""Lines of JSON that are looked at to learn which names there are."""
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One row, counted from 1 after the header; fields that it lacks are missing or empty."""

    number: int
    fields: Mapping[str, str]


def csv_rows(lines: TextLines, path: Path, columns: Mapping[str, str] | None) -> Iterator[Row | Rejected]:
    """Yield each row of a CSV with a header; empty lines are passed over.

    The delimiter is the one of ``, ; tab |`` that cuts the header into most columns. A row that ends early
    has its last fields empty; one with more fields than the header is rejected (``bad-row``), since which
    of them are whose cannot be told.

    Raises:
        InputError, UsageError: no header; columns as in ``choose_columns``.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise InputError(f"{path}: is empty")
    reader = csv.reader(chain([first], lines), delimiter=_delimiter(first))
    header = next(reader)
    chosen = choose_columns(header, columns, path)
    places = [(field, header.index(name)) for field, name in chosen.items()]
    for number, cells in enumerate(_records(reader), start=1):
        if isinstance(cells, Rejected):
            yield Rejected(cells.reason, f"row {number}: {cells.detail}")
        elif any(cells[len(header) :]):
            yield Rejected("bad-row", f"row {number}: {len(cells)} fields under {len(header)} columns")
        else:
            yield Row(number, {field: cells[place] for field, place in places if place < len(cells)})


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark))))


def _records(reader: Iterator[list[str]]) -> Iterator[list[str] | Rejected]:
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Rejected("bad-row", str(error))
            continue
        if cells is None:
            return
        if cells:
            yield cells


def json_rows(lines: TextLines, path: Path, columns: Mapping[str, str] | None) -> Iterator[Row | Rejected]:
    """Yield each object of a file of JSON lines; empty lines are passed over.

    A value within an object within the row is named with a dot, as in ``fields.bodyText``. A line that is
    no object is rejected (``bad-json``).

    Raises:
        InputError, UsageError: no line; names as in ``choose_columns``, among those of the first 100 lines.
    """
    filled = (line for line in lines if line.strip())
    first, broken = _specimens(filled)
    if not first:
        raise broken or InputError(f"{path}: is empty")
    specimens = [record for record in map(_record, first) if isinstance(record, dict)]
    if not specimens:
        raise InputError(f"{path}: its lines are no JSON objects; say what it is with --format")
    names = dict.fromkeys(name for record in specimens for name in _names(record))
    chosen = choose_columns(list(names), columns, path)
    for number, line in enumerate(chain(first, filled), start=1):
        record = _record(line)
        if isinstance(record, str):
            yield Rejected("bad-json", f"row {number}: {record}")
        else:
            yield Row(number, {field: _value(record, name) for field, name in chosen.items()})
    if broken:
        raise broken


def _specimens(lines: Iterator[str]) -> tuple[list[str], InputError | None]:
    """Return the first lines, and the error where the file breaks off in them."""
    first: list[str] = []
    try:
        for line in islice(lines, SPECIMENS):
            first.append(line)
    except InputError as error:
        return first, error
    return first, None


def _record(line: str) -> dict[str, object] | str:
    """Return the object that a line holds, or what is wrong with it."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return str(error)
    return record if isinstance(record, dict) else "not an object"


def _names(record: dict[str, object]) -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


def _value(record: dict[str, object], name: str) -> str:
    value = record.get(name)
    if value is None and "." in name:
        outer, _, inner = name.partition(".")
        nested = record.get(outer)
        value = nested.get(inner) if isinstance(nested, dict) else None
    if isinstance(value, list):
        return " ".join(part for part in value if isinstance(part, str))
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
