"""Which weeks count as read, on a real database: of the others a report knows nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.config.load import parse_config
from monitor.pipeline.breaks import check_week
from monitor.pipeline.reportdata import report_data, week_asked
from monitor.pipeline.reportweeks import SomeOutlets, read_counts
from monitor.report.usual import usual_volume
from monitor.store.open import Store, open_store
from monitor.store.polls import ensure_source, record_poll
from monitor.store.rollups import weekly_counts
from monitor.store.schema import SourceRow
from monitor.types import PollRecord, StoredModel
from tests.store.builders import NOW, WEEK, a_source, an_item, an_outlet, label_all, put

HOUR = timedelta(hours=1)
FILE = a_source("file:archive", an_outlet("Archive"))
CONFIG = parse_config("sources: []", "feeds.yaml")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'monitor.db'}", create=True)
    yield store
    store.close()


def add(
    session: Session, model: StoredModel | None, back: int, items: int, *, imported: bool = False
) -> None:
    """Store so many items of a week so long before, and label them where there is a model."""
    source = FILE if imported else a_source()
    at = NOW - timedelta(weeks=back)
    folder = "archive" if imported else "feed"
    found = [
        an_item(
            f"https://post.example/{folder}/{back}/{n}", title=f"{folder} {back} {n}", source=source, at=at
        )
        for n in range(items)
    ]
    put(session, *found, source=source)
    if model is not None:
        label_all(session, model)


def poll_since(session: Session, week: Week, *, every: int = 24) -> None:
    """Poll the feed from the beginning of a week to the end of the last, seeing all in between."""
    start, end = week.bounds()[0], WEEK.bounds()[1] + 24 * HOUR
    ensure_source(session, a_source())
    for hours in range(0, int((end - start) / HOUR), every):
        at = start + hours * HOUR
        seen_from = at - every * HOUR if hours else at
        record_poll(
            session,
            a_source().id,
            PollRecord(
                at, 1.0, "ok", seen_from=seen_from, next_poll_at=None, asked="https://post.example/feed"
            ),
        )


def weeks_read(store: Store, model: StoredModel) -> dict[int, int]:
    """Return how many items each week that was read had, by how long ago it was."""
    with store.reading() as session:
        counts = weekly_counts(session, model.id, WEEK.plus(-60), WEEK)
        found = read_counts(session, counts, (WEEK, WEEK))
    return {(WEEK.monday() - count.week.monday()).days // 7: count.labelled for count in found}


def test_a_week_of_which_feeds_still_list_a_few_items_was_not_read(store: Store, model: StoredModel) -> None:
    with store.writing() as session:
        poll_since(session, WEEK)
        for back, items in {0: 10, 1: 9, 2: 5, 3: 4, 30: 1}.items():
            add(session, model, back, items)
    assert weeks_read(store, model) == {0: 10, 1: 9, 2: 5}


def test_the_week_in_which_polling_began_is_judged_by_what_feeds_still_listed_of_it(
    store: Store, model: StoredModel
) -> None:
    with store.writing() as session:
        poll_since(session, WEEK.plus(-1))
        for back, items in {0: 10, 1: 1}.items():
            add(session, model, back, items)
        session.execute(update(SourceRow).values(first_poll_at=WEEK.plus(-1).bounds()[0] + 6 * 24 * HOUR))
    assert weeks_read(store, model) == {0: 10}


def test_a_week_filled_from_a_file_was_read_however_few_its_items(store: Store, model: StoredModel) -> None:
    with store.writing() as session:
        poll_since(session, WEEK)
        add(session, model, 0, 10)
        add(session, model, 8, 1, imported=True)
    assert weeks_read(store, model) == {0: 10, 8: 1}


def test_after_a_storm_in_imported_weeks_quiet_weeks_that_feeds_still_list_were_read(
    store: Store, model: StoredModel
) -> None:
    with store.writing() as session:
        poll_since(session, WEEK)
        for back, items in {0: 10, 1: 8, 2: 3}.items():
            add(session, model, back, items)
        for back, items in {3: 10, 4: 9, 5: 10, 6: 60}.items():
            add(session, model, back, items, imported=True)
    assert weeks_read(store, model) == {0: 10, 1: 8, 3: 10, 4: 9, 5: 10, 6: 60}


def test_a_week_without_an_item_was_read_where_polls_observed_it(store: Store, model: StoredModel) -> None:
    with store.writing() as session:
        add(session, model, 4, 10, imported=True)
        add(session, model, 0, 10)
        poll_since(session, WEEK.plus(-2))
    assert weeks_read(store, model) == {4: 10, 2: 0, 1: 0, 0: 10}


def test_a_week_whose_items_are_not_labelled_was_not_read(store: Store, model: StoredModel) -> None:
    with store.writing() as session:
        poll_since(session, WEEK.plus(-2))
        add(session, model, 2, 10)
        add(session, model, 0, 10)
        add(session, None, 1, 10)
    assert weeks_read(store, model) == {2: 10, 0: 10}


def test_a_week_in_which_polls_failed_was_not_read(store: Store, model: StoredModel) -> None:
    with store.writing() as session:
        poll_since(session, WEEK.plus(-2), every=24 * 30)
        add(session, model, 2, 10)
        add(session, model, 0, 10)
    assert weeks_read(store, model) == {2: 10, 0: 10}


def test_the_reported_week_stays_whatever_was_read_of_it(store: Store, model: StoredModel) -> None:
    with store.writing() as session:
        add(session, model, 0, 1)
        add(session, model, 1, 10)
        poll_since(session, WEEK.plus(2))
    assert weeks_read(store, model) == {0: 1, 1: 10}


def test_an_old_entry_in_a_feed_makes_neither_a_year_without_coverage_nor_an_outbreak(
    store: Store, model: StoredModel
) -> None:
    with store.writing() as session:
        poll_since(session, WEEK.plus(-8))
        for back in range(9):
            add(session, model, back, 6 + back % 2)
        for back in range(10, 52):
            add(session, model, back, 1)
    data = report_data(store, CONFIG, model, lambda: NOW + timedelta(weeks=1), week_asked(WEEK))
    usual = usual_volume(data)
    assert data.findings.first == WEEK.plus(-8)
    assert (usual.mean, usual.low, usual.high) == (6.5, 6.0, 7.0)
    assert data.findings.volume.covered == 8
    assert {one.verdict for one in check_week(store, model, WEEK)} == {"not_estimable"}


def test_a_list_of_some_outlets_does_not_count_the_weeks_before_its_sources_were_polled(
    store: Store, model: StoredModel
) -> None:
    with store.writing() as session:
        poll_since(session, WEEK.plus(-1))
        for back in (6, 5, 4, 3, 2):
            add(session, model, back, 20, imported=True)
        for back in (5, 1, 0):
            add(session, model, back, 8 if back < 2 else 1)
    with store.reading() as session:
        every = weekly_counts(session, model.id, WEEK.plus(-60), WEEK)
        own = weekly_counts(session, model.id, WEEK.plus(-60), WEEK, outlets=["Daily Post"])
        found = read_counts(session, own, (WEEK, WEEK), SomeOutlets(["Daily Post"], ["post"], every))
    assert [count.labelled for count in found] == [8, 8]
