"""What the pages show: items by week, frame, outlet or words, one item with all that is known, coding so far.

No page costs more than the rows that it shows: items are found week by week, in the weeks of which the weekly
sums say that they hold any, and pages begin after the last item of the one before (no OFFSET).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.dialect import Query
from monitor.store.labels import judgement_of, label_of
from monitor.store.readings import DEPTHS
from monitor.store.schema import (
    CodeRow,
    ItemRow,
    LabelRow,
    OutletRow,
    RevisionRow,
    SourceRow,
    UnitRow,
    WeeklyFrameRow,
    WeeklyTotalRow,
)
from monitor.store.search import matching_revisions
from monitor.store.stories import (
    Revision,
    StoredItem,
    is_newest_revision,
    revisions_of,
    stored_item,
    stored_items,
    stories_of,
)
from monitor.types import Judgement, Label, StoredModel, Story

MOST_SEARCHED = 5_000
"""Revisions that one page of a search looks through, where few of them pass the other filters."""
_AT_ONCE = 250
_SPANS = (13, 104, 10_400)
"""Weeks of the weekly sums that are looked through at a time, so that a new page need not read all."""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items are asked for; None and empty mean all."""

    frame: str | None = None
    outlet: str | None = None
    week: Week | None = None
    words: str = ""
    everything: bool = False
    """Also those that are not relevant, not labelled, or copies of another; else relevant stories alone."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An item of a list."""

    item: StoredItem
    story: Story | None
    """What the model says of it; None where it does not count as a relevant story."""
    relevant: bool | None
    """None where the model has not read it."""
    copy_of: int | None
    unclear: Sequence[str] = ()
    """What the model said by a close call: ``relevant``, ``tone``, and of a relevant item the frames, also
    those that it just fails to carry."""


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """Items in the order asked for, and where the next page begins; None where this is the last."""

    items: Sequence[Listed]
    next: str | None


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """All that is known of one item."""

    item: StoredItem
    source: str
    published_source: str
    published_precision: str
    week: Week
    copy_of: int | None
    copies: Sequence[StoredItem]
    revisions: Sequence[Revision]
    labels: Sequence[Label]
    """Of the headline, then of the full text, as far as the model has read them."""
    story: Story | None
    coders: int
    """People who have coded any revision of it."""
    codes: int
    samples: int
    """Samples that have drawn it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a coder is with a sample."""

    units: int
    coded: int
    last: Sequence[tuple[int, int, str]] = field(default=())
    """Item, revision and title of what the coder coded last, the latest first."""


def items_by_week(
    session: Session, model: StoredModel | None, wanted: ItemFilter, before: str | None, limit: int
) -> ItemsPage:
    """Return the items of a filter without words, by week of publication, then as stored, newest first.

    Args:
        before: ``202646-17``, the week and id of the last item of the page before; see `ItemsPage.next`.
    """
    top, last_id = _cursor(before)
    found: list[tuple[int, int]] = []
    for week in _weeks(session, model, wanted, top):
        query = _matching(model, wanted).where(ItemRow.week == week)
        if week == top and last_id is not None:
            query = query.where(ItemRow.id < last_id)
        ids = session.scalars(query.order_by(ItemRow.id.desc()).limit(limit + 1 - len(found)))
        found += [(week, item_id) for item_id in ids]
        if len(found) > limit:
            break
    shown = found[:limit]
    more = f"{shown[-1][0]}-{shown[-1][1]}" if len(found) > limit else None
    return ItemsPage(_listed(session, model, [item_id for _, item_id in shown]), more)


