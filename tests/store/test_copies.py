"""Wire copies are tied to the report that was published first, however they were trimmed or edited."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from zlib import crc32

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.pipeline.upkeep import run_sketches
from monitor.store.copies import LEAST_SHARED
from monitor.store.forget import forget
from monitor.store.maintain import check
from monitor.store.open import Store
from monitor.store.retention import blank_older_than
from monitor.store.rollups import weekly_counts
from monitor.store.schema import ItemRow, SketchKeyRow, SketchRow
from monitor.store.settings import put_setting
from monitor.store.sketches import containment, sketch, sketches
from monitor.store.unsketched import LEFT, is_sketching_due, sketch_stored
from monitor.types import Item, Outlet, Published, Source
from tests.store.builders import NOW, WEEK, a_model, a_source, an_item, label_all, put
from tests.store.pairs import Pair, Report, edited, events, pairs, trimmed

POST = a_source("post", Outlet("Daily Post"))
ECHO = a_source("echo", Outlet("Evening Echo"))
STAR = a_source("star", Outlet("Morning Star of Hallam"))
WIRE, OTHER = events()[0]
SECOND = events()[1][0]
PAIRS = pairs()


def reported(report: Report, source: Source, **about: object) -> Item:
    url = about.pop("url", f"https://{source.id}.example/{crc32(report.text.encode())}")
    return an_item(url=str(url), title=report.title, text=report.text, source=source, **about)  # type: ignore[arg-type]


def moved(item: Item, weeks: int) -> Published:
    return replace(item.published, at=item.published.at - timedelta(weeks=weeks))


def clusters(session: Session) -> dict[int, int | None]:
    """The leader of each item, by ids."""
    rows = session.execute(select(ItemRow.id, ItemRow.cluster_id).order_by(ItemRow.id))
    return dict(rows.all())


def stored(store: Store, *items: Item) -> dict[int, int | None]:
    """Store items one after the other, and return the leader of each."""
    for item in items:
        with store.writing() as session:
            put(session, item, source=a_source(item.source_id, item.outlet))
    with store.reading() as session:
        return clusters(session)


# ---------------------------------------------------------------- what is a copy


def told_apart(pairs: Sequence[Pair], is_copy: Callable[[Pair], bool]) -> tuple[float, float]:
    """Precision and recall."""
    said = [(pair.copies, is_copy(pair)) for pair in pairs]
    right = sum(copy and found for copy, found in said)
    return right / sum(found for _, found in said), right / sum(copy for copy, _ in said)


def test_there_are_five_hundred_pairs_nearly_half_of_them_hard_negatives() -> None:
    negatives = [pair for pair in PAIRS if not pair.copies]
    assert len(PAIRS) >= 500
    assert 0.45 <= len(negatives) / len(PAIRS) <= 0.55
    assert sum(pair.kind.startswith("same event") for pair in negatives) / len(PAIRS) >= 0.4


@pytest.mark.parametrize("half", [0, 1])
def test_copies_are_told_from_other_reports_of_the_same_event(half: int) -> None:
    def is_copy(pair: Pair) -> bool:
        one, other = (sketch(reported(report, POST)) for report in (pair.first, pair.second))
        return containment(one, other) >= LEAST_SHARED

    precision, recall = told_apart([pair for pair in PAIRS if pair.event % 2 == half], is_copy)
    assert precision >= 0.98
    assert recall >= 0.90


def test_the_store_ties_the_copies_of_the_pairs_and_little_else(store: Store) -> None:
    some = PAIRS[::3]
    with store.writing() as session:
        for source, side in ((POST, "first"), (ECHO, "second")):
            items = [
                reported(
                    getattr(pair, side),
                    source,
                    url=f"https://{source.id}.example/{n}",
                    at=NOW - timedelta(weeks=3 * n),
                )
                for n, pair in enumerate(some)
            ]
            put(session, *items, source=source)
        tied = clusters(session)
    found = {id(pair): tied[len(some) + n + 1] == n + 1 for n, pair in enumerate(some)}
    assert {leader for leader in tied.values() if leader} <= set(range(1, len(some) + 1))
    precision, recall = told_apart(some, lambda pair: found[id(pair)])
    assert precision >= 0.98
    assert recall >= 0.90


def test_the_sketches_of_long_texts_tell_their_containment_within_a_tenth() -> None:
    long = Report("A long read", "\n".join(first.text for first, _ in events()[:12]))
    whole, half = sketch(reported(long, POST)), sketch(reported(trimmed(long, 0.5), ECHO))
    mixed = replace(long, text=f"{trimmed(long, 0.4).text}\n" + "\n".join(b.text for _, b in events()[:8]))
    assert len(whole) == 4 * 256
    assert containment(whole, half) == 1.0
    assert containment(whole, sketch(reported(mixed, ECHO))) == pytest.approx(0.41, abs=0.1)


def test_sketches_made_together_are_those_made_one_by_one() -> None:
    items = [reported(report, POST) for pair in PAIRS[::97] for report in (pair.first, pair.second)]
    items += [an_item(title="word " * 40), replace(items[0], sketch=b"made before")]
    assert sketches(items) == [sketch(item) for item in items]
    assert sketches([]) == []


def test_headlines_and_teasers_have_no_sketch() -> None:
    assert sketch(an_item(title="word " * 40)) == b""
    assert (
        sketch(an_item(title="Court report", summary="All the latest from the courts of the county.")) == b""
    )


def test_words_count_whatever_their_case_quotation_marks_and_punctuation() -> None:
    shouted = replace(WIRE, text=WIRE.text.upper().replace("'", "’").replace(",", " –"))
    assert sketch(reported(shouted, POST)) == sketch(reported(WIRE, POST))


def test_a_copy_is_found_where_the_text_policy_kept_nothing_of_it(store: Store) -> None:
    cut = [
        replace(item, text="", sketch=sketch(item))
        for item in (reported(WIRE, POST), reported(trimmed(WIRE, 0.5), ECHO))
    ]
    assert stored(store, *cut) == {1: None, 2: 1}


# ---------------------------------------------------------------- clusters


def test_a_copy_in_the_same_outlet_or_a_week_later_is_no_copy(store: Store) -> None:
    half = trimmed(WIRE, 0.5)
    late = reported(half, ECHO, at=NOW + timedelta(days=7, seconds=1))
    assert stored(store, reported(WIRE, POST), reported(half, POST), late) == {1: None, 2: None, 3: None}


def test_a_copy_in_the_week_before_or_after_is_found(store: Store) -> None:
    sunday, half = NOW + timedelta(days=4), trimmed(WIRE, 0.5)
    tied = stored(
        store,
        reported(WIRE, POST, at=sunday),
        reported(half, ECHO, at=sunday + timedelta(days=1)),
        reported(half, STAR, at=sunday - timedelta(hours=23)),
    )
    assert Week.of(sunday) != Week.of(sunday + timedelta(days=1))
    assert tied == {1: 3, 2: 3, 3: None}
    later = stored(store, reported(SECOND, POST, at=NOW - timedelta(days=2, hours=13)))
    assert later[4] is None
    assert stored(store, reported(trimmed(SECOND, 0.5), ECHO, at=NOW - timedelta(days=2, hours=8)))[5] == 4


def test_a_copy_of_a_copy_is_tied_to_the_first(store: Store) -> None:
    rng = random.Random(1)
    once = edited(rng, trimmed(WIRE, 0.7), 0.12)
    twice = edited(rng, trimmed(once, 0.6), 0.12)
    assert stored(store, reported(WIRE, POST), reported(once, ECHO), reported(twice, STAR)) == {
        1: None,
        2: 1,
        3: 1,
    }


def test_a_round_up_of_two_stories_joins_one_and_welds_nothing(store: Store) -> None:
    both = Report("The week", f"{WIRE.text}\n{SECOND.text}")
    tied = stored(store, reported(WIRE, POST), reported(SECOND, POST), reported(both, ECHO))
    assert (tied[1], tied[2]) == (None, None)
    assert tied[3] in (1, 2)


def test_items_that_come_together_are_tied_as_those_that_come_one_by_one(store: Store) -> None:
    reports = [(WIRE, POST), (SECOND, POST), (trimmed(WIRE, 0.5), ECHO), (OTHER, ECHO), (WIRE, STAR)]
    with store.writing() as session:
        put(session, *(reported(report, source) for report, source in reports))
        assert clusters(session) == {1: None, 2: None, 3: 1, 4: None, 5: 1}


def test_a_revision_moves_no_item_to_another_story(store: Store) -> None:
    url = "https://echo.example/1"
    first = reported(trimmed(WIRE, 0.5), ECHO, url=url)
    assert stored(store, reported(WIRE, POST), first, reported(SECOND, ECHO, url=url)) == {1: None, 2: 1}
    assert check(store) == []


def test_an_older_report_that_comes_later_takes_the_lead_and_the_count(store: Store) -> None:
    half = trimmed(WIRE, 0.5)
    with store.writing() as session:
        model = a_model(session)
        put(session, reported(half, ECHO), reported(WIRE, STAR, at=NOW + timedelta(hours=1)), source=ECHO)
        label_all(session, model, hits={"incompetent": 0.9})
        put(session, reported(WIRE, POST, at=NOW - timedelta(days=5)), source=POST)
        assert clusters(session) == {1: 3, 2: 3, 3: None}
        assert weekly_counts(session, model.id, WEEK.plus(-1), WEEK) == []
        label_all(session, model, hits={"incompetent": 0.9})
        counts = weekly_counts(session, model.id, WEEK.plus(-1), WEEK)
    assert [(count.week, count.relevant) for count in counts] == [(Week.of(NOW - timedelta(days=5)), 1)]
    assert check(store) == []


def test_copies_that_come_with_the_older_report_are_tied_to_it(store: Store) -> None:
    half, older = trimmed(WIRE, 0.5), NOW - timedelta(days=3)
    other = a_source("wire", Outlet("Wire Service"))
    stored(store, reported(WIRE, ECHO), reported(half, STAR))
    with store.writing() as session:
        put(session, reported(trimmed(WIRE, 0.8), POST, at=older), reported(half, other))
        assert clusters(session) == {1: 3, 2: 3, 3: None, 4: 3}
    assert check(store) == []


@pytest.mark.parametrize("together", [False, True])
def test_the_first_published_leads_in_whatever_order_copies_are_stored(store: Store, together: bool) -> None:
    half = trimmed(WIRE, 0.5)
    copies = [
        reported(WIRE, POST, at=NOW),
        reported(half, ECHO, at=NOW - timedelta(minutes=1)),
        reported(trimmed(WIRE, 0.7), STAR, at=NOW + timedelta(hours=5)),
    ]
    for number, order in enumerate(permutations(copies)):
        here = [
            replace(item, url=f"{item.url}/{number}", published=moved(item, weeks=3 * number))
            for item in order
        ]
        with store.writing() as session:
            for some in [here] if together else [[item] for item in here]:
                put(session, *some)
            tied = dict(session.execute(select(ItemRow.url, ItemRow.cluster_id)).all())
            ids = dict(session.execute(select(ItemRow.url, ItemRow.id)).all())
        first = next(item.url for item in here if item.outlet == ECHO.outlet)
        assert {item.url: tied[item.url] for item in here} == {
            item.url: None if item.url == first else ids[first] for item in here
        }
    assert check(store) == []


def test_of_copies_of_one_moment_the_first_stored_leads(store: Store) -> None:
    assert stored(store, reported(WIRE, ECHO), reported(WIRE, POST)) == {1: None, 2: 1}


def test_a_cluster_whose_lead_changes_twice_in_a_batch_counts_once(store: Store) -> None:
    half = trimmed(WIRE, 0.5)
    with store.writing() as session:
        model = a_model(session)
        put(session, reported(WIRE, ECHO))
        label_all(session, model, hits={"incompetent": 0.9})
        earlier = [
            reported(half, STAR, at=NOW - timedelta(minutes=5)),
            reported(WIRE, POST, at=NOW - timedelta(minutes=9)),
        ]
        put(session, *earlier)
        assert clusters(session) == {1: 3, 2: 3, 3: None}
        label_all(session, model, hits={"incompetent": 0.9})
        assert [count.relevant for count in weekly_counts(session, model.id, WEEK, WEEK)] == [1]
    assert check(store) == []


# ---------------------------------------------------------------- stored before there were sketches


def early(store: Store, *items: Item, until: int) -> None:
    """Store items, those up to a number as before schema 0007, and leave the rest to upkeep."""
    for number, item in enumerate(items, start=1):
        stored(store, replace(item, sketch=b"") if number <= until else item)
    with store.writing() as session:
        put_setting(session, LEFT, f"0/{until}")


def test_items_stored_before_there_were_sketches_get_theirs_and_are_tied(store: Store) -> None:
    half, later = trimmed(WIRE, 0.5), NOW + timedelta(hours=1)
    retitled = replace(half, title="What the council was told")
    copies = (reported(half, ECHO, at=later), reported(OTHER, STAR), reported(WIRE, POST))
    early(store, *copies, an_item(summary="A teaser."), reported(retitled, STAR, at=later), until=4)
    with store.writing() as session:
        assert set(clusters(session).values()) == {None}
        model = a_model(session)
        label_all(session, model, hits={"incompetent": 0.9})
        assert [count.relevant for count in weekly_counts(session, model.id, WEEK, WEEK)] == [5]
    run_sketches(store)
    with store.reading() as session:
        assert clusters(session) == {1: 3, 2: None, 3: None, 4: None, 5: 3}
        assert [count.relevant for count in weekly_counts(session, model.id, WEEK, WEEK)] == [3]
        assert session.scalars(select(SketchRow.item_id).order_by(SketchRow.item_id)).all() == [1, 2, 3, 5]
        assert not is_sketching_due(session)
    assert check(store) == []


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_sketches_made_afterwards_in_batches_and_with_stops_tie_as_those_made_in_time(
    store: Store, batch: int
) -> None:
    some = [pair for pair in PAIRS[::40] if pair.copies]
    items = [
        reported(report, source, url=f"https://{source.id}.example/{n}", at=NOW - timedelta(weeks=3 * n))
        for n, pair in enumerate(some)
        for report, source in ((pair.first, POST), (pair.second, ECHO))
    ]
    early(store, *items, until=len(items))
    going_on = True
    while going_on:
        with store.writing() as session:
            going_on = sketch_stored(session, batch)
    with store.reading() as session:
        tied = clusters(session)
    again = [replace(item, url=f"{item.url}/again", published=moved(item, weeks=-300)) for item in items]
    expected = {item - len(items): of and of - len(items) for item, of in stored(store, *again).items()}
    assert tied == {item: of for item, of in expected.items() if item > 0}
    assert sum(of is not None for of in tied.values()) >= len(some) * 0.9
    assert check(store) == []


def test_an_item_that_is_in_a_cluster_already_stays_there_and_is_found_by_others(store: Store) -> None:
    same = (reported(WIRE, POST), reported(WIRE, ECHO))
    early(store, *same, reported(trimmed(WIRE, 0.5), STAR, at=NOW - timedelta(hours=1)), until=3)
    with store.reading() as session:
        assert clusters(session) == {1: None, 2: 1, 3: None}
    run_sketches(store)
    with store.reading() as session:
        assert clusters(session) == {1: 3, 2: 3, 3: None}
    assert check(store) == []


def test_where_nothing_is_left_to_sketch_nothing_is_done(store: Store) -> None:
    stored(store, replace(reported(WIRE, POST), sketch=b""))
    run_sketches(store)
    with store.reading() as session:
        assert session.scalars(select(SketchRow.item_id)).all() == []


# ---------------------------------------------------------------- upkeep


def test_a_forgotten_item_leaves_no_sketch_and_its_copies_stay_together(store: Store) -> None:
    late = reported(WIRE, ECHO, at=NOW + timedelta(hours=2))
    stored(store, reported(WIRE, POST), late, reported(WIRE, STAR, at=NOW + timedelta(hours=1)))
    with store.writing() as session:
        forget(session, item_id=1, now=NOW)
        assert set(session.scalars(select(SketchRow.item_id))) == {2, 3}
        assert set(session.scalars(select(SketchKeyRow.item_id))) == {2, 3}
        assert clusters(session) == {2: 3, 3: None}
    assert check(store) == []


def test_sketches_go_with_the_texts_whose_time_is_up(store: Store) -> None:
    stored(store, reported(WIRE, POST))
    with store.writing() as session:
        assert blank_older_than(session, NOW + timedelta(days=1), 10) == 1
        assert session.scalars(select(SketchRow.item_id)).all() == []
        assert session.scalars(select(SketchKeyRow.item_id)).all() == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            "UPDATE items SET cluster_id = 2 WHERE id = 3",
            "item 3 is tied to one that is itself a copy of item 1",
        ),
        ("DELETE FROM sketch_keys WHERE item_id = 2", "the keys of item 2 are not those of its sketch"),
        ("UPDATE sketch_keys SET week = 199901 WHERE item_id = 2", "the keys of item 2 are not"),
        ("DELETE FROM sketches WHERE item_id = 1", "the keys of item 1 are not those of its sketch"),
    ],
)
def test_db_check_finds_damage_to_clusters(store: Store, damage: str, said: str) -> None:
    stored(store, reported(WIRE, POST), reported(WIRE, ECHO), reported(WIRE, STAR))
    assert check(store) == []
    with store.writing() as session:
        session.execute(text(damage))
    assert any(said in line for line in check(store))


def test_the_least_share_is_the_one_that_the_benchmark_measured() -> None:
    assert LEAST_SHARED == 0.42
