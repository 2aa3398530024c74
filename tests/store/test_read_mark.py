"""The mark up to which a model has read everything never hides a revision that it has not read."""

from datetime import timedelta

from sqlalchemy import event, text

from monitor.pipeline.upkeep import run_recount
from monitor.store.forget import forget
from monitor.store.labels import (
    SETTLED_AFTER,
    ReadMark,
    count_to_label,
    next_read_mark,
    put_read_mark,
    readings_to_label,
)
from monitor.store.open import Store
from monitor.types import StoredModel
from tests.store.builders import NOW, a_model, an_item, label_all, put

LATER = NOW + SETTLED_AFTER
MUCH_LATER = LATER + SETTLED_AFTER


def read_all(store: Store, number: int, name: str = "linear") -> StoredModel:
    """Store items and let a model read them."""
    with store.writing() as session:
        model = a_model(session, name)
        for place in range(number):
            put(session, an_item(f"https://post.example/{name}/{place}", title=f"{name} {place}"))
        label_all(session, model)
    return model


def move(store: Store, model: StoredModel, *, minutes: float = 0) -> ReadMark | None:
    with store.writing() as session:
        mark = next_read_mark(session, model.id, NOW + timedelta(minutes=minutes))
        if mark is not None:
            put_read_mark(session, model.id, mark)
        return mark


def waiting(store: Store, model: StoredModel) -> int:
    with store.reading() as session:
        number = count_to_label(session, model.id)
        readings = readings_to_label(session, model.id, after=0, limit=100)
        assert len({reading.revision_id for reading in readings}) == number
        return number


def test_the_mark_moves_only_over_what_was_stored_an_hour_before(store: Store) -> None:
    model = read_all(store, 3)
    assert move(store, model) == ReadMark(0, 3, NOW)
    assert move(store, model, minutes=59) is None
    assert move(store, model, minutes=60) == ReadMark(3, 3, LATER)


def test_a_revision_of_a_transaction_that_was_open_when_the_mark_was_noted_is_found(store: Store) -> None:
    read_all(store, 1)
    with store.writing() as session:  # takes an id, which nothing else is given
        put(session, an_item("https://post.example/first", title="First"))
        forget(session, url="https://post.example/first", now=NOW)
    model = read_all(store, 3)
    noted = move(store, model)
    assert noted is not None
    with store.writing() as session:  # and commits only now
        put(session, an_item("https://post.example/late", title="Late"))
        session.execute(text("UPDATE revisions SET id = 2 WHERE title = 'Late'"))
    assert noted.noted > 2
    assert waiting(store, model) == 1
    assert move(store, model, minutes=60) is None, "nothing is settled while something is unread"


def test_new_items_and_revisions_behind_the_mark_are_found(store: Store) -> None:
    model = read_all(store, 3)
    move(store, model)
    move(store, model, minutes=60)
    assert waiting(store, model) == 0
    with store.writing() as session:
        put(session, an_item("https://post.example/linear/0", title="A new headline"))
        put(session, an_item("https://post.example/new", title="Two", text="An article."))
    assert waiting(store, model) == 2


def test_another_model_has_a_mark_of_its_own(store: Store) -> None:
    model = read_all(store, 3)
    move(store, model)
    move(store, model, minutes=60)
    with store.writing() as session:
        other = a_model(session, "other")
    assert waiting(store, other) == 3
    assert waiting(store, model) == 0


def test_an_id_that_was_erased_is_not_given_again_below_the_mark(store: Store) -> None:
    model = read_all(store, 3)
    move(store, model)
    move(store, model, minutes=60)
    with store.writing() as session:
        forget(session, url="https://post.example/linear/2", now=NOW)
        put(session, an_item("https://post.example/new", title="New"))
    assert waiting(store, model) == 1


def test_a_clock_that_was_wrong_settles_nothing(store: Store) -> None:
    model = read_all(store, 2)
    move(store, model, minutes=100_000)
    assert move(store, model) == ReadMark(0, 2, NOW)


def test_a_wrong_mark_is_found_and_erased_by_the_daily_recount(store: Store) -> None:
    model = read_all(store, 2)
    assert run_recount(store) == 0
    with store.writing() as session:
        put(session, an_item("https://post.example/new", title="New"))
        put_read_mark(session, model.id, ReadMark(99, 99, NOW))
    assert waiting(store, model) == 0
    assert run_recount(store) == 1
    assert waiting(store, model) == 1


def test_an_idle_look_reads_only_what_lies_behind_the_mark(store: Store) -> None:
    model = read_all(store, 2)
    move(store, model)
    move(store, model, minutes=60)
    said: list[str] = []
    with store.reading() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *call: said.append(str(call[3])))
        count_to_label(session, model.id)
    assert any("2" in one for one in said), "the mark is a bound of the query"
