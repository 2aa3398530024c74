"""The state of each source, and what came of every attempt to collect it."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select, update
from sqlalchemy.orm import Session

from monitor.errors import UsageError
from monitor.store.dialect import chunks, insert, update_rows
from monitor.store.moves import forget_move, open_moves, record_moves
from monitor.store.outlets import outlet_ids
from monitor.store.schema import MoveRow, PollRow, SourceRow, table
from monitor.types import Move, Pace, PollRecord, PollState, Source, Validators

LATEST_NEXT = timedelta(hours=25)
"""No poll is put off further than a day: a later time was written by a clock that was wrong, and is due."""
LATEST_GONE = timedelta(days=34)
"""The same for a source that has answered 410, and may be asked once a month."""
_GONE = 410


def ensure_source(session: Session, source: Source) -> None:
    """Add a source, or bring its address and outlet to what is configured now.

    A changed address forgets the validators, the body hash and the redirects: they were another document's.
    """
    ensure_sources(session, [source])


def ensure_sources(session: Session, sources: Sequence[Source]) -> None:
    """Add sources, or bring them to what is configured now; see `ensure_source`."""
    outlets = outlet_ids(session, {source.outlet for source in sources}, decides=True)
    stored = rows_of(session, [source.id for source in sources])
    _add(session, [source for source in sources if source.id not in stored], outlets)
    for source in sources:
        row = stored.get(source.id)
        outlet_id = outlets[source.outlet.name]
        if row is not None and (row.url, row.outlet_id) != (source.url, outlet_id):
            _change(session, row, source.url, outlet_id)


def _add(session: Session, sources: Sequence[Source], outlets: Mapping[str, int]) -> None:
    rows = [
        {"key": source.id, "outlet_id": outlets[source.outlet.name], "url": source.url, "failures": 0}
        for source in sources
    ]
    if rows:
        session.execute(insert(session, table(SourceRow)).on_conflict_do_nothing(), rows)


def _change(session: Session, row: SourceRow, url: str, outlet_id: int) -> None:
    changes: dict[str, object] = {"outlet_id": outlet_id, "url": url}
    if row.url != url:
        changes |= dict.fromkeys(("etag", "last_modified", "body_hash", "next_poll_at", "marks", "moved_to"))
        changes["gone"] = 0
        forget_move(session, row.id)
    session.execute(update(SourceRow).where(SourceRow.id == row.id).values(changes))


def source_row_id(session: Session, source: Source) -> int:
    """Return the id of a source's row, adding it where it is new."""
    query = select(SourceRow.id).where(SourceRow.key == source.id)
    found = session.scalars(query).one_or_none()
    if found is None:
        _add(session, [source], outlet_ids(session, [source.outlet]))
        found = session.scalars(query).one()
    return found


def rows_of(session: Session, keys: Sequence[str]) -> dict[str, SourceRow]:
    """Return the rows of those of the keys that are stored, as they are now."""
    query = select(SourceRow).execution_options(populate_existing=True)
    return {
        row.key: row for some in chunks(keys) for row in session.scalars(query.where(SourceRow.key.in_(some)))
    }


def last_polls_at(session: Session, keys: Sequence[str]) -> dict[str, datetime]:
    """Return when each of the sources was last polled; those never polled are left out."""
    at = func.max(PollRow.started_at)
    query = select(SourceRow.key, at).join(PollRow, PollRow.source_id == SourceRow.id)
    return {
        key: when
        for some in chunks(keys)
        for key, when in session.execute(query.where(SourceRow.key.in_(some)).group_by(SourceRow.key))
    }


def poll_state(session: Session, source_key: str) -> PollState:
    """Return what the next poll needs to know; empty for a source that is not stored yet."""
    return poll_states(session, [source_key]).get(source_key, PollState())


def poll_states(session: Session, keys: Sequence[str]) -> dict[str, PollState]:
    """Return what the next poll of each stored source needs to know, by its key."""
    rows = rows_of(session, keys)
    moves = open_moves(session, [row.id for row in rows.values()])
    return {key: _state(row, moves.get(row.id)) for key, row in rows.items()}


def _state(row: SourceRow, move: MoveRow | None) -> PollState:
    return PollState(
        validators=Validators(row.etag, row.last_modified),
        body_hash=row.body_hash,
        next_poll_at=row.next_poll_at,
        failures=row.failures,
        polled_at=row.last_success_at,
        pace=Pace(row.window, row.rate, row.peak or 0.0, row.gap_seconds, row.hint_seconds or 0.0),
        marks=row.marks or b"",
        gone=row.gone,
        moved_to=row.moved_to,
        move=Move(move.to_url, move.first_seen_at, move.sightings) if move else None,
    )


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


