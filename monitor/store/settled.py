"""How long after its first sight an item may still change what it counts as."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from monitor.store.schema import ItemRow, RevisionRow

SETTLING = timedelta(days=7)
"""A revision seen later than this is history, not news: a page may be rewritten years on."""


class seconds_between(FunctionElement[float]):  # noqa: N801  # reads as the function that it is
    """Seconds from the second of two times to the first."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _sqlite(element: seconds_between, compiler: SQLCompiler, **keywords: Any) -> str:
    later, earlier = (compiler.process(moment, **keywords) for moment in element.clauses)
    return f"(strftime('%s', {later}) - strftime('%s', {earlier}))"  # a Julian day would be rounded


@compiles(seconds_between, "postgresql")
def _postgresql(element: seconds_between, compiler: SQLCompiler, **keywords: Any) -> str:
    later, earlier = (compiler.process(moment, **keywords) for moment in element.clauses)
    return f"extract(epoch FROM {later} - {earlier})"


def in_time() -> ColumnElement[bool]:
    """Return whether a revision was seen within SETTLING of its item; for queries that join the two."""
    after = seconds_between(RevisionRow.seen_at, ItemRow.first_seen_at)
    return or_(RevisionRow.number == 1, after <= SETTLING.total_seconds())  # most items have but one


def late_items(session: Session) -> set[int]:
    """Return the items that have a revision seen later than that."""
    late = select(RevisionRow.item_id).join(ItemRow, ItemRow.id == RevisionRow.item_id).where(~in_time())
    return set(session.scalars(late))
