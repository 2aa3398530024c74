"""Old polls, kept by day and source: what the ledger of feed-hours and old reports still ask of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from monitor.clock import LONDON
from monitor.store.dialect import Row, chunks, insert
from monitor.store.schema import PollDayRow, PollRow, table

_COUNTS = ("new", "revised", "duplicate", "rejected")
_LOOKED_AT = 1_000
"""Polls of which one must be old for there to be any: a wrong clock may have dated some of them ahead."""


def has_old_polls(session: Session, before: datetime) -> bool:
    """Tell whether the first polls that are kept singly hold any that began before a time."""
    first = select(PollRow.started_at).order_by(PollRow.id).limit(_LOOKED_AT)
    return any(started_at < before for started_at in session.scalars(first))


def condense_polls(session: Session, before: datetime, *, after: int, limit: int) -> int | None:
    """Add polls that began before a time to the days of their sources, and delete them.

    A poll's observed hours go to the days in which they lie, so that the hours of any span of whole days are
    the same whether its polls are kept singly, by day, or some so and some so.

    Args:
        session: a writing one.
        before: polls that began later stay.
        after: id of the last poll that was looked at, 0 at first.
        limit: polls to look at.

    Returns:
        The id to go on after, or None where none of these polls was old.
    """
    some = select(PollRow).where(PollRow.id > after).order_by(PollRow.id).limit(limit)
    looked_at = session.scalars(some).all()
    old = [poll for poll in looked_at if poll.started_at < before]
    if not old:
        return None
    last = looked_at[-1].id
    _add(session, old)
    for ids in chunks([poll.id for poll in old]):
        session.execute(
            delete(PollRow).where(PollRow.id.in_(ids)).execution_options(synchronize_session=False)
        )
    session.expire_all()
    return last


def _add(session: Session, polls: Sequence[PollRow]) -> None:
    statement = insert(session, table(PollDayRow))
    stored, given = table(PollDayRow).c, statement.excluded
    sums = {name: stored[name] + given[name] for name in ("polls", "good_polls", *_COUNTS, "seen_seconds")}
    sums["error"] = func.coalesce(given.error, stored.error)
    session.execute(
        statement.on_conflict_do_update(index_elements=["source_id", "day"], set_=sums), _days(polls)
    )


def _days(polls: Iterable[PollRow]) -> list[Row]:
    """Return what some polls, the oldest first, add to the days of their sources."""
    days: dict[tuple[int, datetime], Row] = {}

    def day_of(poll: PollRow, day: datetime) -> Row:
        empty = dict.fromkeys(("polls", "good_polls", *_COUNTS), 0)
        fresh: Row = {"source_id": poll.source_id, "day": day, **empty, "seen_seconds": 0.0, "error": None}
        return days.setdefault((poll.source_id, day), fresh)

    for poll in polls:
        own = day_of(poll, _midnight_before(poll.started_at))
        own["polls"] += 1
        own["good_polls"] += poll.outcome != "failed"
        own["error"] = poll.error or own["error"]
        for name in _COUNTS:
            own[name] += getattr(poll, name)
        for day, seconds in _seen_by_day(poll):
            day_of(poll, day)["seen_seconds"] += seconds
    return list(days.values())


def _seen_by_day(poll: PollRow) -> Iterator[tuple[datetime, float]]:
    """Yield the days that a poll has seen, by the midnight that each begins with, and how much of each."""
    end = poll.started_at
    start = end - timedelta(seconds=poll.seen_seconds or 0.0)
    while start < end:
        day = _midnight_before(end - timedelta(microseconds=1))
        yield day, (end - max(start, day)).total_seconds()
        end = day


def _midnight_before(moment: datetime) -> datetime:
    """Return the beginning of the London day of a moment."""
    return datetime.combine(moment.astimezone(LONDON).date(), time(), LONDON).astimezone(UTC)
