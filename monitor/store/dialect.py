"""What SQLAlchemy spells differently for each database: the insert that meets a row already there."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, Table
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
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def chunks(values: Sequence[T], size: int = MOST_PARAMETERS) -> Iterator[Sequence[T]]:
    """Yield the values in runs that one statement can take."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