def put_off(session: Session, keys: Sequence[str], until: datetime) -> None:
    """Let no poll of the sources be due before a time, also of those whose poll is under way now."""
    for some in chunks(keys):
        session.execute(
            update(SourceRow)
            .where(SourceRow.key.in_(some), _has_come(until))
            .values(next_poll_at=until)
            .execution_options(synchronize_session=False)
        )


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
        force: take them whether due or not, and whoever holds them; they then count as due, so that a time
            to come that is found later was set meanwhile, see `put_off`.
    """
    free = _is_free(now, lease, void)
    taken = {
        key
        for some in chunks(keys)
        for key in session.scalars(
            update(SourceRow)
            .where(SourceRow.key.in_(some), *(() if force else (_has_come(now), free)))
            .values(leased_until=now + lease, leased_by=worker, **({"next_poll_at": now} if force else {}))
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
    latest = case((SourceRow.gone > 0, now + LATEST_GONE), else_=now + LATEST_NEXT)
    return or_(at.is_(None), at <= now, at > latest)


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
    record_polls(session, [(source_key, record)])


def record_polls(session: Session, records: Sequence[tuple[str, PollRecord]]) -> None:
    """Record polls of different sources; see `record_poll`."""
    rows = rows_of(session, [key for key, _ in records])
    for key, _ in records:
        if key not in rows:
            raise UsageError(f"source {key!r} is not stored; see: monitor status")
    found = [(rows[key], record) for key, record in records]
    session.execute(insert(session, table(PollRow)), [_poll(row.id, record) for row, record in found])
    update_rows(session, table(SourceRow), [_after(row, record) for row, record in found], ["id"])
    record_moves(session, found)


_RELEASED: dict[str, object] = {"leased_until": None, "leased_by": None}


def _poll(source_id: int, record: PollRecord) -> dict[str, object]:
    intake, since = record.intake, record.seen_from
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
        "fresh": record.fresh,
        "seen_seconds": (record.started_at - since).total_seconds() if since is not None else None,
    }


def _after(source: SourceRow, record: PollRecord) -> dict[str, object]:
    """Return what stands in the row of a source after a poll, of all columns that a poll may change."""
    known = {name: getattr(source, name) for name in _CHANGED}
    known["first_poll_at"] = source.first_poll_at or (record.started_at if record.asked else None)
    changes = _after_failure(source, record) if record.outcome == "failed" else _after_success(record)
    return {"id": source.id, **known, **changes, "next_poll_at": _next(source, record), **_RELEASED}


def _next(source: SourceRow, record: PollRecord) -> datetime | None:
    """Return when the next poll is due: not before the time to which this one was put off meanwhile."""
    own, put_off_to = record.next_poll_at, source.next_poll_at
    if own is None or put_off_to is None or put_off_to > record.started_at + LATEST_NEXT:
        return own
    return max(own, put_off_to)


_CHANGED = (
    *("failures", "gone", "etag", "last_modified", "body_hash", "last_success_at", "last_item_at"),
    *("last_fresh_at", "window", "rate", "peak", "gap_seconds", "hint_seconds", "marks", "moved_to"),
)


def _after_failure(source: SourceRow, record: PollRecord) -> dict[str, object]:
    if record.blameless:
        return {}
    gone = source.gone + 1 if record.status == _GONE else 0
    return {"failures": source.failures + 1, "gone": gone}


def _after_success(record: PollRecord) -> dict[str, object]:
    changes: dict[str, object] = {
        "failures": 0,
        "gone": 0,
        "last_success_at": record.started_at,
        "etag": record.validators.etag,
        "last_modified": record.validators.last_modified,
    }
    if record.body_hash is not None:
        changes["body_hash"] = record.body_hash
    if record.intake.new or record.intake.revised:
        changes["last_item_at"] = record.started_at
    if record.fresh or record.intake.new:
        changes["last_fresh_at"] = record.started_at
    if record.marks is not None:
        changes["marks"] = record.marks
    if record.asked is not None:
        changes["moved_to"] = record.moved_to
    if record.pace is not None:
        pace = record.pace
        changes |= {"window": pace.window, "rate": pace.rate, "peak": pace.peak}
        changes |= {"gap_seconds": pace.gap, "hint_seconds": pace.hint}
    return changes
