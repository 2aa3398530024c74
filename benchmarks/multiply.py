"""Multiply a filled store by copying its rows in SQL: a large database in minutes, for ``store.py``.

Each copy has ids, identities and keys of its own, and the weekly sums are multiplied; what is copied was made
by the store's own functions.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from monitor.store.open import Store
from monitor.store.schema import (
    EvidenceRow,
    ItemRow,
    LabelRow,
    MentionRow,
    RevisionRow,
    SketchKeyRow,
    SketchRow,
    WeeklyFrameRow,
    WeeklyProfessionRow,
    WeeklyTotalRow,
    table,
)

COPIED = (ItemRow, RevisionRow, LabelRow, EvidenceRow, MentionRow, SketchRow, SketchKeyRow)
SUMMED = {
    WeeklyTotalRow: ("labelled", "relevant", "negative", "neutral", "positive"),
    WeeklyFrameRow: ("hits",),
    WeeklyProfessionRow: ("items", "mentions"),
}
_PRIME = 7_919


def multiply(store: Store, times: int) -> None:
    """Make a store hold ``times`` as much, a transaction a table and copy."""
    with store.reading() as session:
        items = session.scalars(select(func.max(ItemRow.id))).one()
        revisions = session.scalars(select(func.max(RevisionRow.id))).one()
    for number in range(1, times):
        for row in COPIED:
            with store.writing() as session:
                _copy(session, table(row), number, items, revisions)
    with store.writing() as session:
        for sums, columns in SUMMED.items():
            rows = table(sums)
            session.execute(update(rows).values({name: rows.c[name] * times for name in columns}))
        _go_on_from(session, items * times, revisions * times)


def _copy(session: Session, rows: Table, number: int, items: int, revisions: int) -> None:
    moved = _moved(rows, number, items, revisions)
    columns = [column for column in rows.c if column.computed is None]
    values = [moved.get(column.name, column) for column in columns]
    key = rows.c.get("id", rows.c.get("item_id", rows.c.get("revision_id")))
    first = items if rows.name == "items" or ("id" not in rows.c and "item_id" in rows.c) else revisions
    chosen = select(*values).where(key <= first)
    session.execute(insert(rows).from_select([column.name for column in columns], chosen))


def _moved(rows: Table, number: int, items: int, revisions: int) -> Mapping[str, Any]:
    """Return what stands in place of the columns that must differ from copy to copy."""
    by_items, by_revisions, mark = items * number, revisions * number, f"x{number:03d}"
    moved: dict[str, Any] = {}
    if "item_id" in rows.c:
        moved["item_id"] = rows.c.item_id + by_items
    if "revision_id" in rows.c:
        moved["revision_id"] = rows.c.revision_id + by_revisions
    if rows.name == "items":
        moved |= {
            "id": rows.c.id + by_items,
            "cluster_id": rows.c.cluster_id + by_items,
            "identity": func.substr(rows.c.identity, 1, 28) + literal(mark),
            "story": func.substr(rows.c.story, 1, 28) + literal(mark),
            "url": rows.c.url + literal(f"?{mark}"),
        }
    elif rows.name == "revisions":
        moved["id"] = rows.c.id + by_revisions
    elif rows.name == "sketch_keys":
        moved["key"] = rows.c.key % (1 << 30) + _PRIME * number
    return moved


def _go_on_from(session: Session, items: int, revisions: int) -> None:
    """Let the next ids follow the copied ones."""
    if session.get_bind().dialect.name == "postgresql":
        for name, last in (("items", items), ("revisions", revisions)):
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})"))
        session.execute(text("ANALYZE"))
