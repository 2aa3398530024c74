"""The coverage ledger: of how many hours of feeds all that was published has been seen."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from monitor.clock import Week
from monitor.store.dialect import chunks
from monitor.store.schema import ItemRow, OutletRow, PollDayRow, PollRow, SourceRow
from monitor.types import FeedHours

_HOUR = 3600.0
_GRACE = timedelta(minutes=30)
"""So long a poll that is due may wait for its host and for the daemon's next look."""


def feed_hours(
    session: Session, week: Week, keys: Sequence[str] | None = None, *, until: datetime | None = None
) -> FeedHours:
    """Return how much of a week's publishing was seen, over the sources of the keys, or over all.

    An hour of a feed is observed where a later poll still showed an entry of the poll before that hour, so
    that nothing can have come and gone unseen, or listed entries from before it. It is expected from the
    first poll of the source on, failed ones included.

    Args:
        until: the present, where the week is not over.
    """
    start, end = week.bounds()
    every = hours_by_source(session, start, min(end, until or end), keys)
    return FeedHours(
        sum(hours.observed for hours in every.values()), sum(hours.expected for hours in every.values())
    )


def hours_by_source(
    session: Session, start: datetime, end: datetime, keys: Sequence[str] | None = None
) -> dict[str, FeedHours]:
    """Return the hours of ``[start, end)`` of each source that has ever been polled, by its key."""
    polled = SourceRow.first_poll_at < end
    query = select(SourceRow).where(polled)
    chosen = [SourceRow.key.in_(some) for some in chunks(keys)] if keys is not None else [polled]
    sources = [row for condition in chosen for row in session.scalars(query.where(condition))]
    if not sources:
        return {}
    seen = _seen_seconds(session, start, end)
    return {
        row.key: FeedHours(
            max(0.0, seen.get(row.id, 0.0)) / _HOUR,
            _expected_seconds(row, start, end) / _HOUR,
        )
        for row in sources
    }


def polled_since(session: Session, keys: Sequence[str] | None = None) -> datetime | None:
    """Return when the first of the sources of the keys, or of all, was polled first; None before that."""
    query = select(func.min(SourceRow.first_poll_at))
    queries = [query] if keys is None else [query.where(SourceRow.key.in_(some)) for some in chunks(keys)]
    return min((day for one in queries if (day := session.scalar(one)) is not None), default=None)


def has_items(session: Session, week: Week) -> bool:
    """Tell whether any item was published in a week."""
    return session.scalar(select(ItemRow.id).where(ItemRow.week == week.key).limit(1)) is not None


def has_imported_items(session: Session, week: Week, outlets: Sequence[str] | None = None) -> bool:
    """Tell whether any item of a week came from an archive or a file, not from a feed."""
    query = select(ItemRow.id).join(SourceRow, SourceRow.id == ItemRow.source_id)
    query = query.where(ItemRow.week == week.key, SourceRow.first_poll_at.is_(None))
    if outlets is not None:
        query = query.join(OutletRow, OutletRow.id == ItemRow.outlet_id).where(OutletRow.name.in_(outlets))
    return session.scalar(query.limit(1)) is not None


def _expected_seconds(source: SourceRow, start: datetime, end: datetime) -> float:
    since, last, due = source.first_poll_at, source.last_success_at, source.next_poll_at
    if since is None:
        return 0.0
    # What came after the last poll is not missed before the next one is due.
    waits = not source.failures and last is not None and due is not None and due + _GRACE > end
    until = min(end, last) if waits and last is not None else end
    return max(0.0, (until - max(start, since)).total_seconds())


def _seen_seconds(session: Session, start: datetime, end: datetime) -> dict[int, float]:
    """Return what the polls in the span saw, less what lies before it, and what one later saw of it."""
    # By source, since that is how polls are indexed.
    of_any = PollRow.source_id.in_(select(SourceRow.id))
    within = and_(of_any, PollRow.started_at >= start, PollRow.started_at < end)
    query = select(PollRow.source_id, func.sum(PollRow.seen_seconds).label("seconds")).where(within, _saw())
    seen = {row.source_id: float(row.seconds) for row in session.execute(query.group_by(PollRow.source_id))}
    for source_id, before in _reaching_over(session, start):
        # Of a poll that came only after the end, nothing has been counted yet.
        if source_id in seen:
            seen[source_id] -= before
    for source_id, before in _reaching_over(session, end):
        held = min(before, (end - start).total_seconds())
        seen[source_id] = seen.get(source_id, 0.0) + held
    for source_id, seconds in _kept_by_day(session, start, end):
        seen[source_id] = seen.get(source_id, 0.0) + seconds
    return seen


def _kept_by_day(session: Session, start: datetime, end: datetime) -> list[tuple[int, float]]:
    """Return the seconds of each source that old polls saw of the days that begin in the span."""
    query = select(PollDayRow.source_id, func.sum(PollDayRow.seen_seconds))
    within = (PollDayRow.day >= start, PollDayRow.day < end)
    found = session.execute(query.where(*within).group_by(PollDayRow.source_id))
    return [(source_id, float(seconds)) for source_id, seconds in found]


def _reaching_over(session: Session, moment: datetime) -> list[tuple[int, float]]:
    """Return, of each source, the seconds before a moment that its first poll after it saw."""
    first = (
        select(PollRow.id)
        .where(PollRow.source_id == SourceRow.id, PollRow.started_at >= moment, _saw())
        .order_by(PollRow.started_at)
        .limit(1)
        .correlate(SourceRow)
        .scalar_subquery()
    )
    poll = aliased(PollRow)
    chosen = poll.id.in_(select(first).select_from(SourceRow))
    rows = session.execute(select(poll.source_id, poll.started_at, poll.seen_seconds).where(chosen))
    return [
        (row.source_id, max(0.0, row.seen_seconds - (row.started_at - moment).total_seconds()))
        for row in rows
    ]


def _saw() -> ColumnElement[bool]:
    return PollRow.seen_seconds.is_not(None)
