"""The weekly sums over the labels that count, and the one place where it changes which do.

The sums move by differences: a label that begins to count is added to the cells of its week and outlet, one
that ceases to is taken from them. `settle` compares the marks of the labels (``counted``) with what the
schema defines, and moves the sums by exactly the marks that it changes; so the sums stay those of the marks,
and the marks those of the definition.

In the unit *mention* a frame's hits are the passages that carry it, whatever was decided of the whole item.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, get_args

from sqlalchemy import ColumnElement, and_, case, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from monitor.clock import Week
from monitor.store.dialect import Found, Query, Row, chunks, update_rows
from monitor.store.models import stored_models
from monitor.store.pack import carried
from monitor.store.professions import settle_mentions, verify_mentions, withdraw_mentions
from monitor.store.readings import DEPTHS, ReadingKind
from monitor.store.schema import (
    ItemRow,
    LabelRow,
    OutletRow,
    RevisionRow,
    WeeklyFrameRow,
    WeeklyTotalRow,
    table,
)
from monitor.store.settled import in_time
from monitor.store.sums import add_to_sums, key_names
from monitor.types import Band, Depth, Grouping, Series, Unit, WeekCount

TotalKey = tuple[int, str, str, str, int, int]
"""Model id, series, unit, depth, week and outlet id."""
FrameKey = tuple[int, str, str, str, int, int, str]

ALL_KINDS: tuple[tuple[Series, Unit], ...] = tuple(product(get_args(Series), get_args(Unit)))
SUMMED = ("labelled", "relevant", *get_args(Band))
_BANDS: Mapping[str, int] = {band: place for place, band in enumerate(SUMMED) if band in get_args(Band)}
_ROWS_AT_ONCE = 2_000


class Sums:
    """Sums of label rows, in the cells of the two rollup tables."""

    def __init__(
        self, frames: Mapping[int, Sequence[str]], kinds: Sequence[tuple[Series, Unit]] = ALL_KINDS
    ) -> None:
        """``frames`` holds the frames of each model by its id."""
        self._frames = frames
        self._kinds = kinds
        self.totals: defaultdict[TotalKey, list[int]] = defaultdict(lambda: [0] * len(SUMMED))
        self.hits: Counter[FrameKey] = Counter()

    def add(self, row: Found, sign: int) -> None:
        """Add a row of `label_rows` (``sign`` 1), or take it away (-1)."""
        for series, unit in self._kinds:
            key = (row.model_id, series, unit, row.depth, row.week, row.outlet_id)
            cell = self.totals[key]
            cell[0] += sign
            if row.relevant and (series == "broad" or row.strict):
                self._add_relevant(key, cell, row, sign)

    def _add_relevant(self, key: TotalKey, cell: list[int], row: Found, sign: int) -> None:
        by_mention = key[2] == "mention"
        weight = sign * (row.mentions if by_mention else 1)
        cell[1] += weight
        if row.tone_band is not None:
            cell[_BANDS[row.tone_band]] += weight
        frames = self._frames[row.model_id]
        if by_mention:
            for frame, mentions in zip(frames, row.frame_mentions, strict=True):
                if mentions:
                    self.hits[(*key, frame)] += sign * mentions
        else:
            for frame in carried(row.hits, frames):
                self.hits[(*key, frame)] += sign

    def total_rows(self) -> list[Row]:
        """Return the cells that are not all zero as rows, in the order of their keys."""
        names = [*key_names(table(WeeklyTotalRow)), *SUMMED]
        cells = sorted((key, cell) for key, cell in self.totals.items() if any(cell))
        return [dict(zip(names, (*key, *cell), strict=True)) for key, cell in cells]

    def frame_rows(self) -> list[Row]:
        """Return the hits that are not zero as rows, in the order of their keys."""
        names = [*key_names(table(WeeklyFrameRow)), "hits"]
        cells = sorted((key, hits) for key, hits in self.hits.items() if hits)
        return [dict(zip(names, (*key, hits), strict=True)) for key, hits in cells]


def settle(session: Session, item_ids: Collection[int], model_id: int | None = None) -> None:
    """Mark the labels of some items that count by the definition, and move the weekly sums accordingly.

    To be called in the transaction that added labels to the items or changed who leads their clusters.

    Args:
        model_id: the only model whose labels changed, or None for all.
    """
    ours = [] if model_id is None else [LabelRow.model_id == model_id]
    for some in chunks(sorted(item_ids)):
        rows = session.execute(label_rows(LabelRow.item_id.in_(some), *ours)).all()
        _change(session, [(row, row.counts) for row in rows if row.counts != row.counted])
    if model_id is None:
        settle_mentions(session, item_ids)


def withdraw(session: Session, item_id: int) -> None:
    """Make no label of an item count, nor the professions that it names; its erasure follows."""
    rows = session.execute(label_rows(LabelRow.item_id == item_id, LabelRow.counted)).all()
    _change(session, [(row, False) for row in rows])
    withdraw_mentions(session, item_id)


def recompute(session: Session, model_id: int, weeks: tuple[Week, Week]) -> None:
    """Make the sums of a model anew from its labels, first week to last, and the marks of those labels."""
    first, last = (week.key for week in weeks)
    for sums_row in (WeeklyTotalRow, WeeklyFrameRow):
        ours = (sums_row.model_id == model_id, sums_row.week.between(first, last))
        session.execute(delete(sums_row).where(*ours))
    sums = _new_sums(session)
    marks: list[Row] = []
    for row in _streamed(session, LabelRow.model_id == model_id, ItemRow.week.between(first, last)):
        if row.counts:
            sums.add(row, 1)
        if row.counts != row.counted:
            marks.append(_mark(row, row.counts))
    _set_marks(session, marks)
    _move(session, sums)


def verify(session: Session) -> list[str]:
    """Compare the weekly sums, and the marks of the labels, with a scan of all labels.

    Returns:
        A line for each week and model that differs, in their order, then those of `verify_mentions`; empty
        where all is well.
    """
    expected = _new_sums(session)
    odd: set[tuple[int, int]] = set()
    for row in _streamed(session):
        if row.counts:
            expected.add(row, 1)
        if row.counts != row.counted:
            odd.add((row.week, row.model_id))
    for sums_row, rows in (
        (WeeklyTotalRow, expected.total_rows()),
        (WeeklyFrameRow, expected.frame_rows()),
    ):
        scanned = {tuple(row.values()) for row in rows}
        stored = {tuple(row) for row in session.execute(select(table(sums_row)))}
        odd |= {(values[4], values[0]) for values in scanned ^ stored}
    versions = {model.id: model.version for model in stored_models(session)}
    lines = (
        f"weekly sums: {Week.from_key(week)} of {versions[model_id]} differs from its labels"
        for week, model_id in sorted(odd)
    )
    return [*lines, *verify_mentions(session)]


def weekly_counts(
    session: Session,
    model_id: int,
    first: Week,
    last: Week,
    *,
    series: Series = "broad",
    unit: Unit = "item",
    reading: ReadingKind = "headline",
    depth: Depth | None = None,
    by: Grouping | None = None,
    outlets: Collection[str] | None = None,
) -> list[WeekCount]:
    """Return the weekly sums from first to last week inclusive, by week, then group.

    A week (or a group in a week) that nothing labelled falls into is absent. With a ``depth``, only the
    readings of that depth are summed, whatever ``reading`` says; with ``outlets``, only those named.
    """
    depths = DEPTHS[reading] if depth is None else (depth,)

    def cells(sums_row: type[WeeklyTotalRow] | type[WeeklyFrameRow]) -> Query:
        columns = [sums_row.week, *([GROUPS[by]] if by else [])]
        query = select(*columns).where(
            sums_row.model_id == model_id,
            sums_row.series == series,
            sums_row.unit == unit,
            sums_row.depth.in_(depths),
            sums_row.week.between(first.key, last.key),
        )
        if by or outlets is not None:
            query = query.join(OutletRow, OutletRow.id == sums_row.outlet_id)
        if outlets is not None:
            query = query.where(OutletRow.name.in_(sorted(outlets)))
        return query.group_by(*columns).order_by(*columns)

    hits: defaultdict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    by_frame = cells(WeeklyFrameRow).add_columns(WeeklyFrameRow.frame, func.sum(WeeklyFrameRow.hits))
    for *cell, frame, count in session.execute(by_frame.group_by(WeeklyFrameRow.frame)):
        hits[tuple(cell)][frame] = int(count)
    sums = [func.sum(getattr(WeeklyTotalRow, name)).label(name) for name in SUMMED]
    place = 2 if by else 1
    return [
        WeekCount(
            week=Week.from_key(row[0]),
            group=row[1] if by else "all",
            hits=hits[tuple(row[:place])],
            **{name: int(row._mapping[name]) for name in SUMMED},
        )
        for row in session.execute(cells(WeeklyTotalRow).add_columns(*sums))
    ]


def labelled_span(session: Session, model_id: int) -> tuple[Week, Week] | None:
    """Return the first and the last week in which a label of the model counts; None without any."""
    span = select(func.min(WeeklyTotalRow.week), func.max(WeeklyTotalRow.week))
    ours = (
        WeeklyTotalRow.model_id == model_id,
        WeeklyTotalRow.series == "broad",
        WeeklyTotalRow.unit == "item",
    )
    first, last = session.execute(span.where(*ours)).one()
    return None if first is None else (Week.from_key(first), Week.from_key(last))


GROUPS: Mapping[Grouping, InstrumentedAttribute[str]] = {
    "outlet_type": OutletRow.outlet_type,
    "nation": OutletRow.nation,
    "outlet": OutletRow.name,
}


def label_rows(*conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> Query:
    """Return the query for what `Sums` needs of labels, with ``counts``: whether each should be counted.

    A label stands for its item where it is of the newest revision seen in time that the model has read, or,
    where it has read none of those, of the newest; it counts where the item is no copy of another.
    The conditions must take all labels of an item and model, or none.
    """
    readings = (LabelRow.item_id, LabelRow.model_id, LabelRow.depth == Depth.FULL.value)
    newest_in_time = func.max(case((in_time(), LabelRow.revision_id))).over(partition_by=readings)
    newest = func.max(LabelRow.revision_id).over(partition_by=readings)
    counts = LabelRow.revision_id == func.coalesce(newest_in_time, newest)
    return (
        select(
            LabelRow.revision_id,
            LabelRow.model_id,
            LabelRow.depth,
            LabelRow.relevant,
            LabelRow.strict,
            LabelRow.tone_band,
            LabelRow.mentions,
            LabelRow.hits,
            LabelRow.frame_mentions,
            LabelRow.counted,
            ItemRow.week,
            ItemRow.outlet_id,
            ItemRow.cluster_id,
            ItemRow.id.label("item_id"),
            counts.label("stands"),
            and_(ItemRow.cluster_id.is_(None), counts).label("counts"),
        )
        .join(ItemRow, ItemRow.id == LabelRow.item_id)
        .join(RevisionRow, RevisionRow.id == LabelRow.revision_id)
        .where(*conditions)
    )


def _streamed(session: Session, *conditions: ColumnElement[bool]) -> Iterator[Found]:
    with session.execute(label_rows(*conditions).execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        yield from rows


def _new_sums(session: Session) -> Sums:
    return Sums({model.id: model.frames for model in stored_models(session)})


def _change(session: Session, changes: Sequence[tuple[Found, bool]]) -> None:
    """Set the mark of each label that does not have it yet, and move the sums by it."""
    if not changes:
        return
    sums = _new_sums(session)
    for row, counts in changes:
        sums.add(row, 1 if counts else -1)
    _set_marks(session, [_mark(row, counts) for row, counts in changes])
    _move(session, sums)


def _mark(row: Found, counts: bool) -> Row:
    return {
        "revision_id": row.revision_id,
        "model_id": row.model_id,
        "depth": row.depth,
        "counted": counts,
    }


def _set_marks(session: Session, marks: Sequence[Row]) -> None:
    if marks:
        update_rows(session, table(LabelRow), marks, key_names(table(LabelRow)))


def _move(session: Session, sums: Sums) -> None:
    add_to_sums(session, table(WeeklyTotalRow), sums.total_rows(), SUMMED)
    add_to_sums(session, table(WeeklyFrameRow), sums.frame_rows(), ("hits",))
