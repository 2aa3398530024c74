"""What is kept of a source between polls, and settings."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.errors import UsageError
from monitor.store.intake import add_items
from monitor.store.moves import moves_of
from monitor.store.open import Store
from monitor.store.polls import due_sources, ensure_source, poll_state, record_poll
from monitor.store.settings import put_setting, setting
from monitor.types import Intake, Move, Pace, PollRecord, PollState, Source, Validators
from tests.store.builders import NOW, a_source, an_item, an_outlet


def test_a_source_is_due_until_the_time_that_its_poll_set(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", PollRecord(NOW, 1.0, "ok", next_poll_at=later))
        assert due_sources(session, ["new", "post"], NOW) == ["new"]
        assert due_sources(session, ["new", "post"], later) == ["new", "post"]


def test_a_failed_poll_leaves_what_the_next_one_needs(store: Store) -> None:
    validators = Validators('"tag"', "Wed, 11 Nov 2026 12:00:00 GMT")
    good = PollRecord(NOW, 1.0, "ok", 200, intake=Intake(new=1), validators=validators, body_hash="abc")
    failed = PollRecord(NOW, 1.0, "failed", 503, error="503", next_poll_at=NOW)
    with store.writing() as session:
        assert poll_state(session, "post") == PollState()
        ensure_source(session, a_source())
        record_poll(session, "post", good)
        for _ in range(2):
            record_poll(session, "post", failed)
        assert poll_state(session, "post") == PollState(validators, "abc", NOW, failures=2, polled_at=NOW)
        record_poll(session, "post", PollRecord(NOW, 1.0, "unchanged", 304, validators=validators))
        assert poll_state(session, "post") == PollState(validators, "abc", None, failures=0, polled_at=NOW)


def test_a_changed_address_forgets_what_belonged_to_the_old_one(store: Store) -> None:
    moved = Source("post", "https://post.example/new-feed", an_outlet("Renamed"))
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(
            session, "post", PollRecord(NOW, 1.0, "ok", validators=Validators("tag"), body_hash="abc")
        )
        ensure_source(session, moved)
        assert poll_state(session, "post") == PollState(polled_at=NOW)
        assert add_items(session, moved, [an_item(source=moved)], NOW).new == 1


def a_good_poll(hours: float, **changes: Any) -> PollRecord:
    at = NOW + timedelta(hours=hours)
    return PollRecord(at, 1.0, "ok", 200, asked="https://post.example/feed", **changes)


def test_what_a_poll_taught_is_there_at_the_next(store: Store) -> None:
    pace, move = Pace(20, 0.5, 4.0, 3600.0, 900.0), Move("https://new.example/feed", NOW, 1)
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", a_good_poll(0, pace=pace, marks=b"abcd", move=move))
        record_poll(session, "post", a_good_poll(1, move=Move(move.url, NOW, 2)))
        state = poll_state(session, "post")
    assert (state.pace, state.marks, state.move) == (pace, b"abcd", Move(move.url, NOW, 2))


def test_a_move_is_kept_with_its_history(store: Store) -> None:
    new, other = "https://new.example/feed", "https://other.example/feed"
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", a_good_poll(0, move=Move(other, NOW, 1)))
        record_poll(session, "post", a_good_poll(1, move=Move(new, NOW, 1)))
        record_poll(session, "post", a_good_poll(49, move=Move(new, NOW, 3), moved_to=new))
        assert poll_state(session, "post").moved_to == new
        record_poll(session, "post", PollRecord(NOW, 1.0, "failed", 500, asked=new))
        assert poll_state(session, "post").moved_to == new
        record_poll(session, "post", a_good_poll(99))
        assert poll_state(session, "post").moved_to is None
        history = [(move.to_url, move.sightings, move.state) for move in moves_of(session, "post")]
    assert history == [(other, 1, "dropped"), (new, 3, "undone")]


def test_a_failure_of_our_own_network_counts_against_no_source(store: Store) -> None:
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", PollRecord(NOW, 1.0, "failed", 410, asked="x"))
        record_poll(session, "post", PollRecord(NOW, 1.0, "failed", asked="x", blameless=True))
        state = poll_state(session, "post")
        assert (state.failures, state.gone) == (1, 1)
        record_poll(session, "post", PollRecord(NOW, 1.0, "failed", 404, asked="x"))
        state = poll_state(session, "post")
        assert (state.failures, state.gone) == (2, 0)


def test_only_a_source_that_is_gone_may_be_put_off_for_a_month(store: Store) -> None:
    later = NOW + timedelta(days=31)
    with store.writing() as session:
        for key, status in (("gone", 410), ("post", 500)):
            ensure_source(session, a_source(key))
            record_poll(session, key, PollRecord(NOW, 1.0, "failed", status, asked="x", next_poll_at=later))
        assert due_sources(session, ["gone", "post"], NOW) == ["post"]
        assert due_sources(session, ["gone"], later) == ["gone"]


def test_a_poll_of_an_unknown_source_is_refused(store: Store) -> None:
    with store.writing() as session, pytest.raises(UsageError, match="'post' is not stored"):
        record_poll(session, "post", PollRecord(NOW, 1.0, "ok"))


def test_a_setting_holds_what_was_chosen_last(store: Store) -> None:
    with store.writing() as session:
        assert setting(session, "model") is None
        put_setting(session, "model", "linear")
        put_setting(session, "model", "onnx")
        assert setting(session, "model") == "onnx"
