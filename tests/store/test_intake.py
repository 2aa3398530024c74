"""Which entries are the same item, and what becomes of them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from monitor.store.intake import add_items, known_urls
from monitor.store.open import Store
from monitor.store.schema import ItemRow, OutletRow, RevisionRow
from monitor.store.stories import revisions_of
from monitor.types import Item, OutletType, Rejected
from tests.store.builders import NOW, a_source, an_item, an_outlet, put


def items_in(store: Store) -> int:
    with store.reading() as session:
        return session.scalars(select(func.count()).select_from(ItemRow)).one()


def cluster_of(store: Store, url: str) -> str | None:
    """The address of the item whose copy this one is."""
    with store.reading() as session:
        leader = select(ItemRow.cluster_id).where(ItemRow.url == url).scalar_subquery()
        return session.scalars(select(ItemRow.url).where(ItemRow.id == leader)).one_or_none()


def test_ten_addresses_under_one_guid_are_ten_items(store: Store) -> None:
    with store.writing() as session:
        intake = put(session, *(an_item(f"https://post.example/{n}", guid="story") for n in range(10)))
    assert (intake.new, items_in(store)) == (10, 10)


def test_one_address_under_a_changed_guid_is_one_item(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(guid="a"))
        intake = put(session, an_item(guid="b"))
    assert (intake.duplicate, items_in(store)) == (1, 1)


def test_a_page_under_http_and_https_is_one_item_with_the_address_first_collected(store: Store) -> None:
    plain, secure = "http://post.example/1", "https://post.example/1"
    with store.writing() as session:
        put(session, an_item(plain))
        intake = put(session, an_item(secure), an_item("https://post.example/2"))
        known = known_urls(session, [secure, plain, "ftp://post.example/1"])
        stored = session.scalars(select(ItemRow.url).order_by(ItemRow.id)).all()
    assert (intake.duplicate, intake.new) == (1, 1)
    assert known == {plain, secure}
    assert stored == [plain, "https://post.example/2"]


def test_without_an_address_the_guid_tells_items_apart_within_a_source(store: Store) -> None:
    other = a_source("echo", an_outlet("Echo"))
    with store.writing() as session:
        put(session, an_item(None, guid="1"), an_item(None, guid="2"), an_item(None, guid="1"))
        put(session, an_item(None, guid="1", source=other), source=other)
    assert items_in(store) == 3


def test_without_address_or_guid_the_title_and_the_london_day_tell_items_apart(store: Store) -> None:
    noon, late = an_item(None, at=NOW), an_item(None, at=NOW + timedelta(hours=11))
    with store.writing() as session:
        intake = put(session, noon, late, an_item(None, at=NOW + timedelta(hours=12)))
    assert (intake.new, intake.duplicate) == (2, 1)


def test_a_batch_stored_twice_adds_nothing_the_second_time(store: Store) -> None:
    batch = [an_item(f"https://post.example/{n}", summary="A summary.") for n in range(5)]
    with store.writing() as session:
        first = put(session, *batch)
    with store.writing() as session:
        second = put(session, *batch)
        revisions = session.scalars(select(func.count()).select_from(RevisionRow)).one()
    assert (first.new, second.new, second.revised, second.duplicate, revisions) == (5, 0, 0, 5, 5)


def test_a_changed_headline_is_a_revision_that_keeps_what_it_does_not_repeat(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(title="Boy found", summary="A summary.", text="An article."))
        intake = put(session, an_item(title="Boy was failed"))
        first, second = revisions_of(session, 1)
    assert (intake.revised, intake.new) == (1, 0)
    assert (first.number, first.title) == (1, "Boy found")
    assert (second.number, second.title, second.summary) == (2, "Boy was failed", "A summary.")
    assert second.text == "An article."


def test_an_article_text_that_comes_later_is_a_revision(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(summary="A summary."))
        assert put(session, an_item(summary="A summary.", text="An article.")).revised == 1
        assert put(session, an_item(summary="A summary.")).duplicate == 1


def test_headlines_that_take_turns_are_stored_once_each(store: Store) -> None:
    for title in ("One headline", "Another headline") * 3:
        with store.writing() as session:
            put(session, an_item(title=title))
    with store.reading() as session:
        assert [r.title for r in revisions_of(session, 1)] == ["One headline", "Another headline"]


def test_revisions_within_one_batch_are_stored_in_order(store: Store) -> None:
    with store.writing() as session:
        intake = put(session, *(an_item(title=f"Headline {n}") for n in (1, 2, 1, 3)))
        titles = [r.title for r in revisions_of(session, 1)]
    assert (intake.new, intake.revised, intake.duplicate) == (1, 2, 1)
    assert titles == ["Headline 1", "Headline 2", "Headline 3"]


@pytest.mark.parametrize("bad", ["half a pair \ud83d", "a NUL \0"])
def test_text_that_no_database_stores_is_rejected_and_the_rest_is_kept(store: Store, bad: str) -> None:
    entries: list[Item | Rejected] = [an_item(title=bad), an_item(), Rejected("no-date"), Rejected("no-date")]
    with store.writing() as session:
        intake = add_items(session, a_source(), entries, NOW)
    assert intake.as_json() == {
        "read": 4,
        "new": 1,
        "revised": 0,
        "duplicate": 0,
        "rejected": 3,
        "reasons": {"bad-text": 1, "no-date": 2},
    }


def test_a_bad_outlet_name_costs_only_its_own_entry(store: Store) -> None:
    with store.writing() as session:
        bad = an_item(source=a_source(outlet=an_outlet("Echo \ud83d")))
        assert put(session, bad, an_item()).reasons == {"bad-text": 1}


def test_addresses_that_are_stored_are_known(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/1"))
        known = known_urls(session, ["https://post.example/1", "https://post.example/2"])
    assert known == {"https://post.example/1"}


def test_an_imported_file_does_not_unsay_an_outlets_type(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/1"))
        vague = a_source("file.csv", an_outlet(outlet_type=OutletType.UNKNOWN))
        put(session, an_item("https://post.example/2", source=vague), source=vague)
        assert session.scalars(select(OutletRow.outlet_type)).all() == ["national"]


def test_an_outlet_gets_its_type_where_it_had_none_whatever_the_order_in_a_batch(store: Store) -> None:
    vague = a_source("file.csv", an_outlet("Post", OutletType.UNKNOWN))
    known = a_source("file.csv", an_outlet("Post", OutletType.TABLOID))
    with store.writing() as session:
        batch = [an_item(f"https://post.example/{n}", source=s) for n, s in enumerate((vague, known, vague))]
        put(session, *batch, source=vague)
        assert session.scalars(select(OutletRow.outlet_type)).all() == ["tabloid"]


TITLE = "Social workers missed nine chances to save boy"


def a_copy(place: str, **changes: object) -> Item:
    source = a_source(place, an_outlet(place.title()))
    return an_item(f"https://{place}.example/1", source=source, **{"title": TITLE, **changes})  # type: ignore[arg-type]


def test_copies_of_a_story_in_other_outlets_are_tied_to_the_first(store: Store) -> None:
    with store.writing() as session:
        put(session, a_copy("agency"))
        put(session, a_copy("post", title=TITLE.upper()), a_copy("echo", at=NOW + timedelta(days=3)))
    assert cluster_of(store, "https://agency.example/1") is None
    assert cluster_of(store, "https://post.example/1") == "https://agency.example/1"
    assert cluster_of(store, "https://echo.example/1") == "https://agency.example/1"


def test_copies_in_one_batch_are_tied_too(store: Store) -> None:
    with store.writing() as session:
        put(session, a_copy("agency"), a_copy("post"))
    assert cluster_of(store, "https://post.example/1") == "https://agency.example/1"


@pytest.mark.parametrize(
    "other",
    [
        a_copy("echo", at=NOW + timedelta(days=8)),
        a_copy("echo", summary="Something else happened."),
        a_copy("echo", title="Another headline of some six words"),
        an_item("https://agency.example/2", title=TITLE, source=a_source("agency", an_outlet("Agency"))),
    ],
    ids=["a week later", "other summary", "other title", "same outlet"],
)
def test_what_is_not_a_copy_is_not_tied(store: Store, other: Item) -> None:
    with store.writing() as session:
        put(session, a_copy("agency"), other)
    assert cluster_of(store, str(other.url)) is None


def test_short_titles_alone_make_no_copies(store: Store) -> None:
    with store.writing() as session:
        put(session, a_copy("agency", title="Court report"), a_copy("post", title="Court report"))
    assert cluster_of(store, "https://post.example/1") is None
