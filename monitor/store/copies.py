"""Wire copies that are not word for word: trimmed, lightly edited, under another headline.

They are told by the sketches of what they said (monitor.store.sketches).

Clusters are flat: each copy refers to the one that was published first (``items.cluster_id``), whichever was
stored first. They are never merged: a round-up holds two stories whole, and would weld them together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Integer, Text, cast, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from monitor.clock import Week
from monitor.store.dialect import (
    Query,
    Row,
    array_text,
    chunks,
    given_numbers,
    insert_plain,
    is_postgresql,
    update_rows,
)
from monitor.store.rollups import settle
from monitor.store.schema import ItemRow, SketchKeyRow, SketchRow, table
from monitor.store.sketches import HASHES_BELOW, containment, keys_of, sketches
from monitor.types import Item

COPY_WINDOW = timedelta(days=7)
"""How far apart the dates of two wire copies of one story may lie."""
LEAST_SHARED = 0.42
"""Containment from which a report is a copy; docs/benchmarks.md says how it was chosen."""

_KEYS_ASKED = 10
"""Of an arrival, the lowest of its keys: of the copies among the benchmark's pairs 8 miss up to 18 in 1,000,
10 up to 11 and all 16 four."""
_MOST_HOLDERS = 100
"""A key that so many items of one week have is of a phrase that outlets put below all they publish."""
_MOST_CANDIDATES = 24
"""Compared with one arrival, those first that share the most keys with it."""
_PRIME = 1_009


# ---------------------------------------------------------------- clusters


@dataclass(frozen=True, slots=True)
class _Report:
    """An item among the copies of its story."""

    item_id: int
    outlet_id: int
    published_at: datetime

    def comes_before(self, other: "_Report") -> bool:
        """Tell whether it leads rather than another; of two of one moment the one first stored does."""
        return (self.published_at, self.item_id) < (other.published_at, other.item_id)


@dataclass(slots=True)
class _Cluster:
    """The copies of a story, by the one that leads them."""

    leader: _Report
    stored: int | None = None
    """The item that leads it in the database; None where it is new."""

    def may_hold(self, report: _Report) -> bool:
        """Tell whether a report is of another outlet than the leader, and within the window."""
        apart = abs(report.published_at - self.leader.published_at)
        return report.outlet_id != self.leader.outlet_id and apart <= COPY_WINDOW


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An item that one which was stored after it may be a copy of."""

    item_id: int
    sketch: bytes | None
    """None where the digests of the stories are equal, so that nothing need be compared."""


_Candidates = defaultdict[int, list[_Candidate]]
"""By the item that may be a copy of them."""


def tie_copies(session: Session, new: Mapping[int, tuple[Row, Item]]) -> None:
    """Tie each new item to the copies of its story in other outlets, where there are any.

    Args:
        new: item id to the stored row and the item it was made from; their ids follow those stored before.
    """
    ids = sorted(new)
    if not ids:
        return
    rows = {item_id: new[item_id][0] for item_id in ids}
    made = sketches([new[item_id][1] for item_id in ids])
    told = {item_id: one for item_id, one in zip(ids, made, strict=True) if one}
    candidates = _same_stories(session, rows)
    _add_alike(session, told, rows, candidates)
    _store(session, told, rows)
    if not candidates:
        return
    clusters = _stored_clusters(session, {one.item_id for own in candidates.values() for one in own} - {*ids})
    for item_id, row in rows.items():
        report = _Report(item_id, row["outlet_id"], row["published_at"])
        own = _joined(report, told.get(item_id, b""), candidates.get(item_id, ()), clusters)
        if own is None:
            own = _Cluster(report)
        elif report.comes_before(own.leader):
            own.leader = report
        clusters[item_id] = own
    _write(session, ids, clusters)


