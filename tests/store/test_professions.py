"""Professions are counted at intake, once a story, and the weekly sums follow whatever becomes of an item."""

from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.label.lexicon import STRICT
from monitor.store.forget import forget
from monitor.store.maintain import check, migrations, upgrade
from monitor.store.open import Store, make_engine, open_store, parse_url
from monitor.store.professions import (
    PROFESSIONS,
    profession_mentions,
    verify_mentions,
    weekly_professions,
)
from monitor.store.retention import blank_older_than
from monitor.store.rollups import settle
from monitor.store.schema import ItemRow, MentionRow, WeeklyProfessionRow
from monitor.types import Grouping, OutletType, ProfessionCount
from tests.store.builders import NOW, WEEK, a_source, an_item, an_outlet, put
from tests.store.test_migrations import empty_url, fill

__all__ = ["empty_url"]

NAMED = {"social_work": (1, 1), "teachers": (0, 0), "nurses": (1, 2), "police": (1, 1)}


def counted(session: Session, by: Grouping | None = None) -> list[ProfessionCount]:
    return weekly_professions(session, WEEK.plus(-500), WEEK.plus(10), by)


def named(session: Session) -> dict[str, tuple[int, int]]:
    return {count.profession: (count.items, count.mentions) for count in counted(session)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Social workers, social-work and a social worker", {"social_work": 3}),
        ("Head teacher and headteachers; a schoolteacher", {"teachers": 3}),
        ("Teaching unions say teachers leave", {"teachers": 2}),
        ("Nurses' pay: nursing staff and a nurse", {"nurses": 3}),
        ("Police say a policewoman and a constable", {"police": 3}),
        ("Nursery in a nursing home; teaching hospital; social workhouse; policy; the worker", {}),
    ],
)
def test_a_profession_is_named_by_its_people_and_its_work(text: str, found: dict[str, int]) -> None:
    assert profession_mentions(text, "") == found
    assert profession_mentions("", text) == found


@pytest.mark.parametrize(
    "text", ["Social workers", "SOCIAL WORK", "social-worker", "social working", "social workhouse", "social"]
)
def test_social_work_is_what_the_strict_lexicon_of_labels_names(text: str) -> None:
    assert ("social_work" in profession_mentions(text, "")) == bool(STRICT.search(text))


def test_every_item_counts_by_title_and_summary_and_not_by_its_text(store: Store) -> None:
    with store.writing() as session:
        put(
            session,
            an_item("https://post.example/1", title="Nurses strike", summary="A nurse said.", text="Police."),
            an_item("https://post.example/2", title="Bakery wins prize"),
            an_item("https://post.example/3", title="Social worker meets police"),
        )
        assert named(session) == NAMED
    assert check(store) == []


