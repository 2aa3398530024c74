"""Items to read: the stories of some weeks as a model sees them, and pages of items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from monitor.clock import Week
from monitor.errors import UsageError
from monitor.store.dialect import Found, Query, chunks
from monitor.store.pack import carried, score
from monitor.store.schema import EvidenceRow, ItemRow, LabelRow, OutletRow, RevisionRow
from monitor.types import HEADLINE_DEPTHS, Depth, StoredModel, Story
from monitor.types.margin import is_unclear, tone_margin


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item as its newest revision shows it."""

    item_id: int
    title: str
    summary: str
    url: str | None
    outlet: str
    outlet_type: str
    nation: str
    published_at: datetime
    first_seen_at: datetime
    revisions: int


@dataclass(frozen=True, slots=True)
class Revision:
    """What an item said at one time."""

    revision_id: int
    number: int
    """1 for the first."""
    seen_at: datetime
    title: str
    summary: str
    text: str


def stories(
    session: Session, model: StoredModel, first: Week, last: Week, *, frame: str | None = None, limit: int
) -> list[Story]:
    """Return the relevant stories of first to last week inclusive.

    Those that most outlets carried come first; then those whose primary frame is the surest (one without
    any after them), then the first seen.

    Args:
        frame: only stories that carry it.

    Raises:
        UsageError: the model has no such frame.
    """
    if frame is not None and frame not in model.frames:
        raise UsageError(f"{model.version} has no frame {frame!r}; it has: {', '.join(model.frames)}")
    weeks = ItemRow.week.between(first.key, last.key)
    outlets = _outlets_beside_the_first(session, weeks)
    query = _relevant_labels(model).where(weeks)
    if frame is not None:
        query = query.where(LabelRow.hits.bitwise_and(1 << model.frames.index(frame)) != 0)
    ranked = (
        ((-outlets.get(row.item_id, 0), -_surety(row, model), row.item_id), row)
        for row in session.execute(query.execution_options(yield_per=1_000))
    )
    chosen = [row for _, row in nsmallest(limit, ranked, key=lambda pair: pair[0])]
    shown = _shown(session, [row.revision_id for row in chosen])
    passages = _passages(session, model, [row.revision_id for row in chosen])
    return [
        _story(row, model, shown[row.revision_id], passages, outlets.get(row.item_id, 0) + 1)
        for row in chosen
    ]


def stories_of(session: Session, model: StoredModel, item_ids: Sequence[int]) -> list[Story]:
    """Return those of some items that count as relevant stories, in the order of the ids."""
    rows = session.execute(_relevant_labels(model).where(LabelRow.item_id.in_(item_ids))).all()
    outlets = _outlets_beside_the_first(session, ItemRow.id.in_(item_ids))
    shown = _shown(session, [row.revision_id for row in rows])
    passages = _passages(session, model, [row.revision_id for row in rows])
    found = {
        row.item_id: _story(row, model, shown[row.revision_id], passages, outlets.get(row.item_id, 0) + 1)
        for row in rows
    }
    return [found[item_id] for item_id in item_ids if item_id in found]


def count_copies(session: Session, first: Week, last: Week) -> int:
    """Return how many items of first to last week inclusive are wire copies of another."""
    query = select(func.count()).select_from(ItemRow)
    weeks = ItemRow.week.between(first.key, last.key)
    return session.scalars(query.where(weeks, ItemRow.cluster_id.is_not(None))).one()


def items_page(session: Session, *, before_id: int | None, limit: int) -> list[StoredItem]:
    """Return the items stored last, newest first.

    Args:
        before_id: only items with a lesser id; that of the last item of the page before, or None.
    """
    page = select(ItemRow.id).order_by(ItemRow.id.desc()).limit(limit)
    if before_id is not None:
        page = page.where(ItemRow.id < before_id)
    # Two queries: in one, PostgreSQL may join all items before it takes the page.
    ids = session.scalars(page).all()
    query = stored_items().where(ItemRow.id.in_(ids)).order_by(ItemRow.id.desc())
    return [stored_item(row) for row in session.execute(query)]


def revisions_of(session: Session, item_id: int) -> list[Revision]:
    """Return all that an item has said, the first revision first; empty where no such item is stored."""
    rows = session.scalars(
        select(RevisionRow).where(RevisionRow.item_id == item_id).order_by(RevisionRow.number)
    )
    return [Revision(r.id, r.number, r.seen_at, r.title, r.summary, r.text) for r in rows]


def is_newest_revision() -> ColumnElement[bool]:
    """Return the condition that joins each item to its newest revision."""
    other = aliased(RevisionRow)
    newest = select(func.max(other.number)).where(other.item_id == ItemRow.id).correlate(ItemRow)
    return (RevisionRow.item_id == ItemRow.id) & (RevisionRow.number == newest.scalar_subquery())


