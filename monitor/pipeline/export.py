"""Export: items, labels and weekly shares as CSV, JSON lines or Parquet."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from monitor.clock import Week
from monitor.errors import InputError
from monitor.pipeline.trend import TrendQuery, run_trend, share_json
from monitor.store.export import (
    ITEM_COLUMNS,
    TEXT_COLUMNS,
    export_items,
    export_labels,
    label_columns,
    margin_types,
)
from monitor.store.open import Store
from monitor.types import StoredModel

Rows = Iterator[dict[str, Any]]
BATCH = 10_000
"""Rows in one group of a Parquet file."""
SHARE_COLUMNS: Mapping[str, type] = {
    "week": str,
    "group": str,
    "frame": str,
    "n": int,
    "hits": int,
    "share": float,
    "low": float,
    "high": float,
    "corrected": bool,
    "raw_share": float,
    "method": str,
    "n_codes": int,
    "pool_weeks": int,
    "reason": str,
    "model": str,
}
"""Their types are told, since a share may be missing from all rows that are looked at first."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with their columns, in a fixed order."""

    columns: Sequence[str]
    rows: Rows
    types: Mapping[str, type] = field(default_factory=dict)
    """Of the columns whose type their first values need not show."""


@contextmanager
def export_rows(
    store: Store, what: str, model: StoredModel | None, weeks: tuple[Week, Week] | None, *, with_text: bool
) -> Iterator[Table]:
    """Yield ``items``, ``labels`` or ``shares`` on one unchanging view of the database, row by row."""
    first, last = weeks if weeks else (None, None)
    if what == "shares" and model is not None:
        points = run_trend(store, model, TrendQuery(first=first, last=last))
        rows = ({**share_json(point), "model": model.version} for point in points)
        yield Table(tuple(SHARE_COLUMNS), rows, SHARE_COLUMNS)
        return
    with store.reading() as session:
        if model is None:
            columns = (*ITEM_COLUMNS, *(TEXT_COLUMNS if with_text else ()))
            yield Table(columns, export_items(session, first=first, last=last, with_text=with_text))
        else:
            labels = export_labels(session, model, first=first, last=last)
            yield Table(label_columns(model.frames), labels, margin_types(model.frames))


def write_rows(table: Table, form: str, out: Path | None) -> int:
    """Write a table to a file, or to standard output, and return the number of rows.

    A file appears only when it is whole.

    Raises:
        InputError: the file cannot be written.
    """
    if out is None:
        return _TEXT_FORMATS[form](table, sys.stdout)
    unfinished = out.parent / f"{out.name}.part"
    try:
        if form == "parquet":
            count = _write_parquet(table, unfinished)
        else:
            with unfinished.open("w", encoding="utf-8", newline="") as file:
                count = _TEXT_FORMATS[form](table, file)
        unfinished.replace(out)
    except OSError as error:
        raise InputError(f"{out}: {error.strerror or error}; name another file with --out") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _plain(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _write_csv(table: Table, file: IO[str]) -> int:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.columns)
    count = 0
    for row in table.rows:
        writer.writerow([_plain(row[column]) for column in table.columns])
        count += 1
    return count


def _write_json_lines(table: Table, file: IO[str]) -> int:
    count = 0
    for row in table.rows:
        values = {column: _plain(row[column]) for column in table.columns}
        file.write(json.dumps(values, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_json(table: Table, file: IO[str]) -> int:
    """Write one list, row by row: the table may be larger than memory."""
    count = 0
    for row in table.rows:
        values = {column: _plain(row[column]) for column in table.columns}
        file.write((",\n" if count else "[\n") + json.dumps(values, ensure_ascii=False))
        count += 1
    file.write("\n]\n" if count else "[]\n")
    return count


_TEXT_FORMATS: dict[str, Callable[[Table, IO[str]], int]] = {
    "csv": _write_csv,
    "jsonl": _write_json_lines,
    "json": _write_json,
}


def _write_parquet(table: Table, path: Path) -> int:
    import pyarrow as pa
    from pyarrow import parquet

    batch = list(islice(table.rows, BATCH))
    schema = pa.schema(
        [pa.field(column, _arrow_type(pa, column, batch, table.types)) for column in table.columns]
    )
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        while batch:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            count += len(batch)
            batch = list(islice(table.rows, BATCH))
    return count


def _arrow_type(pa: Any, column: str, rows: Sequence[dict[str, Any]], types: Mapping[str, type]) -> Any:
    """Return the type of a column as it is told, else by its first value; one without any value is text."""
    first = next((row[column] for row in rows if row[column] is not None), "")
    kind = types.get(column, type(first))
    if kind is datetime:
        return pa.timestamp("us", tz="UTC")
    return {bool: pa.bool_(), float: pa.float64(), int: pa.int64()}.get(kind, pa.string())
