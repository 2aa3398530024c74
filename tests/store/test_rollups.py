"""The weekly sums are those of the labels that count, whatever happens in whatever order."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.forget import forget
from monitor.store.labels import add_labels
from monitor.store.maintain import check
from monitor.store.open import Store
from monitor.store.rollups import labelled_span, recompute, weekly_counts
from monitor.store.schema import LabelRow, WeeklyFrameRow, WeeklyTotalRow
from monitor.store.settled import late_items
from monitor.types import (
    Depth,
    Grouping,
    Label,
    OutletType,
    Series,
    StoredModel,
    Unit,
    WeekCount,
)
from tests.store.builders import (
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


def revised(session: Session, model: StoredModel, *days: float) -> None:
    """Store an item that was seen anew after so many days each, and label each revision when it is seen."""
    put(session, an_item(title="Boy found"))
    label_all(session, model, hits={"positive": 0.9})
    for number, after in enumerate(days):
        put(session, an_item(title=f"Revision {number}"), seen_at=NOW + timedelta(days=after))
        label_all(session, model, hits={"incompetent": 0.9})


@pytest.mark.parametrize(
    ("days", "frame"), [((7,), "incompetent"), ((7.001,), "positive"), ((6.9, 8), "incompetent")]
)
def test_a_revision_seen_more_than_seven_days_after_the_item_does_not_count(
    store: Store, days: tuple[float, ...], frame: str
) -> None:
    with store.writing() as session:
        model = a_model(session)
        revised(session, model, *days)
        assert [(c.labelled, c.hits) for c in counts_of(session, model)] == [(1, {frame: 1})]
        counted = select(LabelRow.revision_id).where(LabelRow.counted)
        assert session.scalars(counted).all() == [2 if frame == "incompetent" else 1]
    assert check(store) == []
    with store.writing() as session:
        recompute(session, model.id, (WEEK, WEEK))
        assert [c.hits for c in counts_of(session, model)] == [{frame: 1}]


def test_a_late_revision_counts_until_one_in_time_is_labelled(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(title="Boy found"))
        put(session, an_item(title="Boy was failed"), seen_at=NOW + timedelta(days=300))
        old, late = unread(session, model)
        found = []
        for reading, frame in ((late, "incompetent"), (old, "positive")):
            judgement = a_judgement(hits={frame: 0.9})
            add_labels(session, model, [Label(reading.revision_id, reading.item_id, judgement)], NOW)
            found += [c.hits for c in counts_of(session, model)]
    assert found == [{"incompetent": 1}, {"positive": 1}]
    assert check(store) == []


def test_late_revisions_count_for_each_reading_apart(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(title="Boy found"))
        put(session, an_item(title="Boy was failed", text="An article."), seen_at=NOW + timedelta(days=8))
        label_all(session, model)
        marks = select(LabelRow.revision_id, LabelRow.depth).where(LabelRow.counted)
        assert sorted(tuple(row) for row in session.execute(marks)) == [(1, "title"), (2, "full")]


def test_items_with_a_late_revision_are_found(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/1"), an_item("https://post.example/2"))
        put(session, an_item("https://post.example/1", title="Soon"), seen_at=NOW + timedelta(days=2))
        put(session, an_item("https://post.example/2", title="Late"), seen_at=NOW + timedelta(days=9))
        assert late_items(session) == {2}


def test_a_depth_and_some_outlets_can_be_summed_alone(store: Store) -> None:
    blog = a_source("blog", an_outlet("A Blog", OutletType.BLOG))
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1"), an_item("https://post.example/2", summary="Said."))
        put(session, an_item("https://blog.example/1", source=blog), source=blog)
        label_all(session, model, hits={"positive": 0.9})
        titles = weekly_counts(session, model.id, WEEK, WEEK, depth=Depth.TITLE)
        posts = weekly_counts(session, model.id, WEEK, WEEK, outlets=("Daily Post",))
        nobody = weekly_counts(session, model.id, WEEK, WEEK, outlets=())
    assert [(c.labelled, c.hits) for c in titles] == [(2, {"positive": 2})]
    assert [(c.labelled, c.hits) for c in posts] == [(2, {"positive": 2})]
    assert nobody == []


def two_copies(session: Session) -> None:
    for place, days in (("agency", 0), ("post", 6)):
        source = a_source(place, an_outlet(place))
        title = "Social workers missed nine chances to save boy"
        at = NOW + timedelta(days=days)
        put(session, an_item(f"https://{place}.example/1", title=title, source=source, at=at), source=source)


def test_a_story_counts_once_where_and_when_it_was_first_published(store: Store) -> None:
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


def test_depths_of_one_reading_are_summed_together(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item("https://post.example/1"), an_item("https://post.example/2", summary="Said."))
        label_all(session, model)
        assert {r.depth for r in session.scalars(select(LabelRow))} == {Depth.TITLE, Depth.SUMMARY}
        assert [c.labelled for c in counts_of(session, model)] == [2]
        assert weekly_counts(session, model.id, Week(2020, 1), Week(2020, 2)) == []