def _relevant_labels(model: StoredModel) -> Query:
    return (
        select(
            LabelRow.revision_id,
            LabelRow.item_id,
            LabelRow.depth,
            LabelRow.primary_frame,
            LabelRow.tone_band,
            LabelRow.hits,
            LabelRow.scores,
            LabelRow.unclear,
            LabelRow.relevant_p,
            LabelRow.tone_score,
        )
        .join(ItemRow, ItemRow.id == LabelRow.item_id)
        .where(
            LabelRow.model_id == model.id,
            LabelRow.counted,
            LabelRow.relevant,
            LabelRow.depth.in_(HEADLINE_DEPTHS),
        )
    )


def _outlets_beside_the_first(session: Session, some: ColumnElement[bool]) -> dict[int, int]:
    """Return how many other outlets carried each story that has wire copies, by its first item, of some."""
    leader, copy = aliased(ItemRow), aliased(ItemRow)
    query = (
        select(leader.id, func.count(copy.outlet_id.distinct()))
        .join(copy, copy.cluster_id == leader.id)
        # Said of the copies, since SQLite else looks through all items for some that have a leader.
        .where(copy.cluster_id.in_(select(ItemRow.id).where(some)), copy.outlet_id != leader.outlet_id)
        .group_by(leader.id)
    )
    return dict(session.execute(query).all())


def _surety(row: Found, model: StoredModel) -> float:
    """Return the probability of the primary frame, 0 where there is none."""
    if row.primary_frame not in model.frames:
        return 0.0
    return score(row.scores, model.frames.index(row.primary_frame))


def _shown(session: Session, revision_ids: Sequence[int]) -> dict[int, Found]:
    query = (
        select(
            RevisionRow.id,
            RevisionRow.title,
            RevisionRow.summary,
            ItemRow.url,
            ItemRow.published_at,
            OutletRow.name,
            OutletRow.outlet_type,
            OutletRow.nation,
        )
        .join(ItemRow, ItemRow.id == RevisionRow.item_id)
        .join(OutletRow, OutletRow.id == ItemRow.outlet_id)
    )
    return {
        row.id: row
        for some in chunks(revision_ids)
        for row in session.execute(query.where(RevisionRow.id.in_(some)))
    }


def _passages(
    session: Session, model: StoredModel, revision_ids: Sequence[int]
) -> dict[tuple[int, str], dict[str, str]]:
    """Return the passages of the readings of some revisions, by frame."""
    passages: dict[tuple[int, str], dict[str, str]] = {}
    for some in chunks(revision_ids):
        rows = session.scalars(
            select(EvidenceRow).where(
                EvidenceRow.revision_id.in_(some), EvidenceRow.model_id == model.id, EvidenceRow.text != ""
            )
        )
        for row in rows:
            passages.setdefault((row.revision_id, row.depth), {})[row.frame] = row.text
    return passages


def _story(
    row: Found,
    model: StoredModel,
    shown: Found,
    passages: dict[tuple[int, str], dict[str, str]],
    outlets: int,
) -> Story:
    scores = {frame: score(row.scores, bit) for bit, frame in enumerate(model.frames)}
    own = passages.get((row.revision_id, row.depth), {})
    surest = max(own, key=lambda frame: (frame == row.primary_frame, scores.get(frame, 0.0)), default="")
    return Story(
        item_id=row.item_id,
        title=shown.title,
        summary=shown.summary,
        url=shown.url,
        outlet=shown.name,
        outlet_type=shown.outlet_type,
        nation=shown.nation,
        published_at=shown.published_at,
        depth=Depth(row.depth),
        frames={
            frame: scores[frame]
            for frame in sorted(carried(row.hits, model.frames), key=lambda frame: -scores[frame])
        },
        primary=row.primary_frame,
        tone_band=row.tone_band,
        evidence=own.get(surest, ""),
        outlets=outlets,
        unclear=_close_calls(row, model),
    )


def _close_calls(row: Found, model: StoredModel) -> tuple[str, ...]:
    """Return what is said of a story by a close call: of frames only those that it carries."""
    needed, band = model.needed, row.tone_band
    relevant = needed is not None and is_unclear(row.relevant_p - needed.relevant)
    tone = band is not None and is_unclear(tone_margin(row.tone_score, band))
    wholes = (("relevant", relevant), ("tone", tone))
    return (
        *(about for about, is_close in wholes if is_close),
        *carried(row.hits & row.unclear, model.frames),
    )


def stored_items() -> Query:
    """Return the query for items, each with what its newest revision says."""
    return (
        select(
            ItemRow.id,
            ItemRow.url,
            ItemRow.published_at,
            ItemRow.first_seen_at,
            RevisionRow.title,
            RevisionRow.summary,
            RevisionRow.number,
            OutletRow.name,
            OutletRow.outlet_type,
            OutletRow.nation,
        )
        .join(OutletRow, OutletRow.id == ItemRow.outlet_id)
        .join(RevisionRow, is_newest_revision())
    )


def stored_item(row: Found) -> StoredItem:
    """Return a row of `stored_items` as an item."""
    return StoredItem(
        item_id=row.id,
        title=row.title,
        summary=row.summary,
        url=row.url,
        outlet=row.name,
        outlet_type=row.outlet_type,
        nation=row.nation,
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        revisions=row.number,
    )
