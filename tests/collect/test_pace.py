"""A month of polling, simulated: what is caught, and what it costs."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from monitor.collect.policy import Seen, learn, next_poll
from monitor.types import PollState

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
DAYS = 30
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def a_newsroom(seed: int, per_day: float, bursts: int) -> list[datetime]:
    """When a newsroom publishes: by day more than by night, less at weekends, and at times all at once."""
    random, moments, at = Random(seed), list[datetime](), START - 60 * DAY
    while at < START + DAYS * DAY:
        at += timedelta(days=random.expovariate(per_day * 2.5))
        busy = (1.0 if 7 <= at.hour < 20 else 0.15) * (0.4 if at.weekday() >= 5 else 1.0)
        if random.random() < 0.8 * busy:
            moments.append(at)
    for _ in range(bursts):
        begins = START + DAY * random.uniform(0, DAYS)
        moments += [begins + random.uniform(0, 180) * MINUTE for _ in range(12)]
    return sorted(moments)


@dataclass(frozen=True)
class Month:
    """What came of a month of polling a feed."""

    polls: int
    published: int
    caught: int


def polled(moments: list[datetime], window: int, seed: int) -> Month:
    """Poll a feed that shows the newest entries, as the daemon does."""
    random, state, now, polls = Random(seed), PollState(), START, 0
    caught, shown = set[datetime](), set[datetime]()
    while now < START + DAYS * DAY:
        polls += 1
        known = bisect_right(moments, now)
        entries = moments[max(0, known - window) : known]
        fresh = len(set(entries) - shown) if shown else None
        seen = Seen(True, len(entries), fresh, entries) if fresh != 0 else Seen()
        caught |= set(entries)
        shown = set(entries)
        state = replace(state, pace=learn(state, seen, now), polled_at=now)
        now = next_poll(state, "ok", now=now, random=random.random)
    # What came after the last poll that a day allows is for the next month to catch.
    due = [at for at in moments if START <= at < START + (DAYS - 1) * DAY]
    return Month(polls, len(due), sum(at in caught for at in due))


def test_of_a_month_99_percent_are_caught_with_60_percent_fewer_polls_than_every_quarter_of_an_hour() -> None:
    months = [
        polled(a_newsroom(seed, per_day, bursts), window, seed)
        for seed, (per_day, window, bursts) in enumerate(
            (per_day, window, bursts)
            for per_day in (0.1, 1, 8, 30, 60)
            for window, bursts in ((10, 0), (20, 2), (50, 0))
        )
    ]
    published = sum(month.published for month in months)
    assert published > 8_000
    assert sum(month.caught for month in months) >= 0.99 * published
    assert sum(month.polls for month in months) <= 0.4 * len(months) * DAYS * 96


def test_a_feed_that_says_nothing_for_a_month_is_polled_a_few_times_a_day_at_most() -> None:
    assert polled(a_newsroom(1, 0.05, 0), 20, 1).polls <= 6 * DAYS
