"""The state of each source, and what came of every attempt to collect it."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.errors import UsageError
from monitor.store.dialect import chunks, insert
from monitor.store.outlets import outlet_ids
from monitor.store.schema import PollRow, SourceRow, table
from monitor.types import PollRecord, PollState, Source, Validators


def ensure_source(session: Session, source: Source) -> None:
    """Add a source, or bring its address and outlet to what is configured now.

    A changed address forgets the validators and the body hash: they were another document's.
    """
    source_row_id(session, source, decides=True)


def source_row_id(session: Session, source: Source, *, decides: bool = False) -> int:
    """Return the id of a source's row, adding it where it is new; see `ensure_source` for ``decides``."""
    stored = _row(session, source.id)
    if stored is not None and not decides:
        return stored.id
    outlet_id = outlet_ids(session, [source.outlet], decides=decides)[source.outlet.name]
    if stored is None:
        row = {"key": source.id, "outlet_id": outlet_id, "url": source.url, "failures": 0}
        session.execute(insert(session, table(SourceRow)).on_conflict_do_nothing(), [row])
        return session.scalars(select(SourceRow.id).where(SourceRow.key == source.id)).one()
    changes: dict[str, object] = {"outlet_id": outlet_id, "url": source.url}
    if stored.url != source.url:
        changes |= {"etag": None, "last_modified": None, "body_hash": None, "next_poll_at": None}
    session.execute(update(SourceRow).where(SourceRow.id == stored.id).values(changes))
    return stored.id


def poll_state(session: Session, source_key: str) -> PollState:
    """Return what the next poll needs to know; empty for a source that is not stored yet."""
    row = _row(session, source_key)
    if row is None:
        return PollState()
    return PollState(Validators(row.etag, row.last_modified), row.body_hash, row.next_poll_at, row.failures)


def due_sources(session: Session, keys: Sequence[str], now: datetime) -> list[str]:
    """Return those of the keys whose time has come, in the order given; one never polled is due."""
    waiting = {
        key
        for some in chunks(keys)
        for key in session.scalars(
            select(SourceRow.key).where(SourceRow.key.in_(some), SourceRow.next_poll_at > now)
        )
    }
    return [key for key in keys if key not in waiting]


def record_poll(session: Session, source_key: str, record: PollRecord) -> None:
    """Add a poll, and update the state of its source.

    Raises:
        UsageError: no such source is stored.
    """
    source = _row(session, source_key)
    if source is None:
        raise UsageError(f"source {source_key!r} is not stored; see: monitor status")
    session.execute(insert(session, table(PollRow)), [_poll(source.id, record)])
    changes = _after_failure(source, record) if record.outcome == "failed" else _after_success(record)
    session.execute(update(SourceRow).where(SourceRow.id == source.id).values(changes))


def _row(session: Session, source_key: str) -> SourceRow | None:
    query = select(SourceRow).where(SourceRow.key == source_key)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _poll(source_id: int, record: PollRecord) -> dict[str, object]:
    intake = record.intake
    return {
        "source_id": source_id,
        "started_at": record.started_at,
        "seconds": record.seconds,
        "outcome": record.outcome,
        "status": record.status,
        "error": record.error,
        "new": intake.new,
        "revised": intake.revised,
        "duplicate": intake.duplicate,
        "rejected": intake.rejected,
        "reasons": json.dumps(dict(sorted(intake.reasons.items())), ensure_ascii=False),
    }


def _after_failure(source: SourceRow, record: PollRecord) -> dict[str, object]:
    return {"failures": source.failures + 1, "next_poll_at": record.next_poll_at}


def _after_success(record: PollRecord) -> dict[str, object]:
    changes: dict[str, object] = {
        "failures": 0,
        "next_poll_at": record.next_poll_at,
        "last_success_at": record.started_at,
        "etag": record.validators.etag,
        "last_modified": record.validators.last_modified,
    }
    if record.body_hash is not None:
        changes["body_hash"] = record.body_hash
    if record.intake.new or record.intake.revised:
        changes["last_item_at"] = record.started_at
    return changes
