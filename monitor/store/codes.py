"""What people said of the units of samples, and how it stands beside what a model said of the same.

Codes are never overwritten: a coder who codes a unit again adds a row, and the newest is what counts.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.dialect import Found, Row, chunks, execute_rows, insert
from monitor.store.labels import judgement_of
from monitor.store.models import stored_models
from monitor.store.readings import DEPTHS
from monitor.store.samples import Sample, coded_items, samples, strata_at_draw
from monitor.store.schema import CodeRow, ItemRow, LabelRow, OutletRow, RevisionRow, UnitRow, table
from monitor.types import Code, CodedUnit, Depth, Said

Outcome = Literal["new", "revised", "duplicate"]
V = TypeVar("V", bound=Hashable)


def add_codes(session: Session, codes: Sequence[Code], codebook: str, now: datetime) -> list[Outcome]:
    """Store codes of units, and return what each of them is, in order.

    A code is a duplicate where its coder has said the same of the unit: at the time of the code, or ever
    where it bears no time, so that an old file read again does not undo what was changed since. Else it is
    new, or ``revised`` where the coder has said something else before.

    Args:
        codebook: the version that the codes were made by.
        now: the time of codes that bear none.
    """
    earlier: dict[tuple[int, str], list[Code]] = defaultdict(list)
    for code in codes_on(session, [code.revision_id for code in codes]):
        earlier[code.revision_id, code.coder].append(code)
    items = _items_of(session, [code.revision_id for code in codes])
    outcomes: list[Outcome] = []
    rows: list[Row] = []
    for code in codes:
        before = earlier[code.revision_id, code.coder]
        outcomes.append(_outcome(code, before))
        if outcomes[-1] != "duplicate":
            rows.append(_columns(code, items[code.revision_id], codebook, now))
            before.append(code)
    if rows:
        execute_rows(session, insert(session, table(CodeRow)), rows)
    return outcomes


def codes_on(session: Session, revision_ids: Sequence[int]) -> list[Code]:
    """Return every code of some revisions, the oldest first."""
    found: list[CodeRow] = []
    for some in chunks(sorted(set(revision_ids))):
        found += session.scalars(select(CodeRow).where(CodeRow.revision_id.in_(some)))
    return [_code(row) for row in sorted(found, key=lambda row: (row.coded_at, row.id))]


def codes_of_sample(session: Session, sample_id: int) -> list[Code]:
    """Return the newest code that each coder gave each unit of a sample, by coder, then unit."""
    revisions = session.scalars(select(UnitRow.revision_id).where(UnitRow.sample_id == sample_id)).all()
    newest = _newest(codes_on(session, revisions))
    return sorted(newest, key=lambda code: (code.coder, code.revision_id))


def said_of_items(session: Session, item_ids: Sequence[int]) -> dict[int, Said]:
    """Return what coders say together of the newest coded revision of some items; the others are left out."""
    newest: dict[int, int] = {}
    for some in chunks(sorted(set(item_ids))):
        query = select(CodeRow.item_id, CodeRow.revision_id).where(CodeRow.item_id.in_(some)).distinct()
        for item_id, revision_id in session.execute(query):
            newest[item_id] = max(revision_id, newest.get(item_id, 0))
    said: dict[int, list[Said]] = defaultdict(list)
    for code in _newest(codes_on(session, list(newest.values()))):
        said[code.revision_id].append(code.said)
    return {item_id: settle_codes(said[revision_id]) for item_id, revision_id in newest.items()}


def coders(session: Session) -> list[str]:
    """Return everybody who has coded anything, by name."""
    return list(session.scalars(select(CodeRow.coder).distinct().order_by(CodeRow.coder)))


def coded_units(session: Session, model_id: int, first: Week, last: Week) -> list[CodedUnit]:
    """Return the coded items of random samples from first to last week inclusive, by week, then item.

    Only what people and the model read alike is there: the model must have labelled the coded revision.
    ``inclusion`` holds both the draw and the coding: of each stratum of a sample, the share of its items
    that was drawn and coded by now. Units are handed out in an order of chance, so that a part that is coded
    is itself a random sample. Several samples are independent draws: an item's chance is one less the
    product of its chances to be missed by each (Bankier 1986, Journal of the American Statistical
    Association 81, 1074-1079).
    """
    random = samples(session, "random")
    rows = _coded_readings(session, model_id, first, last)
    held = {sample.id: coded_items(session, sample.id) for sample in random}
    chances = _inclusions(session, random, held, list(rows))
    names = {model.id: model for model in stored_models(session)}
    codes: dict[int, list[Code]] = defaultdict(list)
    for code in _newest(codes_on(session, [row.LabelRow.revision_id for row in rows.values()])):
        codes[code.revision_id].append(code)
    found = []
    for item_id, row in rows.items():
        sample = next(one for one in random if item_id in held[one.id])
        settled = settle_codes([code.said for code in codes[row.LabelRow.revision_id]])
        found.append(
            CodedUnit(
                item_id=item_id,
                revision_id=row.LabelRow.revision_id,
                depth=Depth(row.LabelRow.depth),
                week=Week.from_key(row.week),
                outlet=row.name,
                outlet_type=row.outlet_type,
                nation=row.nation,
                sample=sample.name,
                stratum=held[sample.id][item_id][0],  # type: ignore[arg-type]  # stored from a Stratum
                inclusion=chances[item_id],
                label=judgement_of(row.LabelRow, names[model_id]),
                relevant=settled.relevant,
                frames=frozenset(settled.frames),
                tone=settled.tone,
                coders=len(codes[row.LabelRow.revision_id]),
            )
        )
    return found


def settle_codes(said: Sequence[Said]) -> Said:
    """Return what coders say together: by majority, a tie by the one who coded last.

    Relevance is settled first; everything else then between those who agree on it, status, target and right
    of reply between those who coded them. Notes are left out.

    Args:
        said: one of each coder, the last who coded at the end; not empty.
    """
    relevant = _majority([one.relevant for one in said])
    heard = [one for one in said if one.relevant == relevant]
    named = dict.fromkeys(frame for one in heard for frame in one.frames)
    return Said(
        relevant=relevant,
        frames=tuple(frame for frame in named if _majority([frame in one.frames for one in heard])),
        tone=_majority([one.tone for one in heard if one.tone is not None] or [None]),
        status=_majority([one.status for one in heard if one.status != "none"] or ["none"]),
        target=_majority([one.target for one in heard if one.target] or [()]),
        reply=_majority([one.reply for one in heard if one.reply is not None] or [None]),
    )


def _majority(values: Sequence[V]) -> V:
    counts = Counter(values)
    most = max(counts.values())
    return next(value for value in reversed(values) if counts[value] == most)


def _outcome(code: Code, before: Sequence[Code]) -> Outcome:
    if not before:
        return "new"
    if code.coded_at is None:
        same = any(code.said == one.said for one in before)
    else:
        by_then = [one for one in before if one.coded_at is not None and one.coded_at <= code.coded_at]
        same = bool(by_then) and by_then[-1].said == code.said
    return "duplicate" if same else "revised"


def _newest(codes: Iterable[Code]) -> list[Code]:
    """Return the last code of each unit and coder, in the order of the codes given, the oldest first."""
    last: dict[tuple[int, str], Code] = {}
    for code in codes:
        last.pop((code.revision_id, code.coder), None)
        last[code.revision_id, code.coder] = code
    return list(last.values())


def _items_of(session: Session, revision_ids: Sequence[int]) -> dict[int, int]:
    items: dict[int, int] = {}
    for some in chunks(sorted(set(revision_ids))):
        query = select(RevisionRow.id, RevisionRow.item_id).where(RevisionRow.id.in_(some))
        items |= dict(session.execute(query).all())
    return items


def _columns(code: Code, item_id: int, codebook: str, now: datetime) -> Row:
    return {
        "item_id": item_id,
        "revision_id": code.revision_id,
        "depth": code.depth.value,
        "coder": code.coder,
        "coded_at": code.coded_at or now,
        "codebook": codebook,
        "relevant": code.said.relevant,
        "frames": " ".join(code.said.frames),
        "tone": code.said.tone,
        "status": code.said.status,
        "target": " ".join(code.said.target),
        "note": code.said.note,
        "reply": code.said.reply,
    }


def _code(row: CodeRow) -> Code:
    said = Said(
        row.relevant,
        tuple(row.frames.split()),
        row.tone,
        row.status,
        tuple(row.target.split()),
        row.note,
        row.reply,
    )
    return Code(row.revision_id, Depth(row.depth), row.coder, said, row.coded_at)


def _coded_readings(session: Session, model_id: int, first: Week, last: Week) -> dict[int, Found]:
    """Return, by item, the model's label on the newest revision that was drawn and coded."""
    random = [sample.id for sample in samples(session, "random")]
    coded = select(CodeRow.id).where(CodeRow.revision_id == UnitRow.revision_id).correlate(UnitRow).exists()
    drawn = session.scalars(
        select(UnitRow.revision_id).where(UnitRow.sample_id.in_(random), coded).distinct()
    ).all()
    query = (
        select(
            LabelRow,
            ItemRow.week,
            ItemRow.cluster_id,
            OutletRow.name,
            OutletRow.outlet_type,
            OutletRow.nation,
        )
        .join(ItemRow, ItemRow.id == LabelRow.item_id)
        .join(OutletRow, OutletRow.id == ItemRow.outlet_id)
        .where(
            LabelRow.model_id == model_id,
            LabelRow.depth.in_(DEPTHS["headline"]),
        )
    )
    # By their ids alone: asked for more, SQLite reads an index of all items to find a few hundred labels.
    rows = [
        row
        for some in chunks(sorted(drawn))
        for row in session.execute(query.where(LabelRow.revision_id.in_(some)))
        if first.key <= row.week <= last.key and row.cluster_id is None
    ]
    rows.sort(key=lambda row: (row.week, row.LabelRow.item_id, row.LabelRow.revision_id))
    return {row.LabelRow.item_id: row for row in rows}