def tie_stored(session: Session, stored: Mapping[int, tuple[Row, Item]]) -> None:
    """Give items that were stored without a sketch theirs, and tie them to the copies of their stories.

    One that is in a cluster already, or leads one, stays where it is. What is found to be a copy counts no
    more; the weekly sums are moved.

    Args:
        stored: item id to its ``week``, ``outlet_id`` and ``published_at``, and what it said at first.
    """
    ids = sorted(stored)
    made = sketches([stored[item_id][1] for item_id in ids])
    told = {item_id: one for item_id, one in zip(ids, made, strict=True) if one}
    if not told:
        return
    rows = {item_id: stored[item_id][0] for item_id in told}
    candidates: _Candidates = defaultdict(list)
    _add_alike(session, told, rows, candidates)
    _store(session, told, rows)
    clusters = _stored_clusters(
        session, {one.item_id for own in candidates.values() for one in own} | {*told}
    )
    tied: list[int] = []
    for item_id in sorted(candidates.keys() - _in_clusters(session, candidates)):
        report = _Report(item_id, rows[item_id]["outlet_id"], rows[item_id]["published_at"])
        own = _joined(report, told[item_id], candidates[item_id], clusters)
        if own is not None:
            own.leader = report if report.comes_before(own.leader) else own.leader
            clusters[item_id] = own
            tied.append(item_id)
    _write(session, tied, clusters)
    settle(session, tied)


def _in_clusters(session: Session, item_ids: Iterable[int]) -> set[int]:
    """Return those of the items that are copies, or have copies."""
    found: set[int] = set()
    for some in chunks(sorted(item_ids)):
        copies = select(ItemRow.id).where(ItemRow.id.in_(some), ItemRow.cluster_id.is_not(None))
        found.update(session.scalars(copies))
        leaders = select(ItemRow.cluster_id).where(ItemRow.cluster_id.in_(some))
        found.update(leader for leader in session.scalars(leaders) if leader is not None)
    return found


def _store(session: Session, told: Mapping[int, bytes], rows: Mapping[int, Row]) -> None:
    if not told:
        return
    insert_plain(session, table(SketchRow), list(told.items()))
    keys = ((rows[item_id]["week"], key, item_id) for item_id, one in told.items() for key in keys_of(one))
    insert_plain(session, table(SketchKeyRow), sorted(keys))


def _same_stories(session: Session, rows: Mapping[int, Row]) -> _Candidates:
    """Return, by item, those of the same digest and window that were stored before it, oldest first."""
    stored: defaultdict[str | None, list[tuple[int, datetime]]] = defaultdict(list)
    query = select(ItemRow.story, ItemRow.id, ItemRow.published_at).where(ItemRow.id < min(rows))
    for some in chunks(sorted({row["story"] for row in rows.values() if row["story"]})):
        for story, item_id, at in session.execute(query.where(ItemRow.story.in_(some)).order_by(ItemRow.id)):
            stored[story].append((item_id, at))
    found: _Candidates = defaultdict(list)
    for item_id, row in rows.items():
        if row["story"]:
            at, before = row["published_at"], stored[row["story"]]
            near = [_Candidate(other, None) for other, then in before if abs(at - then) <= COPY_WINDOW]
            if near:
                found[item_id] = near
            before.append((item_id, at))
    return found


def _add_alike(
    session: Session, told: Mapping[int, bytes], rows: Mapping[int, Row], candidates: _Candidates
) -> None:
    """Add, to the candidates of each item, those stored before it that share keys with it."""
    near = _sharing_keys(session, told, {item_id: rows[item_id]["week"] for item_id in told})
    sketch_of = {
        **_stored_sketches(session, {one for own in near.values() for one in own} - told.keys()),
        **told,
    }
    for item_id, others in near.items():
        candidates[item_id] += [_Candidate(other, sketch_of[other]) for other in others]


def _sharing_keys(
    session: Session, told: Mapping[int, bytes], weeks: Mapping[int, int]
) -> dict[int, list[int]]:
    """Return, by item, those stored before that share keys with it; the ones that share the most first.

    They are looked for in its week and in the two beside it, which hold the window.
    """
    keys = {item_id: keys_of(one) for item_id, one in told.items()}
    holders = _stored_holders(session, _near(keys, weeks))
    counts = Counter(chain.from_iterable(keys.values()))
    telling = {key for key, count in counts.items() if count > 1} | {key for _, key in holders}
    found: dict[int, list[int]] = {}
    for item_id, own in keys.items():
        week, shared = weeks[item_id], Counter[int]()
        for key in telling.intersection(own[:_KEYS_ASKED]):
            for beside in _beside(week):
                held = holders.get((beside, key), ())
                shared.update(held if len(held) < _MOST_HOLDERS else ())
        for key in telling.intersection(own):
            holders.setdefault((week, key), []).append(item_id)
        if shared:
            found[item_id] = sorted(shared, key=lambda other: (-shared[other], other))[:_MOST_CANDIDATES]
    return found


