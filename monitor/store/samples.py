"""Samples of items for people to code: what they are drawn from, and what was drawn.

Drawn from are the items that count: each story's first copy, whatever a model says of it. An item's
stratum is cut by the newest label that the sample's model had given its headline when it was drawn; labels
are never overwritten, so that it can be told later of items that were not drawn, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.dialect import Query, Row, chunks, execute_rows, insert
from monitor.store.models import stored_model
from monitor.store.readings import DEPTHS
from monitor.store.schema import (
    CodeRow,
    ItemRow,
    LabelRow,
    ModelRow,
    RevisionRow,
    SampleRow,
    StratumRow,
    UnitRow,
    table,
)
from monitor.store.stories import is_newest_revision
from monitor.types import Depth, SampleKind, Stratum
from monitor.types.margin import UNCLEAR

STRATA: tuple[Stratum, ...] = get_args(Stratum)
CLOSE = 0.05
"""The lowest probability of relevance at which an irrelevant item is a close one."""
UNSURE = (0.3, 0.7)
"""The probabilities of relevance between which an uncertain sample takes an item, where it is not known which
one the model needs; else those about that one."""
Weeks = tuple[Week, Week]
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as it was drawn."""

    id: int
    name: str
    kind: SampleKind
    seed: int
    model: str | None
    """The version of the model that cut the strata; None where nothing was labelled."""
    weeks: Weeks | None
    """None where items of all weeks were drawn from."""
    drawn_at: datetime
    items: Mapping[Stratum, int]
    """How many items each stratum held."""
    drawn: Mapping[Stratum, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """A reading that a sample asks people to code, without its text."""

    item_id: int
    revision_id: int
    depth: Depth


@dataclass(frozen=True, slots=True)
class UnitText:
    """What a coder is shown of a unit; nothing that a model said."""

    unit: Unit
    place: int
    """Its place in the order in which the units are handed out."""
    title: str
    summary: str
    text: str
    """What the text policy has let in of the article; not part of the reading that is coded."""


def stratum_sizes(session: Session, model_id: int | None, weeks: Weeks | None) -> dict[Stratum, int]:
    """Return how many items each stratum holds that has any."""
    place = _place(model_id).label("place")  # by name, since PostgreSQL takes bound values for different
    query = _population(model_id, weeks).with_only_columns(place, func.count()).group_by("place")
    counts = dict(session.execute(query).all())
    return {stratum: counts[n] for n, stratum in enumerate(STRATA) if n in counts}


def population(
    session: Session, model_id: int | None, weeks: Weeks | None, kind: SampleKind
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Yield, batch by batch, the ids of the items to draw from, and the places of their strata in STRATA."""
    query = _population(model_id, weeks).with_only_columns(ItemRow.id, _place(model_id))
    if kind == "uncertain":
        unsure = LabelRow.relevant_p.between(*_unsure(session, model_id))
        query = query.where(or_(LabelRow.unclear != 0, unsure))
    # By the connection, since the session's way of loading rows costs two thirds more.
    with session.connection().execute(query.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for batch in rows.partitions():
            ids, places = zip(*batch, strict=True)
            yield ids, places


def add_sample(session: Session, sample: Sample, chosen: Mapping[int, Stratum]) -> int:
    """Store a sample and its units, and return how many there are.

    Args:
        sample: as it was drawn; its id is not used.
        chosen: the stratum of each item, in the order in which coders shall get them; one that was erased
            since the draw is left out.
    """
    model = select(ModelRow.id).where(ModelRow.version == sample.model)
    row = SampleRow(
        name=sample.name,
        kind=sample.kind,
        seed=sample.seed,
        model_id=session.scalars(model).one_or_none(),
        first_week=sample.weeks[0].key if sample.weeks else None,
        last_week=sample.weeks[1].key if sample.weeks else None,
        drawn_at=sample.drawn_at,
    )
    session.add(row)
    session.flush()
    strata = [
        {"sample_id": row.id, "stratum": name, "items": count, "drawn": sample.drawn.get(name, 0)}
        for name, count in sample.items.items()
    ]
    units = _unit_rows(session, row.id, sample, chosen)
    for target, rows in ((StratumRow, strata), (UnitRow, units)):
        if rows:
            execute_rows(session, insert(session, table(target)), rows)
    return len(units)


def sample_of(session: Session, name: str) -> Sample | None:
    """Return the sample of a name, or None where none is stored."""
    return next((sample for sample in samples(session) if sample.name == name), None)


def samples(session: Session, kind: SampleKind | None = None) -> list[Sample]:
    """Return every sample, or those of a kind, the oldest first."""
    query = select(SampleRow, ModelRow.version).outerjoin(ModelRow, ModelRow.id == SampleRow.model_id)
    wanted = query if kind is None else query.where(SampleRow.kind == kind)
    strata: dict[int, list[StratumRow]] = {}
    for stratum in session.scalars(select(StratumRow)):
        strata.setdefault(stratum.sample_id, []).append(stratum)
    return [
        _sample(row, version, strata.get(row.id, []))
        for row, version in session.execute(wanted.order_by(SampleRow.drawn_at, SampleRow.id))
    ]


def units(
    session: Session,
    sample_id: int,
    *,
    uncoded_by: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[UnitText]:
    """Return the units of a sample with their text, in the order in which they are handed out.

    Args:
        uncoded_by: only those that this coder has not coded, in whatever sample.
        after: only places beyond this one.
        limit: so many at most.
    """
    query = (
        select(UnitRow, RevisionRow.title, RevisionRow.summary, RevisionRow.text)
        .join(RevisionRow, RevisionRow.id == UnitRow.revision_id)
        .where(UnitRow.sample_id == sample_id, UnitRow.place > after)
        .order_by(UnitRow.place)
        .limit(limit)
    )
    if uncoded_by is not None:
        query = query.where(~_coded(CodeRow.revision_id == UnitRow.revision_id, CodeRow.coder == uncoded_by))
    return [
        UnitText(Unit(row.item_id, row.revision_id, Depth(row.depth)), row.place, title, summary, text)
        for row, title, summary, text in session.execute(query)
    ]


def units_of_items(session: Session, item_ids: Sequence[int]) -> dict[int, list[Unit]]:
    """Return the units that samples hold of some items, the newest revision of each last."""
    found: dict[int, list[Unit]] = {}
    for some in chunks(item_ids):
        query = select(UnitRow.item_id, UnitRow.revision_id, UnitRow.depth).distinct()
        rows = session.execute(query.where(UnitRow.item_id.in_(some)).order_by(UnitRow.revision_id))
        for item_id, revision_id, depth in rows:
            found.setdefault(item_id, []).append(Unit(item_id, revision_id, Depth(depth)))
    return found


def strata_at_draw(session: Session, sample: Sample, item_ids: Sequence[int]) -> dict[int, Stratum]:
    """Return the strata in which some items stood when a sample was drawn; those not drawn from are absent.

    Which copy of a story was the first is taken as it is now.
    """
    found: dict[int, Stratum] = {}
    model_id = session.scalars(select(ModelRow.id).where(ModelRow.version == sample.model)).one_or_none()
    for some in chunks(item_ids):
        there = select(ItemRow.id).where(ItemRow.id.in_(some), ItemRow.first_seen_at <= sample.drawn_at)
        found |= dict.fromkeys(session.scalars(there.where(*_among(sample.weeks))), "unlabelled")
        labels = select(LabelRow.item_id, _place(model_id)).where(
            LabelRow.item_id.in_(some),
            LabelRow.model_id == model_id,
            LabelRow.depth.in_(DEPTHS["headline"]),
            LabelRow.labelled_at <= sample.drawn_at,
        )
        for item_id, place in session.execute(labels.order_by(LabelRow.revision_id)):
            if item_id in found:
                found[item_id] = STRATA[place]
    return found


def coded_items(session: Session, sample_id: int) -> dict[int, tuple[str, bool]]:
    """Return the stratum of each item that a sample drew, and whether anybody has coded it."""
    coded = _coded(CodeRow.item_id == UnitRow.item_id)
    query = select(UnitRow.item_id, UnitRow.stratum, coded).where(UnitRow.sample_id == sample_id)
    return {item_id: (stratum, bool(is_coded)) for item_id, stratum, is_coded in session.execute(query)}


def verify_samples(session: Session) -> list[str]:
    """Check the chances of all units, and that units and codes stand on revisions of their items.

    Returns:
        A line for each sample or kind of row that has a problem; empty where all is well.
    """
    problems = []
    for sample in samples(session):
        query = select(UnitRow.stratum, UnitRow.inclusion).where(UnitRow.sample_id == sample.id)
        held: dict[str, int] = {}
        for stratum, inclusion in session.execute(query):
            held[stratum] = held.get(stratum, 0) + 1
            if inclusion != _inclusion(sample, stratum):
                problems.append(f"sample {sample.name}: a unit has another chance than its stratum")
        if any(count > sample.drawn.get(stratum, 0) for stratum, count in held.items()):  # type: ignore[call-overload]
            problems.append(f"sample {sample.name}: holds more units than were drawn")
    for row in (UnitRow, CodeRow):
        astray = select(func.count()).select_from(row).join(RevisionRow, RevisionRow.id == row.revision_id)
        if session.scalars(astray.where(RevisionRow.item_id != row.item_id)).one():
            problems.append(f"{row.__tablename__}: holds a revision of another item")
    return list(dict.fromkeys(problems))


def _population(model_id: int | None, weeks: Weeks | None) -> Query:
    """Return the query over the items that count, each with the label that counts, if any."""
    label = and_(
        LabelRow.item_id == ItemRow.id,
        LabelRow.model_id == model_id,
        LabelRow.counted,
        LabelRow.depth.in_(DEPTHS["headline"]),
    )
    query: Query = select(ItemRow.id).select_from(ItemRow)
    if model_id is not None:
        query = query.outerjoin(LabelRow, label)
    return query.where(ItemRow.cluster_id.is_(None), *_among(weeks))


def _among(weeks: Weeks | None) -> list[ColumnElement[bool]]:
    return [] if weeks is None else [ItemRow.week.between(weeks[0].key, weeks[1].key)]


def _place(model_id: int | None) -> ColumnElement[int]:
    """Return the place in STRATA that the label of a row gives an item; that of no label without a model."""
    unlabelled = literal(STRATA.index("unlabelled"))
    if model_id is None:
        return unlabelled
    return case(
        (LabelRow.revision_id.is_(None), unlabelled),
        (LabelRow.relevant, literal(STRATA.index("relevant"))),
        (LabelRow.relevant_p >= CLOSE, literal(STRATA.index("close"))),
        else_=literal(STRATA.index("irrelevant")),
    )


def _unsure(session: Session, model_id: int | None) -> tuple[float, float]:
    row = session.get(ModelRow, model_id) if model_id is not None else None
    needed = stored_model(row).needed if row is not None else None
    return UNSURE if needed is None else (needed.relevant - UNCLEAR, needed.relevant + UNCLEAR)


def _coded(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(CodeRow.id).where(*conditions).correlate(UnitRow).exists()


def _inclusion(sample: Sample, stratum: Any) -> float | None:
    if sample.kind != "random" or stratum not in sample.items:
        return None
    return sample.drawn[stratum] / sample.items[stratum]


def _unit_rows(session: Session, sample_id: int, sample: Sample, chosen: Mapping[int, Stratum]) -> list[Row]:
    newest: dict[int, tuple[int, str]] = {}
    for some in chunks(list(chosen)):
        query = select(ItemRow.id, RevisionRow.id.label("revision_id"), RevisionRow.summary)
        query = query.join(RevisionRow, is_newest_revision()).where(ItemRow.id.in_(some))
        newest |= {row.id: (row.revision_id, row.summary) for row in session.execute(query)}
    return [
        {
            "sample_id": sample_id,
            "item_id": item_id,
            "revision_id": newest[item_id][0],
            "depth": (Depth.SUMMARY if newest[item_id][1] else Depth.TITLE).value,
            "place": place,
            "stratum": chosen[item_id],
            "inclusion": _inclusion(sample, chosen[item_id]),
        }
        for place, item_id in enumerate((item for item in chosen if item in newest), start=1)
    ]


def _sample(row: SampleRow, version: str | None, strata: Sequence[StratumRow]) -> Sample:
    weeks = None
    if row.first_week is not None and row.last_week is not None:
        weeks = Week.from_key(row.first_week), Week.from_key(row.last_week)
    in_order = sorted(strata, key=lambda one: STRATA.index(one.stratum))
    return Sample(
        id=row.id,
        name=row.name,
        kind=row.kind,  # type: ignore[arg-type]  # stored from a SampleKind
        seed=row.seed,
        model=version,
        weeks=weeks,
        drawn_at=row.drawn_at,
        items={one.stratum: one.items for one in in_order},  # type: ignore[misc]
        drawn={one.stratum: one.drawn for one in in_order},  # type: ignore[misc]
    )
