"""How often headlines and summaries name social work, and teachers, nurses and police beside it.

Counted by one lexicon in every item that is stored, whether or not it is about social work and whatever
model is in use. An item counts as it was first seen: its first revision, title and summary. Later headlines
would count a story that is rewritten often as more; and what is counted must not change when ``keep:``
blanks summaries. Wire copies count once, at the week and outlet of the first member of their cluster,
as labels do; `settle_mentions` follows a cluster whose first member changes.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from monitor.clock import Week
from monitor.store.dialect import Found, Query, Row, chunks, execute_rows, insert, update_rows
from monitor.store.schema import ItemRow, MentionRow, OutletRow, WeeklyProfessionRow, table
from monitor.store.sums import add_to_sums, key_names
from monitor.types import Grouping, Item, ProfessionCount

SOCIAL_WORK = "social_work"
CONTROLS = ("teachers", "nurses", "police")
"""The professions that social work is held against."""
PROFESSIONS = (SOCIAL_WORK, *CONTROLS)

# People and the name of their work, alike for all four: "nursing home", "teaching hospital", "nursery" and
# "police the borders" would each be a rule of its own, and the last cannot be told by words.
_NAMED = re.compile(
    r"""\b(?:
    (?P<social_work>social[\s-]work(?:ers?|ing)?)
  | (?P<teachers>(?:head[\s-]?|school[\s-]?)?teachers? | teaching\s(?:profession|staff|unions?))
  | (?P<nurses>nurses? | nursing\s(?:profession|staff|unions?))
  | (?P<police>police(?:m[ae]n|wom[ae]n)? | policing | constables? | constabular(?:y|ies))
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
SUMMED = ("items", "mentions")


def profession_mentions(title: str, summary: str) -> Mapping[str, int]:
    """Return how often a headline reading names each profession; those that it does not name are absent."""
    return Counter(match.lastgroup or "" for match in _NAMED.finditer(f"{title}\n{summary}"))


def add_mentions(session: Session, first_told: Mapping[int, Item]) -> None:
    """Count the professions in new items, after their clusters are known.

    Args:
        first_told: each new item by its id, as its first revision has it.
    """
    found = {
        item_id: named
        for item_id, item in first_told.items()
        if (named := profession_mentions(item.title, item.summary))
    }
    rows: list[Row] = []
    sums = _Sums()
    query = select(ItemRow.id, ItemRow.week, ItemRow.outlet_id, ItemRow.cluster_id)
    for some in chunks(sorted(found)):
        for item_id, week, outlet_id, cluster_id in session.execute(query.where(ItemRow.id.in_(some))):
            for profession, mentions in found[item_id].items():
                row = {"item_id": item_id, "profession": profession, "mentions": mentions}
                rows.append({**row, "counted": cluster_id is None})
                if cluster_id is None:
                    sums.add((week, outlet_id, profession), mentions, 1)
    if rows:
        execute_rows(session, insert(session, table(MentionRow)), rows)
        add_to_sums(session, table(WeeklyProfessionRow), sums.rows(), SUMMED)


def settle_mentions(session: Session, item_ids: Collection[int]) -> None:
    """Count the mentions of those items that lead their clusters, and no others; move the weekly sums by it.

    To be called in the transaction that changed who leads the clusters of the items.
    """
    for some in chunks(sorted(item_ids)):
        rows = session.execute(_mentions(MentionRow.item_id.in_(some))).all()
        _change(session, [(row, row.counts) for row in rows if row.counts != row.counted])


def withdraw_mentions(session: Session, item_id: int) -> None:
    """Take an item out of the weekly sums; its erasure follows."""
    rows = session.execute(_mentions(MentionRow.item_id == item_id, MentionRow.counted)).all()
    _change(session, [(row, False) for row in rows])


def verify_mentions(session: Session) -> list[str]:
    """Compare the weekly sums of mentions, and the marks of what is counted, with a scan of all.

    Returns:
        A line for each week that differs, in their order; empty where all is well.
    """
    sums = _Sums()
    odd: set[int] = set()
    with session.execute(_mentions().execution_options(yield_per=2_000)) as rows:
        for row in rows:
            if row.counts:
                sums.add((row.week, row.outlet_id, row.profession), row.mentions, 1)
            if row.counts != row.counted:
                odd.add(row.week)
    scanned = {tuple(row.values()) for row in sums.rows()}
    stored = {tuple(row) for row in session.execute(select(table(WeeklyProfessionRow)))}
    odd |= {values[0] for values in scanned ^ stored}
    return [
        f"weekly sums: professions in {Week.from_key(week)} differ from their mentions"
        for week in sorted(odd)
    ]


def weekly_professions(
    session: Session, first: Week, last: Week, by: Grouping | None = None
) -> list[ProfessionCount]:
    """Return a count of each profession for every week (and group) of which any item is stored.

    By week, then group, then in the order of PROFESSIONS; a profession that no item names has 0. Weeks
    without any item were not collected, and are absent.
    """
    group = [_GROUPS[by]] if by else []
    sums = [func.sum(getattr(WeeklyProfessionRow, name)) for name in SUMMED]
    columns = [WeeklyProfessionRow.week, *group]
    query: Query = select(*columns, WeeklyProfessionRow.profession, *sums)
    query = query.where(WeeklyProfessionRow.week.between(first.key, last.key))
    if by:
        query = query.join(OutletRow, OutletRow.id == WeeklyProfessionRow.outlet_id)
    found: defaultdict[tuple[Any, ...], dict[str, tuple[int, int]]] = defaultdict(dict)
    for *cell, profession, items, mentions in session.execute(
        query.group_by(*columns, WeeklyProfessionRow.profession)
    ):
        found[tuple(cell)][profession] = (int(items), int(mentions))
    return [
        ProfessionCount(
            Week.from_key(cell[0]),
            profession,
            *found[cell].get(profession, (0, 0)),
            group=cell[1] if by else "all",
        )
        for cell in _collected(session, first, last, group)
        for profession in PROFESSIONS
    ]


_GROUPS: Mapping[Grouping, InstrumentedAttribute[str]] = {
    "outlet_type": OutletRow.outlet_type,
    "nation": OutletRow.nation,
    "outlet": OutletRow.name,
}


def _collected(
    session: Session, first: Week, last: Week, group: Sequence[InstrumentedAttribute[str]]
) -> list[tuple[Any, ...]]:
    """Return the weeks (and groups) of which any item is stored, in order."""
    within = ItemRow.week.between(first.key, last.key)
    if not group:
        return [(week,) for week in session.scalars(_weeks_with_items(first, last))]
    query: Query = select(ItemRow.week, *group).join(OutletRow, OutletRow.id == ItemRow.outlet_id)
    return [
        tuple(row) for row in session.execute(query.where(within).distinct().order_by(ItemRow.week, *group))
    ]


def _weeks_with_items(first: Week, last: Week) -> Select[int]:
    """Return the query for the weeks that have any item, from one to the next by the index.

    DISTINCT would read the entry of every item: half a second for five million.
    """
    weeks = (
        select(func.min(ItemRow.week).label("week"))
        .where(ItemRow.week.between(first.key, last.key))
        .cte("weeks", recursive=True)
    )
    later = select(func.min(ItemRow.week)).where(ItemRow.week > weeks.c.week, ItemRow.week <= last.key)
    weeks = weeks.union_all(select(later.scalar_subquery()).where(weeks.c.week.is_not(None)))
    return select(weeks.c.week).where(weeks.c.week.is_not(None)).order_by(weeks.c.week)


class _Sums:
    """Sums of mentions in the cells of the weekly table."""

    def __init__(self) -> None:
        self._cells: defaultdict[tuple[int, int, str], list[int]] = defaultdict(lambda: [0, 0])

    def add(self, key: tuple[int, int, str], mentions: int, sign: int) -> None:
        cell = self._cells[key]
        cell[0] += sign
        cell[1] += sign * mentions

    def rows(self) -> list[Row]:
        names = [*key_names(table(WeeklyProfessionRow)), *SUMMED]
        cells = sorted((key, cell) for key, cell in self._cells.items() if any(cell))
        return [dict(zip(names, (*key, *cell), strict=True)) for key, cell in cells]


def _mentions(*conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> Query:
    """Return the query for mentions, with ``counts``: whether each should be counted."""
    return (
        select(
            MentionRow.item_id,
            MentionRow.profession,
            MentionRow.mentions,
            MentionRow.counted,
            ItemRow.week,
            ItemRow.outlet_id,
            ItemRow.cluster_id.is_(None).label("counts"),
        )
        .join(ItemRow, ItemRow.id == MentionRow.item_id)
        .where(*conditions)
    )


def _change(session: Session, changes: Sequence[tuple[Found, bool]]) -> None:
    """Set the mark of each row that does not have it yet, and move the sums by it."""
    if not changes:
        return
    sums = _Sums()
    marks: list[Row] = []
    for row, counts in changes:
        sums.add((row.week, row.outlet_id, row.profession), row.mentions, 1 if counts else -1)
        marks.append({"item_id": row.item_id, "profession": row.profession, "counted": counts})
    update_rows(session, table(MentionRow), marks, key_names(table(MentionRow)))
    add_to_sums(session, table(WeeklyProfessionRow), sums.rows(), SUMMED)
