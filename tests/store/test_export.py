"""What leaves the database as rows."""

from datetime import timedelta

import pytest

from monitor.store.export import (
    ITEM_COLUMNS,
    TEXT_COLUMNS,
    export_items,
    export_labels,
    label_columns,
    margin_types,
)
from monitor.store.open import Store
from tests.store.builders import (
    FRAMES,
    NOW,
    WEEK,
    a_model,
    a_source,
    an_item,
    an_outlet,
    half,
    label_all,
    put,
    unread,
)


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


def test_exported_labels_hold_margin_and_unclear_of_relevance_tone_and_each_frame(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item())
        for name, needed in (("linear", half(relevant=0.85)), ("older", None)):
            label_all(session, a_model(session, name, needed=needed), hits={"positive": 1.0})
        known, unknown = (
            next(export_labels(session, a_model(session, name))) for name in ("linear", "older")
        )
    assert (known["relevant_p"], known["relevant_unclear"]) == (0.9, True)
    assert known["relevant_margin"] == pytest.approx(0.05)
    assert (known["tone_margin"], known["tone_unclear"]) == (0.25, False)
    assert (known["positive_margin"], known["positive_unclear"]) == (0.5, False)
    assert known["incompetent_margin"] == -0.5
    assert {unknown[f"{one}_margin"] for one in ("relevant", "positive", "incompetent")} == {None}
    assert unknown["relevant_unclear"] is None
    assert unknown["tone_margin"] == 0.25
    assert set(margin_types(FRAMES)) == {
        column for column in label_columns(FRAMES) if column.endswith(("_margin", "_unclear"))
    }


def test_exports_stream_in_the_order_of_items(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        put(session, *(an_item(f"https://post.example/{n}", title=f"Story {n}") for n in range(1_200)))
        while unread(session, model):
            label_all(session, model)
    with store.reading() as session:
        assert [row["id"] for row in export_items(session)] == list(range(1, 1_201))
        assert [row["item"] for row in export_labels(session, model)] == list(range(1, 1_201))


def test_an_empty_database_exports_nothing(store: Store) -> None:
    with store.writing() as session:
        model = a_model(session)
        assert list(export_items(session)) == []
        assert list(export_labels(session, model)) == []


def test_a_copy_names_the_item_that_it_copies(store: Store) -> None:
    title = "Social workers missed nine chances to save boy"
    with store.writing() as session:
        for place in ("agency", "echo"):
            source = a_source(place, an_outlet(place))
            put(session, an_item(f"https://{place}.example/1", title=title, source=source), source=source)
        assert [(row["id"], row["cluster"]) for row in export_items(session)] == [(1, 1), (2, 1)]
