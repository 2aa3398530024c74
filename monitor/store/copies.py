"""Wire copies that are not word for word: trimmed, lightly edited, under another headline.

A copy is told by *containment*: the share of the shorter report's runs of three words that the longer one
has too (Broder 1997, On the resemblance and containment of documents). What is kept of a report is a sketch,
the lowest hashes of its runs (bottom-k: Cohen and Kaplan 2007), taken from the full text before the text
policy cuts it; no word can be read from it. The lowest of these again are the keys under which a later
report finds it.

Clusters are flat: a later copy refers to the first-seen one (``items.cluster_id``). They are never merged: a
round-up holds two stories whole, and would weld them together.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zlib import crc32

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, aliased

from monitor.clock import Week
from monitor.store.dialect import Row, chunks, execute_rows, insert
from monitor.store.rollups import settle
from monitor.store.schema import ItemRow, SketchKeyRow, SketchRow, table
from monitor.types import Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint32]

COPY_WINDOW = timedelta(days=7)
"""How far apart the dates of two wire copies of one story may lie."""
EARLIER = timedelta(days=1)
"""A copy that is stored later, but published by so much earlier, takes the lead of its cluster."""
LEAST_SHARED = 0.42
"""Containment from which a report is a copy; docs/benchmarks.md says how it was chosen."""

_WORDS = 3
"""In a run. Longer runs lose more of a copy to each word that was changed."""
_MOST_HASHES = 256
_FEWEST_HASHES = 20
"""A shorter text has no sketch: headlines and teasers are alike by chance, or by a template."""
_FEWEST_COMPARED = 16
"""Of two texts of very different length few hashes can be compared; fewer than this decide nothing."""
_KEYS = 16
"""Of the copies among the benchmark's pairs, 8 keys miss 18 in 1,000, 16 miss 4, and 24 or more miss 1."""
_MOST_HOLDERS = 200
"""A key that more items have within the window is of a phrase that outlets put below all they publish."""
_MOST_CANDIDATES = 24
"""Compared with one arrival, those first that share the most keys with it."""
_PRIME = 1_009
_RANGE = 1 << 31
"""Hashes are below it, so that they fit the databases' signed integers."""
_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc")


# ---------------------------------------------------------------- sketches


def sketch(item: Item) -> bytes:
    """Return the sketch of what an item says: at most 256 hashes of four bytes, little-endian, ascending.

    Empty where it says too little, or only has a headline.
    """
    if item.sketch is not None:
        return item.sketch
    if not (item.summary or item.text):
        return b""
    import numpy as np

    # Said in one go: runs over the seams are a handful, and one pass is several times as fast.
    words = _WORD.findall(f"{item.title} {item.summary} {item.text}".casefold().translate(_APOSTROPHES))
    if len(words) < _FEWEST_HASHES + _WORDS - 1:
        return b""
    codes = np.fromiter((crc32(word.encode()) for word in words), np.uint64, len(words))
    hashes = np.unique(_mixed(codes))[:_MOST_HASHES]
    return hashes.astype("<u4").tobytes() if len(hashes) >= _FEWEST_HASHES else b""


