"""How collection goes, and how much there is: what `monitor status` and the report's foot say."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import ColumnElement, case, func, select, text
from sqlalchemy.orm import Session

from monitor.store.coverage import hours_by_source
from monitor.store.schema import ItemRow, LabelRow, PollDayRow, PollRow, RevisionRow, SourceRow
from monitor.types import FeedHours, Intake, PollOutcome, PollRecord, SourceHealth


@dataclass(frozen=True, slots=True)
class Totals:
    """How much the database holds."""

    items: int
    revisions: int
    labels: int
    newest_item_at: datetime | None
    """When the newest item was published."""
    last_intake_at: datetime | None
    """When an item, or a revision of one, came in last."""
    bytes: int
    """Size of the database, without what the write-ahead log holds beside it."""


def source_health(
    session: Session, keys: Sequence[str] | None, since: datetime, now: datetime
) -> list[SourceHealth]:
    """Return how collection went in ``[since, now)``, of each source in the order of the keys.

    A key that is not stored was never polled: it has health too. No keys (None) means every source that is
    stored, by its key.
    """
    stored = {row.key: row for row in session.scalars(select(SourceRow))}
    polls = _polls_by_source(session, since, now)
    errors = _last_errors(session, since, now)
    hours = hours_by_source(session, since, now)
    return [
        _health(key, stored.get(key), polls, errors, hours.get(key, FeedHours(0.0, 0.0)))
        for key in (sorted(stored) if keys is None else keys)
    ]


def totals(session: Session) -> Totals:
    """Return how much there is; counts read an index each, the newest item's date those of its week."""
    last_week = select(func.max(ItemRow.week)).scalar_subquery()
    newest = select(func.max(ItemRow.published_at)).where(ItemRow.week == last_week)
    last = select(RevisionRow.seen_at).order_by(RevisionRow.id.desc()).limit(1)
    items, revisions, labels = (
        session.scalars(select(func.count()).select_from(row)).one()
        for row in (ItemRow, RevisionRow, LabelRow)
    )
    return Totals(
        items=items,
        revisions=revisions,
        labels=labels,
        newest_item_at=session.scalars(newest).one(),
        last_intake_at=session.scalars(last).one_or_none(),
        bytes=_bytes(session),
    )


def last_polls(
    session: Session, source_key: str | None = None, *, limit: int
) -> list[tuple[str, PollRecord]]:
    """Return the latest polls with the keys of their sources, the newest first.

    The records lack what is not kept of each poll: validators, body hash and the time of the next one.
    """
    query = select(SourceRow.key, PollRow).join(PollRow, PollRow.source_id == SourceRow.id)
    if source_key is not None:
        query = query.where(SourceRow.key == source_key)
    return [
        (key, _record(row)) for key, row in session.execute(query.order_by(PollRow.id.desc()).limit(limit))
    ]


def first_poll_at(session: Session) -> datetime | None:
    """Return when collection began here, or None where nothing was ever polled or imported.

    Where the first poll is kept no more, the day of London in which it began.
    """
    day = session.scalars(select(func.min(PollDayRow.day))).one()
    first = session.scalars(select(PollRow.started_at).order_by(PollRow.id).limit(1)).one_or_none()
    return min(filter(None, (day, first)), default=None)


class _Polls(NamedTuple):
    """How many polls a source had in a span, and the new items that they brought."""

    polls: int = 0
    good_polls: int = 0
    items: int = 0


def _polls_by_source(session: Session, since: datetime, now: datetime) -> dict[int, _Polls]:
    good = case((PollRow.outcome == "failed", 0), else_=1)
    counts = (func.count(), func.sum(good), func.sum(PollRow.new))
    singly = (_of_any_source(), PollRow.started_at >= since, PollRow.started_at < now)
    by_day = (PollDayRow.day >= since, PollDayRow.day < now)
    sums = (func.sum(PollDayRow.polls), func.sum(PollDayRow.good_polls), func.sum(PollDayRow.new))
    queries = (
        select(PollRow.source_id, *counts).where(*singly).group_by(PollRow.source_id),
        select(PollDayRow.source_id, *sums).where(*by_day).group_by(PollDayRow.source_id),
    )
    found: dict[int, _Polls] = {}
    for query in queries:
        for source_id, polls, good_polls, items in session.execute(query):
            had = found.get(source_id, _Polls())
            found[source_id] = _Polls(
                had.polls + int(polls), had.good_polls + int(good_polls), had.items + int(items)
            )
    return found


def _of_any_source() -> ColumnElement[bool]:
    """A condition that is always true, and lets the index of polls be used, which begins with the source."""
    return PollRow.source_id.in_(select(SourceRow.id))


def _last_errors(session: Session, since: datetime, now: datetime) -> dict[int, str | None]:
    failed = (PollRow.outcome == "failed", PollRow.started_at >= since, PollRow.started_at < now)
    newest = select(func.max(PollRow.id)).where(_of_any_source(), *failed).group_by(PollRow.source_id)
    query = select(PollRow.source_id, PollRow.error).where(PollRow.id.in_(newest))
    by_day = (PollDayRow.error.is_not(None), PollDayRow.day >= since, PollDayRow.day < now)
    old = select(PollDayRow.source_id, PollDayRow.error).where(*by_day).order_by(PollDayRow.day)
    return {**dict(session.execute(old).all()), **dict(session.execute(query).all())}


def _health(
    key: str,
    source: SourceRow | None,
    polls: dict[int, _Polls],
    errors: dict[int, str | None],
    hours: FeedHours,
) -> SourceHealth:
    own = polls.get(source.id, _Polls()) if source else _Polls()
    return SourceHealth(
        source=key,
        polls=own.polls,
        good_polls=own.good_polls,
        items=own.items,
        last_success_at=source.last_success_at if source else None,
        last_item_at=source.last_item_at if source else None,
        last_error=errors.get(source.id) if source else None,
        failures=source.failures if source else 0,
        next_poll_at=source.next_poll_at if source else None,
        hours=hours,
        window=source.window if source else None,
        gap=timedelta(seconds=source.gap_seconds) if source and source.gap_seconds is not None else None,
        last_fresh_at=source.last_fresh_at if source else None,
        moved_to=source.moved_to if source else None,
    )


def _record(row: PollRow) -> PollRecord:
    return PollRecord(
        started_at=row.started_at,
        seconds=row.seconds,
        outcome=cast(PollOutcome, row.outcome),
        status=row.status,
        error=row.error,
        intake=Intake(row.new, row.revised, row.duplicate, row.rejected, json.loads(row.reasons)),
    )


def _bytes(session: Session) -> int:
    if session.get_bind().dialect.name == "sqlite":
        pages, size = (session.scalars(text(f"PRAGMA {name}")).one() for name in ("page_count", "page_size"))
        return int(pages) * int(size)
    return int(session.scalars(text("SELECT pg_database_size(current_database())")).one())
