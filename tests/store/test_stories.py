"""Stories of a week, pages of items, search, health and exports."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from monitor.errors import UsageError
from monitor.store.export import ITEM_COLUMNS, TEXT_COLUMNS, export_items, export_labels, label_columns
from monitor.store.health import last_polls, source_health, totals
from monitor.store.labels import add_labels
from monitor.store.open import Store
from monitor.store.polls import ensure_source, record_poll
from monitor.store.search import search
from monitor.store.stories import items_page, stories
from monitor.types import Evidence, Intake, Label, PollRecord, SourceHealth, StoredModel
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

WIRE = "Social workers missed nine chances to save boy"


def label_next(session: Session, model: StoredModel, **judgement: object) -> None:
    reading = unread(session, model)[0]
    made = a_judgement(reading.depth, **judgement)  # type: ignore[arg-type]
    add_labels(session, model, [Label(reading.revision_id, reading.item_id, made)], NOW)


def four_stories(session: Session) -> StoredModel:
    """One sure, one in three outlets, one neutral, one irrelevant; and one of the week before."""
    model = a_model(session)
    put(session, an_item("https://post.example/1", title="Sure", summary="Said."))
    label_next(session, model, hits={"positive": 0.99})
    for place in ("agency", "echo", "herald"):
        source = a_source(place, an_outlet(place))
        put(session, an_item(f"https://{place}.example/1", title=WIRE, source=source), source=source)
    passages = [Evidence("positive", "A good word.", 0, 5), Evidence("incompetent", "Missed.", 0, 5)]
    for _ in range(3):
        label_next(session, model, hits={"incompetent": 0.8, "positive": 0.6}, evidence=passages)
    put(session, an_item("https://post.example/2", title="Neutral"))
    label_next(session, model)
    put(session, an_item("https://post.example/3", title="Football"))
    label_next(session, model, relevant=False)
    put(session, an_item("https://post.example/4", title="Old", at=NOW - timedelta(weeks=1)))
    label_next(session, model, hits={"positive": 0.9})
    return model


def test_stories_come_by_outlets_then_by_how_sure_their_frame_is(store: Store) -> None:
    with store.writing() as session:
        model = four_stories(session)
        found = stories(session, model, WEEK, WEEK, limit=9)
        two = stories(session, model, WEEK, WEEK, limit=2)
        both_weeks = stories(session, model, WEEK.plus(-1), WEEK, limit=9)
    assert [(s.title, s.outlets) for s in found] == [(WIRE, 3), ("Sure", 1), ("Neutral", 1)]
    assert two == found[:2]
    assert [s.title for s in both_weeks] == [WIRE, "Sure", "Old", "Neutral"]


def test_a_story_shows_its_frames_surest_first_and_the_passage_of_its_primary_one(store: Store) -> None:
    with store.writing() as session:
        story = stories(session, four_stories(session), WEEK, WEEK, limit=1)[0]
    assert list(story.frames) == ["incompetent", "positive"]
    assert story.frames == pytest.approx({"incompetent": 0.8, "positive": 0.6}, abs=1e-4)
    assert (story.primary, story.evidence, story.tone_band) == ("incompetent", "Missed.", "negative")
    assert (story.outlet, story.url, story.item_id) == ("agency", "https://agency.example/1", 2)


def test_stories_of_one_frame_leave_out_the_others(store: Store) -> None:
    with store.writing() as session:
        model = four_stories(session)
        found = stories(session, model, WEEK, WEEK, frame="incompetent", limit=9)
        with pytest.raises(UsageError, match="no frame 'blamed'"):
            stories(session, model, WEEK, WEEK, frame="blamed", limit=9)
    assert [s.title for s in found] == [WIRE]


def test_a_story_shows_what_its_newest_labelled_revision_says(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(title="Boy found"), an_item(title="Boy was failed"))
        label_all(session, model)
        put(session, an_item(title="Not labelled yet"))
        assert [s.title for s in stories(session, model, WEEK, WEEK, limit=9)] == ["Boy was failed"]


def test_pages_of_items_go_back_from_the_newest(store: Store) -> None:
    with store.writing() as session:
        put(session, *(an_item(f"https://post.example/{n}", title=f"Story {n}") for n in range(5)))
        put(session, an_item("https://post.example/4", title="Story 4 changed"))
        first = items_page(session, before_id=None, limit=2)
        rest = items_page(session, before_id=first[-1].item_id, limit=9)
    assert [(i.title, i.revisions) for i in first] == [("Story 4 changed", 2), ("Story 3", 1)]
    assert [i.title for i in rest] == ["Story 2", "Story 1", "Story 0"]


def test_search_finds_every_word_in_any_revision_without_case_or_accents(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/1", title="Café inquiry", summary="The council."))
        put(session, an_item("https://post.example/1", title="Changed headline"))
        put(session, an_item("https://post.example/2", title="The council again"))

        def found(words: str) -> list[int]:
            return [item.item_id for item in search(session, words, limit=9)]

        assert found("CAFE council") == [1]
        assert sorted(found("council")) == [1, 2]
        assert len(search(session, "council", limit=1)) == 1
        assert search(session, "cafe", limit=9)[0].title == "Changed headline"


@pytest.mark.parametrize("words", ['"', "title:", "a OR", "(", "NEAR(", "-", "*", "\0", " ", "", 'x"y', "^a"])
def test_no_search_words_are_taken_for_syntax(store: Store, words: str) -> None:
    with store.writing() as session:
        put(session, an_item(title="Story"))
        assert search(session, words, limit=9) == []


def a_poll(minutes: int, **changes: object) -> PollRecord:
    started = NOW - timedelta(minutes=minutes)
    return PollRecord(started, 0.5, **{"outcome": "ok", **changes})  # type: ignore[arg-type]


def test_health_sums_a_sources_polls_in_the_span(store: Store) -> None:
    post = a_source("post")
    with store.writing() as session:
        for source in (post, a_source("echo")):
            ensure_source(session, source)
        record_poll(session, "post", a_poll(100, intake=Intake(new=7)))
        record_poll(session, "post", a_poll(50, intake=Intake(new=2, duplicate=1)))
        record_poll(session, "post", a_poll(40, outcome="failed", error="timed out", status=None))
        record_poll(session, "post", a_poll(30, outcome="unchanged", status=304))
        record_poll(session, "post", a_poll(20, outcome="failed", error="gone", status=404))
        healths = source_health(session, ["never", "post"], NOW - timedelta(minutes=60), NOW)
        everything = source_health(session, None, NOW - timedelta(minutes=60), NOW)
        latest = last_polls(session, "post", limit=2)
    nothing = SourceHealth("never", 0, 0, 0, None, None, None, 0, None)
    good, item = NOW - timedelta(minutes=30), NOW - timedelta(minutes=50)
    assert healths == [nothing, SourceHealth("post", 4, 2, 2, good, item, "gone", 1, None)]
    assert [health.source for health in everything] == ["echo", "post"]
    assert [(key, poll.error) for key, poll in latest] == [("post", "gone"), ("post", None)]


def test_polls_are_given_back_with_their_intake(store: Store) -> None:
    poll = a_poll(5, status=200, intake=Intake(1, 2, 3, 4, {"no-date": 4}))
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", poll)
        assert last_polls(session, limit=1) == [("post", poll)]


def test_totals_count_what_is_there(store: Store) -> None:
    with store.writing() as session:
        empty = totals(session)
        put(session, an_item(title="One"), an_item(title="Two"))
        label_all(session, a_model(session))
        full = totals(session)
    assert (empty.items, empty.newest_item_at) == (0, None)
    assert (full.items, full.revisions, full.labels, full.newest_item_at) == (1, 2, 2, NOW)
    assert full.bytes >= 4096


def test_exported_items_carry_no_text_unless_asked(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(title="One", summary="Said.", text="An article."), an_item(title="Two"))
        put(session, an_item("https://post.example/old", at=NOW - timedelta(weeks=9)))
        (plain,) = export_items(session, first=WEEK, last=WEEK)
        full = list(export_items(session, with_text=True))
    assert tuple(plain) == ITEM_COLUMNS
    assert (plain["week"], plain["revisions"], plain["cluster"]) == (str(WEEK), 2, 1)
    assert plain["published_at"] == NOW
    assert tuple(full[0]) == (*ITEM_COLUMNS, *TEXT_COLUMNS)
    assert (full[0]["title"], full[0]["summary"], full[0]["text"]) == ("Two", "Said.", "An article.")
    assert len(full) == 2


def test_exported_labels_hold_every_frame_and_say_which_count(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, an_item(title="One"), an_item(title="Two"))
        label_all(session, model, hits={"positive": 1.0})
        put(session, an_item("https://post.example/old", at=NOW - timedelta(weeks=9)))
        label_all(session, model)
        rows = list(export_labels(session, model, first=WEEK, last=WEEK))
    assert [(row["item"], row["revision"], row["counted"]) for row in rows] == [(1, 1, False), (1, 2, True)]
    assert tuple(rows[0]) == label_columns(FRAMES)
    assert (rows[1]["positive"], rows[1]["positive_p"], rows[1]["incompetent"]) == (True, 1.0, False)
    assert (rows[1]["model"], rows[1]["primary"]) == ("linear@1", "positive")
