"""The coverage ledger: hours of feeds of which all that was published has been seen."""

from datetime import timedelta

from monitor.clock import Week
from monitor.store.coverage import feed_hours, hours_by_source
from monitor.store.health import source_health
from monitor.store.open import Store
from monitor.store.polls import ensure_source, record_poll
from monitor.types import FeedHours, PollRecord
from tests.store.builders import a_source

WEEK = Week(2026, 46)
MONDAY, SUNDAY = WEEK.bounds()
HOUR = timedelta(hours=1)


def poll(store: Store, at: float, sees: float | None, *, key: str = "post", due: float | None = None) -> None:
    """Record a poll so many hours into the week, which has seen what was published in the hours before it."""
    started = MONDAY + at * HOUR
    record = PollRecord(
        started,
        1.0,
        "failed" if sees is None else "ok",
        seen_from=None if sees is None else started - sees * HOUR,
        next_poll_at=None if due is None else MONDAY + due * HOUR,
        asked="https://post.example/feed",
    )
    with store.writing() as session:
        ensure_source(session, a_source(key))
        record_poll(session, key, record)


def hours(store: Store, keys: list[str] | None = None, until: float | None = None) -> tuple[float, float]:
    """Return the hours of the week that were observed, and those expected."""
    with store.reading() as session:
        end = None if until is None else MONDAY + until * HOUR
        found = feed_hours(session, WEEK, keys, until=end)
    return round(found.observed, 6), round(found.expected, 6)


def test_polls_that_follow_each_other_observe_all_hours_between_them(store: Store) -> None:
    poll(store, -5, 0)
    for at in range(0, 169, 5):
        poll(store, at, 5)
    assert hours(store) == (165, 168)
    poll(store, 170, 5)
    assert hours(store) == (168, 168)


def test_what_left_the_window_unseen_is_not_observed(store: Store) -> None:
    poll(store, -1, 0)
    poll(store, 99, 20)
    poll(store, 200, 101)
    assert hours(store) == (20 + 69, 168)


def test_a_poll_long_after_the_week_may_have_seen_all_of_it(store: Store) -> None:
    poll(store, -1, 0)
    poll(store, 400, 401)
    assert hours(store) == (168, 168)


def test_hours_are_expected_from_the_first_poll_on_also_from_one_that_failed(store: Store) -> None:
    poll(store, 68, None)
    poll(store, 78, 0)
    poll(store, 178, 100)
    assert hours(store) == (90, 100)


def test_nothing_is_expected_of_what_was_never_polled(store: Store) -> None:
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", PollRecord(MONDAY, 1.0, "ok"))  # an import of a file
    assert hours(store) == (0, 0)
    assert FeedHours(0, 0).share is None


def test_hours_since_the_last_poll_are_not_missed_while_the_next_is_not_due(store: Store) -> None:
    poll(store, 0, 0, due=10)
    poll(store, 10, 10, due=20)
    assert hours(store, until=15) == (10, 10)
    assert hours(store, until=20.4) == (10, 10)
    assert hours(store, until=25) == (10, 25)


def test_sources_add_up_and_may_be_chosen(store: Store) -> None:
    for key, sees in (("post", 100), ("echo", 50)):
        poll(store, 0, 0, key=key)
        poll(store, 100, sees, key=key)
    assert hours(store) == (150, 336)
    assert hours(store, ["echo", "new"]) == (50, 168)
    with store.reading() as session:
        found = hours_by_source(session, MONDAY, MONDAY + 100 * HOUR)
        (health,) = source_health(session, ["post"], MONDAY, MONDAY + 200 * HOUR)
    assert {key: one.share for key, one in found.items()} == {"post": 1.0, "echo": 0.5}
    assert (round(health.hours.observed), round(health.hours.expected)) == (100, 200)
