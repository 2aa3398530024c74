"""The state of each source, and what came of every attempt to collect it."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, not_, or_, select, update
from sqlalchemy.orm import Session

from monitor.errors import UsageError
from monitor.store.dialect import chunks, insert
from monitor.store.outlets import outlet_ids
from monitor.store.schema import PollRow, SourceRow, table
from monitor.types import PollRecord, PollState, Source, Validators

LATEST_NEXT = timedelta(hours=25)
"""No poll is put off further than a day: a later time was written by a clock that was wrong, and is due."""


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
    """Return those of the keys whose time has come, in the order given; one never polled is due.

    A time further off than `LATEST_NEXT` counts as come.
    """
    waiting = {
        key
        for some in chunks(keys)
        for key in session.scalars(select(SourceRow.key).where(SourceRow.key.in_(some), not_(_has_come(now))))
    }
    return [key for key in keys if key not in waiting]


def lease_holders(session: Session, keys: Sequence[str], now: datetime) -> set[str]:
    """Return the workers that hold a lease of any of the keys."""
    held = and_(SourceRow.leased_until > now, SourceRow.leased_by.is_not(None))
    return {
        holder
        for some in chunks(keys)
        for holder in session.scalars(select(SourceRow.leased_by).where(SourceRow.key.in_(some), held))
        if holder is not None
    }


def lease_due(
    session: Session,
    keys: Sequence[str],
    now: datetime,
    lease: timedelta,
    worker: str,
    *,
    void: Collection[str] = (),
    force: bool = False,
) -> list[str]:
    """Take those of the stored sources that are due and that nobody polls, and return them as ordered.

    Two processes never take the same one: each row is changed only where it is still free.

    Args:
        session: a writing one.
        keys: of stored sources.
        now: the present.
        lease: for how long they are the worker's, unless it renews; a poll that is recorded ends it.
        worker: who takes them.
        void: workers that are no more, whose leases do not count.
        force: take them whether due or not, and whoever holds them.
    """
    free = _is_free(now, lease, void)
    taken = {
        key
        for some in chunks(keys)
        for key in session.scalars(
            update(SourceRow)
            .where(SourceRow.key.in_(some), *(() if force else (_has_come(now), free)))
            .values(leased_until=now + lease, leased_by=worker)
            .returning(SourceRow.key)
            .execution_options(synchronize_session=False)
        )
    }
    return [key for key in keys if key in taken]


def renew_leases(session: Session, worker: str, until: datetime) -> None:
    """Let the worker keep what it still holds."""
    session.execute(
        update(SourceRow)
        .where(SourceRow.leased_by == worker)
        .values(leased_until=until)
        .execution_options(synchronize_session=False)
    )


def release_leases(session: Session, worker: str) -> None:
    """Give back what the worker holds and has not polled."""
    session.execute(
        update(SourceRow)
        .where(SourceRow.leased_by == worker)
        .values(_RELEASED)
        .execution_options(synchronize_session=False)
    )


def _has_come(now: datetime) -> ColumnElement[bool]:
    at = SourceRow.next_poll_at
    return or_(at.is_(None), at <= now, at > now + LATEST_NEXT)


def _is_free(now: datetime, lease: timedelta, void: Collection[str]) -> ColumnElement[bool]:
    until = SourceRow.leased_until
    # A lease that ends later than any that is given was written by a clock that was wrong.
    ended = or_(until.is_(None), until <= now, until > now + 2 * lease)
    return or_(ended, SourceRow.leased_by.in_(sorted(void)))


def record_poll(session: Session, source_key: str, record: PollRecord) -> None:
    """Add a poll, update the state of its source, and end its lease.

    Raises:
        UsageError: no such source is stored.
    """
    source = _row(session, source_key)
    if source is None:
        raise UsageError(f"source {source_key!r} is not stored; see: monitor status")
    session.execute(insert(session, table(PollRow)), [_poll(source.id, record)])
    changes = _after_failure(source, record) if record.outcome == "failed" else _after_success(record)
    session.execute(update(SourceRow).where(SourceRow.id == source.id).values(changes))


_RELEASED: dict[str, object] = {"leased_until": None, "leased_by": None}


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
        "error": record.error and record.error.replace("\x00", ""),
        "new": intake.new,
        "revised": intake.revised,
        "duplicate": intake.duplicate,
        "rejected": intake.rejected,
        "reasons": json.dumps(dict(sorted(intake.reasons.items())), ensure_ascii=False),
    }


def _after_failure(source: SourceRow, record: PollRecord) -> dict[str, object]:
    return {"failures": source.failures + 1, "next_poll_at": record.next_poll_at, **_RELEASED}


def _after_success(record: PollRecord) -> dict[str, object]:
    changes: dict[str, object] = {
        "failures": 0,
        "next_poll_at": record.next_poll_at,
        "last_success_at": record.started_at,
        "etag": record.validators.etag,
        "last_modified": record.validators.last_modified,
        **_RELEASED,
    }
    if record.body_hash is not None:
        changes["body_hash"] = record.body_hash
    if record.intake.new or record.intake.revised:
        changes["last_item_at"] = record.started_at
    return changes
