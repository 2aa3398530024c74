"""How ``keep:`` takes text and leaves what is counted."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from monitor.store.maintain import check, compact
from monitor.store.open import Store
from monitor.store.retention import blank_older_than
from monitor.store.schema import EvidenceRow
from monitor.store.search import search
from monitor.store.stories import revisions_of
from tests.store.builders import NOW, a_model, an_item, put, unread
from tests.store.test_forget import SECRETS, a_secret_story, left_of


def test_blanking_takes_text_and_leaves_titles_and_labels(
    store: Store, raw_bytes: Callable[[], bytes]
) -> None:
    a_secret_story(store)
    with store.writing() as session:
        assert blank_older_than(session, NOW + timedelta(seconds=1), limit=100) == 22
    if store.engine.dialect.name == "postgresql":
        compact(store)
    assert left_of(raw_bytes()) == [SECRETS[0], SECRETS[1], "post.example/secret"]
    assert check(store) == []
    with store.reading() as session:
        newest = revisions_of(session, 21)[-1]
        assert (newest.title, newest.summary, newest.text) == (f"About {SECRETS[1]}", "", "")
        assert search(session, SECRETS[2], limit=5) == []
        assert [item.item_id for item in search(session, SECRETS[1], limit=5)] == [21]
        assert set(session.scalars(select(EvidenceRow.text))) == {""}


def test_blanking_goes_in_batches_until_nothing_is_left(store: Store) -> None:
    with store.writing() as session:
        put(session, *(an_item(f"https://post.example/{n}", summary="Said.") for n in range(5)))
        counts = [blank_older_than(session, NOW + timedelta(days=1), limit=2) for _ in range(4)]
    assert counts == [2, 2, 1, 0]


def test_blanking_spares_what_was_seen_since(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(summary="Said."))
        assert blank_older_than(session, NOW, limit=9) == 0


def test_an_item_imported_again_after_blanking_is_a_duplicate(store: Store) -> None:
    item = an_item(summary="Said.", text="An article.")
    with store.writing() as session:
        put(session, item)
        blank_older_than(session, NOW + timedelta(days=1), limit=9)
        assert put(session, item).duplicate == 1
        assert put(session, an_item(summary="Said otherwise.")).revised == 1


def test_what_was_read_before_blanking_is_not_read_again(store: Store) -> None:
    a_secret_story(store)
    with store.writing() as session:
        blank_older_than(session, NOW + timedelta(days=1), limit=100)
        assert unread(session, a_model(session)) == []
