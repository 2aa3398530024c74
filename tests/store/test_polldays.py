"""Polls of years ago are kept by day, and nothing that is asked of them changes by it."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest

import pytest
from sqlalchemy import func, select

from monitor.clock import Week
from monitor.pipeline.upkeep import POLLS_KEPT, run_condense
from monitor.store.coverage import feed_hours
from monitor.store.health import first_poll_at, last_polls, source_health
from monitor.store.maintain import check
from monitor.store.open import Store
from monitor.store.polldays import condense_polls, has_old_polls
from monitor.store.polls import ensure_source, poll_states, record_polls
from monitor.store.schema import PollDayRow, PollRow
from monitor.types import FeedHours, Intake, PollOutcome, PollRecord, SourceHealth
from tests.store.builders import a_source

AUTUMN = Week(2026, 43)
"""The week in which the clocks go back."""
BEGAN = AUTUMN.bounds()[0] - timedelta(days=3, hours=5)
END = BEGAN + timedelta(days=24)
HOUR = timedelta(hours=1)
KEYS = ("post", "echo", "star")
WEEKS = [AUTUMN.plus(number) for number in range(-1, 4)]
LATER = END + POLLS_KEPT + timedelta(days=30)


def a_life(seed: int, *, days: float = 24) -> list[PollRecord]:
    """Polls every few hours, some of which fail, or find that entries have come and gone unseen."""
    draw, at, seen_until = random.Random(seed), BEGAN, BEGAN
    polls: list[PollRecord] = []
    while at < BEGAN + timedelta(days=days):
        outcome: PollOutcome = draw.choice(("ok", "ok", "unchanged", "failed"))
        failed = outcome == "failed"
        since = None if failed else draw.choice((seen_until, max(seen_until, at - HOUR)))
        error = f"HTTP 500, {len(polls)}" if failed else None
        intake = Intake() if failed else Intake(draw.randrange(3), 1, 2, 1, {"no-date": 1})
        polls.append(
            PollRecord(at, 1.0, outcome, 200, error, intake, seen_from=since, asked="https://post.example/")
        )
        seen_until = seen_until if failed else at
        at += timedelta(hours=draw.uniform(0.2, 20))
    return polls


def lives(store: Store) -> None:
    with store.writing() as session:
        for key in KEYS:
            ensure_source(session, a_source(key))
        rounds = zip_longest(*([(key, poll) for poll in a_life(seed)] for seed, key in enumerate(KEYS)))
        for polls in rounds:
            record_polls(session, [one for one in polls if one is not None])


def hours(store: Store) -> list[tuple[float, float]]:
    with store.reading() as session:
        found = [feed_hours(session, week, keys) for week in WEEKS for keys in (None, ["echo"])]
    return [(round(one.observed, 6), round(one.expected, 6)) for one in found]


def health(store: Store) -> list[SourceHealth]:
    """As the reports of some weeks tell it."""
    with store.reading() as session:
        found = [one for week in WEEKS for one in source_health(session, KEYS, *week.bounds())]
    return [
        replace(one, hours=FeedHours(round(one.hours.observed, 6), round(one.hours.expected, 6)))
        for one in found
    ]


def condense(store: Store, before: datetime) -> int:
    """Condense in batches, and return how many are kept singly."""
    after: int | None = 0
    while after is not None:
        with store.writing() as session:
            after = condense_polls(session, before, after=after, limit=7)
    with store.reading() as session:
        return session.scalars(select(func.count()).select_from(PollRow)).one()


def test_hours_and_health_of_weeks_are_the_same_after_their_polls_are_condensed(store: Store) -> None:
    lives(store)
    before = hours(store), health(store)
    assert 0 < before[0][2][0] < before[0][2][1]
    assert {round(one.hours.expected) for one in before[1]} >= {168, 169}
    left = [condense(store, BEGAN + timedelta(days=days)) for days in (0, 9, 12.5, 30)]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0
    assert (hours(store), health(store)) == before
    assert check(store) == []


@pytest.mark.parametrize("days", [1.1, 8.7, 15])
def test_hours_are_the_same_wherever_the_border_to_what_is_kept_by_day_lies(
    store: Store, days: float
) -> None:
    lives(store)
    before = hours(store), health(store)
    assert condense(store, BEGAN + timedelta(days=days)) > 0
    assert (hours(store), health(store)) == before


def test_a_poll_that_saw_back_into_days_that_are_condensed_still_counts_there(store: Store) -> None:
    quiet = [
        PollRecord(
            BEGAN + days * timedelta(days=1), 1.0, "ok", seen_from=BEGAN, asked="https://post.example/"
        )
        for days in (0, 20)
    ]
    with store.writing() as session:
        ensure_source(session, a_source())
        record_polls(session, [("post", quiet[0])])
        record_polls(session, [("post", quiet[1])])
    observed = [one[0] for one in hours(store)[::2]]
    assert observed[1:3] == [169, 168]
    for days in (1, 30):
        condense(store, BEGAN + timedelta(days=days))
        assert [one[0] for one in hours(store)[::2]] == observed


def test_upkeep_keeps_polls_singly_for_ninety_days_and_then_a_row_a_day(store: Store) -> None:
    lives(store)
    before = hours(store), health(store)
    run_condense(store, lambda: BEGAN + POLLS_KEPT)
    with store.reading() as session:
        polls = len(last_polls(session, limit=1_000))
        assert not has_old_polls(session, BEGAN)
        assert session.scalars(select(func.count()).select_from(PollDayRow)).one() == 0
        states = poll_states(session, KEYS)
    assert polls > 150
    run_condense(store, lambda: LATER)
    with store.reading() as session:
        assert last_polls(session, limit=1) == []
        days = session.scalars(select(func.count()).select_from(PollDayRow)).one()
        assert session.scalars(select(func.sum(PollDayRow.polls))).one() == polls
        assert poll_states(session, KEYS) == states, "what the next poll needs stands elsewhere"
        began = first_poll_at(session)
    assert days <= 3 * 26
    assert began is not None
    assert timedelta() <= BEGAN - began < timedelta(days=1)
    assert (hours(store), health(store)) == before


def test_upkeep_that_is_stopped_has_lost_nothing_and_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.upkeep.POLLS_AT_ONCE", 20)
    lives(store)
    before = hours(store), health(store)
    turns = iter(range(3))

    def stop_at_the_third() -> None:
        if next(turns) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run_condense(store, lambda: LATER, stop_at_the_third)
    with store.reading() as session:
        assert session.scalars(select(func.sum(PollDayRow.polls))).one() == 40
    assert (hours(store), health(store)) == before
    run_condense(store, lambda: LATER)
    assert (hours(store), health(store)) == before


def test_a_poll_that_a_wrong_clock_dated_ahead_keeps_no_other_from_being_condensed(store: Store) -> None:
    with store.writing() as session:
        ensure_source(session, a_source())
        for at in (END + timedelta(days=9_000), BEGAN, BEGAN + HOUR):
            record_polls(session, [("post", PollRecord(at, 1.0, "unchanged"))])
    run_condense(store, lambda: LATER)
    with store.reading() as session:
        assert len(last_polls(session, limit=9)) == 1
