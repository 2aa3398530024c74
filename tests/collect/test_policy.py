"""When sources are polled again; pure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect.policy import asks_conditionally, next_poll, take_turns
from monitor.types import PollOutcome, PollState, Validators

NOW = datetime(2008, 11, 11, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def wait(
    failures: int, outcome: PollOutcome, retry_after: float | None = None, draw: float = 0.0
) -> timedelta:
    state = PollState(failures=failures)
    return next_poll(state, outcome, now=NOW, retry_after=retry_after, random=lambda: draw) - NOW


@pytest.mark.parametrize("outcome", ["ok", "unchanged"])
def test_after_an_answer_the_next_poll_is_in_half_an_hour(
    outcome: PollOutcome,
) -> None:
    assert wait(7, outcome) == 30 * MINUTE


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 15), (1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 720), (500, 720)]
)
def test_the_wait_doubles_with_each_failure_in_a_row(failures: int, minutes: int) -> None:
    assert wait(failures, "failed") == minutes * MINUTE
    assert wait(failures, "failed", draw=0.5) == 1.5 * minutes * MINUTE


@given(st.integers(0, 100_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 1e9))
def test_no_failure_is_the_last_and_each_wait_lies_within_fifteen_minutes_and_a_day(
    failures: int, draw: float, retry_after: float | None
) -> None:
    assert 15 * MINUTE <= wait(failures, "failed", retry_after, draw) <= 24 * HOUR


@pytest.mark.parametrize(
    ("seconds", "expected"), [(None, 15 * MINUTE), (60.0, 15 * MINUTE), (7200.0, 2 * HOUR), (1e9, 24 * HOUR)]
)
def test_a_server_may_ask_for_a_longer_wait_but_not_for_more_than_a_day(
    seconds: float | None, expected: timedelta
) -> None:
    assert wait(0, "failed", seconds) == expected


def polled(minutes_ago: int, failures: int = 0) -> PollState:
    return PollState(Validators('"v1"'), "hash", NOW - minutes_ago * MINUTE + 30 * MINUTE, failures)


def test_of_a_days_polls_just_one_asks_for_the_whole_body() -> None:
    for source in ("bbc", "guardian", "community-care"):
        moments = [NOW + n * 30 * MINUTE for n in range(48)]
        states = [PollState(next_poll_at=moment) for moment in moments]
        asked = [asks_conditionally(source, s, now=m) for s, m in zip(states, moments, strict=True)]
        assert asked.count(False) == 1


def test_sources_ask_for_the_whole_body_at_different_times() -> None:
    whole = [n for n in range(960) if not asks_conditionally(f"source-{n}", polled(30), now=NOW)]
    assert 5 <= len(whole) <= 40  # 20 expected of 960 over 48 half hours


def test_a_source_polled_once_a_day_is_asked_for_the_whole_body_each_time() -> None:
    assert not asks_conditionally("bbc", polled(24 * 60), now=NOW)


@pytest.mark.parametrize("state", [PollState(Validators('"v1"')), polled(24 * 60, failures=2), polled(0)])
def test_a_poll_is_conditional_where_the_last_good_one_is_unknown_or_now(state: PollState) -> None:
    assert asks_conditionally("bbc", state, now=NOW)


def test_hosts_take_turns_and_each_keeps_its_own_order() -> None:
    jobs = ["a1", "a2", "a3", "b1", "c1", "c2"]
    assert take_turns(jobs, lambda job: job[0]) == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert take_turns([], str) == []
