"""What models said of revisions: the readings that wait for a model, and its labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from monitor.clock import Week
from monitor.store.dialect import Found, Query, Row, chunks, execute_rows, insert
from monitor.store.pack import Packed, packed, unpacked, with_margins
from monitor.store.readings import DEPTHS, ReadingKind, reading_kind
from monitor.store.rollups import settle
from monitor.store.schema import (
    EvidenceRow,
    ItemRow,
    LabelRow,
    ModelRow,
    RevisionRow,
    SettingRow,
    table,
)
from monitor.store.settings import put_setting, setting
from monitor.types import Depth, Evidence, Judgement, Label, Reading, StoredModel

Weeks = tuple[Week, Week]
"""First and last week, both included."""
SETTLED_AFTER = timedelta(hours=1)
"""Longer than any transaction that stores revisions: one source or one batch."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class ReadMark(NamedTuple):
    """Up to which revision a model has read all for good, and which was the newest when that was noted."""

    upto: int = 0
    noted: int = 0
    noted_at: datetime = _NEVER


@dataclass(frozen=True, slots=True)
class Disagreement:
    """How far two models agree on one thing, over the items whose headline both have read."""

    about: str
    """``relevant`` or a frame id."""
    compared: int
    """Items that both models have read; copies of a story count once."""
    old: int
    """Those of which the old model says it."""
    new: int
    both: int


def readings_to_label(
    session: Session, model_id: int, *, after: int, limit: int, weeks: Weeks | None = None
) -> list[Reading]:
    """Return the readings that a model has not made, in the order of revision ids.

    Args:
        after: only revisions with a greater id; 0, or that of the last reading returned.
        limit: revisions at most; each has one reading or two, which are never parted.
        weeks: only items published in these weeks.
    """
    headline, full = aliased(LabelRow), aliased(LabelRow)
    after = max(after, _read_mark(session, model_id).upto)
    unread_headline = headline.revision_id.is_(None)
    unread_full = and_(RevisionRow.text != "", full.revision_id.is_(None))
    query = (
        select(
            RevisionRow.id,
            RevisionRow.item_id,
            RevisionRow.title,
            RevisionRow.summary,
            RevisionRow.text,
            unread_headline.label("headline"),
            unread_full.label("full"),
        )
        .outerjoin(headline, _made(headline, model_id, "headline", after))
        .outerjoin(full, _made(full, model_id, "full", after))
        .where(RevisionRow.id > after, or_(unread_headline, unread_full), *_published_in(weeks))
        .order_by(RevisionRow.id)
        .limit(limit)
    )
    return [reading for row in session.execute(query) for reading in _readings(row)]


def count_to_label(session: Session, model_id: int, weeks: Weeks | None = None) -> int:
    """Return how many revisions hold readings that a model has not made."""
    return _count_unread(session, model_id, _read_mark(session, model_id).upto, weeks)


def _count_unread(session: Session, model_id: int, after: int, weeks: Weeks | None) -> int:
    headline, full = aliased(LabelRow), aliased(LabelRow)
    unread = or_(headline.revision_id.is_(None), and_(RevisionRow.text != "", full.revision_id.is_(None)))
    query = (
        select(func.count())
        .select_from(RevisionRow)
        .outerjoin(headline, _made(headline, model_id, "headline", after))
        .outerjoin(full, _made(full, model_id, "full", after))
        .where(RevisionRow.id > after, unread, *_published_in(weeks))
    )
    return session.scalars(query).one()


def next_read_mark(session: Session, model_id: int, now: datetime) -> ReadMark | None:
    """Return the mark to put for a model with `put_read_mark`; None where it is not time, or not all is read.

    Ids are given before they are committed, so that one below the newest may still come to light. Hence two
    steps: the newest id is noted; once no transaction of that time can be open any more, and nothing is
    unread, everything up to it is read for good. For revisions never change but for texts that are blanked,
    no id is given twice, and labels go only with their revisions.
    """
    mark = _read_mark(session, model_id)
    fresh = now - SETTLED_AFTER < mark.noted_at <= now
    if fresh or count_to_label(session, model_id):
        return None
    newest = session.scalars(select(func.max(RevisionRow.id))).one() or 0
    upto = mark.noted if mark.noted_at <= now else mark.upto  # a clock that was wrong settles nothing
    return ReadMark(upto, newest, now)


def put_read_mark(session: Session, model_id: int, mark: ReadMark) -> None:
    """Let the next look for unread revisions begin after those that are read for good."""
    put_setting(session, _mark_key(model_id), f"{mark.upto} {mark.noted} {mark.noted_at.isoformat()}")