def _mixed(codes: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    """Return a hash of each run of words; the finishing steps of splitmix64 (Steele et al. 2014)."""
    import numpy as np

    runs = codes[: 1 - _WORDS]
    for place in range(1, _WORDS):
        end = len(codes) - _WORDS + 1 + place
        runs = runs * np.uint64(0x9E3779B97F4A7C15) + codes[place:end]
    runs = (runs ^ (runs >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    runs = (runs ^ (runs >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (runs ^ (runs >> np.uint64(31))) >> np.uint64(33)


def containment(first: bytes, second: bytes) -> float:
    """Return the share of the shorter text's runs that the longer one has, as two sketches tell it.

    0 where they tell too little: each holds only the hashes up to a bound, and those up to the lower of the
    two bounds can be compared.
    """
    import numpy as np

    one, other = _hashes(first), _hashes(second)
    bound = min(_bound(one), _bound(other))
    one, other = one[one <= bound], other[other <= bound]
    shorter = min(len(one), len(other))
    if shorter < _FEWEST_COMPARED:
        return 0.0
    return len(np.intersect1d(one, other, assume_unique=True)) / shorter


def _hashes(stored: bytes) -> "Hashes":
    import numpy as np

    return np.frombuffer(stored, "<u4")


def _bound(hashes: "Hashes") -> int:
    return int(hashes[-1]) if len(hashes) == _MOST_HASHES else _RANGE


def _keys(stored: bytes) -> list[int]:
    found: list[int] = _hashes(stored)[:_KEYS].tolist()
    return found


# ---------------------------------------------------------------- clusters


@dataclass(slots=True)
class _Place:
    """Where an item stands among the copies of its story."""

    outlet_id: int
    published_at: datetime
    leader: int | None
    """The item whose copy it is; None for one that is none."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A stored item that an arrival may be a copy of."""

    item_id: int
    sketch: bytes | None
    """None where the digests of the stories are equal, so that nothing need be compared."""


def tie_copies(session: Session, new: Mapping[int, tuple[Row, Item]]) -> None:
    """Tie each new item to the first-seen copy of its story in another outlet, where there is one.

    Args:
        new: item id to the stored row and the item it was made from.
    """
    weeks = {item_id: row["week"] for item_id, (row, _) in new.items()}
    sketches = {item_id: one for item_id, (_, item) in new.items() if (one := sketch(item))}
    _store(session, sketches, weeks)
    candidates = _same_stories(session, {item_id: row for item_id, (row, _) in new.items()})
    for item_id, found in _alike(session, sketches, weeks):
        candidates[item_id] += found
    places = _places(session, {one.item_id for found in candidates.values() for one in found} | {*candidates})
    tied: dict[int, int] = {}
    for item_id in sorted(candidates):
        leader = _leader(item_id, sketches.get(item_id, b""), candidates[item_id], places)
        if leader is None:
            continue
        if places[item_id].published_at <= places[leader].published_at - EARLIER:
            _flush(session, tied)
            _take_lead(session, item_id, leader, places)
        else:
            places[item_id].leader = tied[item_id] = leader
    _flush(session, tied)


def _store(session: Session, sketches: Mapping[int, bytes], weeks: Mapping[int, int]) -> None:
    if not sketches:
        return
    rows = [{"item_id": item_id, "sketch": one} for item_id, one in sketches.items()]
    execute_rows(session, insert(session, table(SketchRow)), rows)
    keys = sorted((weeks[item_id], key, item_id) for item_id, one in sketches.items() for key in _keys(one))
    names = ("week", "key", "item_id")
    execute_rows(
        session, insert(session, table(SketchKeyRow)), [dict(zip(names, key, strict=True)) for key in keys]
    )


def _same_stories(session: Session, rows: Mapping[int, Row]) -> defaultdict[int, list[_Candidate]]:
    """Return the items of the same digest and window that were stored before each of some, oldest first."""
    stored: defaultdict[str | None, list[tuple[int, datetime]]] = defaultdict(list)
    for some in chunks(sorted({row["story"] for row in rows.values() if row["story"]})):
        query = select(ItemRow.id, ItemRow.story, ItemRow.published_at).where(ItemRow.story.in_(some))
        for item_id, story, at in session.execute(query.order_by(ItemRow.id)):
            stored[story].append((item_id, at))
    found: defaultdict[int, list[_Candidate]] = defaultdict(list)
    for item_id, row in rows.items():
        for other, at in stored[row["story"]] if row["story"] else ():
            if other < item_id and abs(row["published_at"] - at) <= COPY_WINDOW:
                found[item_id].append(_Candidate(other, None))
    return found


def _alike(
    session: Session, sketches: Mapping[int, bytes], weeks: Mapping[int, int]
) -> Iterator[tuple[int, list[_Candidate]]]:
    """Yield, for each of some items, those stored before that share keys with it.

    They are looked for in its week and in the two beside it, which hold the window.
    """
    by_week: defaultdict[int, dict[int, list[int]]] = defaultdict(dict)
    for item_id, one in sketches.items():
        by_week[weeks[item_id]][item_id] = _keys(one)
    near = {
        item_id: others
        for week, keys in by_week.items()
        for item_id, others in _sharing_keys(session, Week.from_key(week), keys)
    }
    stored = _stored_sketches(session, {other for others in near.values() for other in others})
    for item_id, others in near.items():
        yield item_id, [_Candidate(other, stored[other]) for other in others]


def _sharing_keys(
    session: Session, week: Week, keys: Mapping[int, Sequence[int]]
) -> Iterator[tuple[int, list[int]]]:
    within = SketchKeyRow.week.in_([week.plus(step).key for step in (-1, 0, 1)])
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for some in chunks(sorted({key for own in keys.values() for key in own})):
        # The items' own keys are stored already: one that is held once is of no use.
        telling = select(SketchKeyRow.key).where(within, SketchKeyRow.key.in_(some))
        telling = telling.group_by(SketchKeyRow.key).having(func.count().between(2, _MOST_HOLDERS))
        query = select(SketchKeyRow.key, SketchKeyRow.item_id)
        for key, item_id in session.execute(query.where(within, SketchKeyRow.key.in_(telling))):
            holders[key].append(item_id)
    for item_id, own in keys.items():
        shared = Counter(other for key in own for other in holders[key] if other < item_id)
        if shared:
            ranked = sorted(shared, key=lambda other: (-shared[other], other))
            yield item_id, ranked[:_MOST_CANDIDATES]


def _stored_sketches(session: Session, item_ids: set[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for some in chunks(sorted(item_ids)):
        query = select(SketchRow.item_id, SketchRow.sketch).where(SketchRow.item_id.in_(some))
        found |= dict(session.execute(query).all())
    return found


def _places(session: Session, item_ids: set[int]) -> dict[int, _Place]:
    """Return the places of some items and of their leaders."""
    places: dict[int, _Place] = {}
    leader = aliased(ItemRow)
    for some in chunks(sorted(item_ids)):
        columns: list[Any] = [leader.outlet_id, leader.published_at]
        query = select(ItemRow.id, ItemRow.outlet_id, ItemRow.published_at, ItemRow.cluster_id, *columns)
        query = query.outerjoin(leader, leader.id == ItemRow.cluster_id).where(ItemRow.id.in_(some))
        for item_id, outlet_id, at, cluster_id, of_outlet, of_time in session.execute(query):
            places[item_id] = _Place(outlet_id, at, cluster_id)
            if cluster_id is not None:
                places.setdefault(cluster_id, _Place(of_outlet, of_time, None))
    return places


def _leader(
    item_id: int, own: bytes, candidates: Sequence[_Candidate], places: Mapping[int, _Place]
) -> int | None:
    """Return the first-seen copy of the story that an item shares the most with; None where it is none.

    Of equals, the one first stored. Its outlet is another, and its date within the window.
    """
    place = places[item_id]
    best: tuple[float, int] | None = None
    for candidate in candidates:
        leader = places[candidate.item_id].leader or candidate.item_id
        first = places[leader]
        if first.outlet_id == place.outlet_id or abs(place.published_at - first.published_at) > COPY_WINDOW:
            continue
        shared = 1.0 if candidate.sketch is None else containment(own, candidate.sketch)
        if shared >= LEAST_SHARED and (best is None or (-shared, leader) < best):
            best = (-shared, leader)
    return None if best is None else best[1]


def _flush(session: Session, tied: dict[int, int]) -> None:
    if tied:
        copies = [{"id": item_id, "cluster_id": leader} for item_id, leader in tied.items()]
        session.execute(update(ItemRow), copies)
        tied.clear()


def _take_lead(session: Session, item_id: int, leader: int, places: Mapping[int, _Place]) -> None:
    """Make an item the first of a cluster: an older one that an archive has brought after its copies."""
    followers = update(ItemRow).where((ItemRow.cluster_id == leader) | (ItemRow.id == leader))
    session.execute(followers.values(cluster_id=item_id))
    for other, place in places.items():
        if leader in (other, place.leader):
            place.leader = item_id
    settle(session, [leader])


# ---------------------------------------------------------------- upkeep


def erase_sketches(session: Session, item_ids: Sequence[int]) -> None:
    """Delete what is known of the words of some items."""
    for some in chunks(item_ids):
        query = select(SketchRow.item_id, ItemRow.week, SketchRow.sketch)
        query = query.join(ItemRow, ItemRow.id == SketchRow.item_id).where(SketchRow.item_id.in_(some))
        for item_id, week, one in session.execute(query).all():
            own = (SketchKeyRow.week == week, SketchKeyRow.key.in_(_keys(one)))
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
        yield of, _keys(one), item_id