@cache
def _beside(week: int) -> tuple[int, int, int]:
    """Return a week with the ones before and after it, by their keys."""
    of = Week.from_key(week)
    return of.plus(-1).key, week, of.plus(1).key


def _near(keys: Mapping[int, Sequence[int]], weeks: Mapping[int, int]) -> list[int]:
    """Return where holders of the keys are looked for: each week times 2^31, and the key, as one number."""
    by_week: defaultdict[int, set[int]] = defaultdict(set)
    for item_id, own in keys.items():
        for week in _beside(weeks[item_id]):
            by_week[week].update(own[:_KEYS_ASKED])
    return [week * HASHES_BELOW + key for week, own in sorted(by_week.items()) for key in sorted(own)]


def _stored_holders(session: Session, near: Sequence[int]) -> dict[tuple[int, int], list[int]]:
    """Return the items that hold keys in weeks, of those that `_near` gives, by week and key."""
    if not near:
        return {}
    query = _holders_query(is_postgresql(session))
    found = session.execute(query, {"near": array_text(session, near)})
    return {divmod(one, HASHES_BELOW): sorted(map(int, items.split(","))) for one, items in found}


@cache
def _holders_query(on_postgresql: bool) -> Query:
    # Made once: to build it takes longer than to run it for a poll.
    keys = table(SketchKeyRow).c
    asked = given_numbers("near", on_postgresql=on_postgresql).c.value
    same = (keys.week == cast(asked // HASHES_BELOW, Integer)) & (
        keys.key == cast(asked % HASHES_BELOW, Integer)
    )
    holders = func.aggregate_strings(cast(keys.item_id, Text), ",")
    query: Query = select(asked, holders).join(table(SketchKeyRow), same)
    return query.group_by(asked).having(func.count() < _MOST_HOLDERS)


def _stored_sketches(session: Session, item_ids: set[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for some in chunks(sorted(item_ids)):
        query = select(SketchRow.item_id, SketchRow.sketch).where(SketchRow.item_id.in_(some))
        found |= dict(session.execute(query).all())
    return found


def _stored_clusters(session: Session, item_ids: set[int]) -> dict[int, _Cluster]:
    """Return the clusters of some items, by each of them and by their leaders."""
    clusters: dict[int, _Cluster] = {}
    leader = aliased(ItemRow)
    columns: list[Any] = [ItemRow.id, leader.id, leader.outlet_id, leader.published_at]
    query = select(*columns).join(leader, leader.id == func.coalesce(ItemRow.cluster_id, ItemRow.id))
    for some in chunks(sorted(item_ids)):
        for item_id, *first in session.execute(query.where(ItemRow.id.in_(some))):
            cluster = clusters.get(first[0]) or _Cluster(_Report(*first), first[0])
            clusters[item_id] = clusters[first[0]] = cluster
    return clusters


def _joined(
    report: _Report, own: bytes, candidates: Sequence[_Candidate], clusters: Mapping[int, _Cluster]
) -> _Cluster | None:
    """Return the cluster of the candidate that a report shares the most with; None where it is no copy.

    Of equals, the cluster whose leader comes first.
    """
    best: tuple[float, _Cluster] | None = None
    for candidate in candidates:
        cluster = clusters[candidate.item_id]
        if not cluster.may_hold(report):
            continue
        shared = 1.0 if candidate.sketch is None else containment(own, candidate.sketch)
        if shared < LEAST_SHARED:
            continue
        if (
            best is None
            or shared > best[0]
            or (shared == best[0] and cluster.leader.comes_before(best[1].leader))
        ):
            best = shared, cluster
    return None if best is None else best[1]


def _write(session: Session, new: Sequence[int], clusters: Mapping[int, _Cluster]) -> None:
    """Store what has become of the clusters, and let the labels of those that lead no more cease to count."""
    led = {
        cluster.stored: cluster.leader.item_id for cluster in clusters.values() if cluster.stored is not None
    }
    lost = {was: leader for was, leader in led.items() if was != leader}
    for was, leader in lost.items():
        followers = update(ItemRow).where((ItemRow.cluster_id == was) | (ItemRow.id == was))
        session.execute(followers.values(cluster_id=leader))
    copies = [
        {"id": item_id, "cluster_id": clusters[item_id].leader.item_id}
        for item_id in new
        if clusters[item_id].leader.item_id != item_id
    ]
    if copies:
        update_rows(session, table(ItemRow), copies, ["id"])
    if lost:
        settle(session, lost)


# ---------------------------------------------------------------- upkeep


def erase_sketches(session: Session, item_ids: Sequence[int]) -> None:
    """Delete what is known of the words of some items."""
    for some in chunks(item_ids):
        query = select(SketchRow.item_id, ItemRow.week, SketchRow.sketch)
        query = query.join(ItemRow, ItemRow.id == SketchRow.item_id).where(SketchRow.item_id.in_(some))
        for item_id, week, one in session.execute(query).all():
            own = (SketchKeyRow.week == week, SketchKeyRow.key.in_(keys_of(one)))
            session.execute(delete(SketchKeyRow).where(*own, SketchKeyRow.item_id == item_id))
        session.execute(delete(SketchRow).where(SketchRow.item_id.in_(some)))


def verify_copies(session: Session) -> list[str]:
    """Return what is wrong with clusters and sketches, a line each; empty where all is well."""
    leader = aliased(ItemRow)
    chained = select(ItemRow.id, leader.cluster_id).join(leader, leader.id == ItemRow.cluster_id)
    lines = [
        f"copies: item {item_id} is tied to one that is itself a copy of item {of}"
        for item_id, of in session.execute(chained.where(leader.cluster_id.is_not(None)).order_by(ItemRow.id))
    ]
    return lines + [
        f"copies: the keys of item {item_id} are not those of its sketch"
        for week in _odd_weeks(session)
        for item_id in _odd_items(session, week)
    ]


def _odd_weeks(session: Session) -> list[int]:
    """Return the weeks whose keys do not add up to those of its sketches: sums, since an item has 16."""
    item_id = SketchKeyRow.item_id
    sums = (func.count(), func.sum(SketchKeyRow.key), func.sum(SketchKeyRow.key % _PRIME * item_id))
    stored = select(SketchKeyRow.week, *sums).group_by(SketchKeyRow.week)
    found = {week: tuple(map(int, own)) for week, *own in session.execute(stored)}
    expected: defaultdict[int, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for week, keys, of in _sketches(session):
        number, total, mixed = expected[week]
        expected[week] = (
            number + len(keys),
            total + sum(keys),
            mixed + of * sum(key % _PRIME for key in keys),
        )
    return sorted(week for week in {*found, *expected} if found.get(week) != expected.get(week))


def _odd_items(session: Session, week: int) -> list[int]:
    keys: defaultdict[int, set[int]] = defaultdict(set)
    query = select(SketchKeyRow.key, SketchKeyRow.item_id).where(SketchKeyRow.week == week)
    for key, item_id in session.execute(query):
        keys[item_id].add(key)
    expected = {item_id: set(own) for _, own, item_id in _sketches(session, week)}
    return sorted(item for item in {*keys, *expected} if keys.get(item) != expected.get(item))


def _sketches(session: Session, week: int | None = None) -> Iterator[tuple[int, list[int], int]]:
    """Yield week, keys and id of each item that has a sketch."""
    query = select(ItemRow.week, SketchRow.sketch, SketchRow.item_id)
    query = query.join(ItemRow, ItemRow.id == SketchRow.item_id)
    if week is not None:
        query = query.where(ItemRow.week == week)
    for of, one, item_id in session.execute(query.execution_options(yield_per=1_000)):
        yield of, keys_of(one), item_id