def wrong_read_marks(session: Session) -> list[int]:
    """Return the models whose marks pass over an unread revision: none in a sound database. Reads all."""
    models = session.scalars(select(ModelRow.id).order_by(ModelRow.id)).all()
    return [
        model for model in models if _count_unread(session, model, 0, None) != count_to_label(session, model)
    ]


def erase_read_mark(session: Session, model_id: int) -> None:
    """Let the next look for unread revisions begin with the first."""
    session.execute(delete(SettingRow).where(SettingRow.key == _mark_key(model_id)))


def add_labels(session: Session, model: StoredModel, labels: Sequence[Label], now: datetime) -> None:
    """Store labels with their evidence, and bring the weekly sums up to date.

    A reading that the model has a label of keeps it: another process was first. A label of a revision that
    was erased after the model read it is dropped.

    Raises:
        ModelError: a label has other frames than the model.
    """
    items = _items_of(session, {label.revision_id for label in labels})
    read = _readings_made(session, model.id, list(items))
    rows: list[Row] = []
    evidence: list[Row] = []
    for label in labels:
        reading = (label.revision_id, reading_kind(label.judgement.depth))
        if label.revision_id in items and reading not in read:
            read.add(reading)
            key = {
                "revision_id": label.revision_id,
                "model_id": model.id,
                "depth": label.judgement.depth.value,
            }
            rows.append({**key, "item_id": items[label.revision_id], **_columns(label.judgement, model, now)})
            evidence += [{**key, **_evidence_columns(found)} for found in label.judgement.evidence]
    if rows:
        execute_rows(session, insert(session, table(LabelRow)), rows)
    if evidence:
        execute_rows(session, insert(session, table(EvidenceRow)), evidence)
    settle(session, {row["item_id"] for row in rows}, model.id)