def test_a_week_with_items_and_no_mention_is_zero_and_one_without_items_absent(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/1", title="Nurses strike"))
        put(session, an_item("https://post.example/2", title="Rain", at=NOW - timedelta(weeks=2)))
        weeks = {(count.week, count.profession): count.items for count in counted(session)}
    assert {week for week, _ in weeks} == {WEEK.plus(-2), WEEK}
    assert [weeks[WEEK.plus(-2), profession] for profession in PROFESSIONS] == [0, 0, 0, 0]
    assert [weeks[WEEK, profession] for profession in PROFESSIONS] == [0, 0, 1, 0]


def test_counts_are_cut_by_outlet_type_nation_and_outlet(store: Store) -> None:
    blog = a_source("blog", an_outlet("A Blog", OutletType.BLOG))
    with store.writing() as session:
        put(session, an_item("https://post.example/1", title="Nurses strike"))
        put(session, an_item("https://blog.example/1", title="A nurse writes", source=blog), source=blog)
        of_nurses = [
            (by, count.group, count.items)
            for by in ("outlet_type", "nation", "outlet")
            for count in counted(session, by)
            if count.profession == "nurses"
        ]
    assert of_nurses == [
        ("outlet_type", "blog", 1), ("outlet_type", "national", 1), ("nation", "England", 2),
        ("outlet", "A Blog", 1), ("outlet", "Daily Post", 1),
    ]  # fmt: skip


def test_a_revised_headline_leaves_the_counts_of_the_first_one(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(title="Nurses strike"))
        put(session, an_item(title="Police and nurses strike, police say"))
        assert named(session)["nurses"] == (1, 1)
        assert named(session)["police"] == (0, 0)


def test_an_item_of_which_one_batch_holds_two_revisions_counts_by_the_first(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(title="Nurses strike"), an_item(title="Police strike"))
        assert (named(session)["nurses"], named(session)["police"]) == ((1, 1), (0, 0))


def two_copies(session: Session, title: str = "Police praise nurses and social workers of the town") -> None:
    for place, days in (("agency", 0), ("post", 6)):
        source = a_source(place, an_outlet(place))
        at = NOW + timedelta(days=days)
        put(session, an_item(f"https://{place}.example/1", title=title, source=source, at=at), source=source)


def of_police(session: Session) -> list[tuple[Week, str]]:
    return [(c.week, c.group) for c in counted(session, "outlet") if c.profession == "police" and c.items]


def test_a_story_counts_once_where_and_when_it_was_first_published(store: Store) -> None:
    with store.writing() as session:
        two_copies(session)
        assert of_police(session) == [(WEEK, "agency")]
    assert check(store) == []


def test_the_next_copy_counts_where_the_first_is_forgotten_and_nothing_of_the_first_is_left(
    store: Store,
) -> None:
    with store.writing() as session:
        two_copies(session)
        forget(session, item_id=1, now=NOW)
        assert of_police(session) == [(WEEK.plus(1), "post")]
        assert set(session.scalars(select(MentionRow.item_id))) == {2}
    assert check(store) == []


def test_an_item_that_is_found_to_be_a_copy_later_ceases_to_count(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item("https://post.example/1", title="Nurses strike"))
        put(session, an_item("https://post.example/2", title="Nurses strike: what we know"))
        session.execute(update(ItemRow).where(ItemRow.id == 2).values(cluster_id=1))
        settle(session, [2])
        assert named(session)["nurses"] == (1, 1)
    assert check(store) == []


def test_an_item_that_names_nobody_is_forgotten_as_well(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(title="Bakery wins prize"))
        assert forget(session, item_id=1, now=NOW) == 1
        assert counted(session) == []


def test_the_last_item_forgotten_leaves_no_empty_sum(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(title="Nurses strike"))
        forget(session, item_id=1, now=NOW)
        assert session.scalars(select(WeeklyProfessionRow.items)).all() == []
        assert counted(session) == []


def test_blanked_summaries_change_no_count(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item(title="Strike", summary="Nurses walk out."))
        blank_older_than(session, NOW + timedelta(days=1), 10)
        assert named(session)["nurses"] == (1, 1)
    assert check(store) == []


@pytest.mark.parametrize("what", ["sum", "mark"])
def test_check_names_a_week_whose_professions_were_tampered_with(store: Store, what: str) -> None:
    with store.writing() as session:
        put(session, an_item(title="Nurses strike"))
        if what == "sum":
            session.execute(update(WeeklyProfessionRow).values(mentions=9))
        else:
            session.execute(update(MentionRow).values(counted=False))
    assert check(store) == [f"weekly sums: professions in {WEEK} differ from their mentions"]


def test_an_older_database_is_counted_when_it_is_upgraded(empty_url: str) -> None:
    engine = make_engine(parse_url(empty_url), foreign_keys=False).execution_options(writes=True)
    with engine.begin() as connection:
        command.upgrade(migrations(connection), "0007")
        fill(connection)
        connection.exec_driver_sql("UPDATE revisions SET title = 'Nurse and police', summary = 'Nurses say.'")
    engine.dispose()
    upgrade(empty_url)
    store = open_store(empty_url)
    with store.reading() as session:
        assert named(session) == NAMED | {"social_work": (0, 0)}
        assert verify_mentions(session) == []
    store.close()