def _inclusions(
    session: Session,
    random: Sequence[Sample],
    held: Mapping[int, Mapping[int, tuple[str, bool]]],
    item_ids: Sequence[int],
) -> dict[int, float]:
    """Return the chance of each item to be drawn by any of the samples and coded."""
    samples_of = Counter(item_id for drawn in held.values() for item_id in drawn)
    missed = dict.fromkeys(item_ids, 1.0)
    for sample in random:
        rates = _rates(sample, held[sample.id], samples_of)
        others = strata_at_draw(session, sample, [item for item in item_ids if item not in held[sample.id]])
        for item_id in item_ids:
            drawn = held[sample.id].get(item_id)
            stratum = drawn[0] if drawn else others.get(item_id)
            missed[item_id] *= 1 - rates.get(stratum, 0.0)
    return {item_id: 1 - chance for item_id, chance in missed.items()}


def _rates(
    sample: Sample, drawn: Mapping[int, tuple[str, bool]], samples_of: Mapping[int, int]
) -> dict[str | None, float]:
    """Return, for each stratum of a sample, the chance of an item to be drawn by it and then coded.

    How far a sample is coded is told by the items that no other sample drew: those that it shares may owe
    their codes to the other.
    """
    rates: dict[str | None, float] = {}
    for stratum, items in sample.items.items():
        ours = {item_id: is_coded for item_id, (where, is_coded) in drawn.items() if where == stratum}
        alone = [is_coded for item_id, is_coded in ours.items() if samples_of[item_id] == 1]
        told_by = alone or list(ours.values())
        rates[stratum] = len(ours) / items * sum(told_by) / len(told_by) if told_by else 0.0
    return rates