def label_of(
    session: Session, item_id: int, model: StoredModel, reading: ReadingKind = "headline"
) -> Label | None:
    """Return the label on the newest revision of an item that a model has read; None where it read none."""
    query = select(LabelRow).where(
        LabelRow.item_id == item_id, LabelRow.model_id == model.id, LabelRow.depth.in_(DEPTHS[reading])
    )
    row = session.scalars(query.order_by(LabelRow.revision_id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Label(row.revision_id, item_id, judgement_of(row, model, _evidence(session, row, model)))


def disagreements(
    session: Session, old: StoredModel, new: StoredModel, weeks: Weeks | None = None
) -> list[Disagreement]:
    """Compare two models on the headline readings that count for both.

    Returns:
        Relevance first, then every frame of either model; one that a model does not know it never gives.
    """
    frames = dict.fromkeys((*new.frames, *old.frames))
    counts = {about: [0, 0, 0] for about in ("relevant", *frames)}
    compared = 0
    for row in session.execute(_both_read(old, new, weeks)):
        compared += row.number
        said_old = _said(row.old_relevant, row.old_hits, old)
        said_new = _said(row.new_relevant, row.new_hits, new)
        for place, said in enumerate((said_old, said_new, said_old & said_new)):
            for about in said:
                counts[about][place] += row.number
    return [Disagreement(about, compared, *three) for about, three in counts.items()]


def _mark_key(model_id: int) -> str:
    return f"read/{model_id}"


def _read_mark(session: Session, model_id: int) -> ReadMark:
    stored = setting(session, _mark_key(model_id))
    if stored is None:
        return ReadMark()
    upto, noted, noted_at = stored.split()
    return ReadMark(int(upto), int(noted), datetime.fromisoformat(noted_at))


def _made(label: type[LabelRow], model_id: int, reading: ReadingKind, after: int = 0) -> ColumnElement[bool]:
    """Return the condition that joins each revision to the one label of a reading that there may be.

    ``after`` is said of both sides, so that a join in the order of ids need not begin with the first.
    """
    readable = [RevisionRow.text != ""] if reading == "full" else []  # else no label is looked for
    return and_(
        *readable,
        label.revision_id == RevisionRow.id,
        label.revision_id > after,
        label.model_id == model_id,
        label.depth.in_(DEPTHS[reading]),
    )


def _published_in(weeks: Weeks | None) -> list[ColumnElement[bool]]:
    if weeks is None:
        return []
    items = select(ItemRow.id).where(ItemRow.week.between(weeks[0].key, weeks[1].key))
    return [RevisionRow.item_id.in_(items)]


def _readings(row: Found) -> list[Reading]:
    depth = Depth.SUMMARY if row.summary else Depth.TITLE
    readings = [Reading(row.id, row.item_id, depth, row.title, row.summary)] if row.headline else []
    if row.full:
        readings.append(Reading(row.id, row.item_id, Depth.FULL, row.title, row.text))
    return readings


def _items_of(session: Session, revision_ids: set[int]) -> dict[int, int]:
    """Return the item of each revision that is stored, and hold those items against other writers.

    Two that label two revisions of one item at once would else both take theirs for the newest; SQLite
    has one writer anyway.
    """
    items: dict[int, int] = {}
    for some in chunks(sorted(revision_ids)):
        query = select(RevisionRow.id, RevisionRow.item_id).join(ItemRow, ItemRow.id == RevisionRow.item_id)
        held = query.where(RevisionRow.id.in_(some)).order_by(ItemRow.id).with_for_update(of=ItemRow)
        items |= dict(session.execute(held).all())
    return items


def _readings_made(
    session: Session, model_id: int, revision_ids: Sequence[int]
) -> set[tuple[int, ReadingKind]]:
    made: set[tuple[int, ReadingKind]] = set()
    for some in chunks(revision_ids):
        query = select(LabelRow.revision_id, LabelRow.depth)
        rows = session.execute(query.where(LabelRow.revision_id.in_(some), LabelRow.model_id == model_id))
        made |= {(revision_id, reading_kind(Depth(depth))) for revision_id, depth in rows}
    return made


def _columns(judgement: Judgement, model: StoredModel, now: datetime) -> Row:
    frames = packed(judgement.frames, model.frames)
    return {
        "labelled_at": now,
        "relevant": judgement.relevant,
        "relevant_p": judgement.relevant_p,
        "strict": judgement.strict,
        "tone_score": judgement.tone_score,
        "tone_band": judgement.tone_band,
        "primary_frame": judgement.primary,
        "mentions": judgement.mentions,
        "hits": frames.hits,
        "unclear": frames.unclear,
        "scores": frames.scores,
        "frame_mentions": frames.frame_mentions,
        "cautious": frames.cautious,
        "counted": False,  # until `settle` has looked at the item's other labels
    }


def _evidence_columns(evidence: Evidence) -> Row:
    return {
        "frame": evidence.frame,
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
    }


def judgement_of(row: LabelRow, model: StoredModel, evidence: Sequence[Evidence] = ()) -> Judgement:
    """Return what a label row says, with the evidence that is given and the margins that can be known."""
    margin = None if model.needed is None else row.relevant_p - model.needed.relevant
    packed_frames = Packed(row.hits, row.unclear, row.scores, row.frame_mentions, row.cautious)
    frames = unpacked(packed_frames, model.frames)
    if model.needed is not None and margin is not None and row.cautious is not None:
        frames = with_margins(frames, model.needed, margin)
    return Judgement(
        depth=Depth(row.depth),
        relevant_p=row.relevant_p,
        relevant=row.relevant,
        strict=row.strict,
        tone_score=row.tone_score,
        tone_band=row.tone_band,  # type: ignore[arg-type]  # stored from a Band
        frames=frames,
        primary=row.primary_frame,
        mentions=row.mentions,
        evidence=evidence,
        relevant_margin=margin,
    )


def _evidence(session: Session, row: LabelRow, model: StoredModel) -> tuple[Evidence, ...]:
    """Return the evidence of a label, in the order of the model's frames."""
    own = (
        EvidenceRow.revision_id == row.revision_id,
        EvidenceRow.model_id == row.model_id,
        EvidenceRow.depth == row.depth,
    )
    places = {frame: place for place, frame in enumerate(model.frames)}
    rows = session.scalars(select(EvidenceRow).where(*own).order_by(EvidenceRow.frame))
    found = [Evidence(e.frame, e.text, e.start, e.end) for e in rows]
    return tuple(sorted(found, key=lambda evidence: places.get(evidence.frame, len(places))))


def _both_read(old: StoredModel, new: StoredModel, weeks: Weeks | None) -> Query:
    """Return the query for what both models said, with the number of items that they said it of."""
    before, after = aliased(LabelRow), aliased(LabelRow)
    said: list[ColumnElement[Any]] = [
        before.relevant.label("old_relevant"),
        before.hits.label("old_hits"),
        after.relevant.label("new_relevant"),
        after.hits.label("new_hits"),
    ]
    number = func.count().label("number")
    query: Query = select(*said, number).join_from(before, after, before.item_id == after.item_id)
    if weeks is not None:
        query = query.join(ItemRow, ItemRow.id == before.item_id)
        query = query.where(ItemRow.week.between(weeks[0].key, weeks[1].key))
    for label, model in ((before, old), (after, new)):
        headline = label.depth.in_(DEPTHS["headline"])
        query = query.where(label.model_id == model.id, label.counted, headline)
    return query.group_by(*said)


def _said(relevant: bool, hits: int, model: StoredModel) -> set[str]:
    """Return what a model said of a reading; frames only where it is relevant, as in the weekly sums."""
    if not relevant:
        return set()
    return {"relevant", *(frame for bit, frame in enumerate(model.frames) if hits >> bit & 1)}
