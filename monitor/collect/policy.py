"""When to poll, and whether conditionally; pure decisions over a source's state."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import chain, zip_longest
from typing import TypeVar

from monitor.types import PollOutcome, PollState

POLL_EVERY = timedelta(minutes=30)
FIRST_BACKOFF = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=24)

_DAY = timedelta(days=1)
_T = TypeVar("_T")


def next_poll(
    state: PollState,
    outcome: PollOutcome,
    *,
    now: datetime,
    retry_after: float | None = None,
    random: Callable[[], float],
) -> datetime:
    """Return when to poll again: half an hour after an answer, later after each failure, never not at all.

    After the n-th failure in a row the wait is drawn from [w, 2w), with w 15 minutes at first, doubling
    up to 12 hours, so that sources that fell silent together do not come back together.

    Args:
        state: before this poll.
        outcome: of this poll.
        now: its end.
        retry_after: seconds that the server asked for; the wait is at least that, or 24 hours.
        random: gives a number in [0, 1).
    """
    wait = POLL_EVERY if outcome != "failed" else _backoff(state.failures) * (1 + random())
    asked = timedelta(seconds=min(retry_after or 0.0, LONGEST_WAIT.total_seconds()))
    return now + max(wait, asked)


def _backoff(earlier_failures: int) -> timedelta:
    doublings = min(earlier_failures, 16)  # a bound for the power, far above that of the wait
    return min(FIRST_BACKOFF * (1 << doublings), LONGEST_WAIT / 2)


def asks_conditionally(source_id: str, state: PollState, *, now: datetime) -> bool:
    """Tell whether to send the validators: always but once a day, as some servers answer 304 for ever.

    Each source has a moment of the day of its own; the first poll after it asks for the whole body.
    """
    if state.next_poll_at is None or state.failures:
        return True
    polled = state.next_poll_at - POLL_EVERY
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    number = int.from_bytes(hashlib.sha256(source_id.encode()).digest()[:4], "big")
    moment = midnight + _DAY * (number / 2**32)
    latest = moment if moment <= now else moment - _DAY
    return not polled < latest


def take_turns(jobs: Iterable[_T], host: Callable[[_T], str]) -> list[_T]:
    """Return the jobs in an order that visits each host once before any host again."""
    by_host: dict[str, list[_T]] = defaultdict(list)
    for job in jobs:
        by_host[host(job)].append(job)
    rounds = zip_longest(*([(job,) for job in some] for some in by_host.values()), fillvalue=())
    return [job for taken in chain.from_iterable(rounds) for job in taken]
