"""Where sources have moved to: permanent redirects as they were seen, adopted and undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.store.dialect import chunks
from monitor.store.schema import MoveRow, SourceRow
from monitor.types import PollRecord


@dataclass(frozen=True, slots=True)
class PastMove:
    """A permanent redirect of a source: ``seen``, ``adopted``, ``dropped`` or ``undone``."""

    from_url: str
    to_url: str
    first_seen_at: datetime
    last_seen_at: datetime
    sightings: int
    state: str


def moves_of(session: Session, source_key: str) -> list[PastMove]:
    """Return every permanent redirect that a source has shown, the oldest first."""
    query = select(MoveRow).join(SourceRow, SourceRow.id == MoveRow.source_id)
    return [
        PastMove(row.from_url, row.to_url, row.first_seen_at, row.last_seen_at, row.sightings, row.state)
        for row in session.scalars(query.where(SourceRow.key == source_key).order_by(MoveRow.id))
    ]


def open_moves(session: Session, source_ids: Sequence[int]) -> dict[int, MoveRow]:
    """Return the redirects that are being watched, by the ids of their sources."""
    query = select(MoveRow).where(MoveRow.state == "seen").execution_options(populate_existing=True)
    return {
        row.source_id: row
        for some in chunks(source_ids)
        for row in session.scalars(query.where(MoveRow.source_id.in_(some)))
    }


def forget_move(session: Session, source_id: int) -> None:
    """End what was seen or adopted of a source whose address in feeds.yaml has changed."""
    for before, after in (("seen", "dropped"), ("adopted", "undone")):
        session.execute(
            update(MoveRow).where(MoveRow.source_id == source_id, MoveRow.state == before).values(state=after)
        )


def record_moves(session: Session, found: Sequence[tuple[SourceRow, PollRecord]]) -> None:
    """Bring the redirects of sources to what their good polls saw; the rows are those of before."""
    good = [(source, record) for source, record in found if record.asked and record.outcome != "failed"]
    watched = open_moves(session, [source.id for source, _ in good])
    for source, record in good:
        seen = watched.get(source.id)
        if seen is not None and (record.move is None or record.move.url != seen.to_url):
            seen.state, seen = "dropped", None
        if record.move is not None:
            _record(session, seen, source, record)
        elif source.moved_to is not None and record.moved_to is None:
            forget_move(session, source.id)
    session.flush()


def _record(session: Session, seen: MoveRow | None, source: SourceRow, record: PollRecord) -> None:
    move = record.move
    if move is None:
        return
    if seen is None:
        seen = MoveRow(source_id=source.id, from_url=record.asked, to_url=move.url, state="seen")
        seen.first_seen_at = move.first_seen_at
        session.add(seen)
    seen.last_seen_at, seen.sightings = record.started_at, move.sightings
    if record.moved_to != source.moved_to:
        seen.state = "adopted"
