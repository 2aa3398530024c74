"""How collection went, and how much there is."""

from datetime import timedelta

from monitor.store.health import first_poll_at, last_polls, source_health, totals
from monitor.store.open import Store
from monitor.store.polls import ensure_source, record_poll
from monitor.types import Intake, PollRecord, SourceHealth
from tests.store.builders import (
    NOW,
    a_model,
    a_source,
    an_item,
    label_all,
    put,
)


def a_poll(minutes: int, **changes: object) -> PollRecord:
    started = NOW - timedelta(minutes=minutes)
    return PollRecord(started, 0.5, **{"outcome": "ok", **changes})  # type: ignore[arg-type]


def test_health_sums_a_sources_polls_in_the_span(store: Store) -> None:
    post = a_source("post")
    with store.writing() as session:
        for source in (post, a_source("echo")):
            ensure_source(session, source)
        record_poll(session, "post", a_poll(100, intake=Intake(new=7)))
        record_poll(session, "post", a_poll(50, intake=Intake(new=2, duplicate=1)))
        record_poll(session, "post", a_poll(40, outcome="failed", error="timed out", status=None))
        record_poll(session, "post", a_poll(30, outcome="unchanged", status=304))
        record_poll(session, "post", a_poll(20, outcome="failed", error="gone", status=404))
        healths = source_health(session, ["never", "post"], NOW - timedelta(minutes=60), NOW)
        everything = source_health(session, None, NOW - timedelta(minutes=60), NOW)
        latest = last_polls(session, "post", limit=2)
    nothing = SourceHealth("never", 0, 0, 0, None, None, None, 0, None)
    good, item = NOW - timedelta(minutes=30), NOW - timedelta(minutes=50)
    expected = SourceHealth("post", 4, 2, 2, good, item, "gone", 1, None, last_fresh_at=item)
    assert healths == [nothing, expected]
    assert [health.source for health in everything] == ["echo", "post"]
    assert [(key, poll.error) for key, poll in latest] == [("post", "gone"), ("post", None)]


def test_polls_are_given_back_with_their_intake(store: Store) -> None:
    poll = a_poll(5, status=200, intake=Intake(1, 2, 3, 4, {"no-date": 4}))
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", poll)
        assert last_polls(session, limit=1) == [("post", poll)]


def test_totals_count_what_is_there(store: Store) -> None:
    with store.writing() as session:
        empty = totals(session)
        put(session, an_item(title="One"), an_item(title="Two"))
        label_all(session, a_model(session))
        full = totals(session)
    assert (empty.items, empty.newest_item_at) == (0, None)
    assert (full.items, full.revisions, full.labels, full.newest_item_at) == (1, 2, 2, NOW)
    assert full.bytes >= 4096


def test_the_newest_item_is_the_one_published_last_and_not_the_one_that_came_in_last(store: Store) -> None:
    archive = an_item("https://post.example/old", at=NOW - timedelta(days=6000))
    with store.writing() as session:
        put(session, an_item("https://post.example/new", at=NOW - timedelta(hours=2)), seen_at=NOW)
        put(session, archive, seen_at=NOW + timedelta(days=1))
        found = totals(session)
    assert found.newest_item_at == NOW - timedelta(hours=2)
    assert found.last_intake_at == NOW + timedelta(days=1)


def test_a_span_without_polls_keeps_what_is_known_of_a_source(store: Store) -> None:
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", a_poll(600, intake=Intake(new=1)))
        (health,) = source_health(session, ["post"], NOW - timedelta(minutes=60), NOW)
    ago = NOW - timedelta(minutes=600)
    assert (health.polls, health.items, health.last_success_at, health.last_item_at) == (0, 0, ago, ago)


def test_the_start_of_collection_is_that_of_the_first_poll(store: Store) -> None:
    with store.writing() as session:
        assert first_poll_at(session) is None
        ensure_source(session, a_source())
        for minutes in (100, 50):
            record_poll(session, "post", a_poll(minutes))
        assert first_poll_at(session) == NOW - timedelta(minutes=100)
