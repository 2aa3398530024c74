"""What is kept of a source between polls, and settings."""

from datetime import timedelta

import pytest

from monitor.errors import UsageError
from monitor.store.intake import add_items
from monitor.store.open import Store
from monitor.store.polls import due_sources, ensure_source, poll_state, record_poll
from monitor.store.settings import put_setting, setting
from monitor.types import Intake, PollRecord, PollState, Source, Validators
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
        assert poll_state(session, "post") == PollState(validators, "abc", NOW, failures=2)
        record_poll(session, "post", PollRecord(NOW, 1.0, "unchanged", 304, validators=validators))
        assert poll_state(session, "post") == PollState(validators, "abc", None, failures=0)


def test_a_changed_address_forgets_what_belonged_to_the_old_one(store: Store) -> None:
    moved = Source("post", "https://post.example/new-feed", an_outlet("Renamed"))
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(
            session, "post", PollRecord(NOW, 1.0, "ok", validators=Validators("tag"), body_hash="abc")
        )
        ensure_source(session, moved)
        assert poll_state(session, "post") == PollState()
        assert add_items(session, moved, [an_item(source=moved)], NOW).new == 1


def test_a_poll_of_an_unknown_source_is_refused(store: Store) -> None:
    with store.writing() as session, pytest.raises(UsageError, match="'post' is not stored"):
        record_poll(session, "post", PollRecord(NOW, 1.0, "ok"))


def test_a_setting_holds_what_was_chosen_last(store: Store) -> None:
    with store.writing() as session:
        assert setting(session, "model") is None
        put_setting(session, "model", "linear")
        put_setting(session, "model", "onnx")
        assert setting(session, "model") == "onnx"
