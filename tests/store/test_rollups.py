"""The weekly sums are those of the labels that count, whatever happens in whatever order."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.forget import forget
from monitor.store.labels import add_labels
from monitor.store.maintain import check
from monitor.store.open import Store, open_store
from monitor.store.pack import Packed, unpacked
from monitor.store.retention import blank_older_than
from monitor.store.rollups import labelled_span, recompute, verify, weekly_counts
from monitor.store.schema import ItemRow, LabelRow, WeeklyFrameRow, WeeklyTotalRow
from monitor.types import (
    Band,
    Depth,
    Grouping,
    Label,
    OutletType,
    Reading,
    Series,
    Source,
    StoredModel,
    Unit,
    WeekCount,
)
from tests.store.builders import (
    FRAMES,
    NOW,
    WEEK,
    a_judgement,
    a_model,
    a_source,
    an_item,
    an_outlet,
    label_all,
    put,
    unread,
)

LONG_AGO = WEEK.plus(-500)


def counts_of(
    session: Session,
    model: StoredModel,
    *,
    series: Series = "broad",
    unit: Unit = "item",
    by: Grouping | None = None,
) -> list[WeekCount]:
    return weekly_counts(session, model.id, LONG_AGO, WEEK.plus(10), series=series, unit=unit, by=by)


def test_a_week_counts_its_items_bands_and_frames(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1"), an_item("https://post.example/2"))
        label_all(session, model, hits={"incompetent": 0.9})
        put(session, an_item("https://post.example/3"))
        label_all(session, model, relevant=False)
        (week,) = counts_of(session, model)
    assert week == WeekCount(WEEK, "all", 3, 2, negative=2, neutral=0, positive=0, hits={"incompetent": 2})


def test_the_strict_series_leaves_out_what_names_only_the_services(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1"))
        label_all(session, model, hits={"positive": 0.9}, strict=False, band="positive")
        (strict,) = counts_of(session, model, series="strict")
        (broad,) = counts_of(session, model, series="broad")
    assert (strict.labelled, strict.relevant, strict.positive, strict.hits) == (1, 0, 0, {})
    assert (broad.labelled, broad.relevant, broad.positive, broad.hits) == (1, 1, 1, {"positive": 1})


def test_the_unit_mention_weighs_a_reading_by_its_passages(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        label_all(session, model, hits={"positive": 0.9}, mentions=4)
        (week,) = counts_of(session, model, unit="mention")
    assert (week.labelled, week.relevant, week.negative, week.hits) == (1, 4, 4, {"positive": 4})


def test_groups_are_given_by_outlet_type_nation_and_outlet(store: Store) -> None:
    blog = a_source("blog", an_outlet("A Blog", OutletType.BLOG))
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1"), an_item("https://post.example/2"))
        put(session, an_item("https://blog.example/1", source=blog), source=blog)
        put(session, an_item("https://post.example/3", at=NOW - timedelta(weeks=1)))
        label_all(session, model)
        by_type = [(c.week, c.group, c.labelled) for c in counts_of(session, model, by="outlet_type")]
        outlets = [c.group for c in counts_of(session, model, by="outlet")]
        nations = [(c.group, c.labelled) for c in counts_of(session, model, by="nation")]
    before = WEEK.plus(-1)
    assert by_type == [(before, "national", 1), (WEEK, "blog", 1), (WEEK, "national", 2)]
    assert outlets == ["Daily Post", "A Blog", "Daily Post"]
    assert nations == [("England", 1), ("England", 3)]


def test_full_readings_are_a_series_of_their_own(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(text="An article."), an_item("https://post.example/2"))
        label_all(session, model)
        full = weekly_counts(session, model.id, WEEK, WEEK, reading="full")
        headline = weekly_counts(session, model.id, WEEK, WEEK)
    assert ([c.labelled for c in full], [c.labelled for c in headline]) == ([1], [2])


def test_only_the_newest_labelled_revision_counts(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(title="Boy found"))
        label_all(session, model, hits={"positive": 0.9})
        put(session, an_item(title="Boy was failed"))
        before = counts_of(session, model)
        label_all(session, model, hits={"incompetent": 0.9})
        after = counts_of(session, model)
    assert [c.hits for c in before] == [{"positive": 1}]
    assert [(c.labelled, c.hits) for c in after] == [(1, {"incompetent": 1})]


def test_an_older_revision_labelled_later_does_not_count(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(title="Boy found"), an_item(title="Boy was failed"))
        old, new = unread(session, model)
        for reading, frame in ((new, "incompetent"), (old, "positive")):
            judgement = a_judgement(hits={frame: 0.9})
            add_labels(session, model, [Label(reading.revision_id, reading.item_id, judgement)], NOW)
        (week,) = counts_of(session, model)
    assert (week.labelled, week.hits) == (1, {"incompetent": 1})


def two_copies(session: Session) -> None:
    for place, days in (("agency", 0), ("post", 6)):
        source = a_source(place, an_outlet(place))
        title = "Social workers missed nine chances to save boy"
        at = NOW + timedelta(days=days)
        put(session, an_item(f"https://{place}.example/1", title=title, source=source, at=at), source=source)


def test_a_story_counts_once_where_and_when_it_was_first_seen(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        two_copies(session)
        label_all(session, model)
        counts = counts_of(session, model, by="outlet")
    assert [(c.week, c.group, c.labelled) for c in counts] == [(WEEK, "agency", 1)]


def test_the_next_copy_counts_where_the_first_is_forgotten(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        two_copies(session)
        label_all(session, model)
        forget(session, item_id=1, now=NOW)
        counts = counts_of(session, model, by="outlet")
    assert [(c.week, c.group, c.labelled) for c in counts] == [(WEEK.plus(1), "post", 1)]


def test_models_have_sums_of_their_own(store: Store) -> None:
    with store.writing() as session:
        first, second = a_model(session, "first"), a_model(session, "second")
        put(session, an_item())
        label_all(session, first)
        assert counts_of(session, second) == []
        assert labelled_span(session, second.id) is None
        assert labelled_span(session, first.id) == (WEEK, WEEK)


def test_the_span_reaches_from_the_first_week_to_the_last(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        for week in range(3):
            put(session, an_item(f"https://post.example/{week}", at=NOW - timedelta(weeks=week)))
        label_all(session, model, relevant=False)
        assert labelled_span(session, model.id) == (WEEK.plus(-2), WEEK)


Tamper = Callable[[Session], None]


def _more_items(session: Session) -> None:
    session.execute(update(WeeklyTotalRow).values(relevant=WeeklyTotalRow.relevant + 1))


def _fewer_hits(session: Session) -> None:
    session.execute(update(WeeklyFrameRow).values(hits=WeeklyFrameRow.hits - 1))


def _wrong_mark(session: Session) -> None:
    session.execute(update(LabelRow).values(counted=False))


@pytest.mark.parametrize("tamper", [_more_items, _fewer_hits, _wrong_mark])
def test_check_names_a_week_that_was_tampered_with_and_recompute_mends_it(
    store: Store, tamper: Tamper
) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item())
        label_all(session, model, hits={"positive": 0.9})
    assert check(store) == []
    with store.writing() as session:
        tamper(session)
    assert check(store) == [f"weekly sums: {WEEK} of linear@1 differs from its labels"]
    with store.writing() as session:
        recompute(session, model.id, (WEEK, WEEK))
    assert check(store) == []


# ---------------------------------------------------------------- any sequence of events

OUTLETS = [a_source(f"s{n}", an_outlet(f"Outlet {n}")) for n in range(3)]
TITLES = [f"Social workers did what the council wanted number {n}" for n in range(2)]

collected = st.tuples(
    st.just("collect"),
    st.lists(st.sampled_from(OUTLETS), min_size=1, max_size=3),
    st.integers(0, 2),
    st.sampled_from(TITLES),
    st.sampled_from(["", "", "A summary."]),
    st.sampled_from(["", "", "An article."]),
    st.integers(0, 2),
)
judged = st.tuples(
    st.just("label"),
    st.sampled_from(["first", "second"]),
    st.integers(0, 2**12 - 1),
    st.sets(st.sampled_from(FRAMES)),
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from([None, "negative", "neutral", "positive"]),
    st.integers(1, 3),
)
other = st.one_of(
    st.tuples(st.just("forget"), st.integers(0, 11)),
    st.tuples(st.just("blank")),
    st.tuples(st.just("again")),
)
events = st.lists(st.one_of(collected, collected, judged, judged, other), min_size=5, max_size=25)


class Newsroom:
    """Plays events on a database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.last: tuple[str, list[Label]] = ("first", [])

    def collect(
        self,
        session: Session,
        sources: list[Source],
        number: int,
        title: str,
        summary: str,
        text: str,
        week: int,
    ) -> None:
        """Collect one story from some outlets: copies, or revisions where the address is known."""
        for source in sources:
            url = f"https://{source.id}.example/{number}"
            about = {"title": title, "summary": summary, "text": text}
            at = NOW + timedelta(weeks=week)
            put(session, an_item(url, source=source, at=at, **about), source=source)

    def label(
        self,
        session: Session,
        name: str,
        chosen: int,
        hits: set[str],
        says: tuple[bool, bool],
        band: Band | None,
        mentions: int,
    ) -> None:
        """Label some of the unread readings, the last first, as a race between processes might."""
        model = a_model(session, name)
        readings: list[Reading] = [r for n, r in enumerate(unread(session, model)) if chosen >> n % 12 & 1]
        judge = {"hits": dict.fromkeys(hits, 0.9), "band": band, "mentions": mentions}
        relevant, strict = says
        labels = [
            Label(
                r.revision_id,
                r.item_id,
                a_judgement(r.depth, relevant=relevant, strict=strict, **judge),  # type: ignore[arg-type]
            )
            for r in reversed(readings)
        ]
        self.last = (name, labels)
        add_labels(session, model, labels, NOW)

    def again(self, session: Session) -> None:
        """Add the labels of the last time once more; some of their items may be gone."""
        name, labels = self.last
        add_labels(session, a_model(session, name), labels, NOW)

    def forget(self, session: Session, place: int) -> None:
        items = session.scalars(select(ItemRow.id).order_by(ItemRow.id)).all()
        if items:
            forget(session, item_id=items[place % len(items)], now=NOW)

    def blank(self, session: Session) -> None:
        blank_older_than(session, NOW + timedelta(days=1), 5)

    def play(self, event: tuple[object, ...]) -> None:
        with self.store.writing() as session:
            getattr(self, str(event[0]))(session, *event[1:])


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
                    sums[*cell, frame] += int(said.label) if unit == "item" else said.mentions
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
        sums[hit.model_id, hit.series, hit.unit, hit.depth, hit.week, hit.outlet_id, hit.frame] = hit.hits
    return +sums


@settings(
    max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
@given(events=events)
def test_the_sums_equal_a_scan_after_any_sequence_of_events(
    empty_database: Path, events: list[tuple[object, ...]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{shutil.copy(empty_database, Path(folder, 'monitor.db'))}")
        newsroom = Newsroom(store)
        try:
            for event in events:
                newsroom.play(event)
                with store.reading() as session:
                    assert stored_sums(session) == counted_by_definition(session)
                    assert verify(session) == []
        finally:
            store.close()


def test_depths_of_one_reading_are_summed_together(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1"), an_item("https://post.example/2", summary="Said."))
        label_all(session, model)
        assert {r.depth for r in session.scalars(select(LabelRow))} == {Depth.TITLE, Depth.SUMMARY}
        assert [c.labelled for c in counts_of(session, model)] == [2]
        assert weekly_counts(session, model.id, Week(2020, 1), Week(2020, 2)) == []
