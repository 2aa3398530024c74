"""The weekly sums equal a scan of the labels after any sequence of events."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.store.forget import forget
from monitor.store.labels import add_labels
from monitor.store.open import Store
from monitor.store.pack import Packed, unpacked
from monitor.store.retention import blank_older_than
from monitor.store.rollups import verify
from monitor.store.schema import ItemRow, LabelRow, WeeklyFrameRow, WeeklyTotalRow
from monitor.types import Label
from tests.store.builders import FRAMES, NOW, a_judgement, a_model, a_source, an_item, an_outlet, put, unread

OUTLETS = [a_source(f"s{n}", an_outlet(f"Outlet {n}")) for n in range(4)]
EVENTS = {"collect": 6, "label": 6, "forget": 3, "again": 1, "blank": 1}
"""What may happen, and how often of 17 times."""


class Newsroom:
    """Plays random events, each in a transaction of its own."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.random = Random(seed)
        self.last: tuple[str, list[Label]] = ("first", [])

    def play(self) -> None:
        (event,) = self.random.choices(list(EVENTS), list(EVENTS.values()))
        with self.store.writing() as session:
            getattr(self, event)(session)

    def collect(self, session: Session) -> None:
        """Collect one story from some outlets: copies of it, or revisions where the address is known."""
        number, changed, week = self.random.randrange(8), self.random.randrange(2), self.random.randrange(3)
        title = f"Social workers did what the council wanted number {number}" + " again" * changed
        summary = self.random.choice(["", "A summary."])
        text = self.random.choice(["", "An article."])
        for source in self.random.sample(OUTLETS, self.random.randint(1, 3)):
            url = f"https://{source.id}.example/{number}"
            at = NOW + timedelta(weeks=week)
            item = an_item(url, title=title, summary=summary, text=text, source=source, at=at)
            put(session, item, source=source)

    def label(self, session: Session) -> None:
        """Label some of the unread readings, in any order, as a race between processes might."""
        name = self.random.choice(["first", "second"])
        model = a_model(session, name)
        readings = [reading for reading in unread(session, model) if self.random.random() < 0.6]
        self.random.shuffle(readings)
        labels = [
            Label(
                reading.revision_id,
                reading.item_id,
                a_judgement(
                    reading.depth,
                    hits=dict.fromkeys(self.random.sample(FRAMES, self.random.randrange(3)), 0.9),
                    relevant=self.random.random() < 0.8,
                    strict=self.random.random() < 0.5,
                    band=self.random.choice([None, "negative", "neutral", "positive"]),
                    mentions=self.random.randint(1, 3),
                ),
            )
            for reading in readings
        ]
        self.last = (name, labels)
        add_labels(session, model, labels, NOW)

    def again(self, session: Session) -> None:
        """Add the labels of the last time once more; some of their items may be gone."""
        name, labels = self.last
        add_labels(session, a_model(session, name), labels, NOW)

    def forget(self, session: Session) -> None:
        """Forget an item, in half of the cases one that has copies."""
        leaders = select(ItemRow.cluster_id).where(ItemRow.cluster_id.is_not(None))
        wanted = select(ItemRow.id).order_by(ItemRow.id)
        found = (
            session.scalars(wanted.where(ItemRow.id.in_(leaders))).all() if self.random.random() < 0.5 else []
        )
        items = found or session.scalars(wanted).all()
        if items:
            forget(session, item_id=self.random.choice(items), now=NOW)

    def blank(self, session: Session) -> None:
        blank_older_than(session, NOW + timedelta(days=1), 5)


Sum = tuple[int, str, str, str, int, int, str]


def counted_by_definition(session: Session) -> Counter[Sum]:
    """Sum every label anew, in the plainest way: newest labelled revision, first-seen copy."""
    items = {item.id: item for item in session.scalars(select(ItemRow))}
    newest: dict[tuple[int, int, bool], LabelRow] = {}
    for label in session.scalars(select(LabelRow).order_by(LabelRow.revision_id)):
        newest[label.item_id, label.model_id, label.depth == "full"] = label
    sums: Counter[Sum] = Counter()
    for label in newest.values():
        item = items[label.item_id]
        if item.cluster_id is not None:
            continue
        frames = unpacked(Packed(label.hits, label.unclear, label.scores, label.frame_mentions), FRAMES)
        for series in ("broad", "strict"):
            for unit in ("item", "mention"):
                cell = (label.model_id, series, unit, label.depth, item.week, item.outlet_id)
                weight = 1 if unit == "item" else label.mentions
                sums[*cell, "labelled"] += 1
                if not label.relevant or (series == "strict" and not label.strict):
                    continue
                sums[*cell, "relevant"] += weight
                sums[*cell, label.tone_band or ""] += weight if label.tone_band else 0
                for frame, said in frames.items():
                    sums[*cell, f"frame {frame}"] += int(said.label) if unit == "item" else said.mentions
    return +sums


def stored_sums(session: Session) -> Counter[Sum]:
    sums: Counter[Sum] = Counter()
    for row in session.scalars(select(WeeklyTotalRow)):
        cell = (row.model_id, row.series, row.unit, row.depth, row.week, row.outlet_id)
        for name in ("labelled", "relevant", "negative", "neutral", "positive"):
            sums[*cell, name] = getattr(row, name)
        assert row.labelled > 0
    for hit in session.scalars(select(WeeklyFrameRow)):
        assert hit.hits > 0
        cell = (hit.model_id, hit.series, hit.unit, hit.depth, hit.week, hit.outlet_id)
        sums[*cell, f"frame {hit.frame}"] = hit.hits
    return +sums


@pytest.mark.parametrize("seed", range(8))
def test_the_sums_equal_a_scan_after_any_sequence_of_events(store: Store, seed: int) -> None:
    newsroom = Newsroom(store, seed)
    for _ in range(50):
        newsroom.play()
        with store.reading() as session:
            assert stored_sums(session) == counted_by_definition(session)
            assert verify(session) == []
