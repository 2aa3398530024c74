"""Stories of a week, and pages of items."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from monitor.errors import UsageError
from monitor.store.labels import add_labels
from monitor.store.open import Store
from monitor.store.stories import items_page, stories
from monitor.types import Evidence, Label, StoredModel
from tests.store.builders import (
    NOW,
    WEEK,
    a_judgement,
    a_model,
    a_source,
    an_item,
    an_outlet,
    half,
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


def test_a_story_names_what_was_said_of_it_by_a_close_call(store: Store) -> None:
    said = a_judgement(hits={"positive": 0.55, "incompetent": 0.9})
    frames = {**said.frames, "over_zealous": replace(said.frames["over_zealous"], unclear=True)}
    frames["positive"] = replace(frames["positive"], unclear=True)
    close = replace(said, relevant_p=0.55, tone_score=-0.3, frames=frames)
    with store.writing() as session:
        model = a_model(session, needed=half())
        put(session, an_item(), an_item("https://post.example/2", title="Another story altogether"))
        add_labels(session, model, [Label(1, 1, close), Label(2, 2, said)], NOW)
        found = {story.item_id: story.unclear for story in stories(session, model, WEEK, WEEK, limit=9)}
    assert found == {1: ("relevant", "tone", "positive"), 2: ()}


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
