"""What is erased is nowhere any more, and does not come back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from monitor.errors import UsageError
from monitor.store.forget import forget
from monitor.store.labels import add_labels
from monitor.store.maintain import check, compact
from monitor.store.open import Store, open_store
from monitor.store.schema import EvidenceRow, ItemRow, LabelRow, RevisionRow, TombstoneRow
from monitor.store.search import search
from monitor.types import Evidence, Label
from tests.store.builders import NOW, a_judgement, a_model, a_source, an_item, an_outlet, put, unread
from tests.store.databases import only_sqlite

SECRETS = ("Quillfeather", "Brambleton", "Thistlewood", "Marrowbone")
"""In the first headline, the second, the summary and the text; words that nothing else holds."""


def a_secret_story(store: Store) -> None:
    """Store an item of two revisions, labelled, among others."""
    with store.writing() as session:
        model = a_model(session)
        for n in range(20):
            put(session, an_item(f"https://post.example/{n}", title=f"Story {n}", summary=f"Said {n}."))
        first, second, summary, article = SECRETS
        about = {"summary": f"It says {summary}.", "text": f"Long article on {article}. " * 400}
        put(session, an_item("https://post.example/secret", title=f"About {first}", **about))  # type: ignore[arg-type]
        put(session, an_item("https://post.example/secret", title=f"About {second}", **about))  # type: ignore[arg-type]
        labels = [
            Label(
                r.revision_id,
                r.item_id,
                a_judgement(
                    r.depth, hits={"positive": 0.9}, evidence=[Evidence("positive", r.title + r.text, 0, 5)]
                ),
            )
            for r in unread(session, model)
        ]
        add_labels(session, model, labels, NOW)


def left_of(found: bytes) -> list[str]:
    return [word for word in (*SECRETS, "post.example/secret") if word.lower().encode() in found.lower()]


@only_sqlite
def test_forgetting_erases_every_trace_on_disk(store: Store, raw_bytes: Callable[[], bytes]) -> None:
    a_secret_story(store)
    assert left_of(raw_bytes()) == [*SECRETS, "post.example/secret"]
    with store.writing() as session:
        assert forget(session, url="https://post.example/secret", now=NOW) == 1
    assert left_of(raw_bytes()) == []
    assert check(store) == []
    with store.reading() as session:
        assert search(session, SECRETS[0], limit=5) == []
        for row in (RevisionRow, LabelRow, EvidenceRow):
            assert session.scalars(select(func.count()).select_from(row)).one() == 20


def test_compacting_leaves_nothing_of_what_was_forgotten_on_disk(
    store: Store, raw_bytes: Callable[[], bytes]
) -> None:
    a_secret_story(store)
    with store.writing() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("ANALYZE"))  # keeps samples of what the columns hold
    assert left_of(raw_bytes()) == [*SECRETS, "post.example/secret"]
    with store.writing() as session:
        forget(session, url="https://post.example/secret", now=NOW)
    compact(store)
    assert left_of(raw_bytes()) == []


@only_sqlite
def test_a_reader_delays_the_emptying_of_the_log_only_until_it_begins_anew(
    store: Store, url: str, raw_bytes: Callable[[], bytes]
) -> None:
    a_secret_story(store)
    hasty = open_store(url, busy_seconds=0.05)
    with store.reading() as reader:
        reader.scalars(select(ItemRow.id)).all()
        with hasty.writing() as session:
            forget(session, url="https://post.example/secret", now=NOW)
        assert left_of(raw_bytes()) != []
    # A log of 1,000 pages is brought into the database; the next writer begins it anew.
    for said in ("Long article. " * 500_000, "Short article."):
        with hasty.writing() as session:
            put(session, an_item(f"https://post.example/{len(said)}", title=f"{len(said)}", text=said))
    assert left_of(raw_bytes()) == []
    hasty.close()


def test_compacting_keeps_everything_that_is_stored(store: Store) -> None:
    a_secret_story(store)
    with store.reading() as session:
        session.scalars(select(ItemRow.id)).all()
    compact(store)
    assert check(store) == []
    with store.reading() as session:
        assert [item.item_id for item in search(session, SECRETS[0], limit=5)] == [21]


@pytest.mark.parametrize("title", ["Boy found", "Boy was failed"])
def test_what_was_forgotten_never_enters_again_under_any_of_its_names(store: Store, title: str) -> None:
    with store.writing() as session:
        put(session, an_item(title="Boy found", guid="g1"), an_item(title="Boy was failed", guid="g1"))
        forget(session, item_id=1, now=NOW)
    comebacks = [
        an_item(title="New headline"),
        an_item("https://post.example/moved", title="New headline", guid="g1"),
        an_item(None, title=title),
        an_item("https://post.example/other", title=title, at=NOW + timedelta(hours=2)),
    ]
    with store.writing() as session:
        intake = put(session, *comebacks)
    assert (intake.new, intake.reasons) == (0, {"forgotten": 4})


def test_a_guid_that_items_share_does_not_keep_the_others_out(store: Store) -> None:
    with store.writing() as session:
        put(session, *(an_item(f"https://post.example/{n}", title=f"Story {n}", guid="same") for n in (1, 2)))
        forget(session, item_id=1, now=NOW)
        intake = put(session, an_item("https://post.example/3", title="Story 3", guid="same"))
    assert intake.new == 1


def test_an_address_that_is_not_stored_never_enters(store: Store) -> None:
    with store.writing() as session:
        assert forget(session, url="https://post.example/1", now=NOW) == 0
        assert put(session, an_item("https://post.example/1")).reasons == {"forgotten": 1}
        assert forget(session, url="https://post.example/1", now=NOW) == 0
        assert session.scalars(select(func.count()).select_from(TombstoneRow)).one() == 1


def test_a_page_is_forgotten_under_http_and_https(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("http://post.example/1"))
        assert forget(session, url="https://post.example/1", now=NOW) == 1
        assert put(session, an_item("http://post.example/1")).reasons == {"forgotten": 1}


def test_an_item_that_does_not_exist_is_named(store: Store) -> None:
    with store.writing() as session, pytest.raises(UsageError, match="no item 7"):
        forget(session, item_id=7, now=NOW)


def test_copies_stay_together_under_the_next_one(store: Store) -> None:
    with store.writing() as session:
        for place in ("agency", "post", "echo"):
            source = a_source(place, an_outlet(place))
            title = "Social workers missed nine chances to save boy"
            put(session, an_item(f"https://{place}.example/1", title=title, source=source), source=source)
        forget(session, item_id=1, now=NOW)
        tied = session.execute(select(ItemRow.id, ItemRow.cluster_id).order_by(ItemRow.id)).all()
    assert [tuple(row) for row in tied] == [(2, None), (3, 2)]


def test_an_id_is_never_given_again(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item())
        forget(session, item_id=1, now=NOW)
        put(session, an_item("https://post.example/2", title="Story 2"))
        assert session.scalars(select(ItemRow.id)).all() == [2]
        assert session.scalars(select(RevisionRow.id)).all() == [2]
