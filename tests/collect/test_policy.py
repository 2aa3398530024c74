"""When sources are polled again; pure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect.policy import (
    Seen,
    address_after,
    address_of,
    asks_conditionally,
    interval,
    learn,
    next_poll,
    seen_from,
    take_turns,
)
from monitor.types import Move, Pace, PollOutcome, PollState, Validators

NOW = datetime(2008, 11, 11, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def wait(
    failures: int, outcome: PollOutcome, retry_after: float | None = None, draw: float = 0.0
) -> timedelta:
    state = PollState(failures=failures)
    return next_poll(state, outcome, now=NOW, retry_after=retry_after, random=lambda: draw) - NOW


def pace(
    per_day: float | None = None, *, window: int | None = None, peak: float = 0.0, hint: float = 0.0
) -> Pace:
    return Pace(window, None if per_day is None else per_day / 24, peak, None, hint)


@pytest.mark.parametrize(
    ("known", "minutes"),
    [
        (pace(), 30),
        (pace(0), 24 * 60),
        (pace(1), 24 * 60 / 5),
        (pace(100), 24 * 60 / 50),
        (pace(100_000), 5),
        (pace(1, window=10, peak=4.0), 60),
        (pace(1, window=10, peak=1e9), 5),
        (pace(100, hint=3600), 60),
        (pace(100, hint=1e9), 24 * 60),
        (pace(100, hint=3600, window=10, peak=8), 30),
    ],
)
def test_the_interval_follows_the_feeds_pace_and_wishes_but_never_past_its_window(
    known: Pace, minutes: float
) -> None:
    assert interval(known) / MINUTE == pytest.approx(minutes)


@given(
    st.none() | st.floats(0, 1e6),
    st.none() | st.integers(0, 5000),
    st.floats(0, 1e6),
    st.floats(0, 1e9),
    st.floats(0, 1e9),
)
def test_every_interval_lies_between_five_minutes_and_a_day(
    rate: float | None, window: int | None, peak: float, hint: float, max_age: float
) -> None:
    assert 5 * MINUTE <= interval(Pace(window, rate, peak, None, hint), max_age) <= 24 * HOUR


def test_a_server_that_calls_its_answer_fresh_is_not_asked_before_it_is_stale() -> None:
    assert interval(pace(100), 7200) == 2 * HOUR
    state = PollState(pace=pace(100))
    good = next_poll(state, "unchanged", now=NOW, max_age=7200, random=lambda: 0.0)
    assert good - NOW == 2 * HOUR


def test_good_polls_are_spread_by_up_to_a_tenth() -> None:
    assert wait(0, "ok") == 30 * MINUTE
    assert wait(0, "ok", draw=0.5) == 31.5 * MINUTE


def test_a_first_body_tells_the_pace_by_its_dates() -> None:
    dates = [NOW - n * 6 * HOUR for n in range(1, 9)]
    learnt = learn(PollState(), Seen(True, 8, None, dates, 60.0), NOW)
    assert (learnt.window, learnt.gap, learnt.hint) == (8, 6 * 3600, 60.0)
    assert learnt.rate == pytest.approx(8 / 48)


def test_dates_that_lie_ahead_or_are_missing_tell_no_pace() -> None:
    assert learn(PollState(), Seen(True, 3, None, [NOW + HOUR]), NOW).rate is None
    assert learn(PollState(), Seen(True, 3, None, []), NOW).rate is None


def test_silence_slows_polling_down_and_news_speeds_it_up() -> None:
    state = PollState(polled_at=NOW - HOUR, pace=Pace(20, 1.0, 1.0))
    quiet = learn(state, Seen(), NOW)
    busy = learn(state, Seen(True, 20, 10, []), NOW)
    assert interval(busy) < interval(state.pace) < interval(quiet)


def test_a_burst_is_remembered_for_days() -> None:
    burst = learn(PollState(polled_at=NOW - HOUR, pace=Pace(20, 1.0, 1.0)), Seen(True, 20, 12, []), NOW)
    assert burst.peak == 12
    state, now = PollState(polled_at=NOW, pace=burst), NOW
    for _ in range(24):
        now += 7 * HOUR
        state = PollState(polled_at=now, pace=learn(state, Seen(), now))
    assert state.pace.peak == pytest.approx(6)


# ---------------------------------------------------------------- failures


def test_an_outage_of_our_own_is_waited_out_in_minutes() -> None:
    state = PollState(failures=9)
    again = next_poll(state, "failed", now=NOW, blameless=True, random=lambda: 0.9)
    assert again - NOW == 5 * MINUTE


def test_a_feed_that_is_gone_is_asked_once_a_month_from_the_second_410_on() -> None:
    once, twice = (PollState(gone=number) for number in (1, 2))
    assert next_poll(once, "failed", now=NOW, random=lambda: 0.0) - NOW == 15 * MINUTE
    assert next_poll(twice, "failed", now=NOW, random=lambda: 0.0) - NOW == 30 * 24 * HOUR


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


# ---------------------------------------------------------------- what was seen


BEFORE = NOW - 8 * HOUR


@pytest.mark.parametrize(
    ("seen", "since"),
    [
        (Seen(), BEFORE),
        (Seen(True, 10, 9), BEFORE),
        (Seen(True, 10, 10, [NOW - HOUR, NOW - 2 * HOUR]), NOW - 2 * HOUR),
        (Seen(True, 10, 10, [NOW - 99 * HOUR]), BEFORE),
        (Seen(True, 10, 10, []), NOW),
        (Seen(True, 10, None, [NOW + HOUR]), NOW),
        (Seen(True, 0, None), BEFORE),
    ],
)
def test_a_poll_has_seen_all_since_the_last_where_both_show_one_entry_in_common(
    seen: Seen, since: datetime
) -> None:
    assert seen_from(PollState(polled_at=BEFORE), seen, NOW) == since


def test_a_first_poll_has_seen_nothing_of_the_time_before_it() -> None:
    assert seen_from(PollState(), Seen(True, 10, None, [BEFORE]), NOW) == NOW


# ---------------------------------------------------------------- conditionally


def polled(minutes_ago: int, failures: int = 0) -> PollState:
    return PollState(Validators('"v1"'), "hash", failures=failures, polled_at=NOW - minutes_ago * MINUTE)


def test_of_a_days_polls_just_one_asks_for_the_whole_body() -> None:
    for source in ("bbc", "guardian", "community-care"):
        moments = [NOW + n * 30 * MINUTE for n in range(48)]
        states = [PollState(polled_at=moment - 30 * MINUTE) for moment in moments]
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


# ---------------------------------------------------------------- where


OLD, NEW = "https://old.example/feed", "https://new.example/feed"


def led(hours: list[float], to: str | None = NEW) -> tuple[str | None, Move | None]:
    """Return what is believed after good polls at these hours, all led to one address."""
    state = PollState()
    for hour in hours:
        moved_to, move = address_after(state, OLD, OLD, to, NOW + hour * HOUR)
        state = PollState(moved_to=moved_to, move=move)
    return state.moved_to, state.move


@pytest.mark.parametrize(
    ("hours", "believed"),
    [
        ([0], False),
        ([0, 47.9, 47.95], False),
        ([0, 48], False),
        ([0, 24, 48], True),
        ([0, 1, 2, 3, 4, 48], True),
    ],
)
def test_a_permanent_redirect_is_believed_after_three_sightings_over_48_hours(
    hours: list[float], believed: bool
) -> None:
    assert (led(hours)[0] == NEW) is believed


def test_a_poll_that_is_not_redirected_begins_the_count_anew() -> None:
    _, move = address_after(PollState(move=Move(NEW, NOW, 2)), OLD, OLD, None, NOW + 48 * HOUR)
    assert move is None
    _, move = address_after(PollState(move=Move(NEW, NOW, 2)), OLD, OLD, OLD + "2", NOW + 48 * HOUR)
    assert move == Move(OLD + "2", NOW + 48 * HOUR, 1)


def test_the_new_address_is_polled_and_doubted_when_it_keeps_failing() -> None:
    asked = [address_of(OLD, PollState(moved_to=NEW, failures=n)) for n in range(7)]
    assert asked == [NEW, NEW, NEW, OLD, NEW, OLD, NEW]
    assert address_of(OLD, PollState(failures=3)) == OLD


def test_an_old_address_that_answers_for_itself_again_is_polled_again() -> None:
    state = PollState(moved_to=NEW, failures=3)
    assert address_after(state, OLD, OLD, None, NOW) == (None, None)
    assert address_after(state, OLD, OLD, NEW, NOW) == (NEW, None)


def test_a_feed_that_moves_back_is_at_its_own_address() -> None:
    state = PollState(moved_to=NEW, move=Move(OLD, NOW, 2))
    assert address_after(state, OLD, NEW, OLD, NOW + 48 * HOUR)[0] is None


def test_hosts_take_turns_and_each_keeps_its_own_order() -> None:
    jobs = ["a1", "a2", "a3", "b1", "c1", "c2"]
    assert take_turns(jobs, lambda job: job[0]) == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert take_turns([], str) == []
