"""Search means the same on both databases."""

import pytest

from monitor.store.open import Store
from monitor.store.search import search
from tests.store.builders import (
    an_item,
    put,
)


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


def test_words_are_runs_of_letters_and_digits_on_both_databases(store: Store) -> None:
    title = "The family court’s “well-being” report: Ŵyn of Ceredigion paid £5.50"
    summary = "See https://council.example/news?id=1 or e-mail@council.example."
    found: tuple[str, ...] = (
        "family",
        "court's",
        "court’s",
        "well-being",
        "well being",
        "Ceredigion",
        "ŵyn",
        "wyn",
        "£5.50",
        "5",
    )
    found += ("council.example/news", "e-mail@council.example", "mail", "!!! family ???")
    missed = ("FAMILIES", "fam", "being-well", "don't", "family nothing")
    with store.writing() as session:
        put(session, an_item(title=title, summary=summary))
        finds = {words: bool(search(session, words, limit=9)) for words in (*found, *missed)}
    assert finds == dict.fromkeys(found, True) | dict.fromkeys(missed, False)


def test_a_common_word_gives_as_many_items_as_asked_for(store: Store) -> None:
    with store.writing() as session:
        put(session, *(an_item(f"https://post.example/{n}", title=f"Council {n}") for n in range(30)))
        found = [item.item_id for item in search(session, "council", limit=20)]
    assert len(found) == len(set(found)) == 20


def test_what_says_the_word_more_often_comes_first(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/1", title="A council met and then went home again"))
        put(session, an_item("https://post.example/2", title="Council on council: the council met"))
        assert [item.item_id for item in search(session, "council", limit=9)] == [2, 1]


def test_of_a_common_word_only_the_newest_matches_are_ranked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.search.MOST_RANKED", 2)
    titles = ("Council, council, council", "A council met and then went home again", "Council on council")
    with store.writing() as session:
        put(session, *(an_item(f"https://post.example/{n}", title=title) for n, title in enumerate(titles)))
        assert [item.item_id for item in search(session, "council", limit=9)] == [3, 2]
