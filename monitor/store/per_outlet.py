"""Weekly counts in which each outlet that carried a story counts; the rollups count a story once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.dialect import Found
from monitor.store.models import stored_models
from monitor.store.readings import DEPTHS, ReadingKind, reading_kind
from monitor.store.rollups import GROUPS, SUMMED, Sums, label_rows
from monitor.store.schema import ItemRow, LabelRow, OutletRow
from monitor.types import Depth, Grouping, Series, Unit, WeekCount

_ROWS_AT_ONCE = 2_000


def per_outlet_counts(
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
    """Return what `monitor.store.rollups.weekly_counts` does, but each story once for every outlet.

    A copy counts in the week in which it was published. It scans the labels of those weeks: about half a
    minute for a million.
    """
    groups = _groups(session, by, outlets)
    kind: ReadingKind = reading if depth is None else reading_kind(depth)
    summed = Sums({model.id: model.frames for model in stored_models(session)}, [(series, unit)])
    for row in _standing(session, model_id, (first, last), kind):
        if row.outlet_id in groups and depth in (None, row.depth):
            summed.add(row, 1)
    cells: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * len(SUMMED))
    hits: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for (*_, week, outlet), cell in summed.totals.items():
        key = (week, groups[outlet])
        cells[key] = [one + more for one, more in zip(cells[key], cell, strict=True)]
    for (*_, week, outlet, frame), count in summed.hits.items():
        hits[week, groups[outlet]][frame] += count
    return [
        WeekCount(
            week=Week.from_key(key[0]),
            group=key[1],
            hits=hits[key],
            **dict(zip(SUMMED, cells[key], strict=True)),
        )
        for key in sorted(cells)
    ]


def _groups(session: Session, by: Grouping | None, outlets: Collection[str] | None) -> Mapping[int, str]:
    """Return the group of each outlet that is asked for, by its id."""
    query = select(OutletRow.id, GROUPS[by] if by else OutletRow.name)
    if outlets is not None:
        query = query.where(OutletRow.name.in_(sorted(outlets)))
    return {outlet: group if by else "all" for outlet, group in session.execute(query)}


def _standing(
    session: Session, model_id: int, weeks: tuple[Week, Week], kind: ReadingKind
) -> Iterator[Found]:
    """Yield the label that stands for each story at each outlet, the first copy's where it had several."""
    query = label_rows(
        LabelRow.model_id == model_id,
        LabelRow.depth.in_(DEPTHS[kind]),
        ItemRow.week.between(weeks[0].key, weeks[1].key),
    ).order_by(ItemRow.id)
    seen: set[tuple[int, int]] = set()
    with session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for row in rows:
            story = (row.cluster_id or row.item_id, row.outlet_id)
            if row.stands and story not in seen:
                seen.add(story)
                yield row
