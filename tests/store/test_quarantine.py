"""Entries dated too far ahead wait for their day."""

from dataclasses import replace
from datetime import timedelta

from monitor.store.forget import forget
from monitor.store.open import Store
from monitor.store.polls import ensure_source
from monitor.store.quarantine import due_for_release, quarantine, quarantined, release
from monitor.types import Item
from tests.store.builders import NOW, a_source, an_item

DAY = timedelta(days=1)
EARLY = an_item(
    "https://post.example/early", title="Café opens", summary="Said.", text="Long.", at=NOW + 3 * DAY
)


def keep(store: Store, *items: Item) -> None:
    with store.writing() as session:
        ensure_source(session, a_source())
        quarantine(session, a_source(), items, NOW)


def released(store: Store, days: int) -> list[Item]:
    with store.writing() as session:
        return [item for _, items in release(session, NOW + days * DAY) for item in items]


def test_an_entry_comes_out_as_it_went_in_once_its_day_has_come(store: Store) -> None:
    keep(store, EARLY)
    assert released(store, 2) == []
    with store.reading() as session:
        assert not due_for_release(session, NOW + 2 * DAY)
        assert due_for_release(session, NOW + 3 * DAY)
    assert released(store, 3) == [EARLY]
    assert released(store, 3) == []


def test_the_sketch_of_a_cut_text_waits_too(store: Store) -> None:
    sketched = replace(EARLY, sketch=b"\x00\xff")
    keep(store, sketched)
    assert released(store, 3) == [sketched]


def test_an_entry_that_is_seen_again_waits_once(store: Store) -> None:
    keep(store, EARLY, EARLY)
    keep(store, EARLY)
    with store.reading() as session:
        assert quarantined(session) == {"post": 1}


def test_what_is_forgotten_does_not_wait_and_never_will(store: Store) -> None:
    secret = an_item("https://post.example/secret", title="Quillfeather", at=NOW + 3 * DAY)
    keep(store, secret)
    with store.writing() as session:
        assert forget(session, url="https://post.example/secret", now=NOW) == 0
    keep(store, secret)
    assert released(store, 9) == []
