"""Entries dated too far ahead: kept out of everything until their date has come, and lost by no mistake."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from monitor.store.dialect import insert
from monitor.store.identity import identity
from monitor.store.polls import rows_of
from monitor.store.schema import QuarantineRow, SourceRow, TombstoneRow, table
from monitor.types import Item, Outlet, OutletType, Published, Source


def quarantine(session: Session, source: Source, items: Sequence[Item], now: datetime) -> None:
    """Keep items until their dates have come; one that is kept already, or was forgotten, stays as it is."""
    by_identity = {identity(item): item for item in items}
    erased = select(TombstoneRow.identity).where(TombstoneRow.identity.in_(by_identity))
    for forgotten in session.scalars(erased).all():
        by_identity.pop(forgotten, None)
    if not by_identity:
        return
    source_id = rows_of(session, [source.id])[source.id].id
    rows = [
        {
            "source_id": source_id,
            "identity": key,
            "due_at": item.published.at,
            "first_seen_at": now,
            "entry": _written(item),
        }
        for key, item in by_identity.items()
    ]
    statement = insert(session, table(QuarantineRow)).on_conflict_do_nothing()
    session.execute(statement, rows)


def due_for_release(session: Session, now: datetime) -> bool:
    """Tell whether the date of any has come."""
    due = select(QuarantineRow.id).where(QuarantineRow.due_at <= now).limit(1)
    return session.scalars(due).first() is not None


def release(session: Session, now: datetime) -> list[tuple[Source, list[Item]]]:
    """Take out the items whose date has come, by their sources."""
    query = select(SourceRow, QuarantineRow).join(QuarantineRow, QuarantineRow.source_id == SourceRow.id)
    found: dict[Source, list[Item]] = {}
    taken: list[int] = []
    for source, row in session.execute(query.where(QuarantineRow.due_at <= now).order_by(QuarantineRow.id)):
        item = _read(row.entry)
        found.setdefault(Source(source.key, source.url, item.outlet), []).append(item)
        taken.append(row.id)
    session.execute(delete(QuarantineRow).where(QuarantineRow.id.in_(taken)))
    return list(found.items())


def discharge(session: Session, identities: Sequence[str]) -> None:
    """Drop what is to be forgotten."""
    session.execute(delete(QuarantineRow).where(QuarantineRow.identity.in_(identities)))


def quarantined(session: Session) -> dict[str, int]:
    """Return how many entries wait, by the keys of their sources."""
    number = func.count().label("number")
    query = select(SourceRow.key, number).join(QuarantineRow, QuarantineRow.source_id == SourceRow.id)
    return {row.key: row.number for row in session.execute(query.group_by(SourceRow.key))}


def _written(item: Item) -> str:
    values = asdict(item)
    values["published"]["at"] = item.published.at.isoformat()
    values["sketch"] = item.sketch and item.sketch.hex()
    return json.dumps(values)


def _read(entry: str) -> Item:
    values = json.loads(entry)
    published, outlet = values.pop("published"), values.pop("outlet")
    published["at"] = datetime.fromisoformat(published["at"])
    outlet["outlet_type"] = OutletType(outlet["outlet_type"])
    values["sketch"] = values["sketch"] and bytes.fromhex(values["sketch"])
    return Item(**values, published=Published(**published), outlet=Outlet(**outlet))
