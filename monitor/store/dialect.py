"""What differs between the databases: inserts that meet a row already there, and many rows at once."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Insert,
    Integer,
    Result,
    Select,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row as ResultRow
from sqlalchemy.orm import Session

Row = dict[str, Any]
"""Values to store, by their columns."""
Found = ResultRow[*tuple[Any, ...]]
"""A row that a query gave."""
Query = Select[*tuple[Any, ...]]
T = TypeVar("T")

MOST_PARAMETERS = 10_000
"""Bound values in one statement: SQLite takes 32,766, PostgreSQL 65,535."""


def insert(session: Session, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    if is_postgresql(session):
        return postgresql.insert(table)
    return sqlite.insert(table)


def execute_rows(session: Session, statement: Insert, rows: Sequence[Row]) -> Result[*tuple[Any, ...]]:
    """Run an insert for some rows, all with values of the same columns.

    PostgreSQL gets them as one array a column, in one statement: three times as fast as a row each.
    """
    if not is_postgresql(session):
        return session.execute(statement, rows)
    names = list(rows[0])
    arrays = (bindparam(name, type_=postgresql.ARRAY(statement.table.c[name].type)) for name in names)
    from_arrays = statement.from_select(names, select(*(func.unnest(array) for array in arrays)))
    return session.execute(from_arrays, {name: [row[name] for row in rows] for name in names})


def update_rows(session: Session, target: Table, rows: Sequence[Row], keys: Sequence[str]) -> None:
    """Set, in the row of each one's keys, its other columns; all have the same ones.

    PostgreSQL gets them as `execute_rows` gives them.
    """
    names = list(rows[0])
    given: dict[str, ColumnElement[Any]]
    if is_postgresql(session):
        arrays = (bindparam(f"given_{name}", type_=postgresql.ARRAY(target.c[name].type)) for name in names)
        given = dict(func.unnest(*arrays).table_valued(*names).render_derived("given").c.items())
        values: Any = {f"given_{name}": [row[name] for row in rows] for name in names}
    else:
        given = {name: bindparam(f"given_{name}", type_=target.c[name].type) for name in names}
        values = [{f"given_{name}": value for name, value in row.items()} for row in rows]
    changes = {name: given[name] for name in names if name not in keys}
    session.execute(
        target.update().where(*(target.c[key] == given[key] for key in keys)).values(changes), values
    )


def insert_plain(session: Session, target: Table, rows: Sequence[tuple[int | bytes, ...]]) -> None:
    """Insert rows of numbers and bytes, which no column's type changes; all columns of a table in its order.

    For narrow rows SQLAlchemy's and psycopg's care for each value costs more than storing it.
    """
    names = [column.name for column in target.columns]
    if is_postgresql(session):
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        session.execute(_insert_arrays(target), {name: _array(session, own) for name, own in columns.items()})
        return
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {target.name} ({', '.join(names)}) VALUES ({marks})"
    session.connection().exec_driver_sql(statement, list(rows))


@cache
def _insert_arrays(target: Table) -> Insert:
    def given(column: Column[Any]) -> ColumnElement[Any]:
        kind = postgresql.ARRAY(column.type)
        if isinstance(column.type, Integer):
            return cast(bindparam(column.name, type_=Text), kind)
        return bindparam(column.name, type_=kind)

    arrays = select(*(func.unnest(given(column)) for column in target.columns))
    return postgresql.insert(target).from_select([column.name for column in target.columns], arrays)


def _array(session: Session, values: Sequence[int | bytes]) -> str | list[int | bytes]:
    return array_text(session, values) if isinstance(values[0], int) else list(values)


def given_numbers(name: str, *, on_postgresql: bool) -> TableValuedAlias:
    """Return a parameter, which `array_text` makes of numbers, as a table with the one column ``value``."""
    given, value = bindparam(name, type_=Text), column("value", BigInteger)
    if on_postgresql:
        numbers = cast(given, postgresql.ARRAY(BigInteger))
        return func.unnest(numbers).table_valued(value).render_derived("given")
    return func.json_each(given).table_valued(value)


def array_text(session: Session, values: Iterable[object]) -> str:
    """Return numbers as one value, however many there are: what a database reads fastest."""
    listed = ",".join(map(str, values))
    return f"{{{listed}}}" if is_postgresql(session) else f"[{listed}]"


def is_postgresql(session: Session) -> bool:
    """Tell whether a session is on PostgreSQL, and not on SQLite."""
    return session.get_bind().dialect.name == "postgresql"


def chunks(values: Sequence[T], size: int = MOST_PARAMETERS) -> Iterator[Sequence[T]]:
    """Yield the values in runs that one statement can take."""
    return (values[start : start + size] for start in range(0, len(values), size))
