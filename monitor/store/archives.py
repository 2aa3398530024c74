"""The ledger of archives: which windows were read, and how many requests were made."""

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from monitor.store.dialect import insert
from monitor.store.schema import ArchiveCallsRow, ArchiveRow, ArchiveWindowRow, table
from monitor.types import Intake


def ledger_id(session: Session, name: str, asked: Mapping[str, object]) -> int:
    """Return the id of the ledger of one question to an archive, opening it where it is new."""
    row = {"name": name, "asked": _canonical(asked)}
    session.execute(insert(session, table(ArchiveRow)).on_conflict_do_nothing(), [row])
    return session.scalars(_ledger(name, asked)).one()


def windows_read(session: Session, name: str, asked: Mapping[str, object]) -> Collection[str]:
    """Return the keys of the windows that were read to their ends; none where nothing was asked yet."""
    query = select(ArchiveWindowRow.key).where(
        ArchiveWindowRow.archive_id.in_(_ledger(name, asked).scalar_subquery())
    )
    return set(session.scalars(query))


def mark_read(
    session: Session,
    ledger: int,
    key: str,
    span: tuple[datetime, datetime],
    *,
    intake: Intake,
    calls: int,
    now: datetime,
) -> None:
    """Tick off a window; one that is ticked off already stays as it is.

    Args:
        session: a writing one, in or after the transaction that stored the last of the window's entries.
        ledger: from `ledger_id`.
        key: of the window.
        span: its ends.
        intake: what became of its entries.
        calls: requests that it took.
        now: the present.
    """
    row = {
        "archive_id": ledger,
        "key": key,
        "starts_at": span[0],
        "ends_at": span[1],
        "read_at": now,
        "calls": calls,
        "new": intake.new,
        "revised": intake.revised,
        "duplicate": intake.duplicate,
        "rejected": intake.rejected,
        "reasons": json.dumps(dict(sorted(intake.reasons.items()))),
    }
    session.execute(insert(session, table(ArchiveWindowRow)).on_conflict_do_nothing(), [row])


def count_calls(session: Session, name: str, day: date, calls: int) -> None:
    """Add requests to those that an archive was sent on a day in UTC."""
    statement = insert(session, table(ArchiveCallsRow))
    more = {"calls": ArchiveCallsRow.calls + statement.excluded.calls}
    session.execute(
        statement.on_conflict_do_update(index_elements=["name", "day"], set_=more),
        [{"name": name, "day": day.isoformat(), "calls": calls}],
    )


def calls_made(session: Session, name: str, day: date) -> int:
    """Return how many requests an archive was sent on a day in UTC."""
    query = select(ArchiveCallsRow.calls).where(
        ArchiveCallsRow.name == name, ArchiveCallsRow.day == day.isoformat()
    )
    return session.scalars(query).one_or_none() or 0


def _ledger(name: str, asked: Mapping[str, object]) -> "Select[int]":
    return select(ArchiveRow.id).where(ArchiveRow.name == name, ArchiveRow.asked == _canonical(asked))


def _canonical(asked: Mapping[str, object]) -> str:
    return json.dumps(asked, sort_keys=True, ensure_ascii=False)