def items_by_words(
    session: Session, model: StoredModel | None, wanted: ItemFilter, before: str | None, limit: int
) -> ItemsPage:
    """Return the items that say all of the words now, the newest revision first.

    A page may be short, even empty, and yet have a next: it looks through `MOST_SEARCHED` at most.

    Args:
        before: the id of the last revision that was looked at.
    """
    last = int(before) if before else None
    found: list[int] = []
    for _ in range(MOST_SEARCHED // _AT_ONCE):
        ids = matching_revisions(session, wanted.words, before_id=last, limit=_AT_ONCE)
        for revision_id, item_id in _newest_among(session, model, wanted, ids):
            last = revision_id
            found.append(item_id)
            if len(found) == limit:
                return ItemsPage(_listed(session, model, found), str(last))
        if len(ids) < _AT_ONCE:
            return ItemsPage(_listed(session, model, found), None)
        last = ids[-1]
    return ItemsPage(_listed(session, model, found), str(last))


def item_detail(session: Session, model: StoredModel | None, item_id: int) -> ItemDetail | None:
    """Return all that is known of an item; None where it is not stored."""
    query = stored_items().add_columns(
        ItemRow.published_source, ItemRow.published_precision, ItemRow.week, ItemRow.cluster_id, SourceRow.key
    )
    query = query.join(SourceRow, SourceRow.id == ItemRow.source_id).where(ItemRow.id == item_id)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    leader = row.cluster_id or item_id
    copies = stored_items().where(ItemRow.cluster_id == leader, ItemRow.id != item_id).order_by(ItemRow.id)
    coders, codes = session.execute(
        select(func.count(CodeRow.coder.distinct()), func.count()).where(CodeRow.item_id == item_id)
    ).one()
    labels = [label_of(session, item_id, model, kind) for kind in ("headline", "full")] if model else []
    return ItemDetail(
        item=stored_item(row),
        source=row.key,
        published_source=row.published_source,
        published_precision=row.published_precision,
        week=Week.from_key(row.week),
        copy_of=row.cluster_id,
        copies=[stored_item(copy) for copy in session.execute(copies)],
        revisions=revisions_of(session, item_id),
        labels=[label for label in labels if label is not None],
        story=next(iter(stories_of(session, model, [item_id])), None) if model else None,
        coders=coders,
        codes=codes,
        samples=session.scalars(select(func.count()).where(UnitRow.item_id == item_id)).one(),
    )


def outlet_names(session: Session) -> list[str]:
    """Return the outlets of all items, by name."""
    return list(session.scalars(select(OutletRow.name).order_by(OutletRow.name)))


def coding_progress(session: Session, sample_id: int, coder: str, *, last: int = 5) -> Progress:
    """Return how far a coder is with a sample, with what they coded last."""
    ours = select(CodeRow.id).where(CodeRow.revision_id == UnitRow.revision_id, CodeRow.coder == coder)
    units = select(func.count()).select_from(UnitRow).where(UnitRow.sample_id == sample_id)
    newest = func.max(CodeRow.id).label("newest")
    latest = (
        select(UnitRow.item_id, UnitRow.revision_id, RevisionRow.title, newest)
        .join(RevisionRow, RevisionRow.id == UnitRow.revision_id)
        .join(CodeRow, CodeRow.revision_id == UnitRow.revision_id)
        .where(UnitRow.sample_id == sample_id, CodeRow.coder == coder)
        .group_by(UnitRow.item_id, UnitRow.revision_id, RevisionRow.title)
        .order_by(newest.desc())
        .limit(last)
    )
    return Progress(
        units=session.scalars(units).one(),
        coded=session.scalars(units.where(ours.correlate(UnitRow).exists())).one(),
        last=[(row.item_id, row.revision_id, row.title) for row in session.execute(latest)],
    )


def uncoded_left(session: Session, sample_id: int) -> int:
    """Return how many units of a sample nobody has coded."""
    coded = select(CodeRow.id).where(CodeRow.revision_id == UnitRow.revision_id).correlate(UnitRow)
    units = select(func.count()).select_from(UnitRow).where(UnitRow.sample_id == sample_id)
    return session.scalars(units.where(~coded.exists())).one()


def _cursor(before: str | None) -> tuple[int, int | None]:
    if before is None:
        return 999_999, None
    week, _, item_id = before.partition("-")
    return int(week), int(item_id)


def _weeks(session: Session, model: StoredModel | None, wanted: ItemFilter, top: int) -> Iterator[int]:
    """Yield the weeks that may hold items of a filter, newest first, from ``top`` on."""
    if wanted.week is not None:
        yield from [wanted.week.key] if wanted.week.key <= top else []
    elif wanted.everything or model is None:
        yield from _stored_weeks(session, top)
    else:
        yield from _summed_weeks(session, model, wanted, top)


def _stored_weeks(session: Session, top: int) -> Iterator[int]:
    week: int | None = top + 1
    while week is not None:
        week = session.scalars(select(func.max(ItemRow.week)).where(ItemRow.week < week)).one()
        if week is not None:
            yield week


def _summed_weeks(session: Session, model: StoredModel, wanted: ItemFilter, top: int) -> Iterator[int]:
    sums, hits = (
        (WeeklyTotalRow, WeeklyTotalRow.relevant)
        if wanted.frame is None
        else (WeeklyFrameRow, WeeklyFrameRow.hits)
    )
    ours: list[ColumnElement[bool]] = [
        sums.model_id == model.id,
        sums.series == "broad",
        sums.unit == "item",
        sums.depth.in_(DEPTHS["headline"]),
        hits > 0,
    ]
    if wanted.frame is not None:
        ours.append(WeeklyFrameRow.frame == wanted.frame)
    if wanted.outlet is not None:
        outlet = select(OutletRow.id).where(OutletRow.name == wanted.outlet)
        ours.append(sums.outlet_id == outlet.scalar_subquery())
    newest: int | None = session.scalars(select(func.max(sums.week)).where(*ours[:4], sums.week <= top)).one()
    for span in _SPANS:
        if newest is None:
            return
        first = Week.from_key(newest).plus(1 - span).key if span < _SPANS[-1] else 0
        query = select(sums.week).where(*ours, sums.week.between(first, newest)).distinct()
        yield from session.scalars(query.order_by(sums.week.desc()))
        newest = Week.from_key(first).plus(-1).key if first else None


def _matching(model: StoredModel | None, wanted: ItemFilter) -> Query:
    """Return the query for the ids of the items of a filter, whatever their week and words."""
    query: Query = select(ItemRow.id)
    if wanted.outlet is not None:
        outlet = select(OutletRow.id).where(OutletRow.name == wanted.outlet)
        query = query.where(ItemRow.outlet_id == outlet.scalar_subquery())
    if wanted.week is not None:
        query = query.where(ItemRow.week == wanted.week.key)
    if wanted.everything or model is None:
        return query
    query = query.join(LabelRow, LabelRow.item_id == ItemRow.id).where(
        LabelRow.model_id == model.id,
        LabelRow.counted,
        LabelRow.relevant,
        LabelRow.depth.in_(DEPTHS["headline"]),
    )
    if wanted.frame is not None:
        query = query.where(LabelRow.hits.bitwise_and(1 << model.frames.index(wanted.frame)) != 0)
    return query


def _newest_among(
    session: Session, model: StoredModel | None, wanted: ItemFilter, revision_ids: Sequence[int]
) -> Sequence[tuple[int, int]]:
    """Return those revisions that are their items' newest, and the items of the filter, newest first."""
    query = _matching(model, wanted).join(RevisionRow, is_newest_revision())
    query = query.with_only_columns(RevisionRow.id, ItemRow.id).where(RevisionRow.id.in_(revision_ids))
    return [(first, second) for first, second in session.execute(query.order_by(RevisionRow.id.desc()))]


def _listed(session: Session, model: StoredModel | None, ids: Sequence[int]) -> list[Listed]:
    items = {row.id: stored_item(row) for row in session.execute(stored_items().where(ItemRow.id.in_(ids)))}
    stories = {story.item_id: story for story in stories_of(session, model, ids)} if model else {}
    copies = select(ItemRow.id, ItemRow.cluster_id).where(ItemRow.id.in_(ids))
    copy_of: dict[int, int | None] = dict(session.execute(copies).all())
    said = _said_of(session, model, ids) if model is not None else {}
    return [
        Listed(
            item=items[one],
            story=stories.get(one),
            relevant=said[one].relevant if one in said else None,
            copy_of=copy_of[one],
            unclear=_close_decisions(said[one]) if one in said else (),
        )
        for one in ids
    ]


def _said_of(session: Session, model: StoredModel, ids: Sequence[int]) -> dict[int, Judgement]:
    """Return what a model says of the headlines of items: by the label that counts, else the newest."""
    read = select(LabelRow).where(
        LabelRow.item_id.in_(ids), LabelRow.model_id == model.id, LabelRow.depth.in_(DEPTHS["headline"])
    )
    rows = session.scalars(read.order_by(LabelRow.counted, LabelRow.revision_id))
    return {row.item_id: judgement_of(row, model) for row in rows}


def _close_decisions(said: Judgement) -> list[str]:
    """Return what was decided closely, yes or no; a story (``stories``) names only frames that it carries."""
    wholes = {"relevant": said.relevant_unclear, "tone": said.tone_unclear}
    frames = [frame for frame, label in said.frames.items() if label.unclear and said.relevant]
    return [*(about for about, is_close in wholes.items() if is_close), *frames]
