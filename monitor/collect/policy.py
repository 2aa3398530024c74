"""When to poll, how, and where; pure decisions over a source's state."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, pairwise, zip_longest
from statistics import median
from typing import TypeVar

from monitor.types import Move, Pace, PollOutcome, PollState

SHORTEST_INTERVAL = timedelta(minutes=5)
LONGEST_INTERVAL = timedelta(hours=24)
FIRST_INTERVAL = timedelta(minutes=30)
"""Of a feed that says nothing of itself, not even by the dates of its entries."""
FIRST_BACKOFF = timedelta(minutes=15)
OUTAGE_WAIT = timedelta(minutes=5)
"""Until the next try where our own network was down."""
GONE_WAIT = timedelta(days=30)
GONE_AFTER = 2
"""Answers of 410 in a row after which a source is asked once a month, and still not given up."""
MOVED_AFTER = 3
"""Sightings of one permanent redirect, over at least `MOVED_SPAN`, after which it is believed."""
MOVED_SPAN = timedelta(hours=48)
DOUBTED_AFTER = 3
"""Failures in a row after which the address of feeds.yaml is tried again in place of the one it moved to."""

POLLS_A_DAY = 5.0
"""Of a feed with one entry a day."""
SPARE = 2.5
"""How many times over the window must outlast the interval at the peak rate."""
_DAY = timedelta(days=1)
_MEMORY_HOURS = 48.0
_FIRST_RATE = 1.0
"""What is expected of a feed of which nothing is known."""
_PEAK_HALF_LIFE_HOURS = 7 * 24.0
_LEAST_HOURS = 0.5
"""Over a shorter time, one entry would look like a burst."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one good poll showed of a feed; the default is for one that was unchanged."""

    read: bool = False
    """Whether there was a new body."""
    entries: int = 0
    fresh: int | None = 0
    """Entries that the last poll had not shown; None where there was none to compare with."""
    dates: Sequence[datetime] = ()
    """Of the entries that have one, in any order."""
    hint: float = 0.0
    """Seconds between two polls that the feed asks for."""


# ---------------------------------------------------------------- when


def next_poll(
    state: PollState,
    outcome: PollOutcome,
    *,
    now: datetime,
    retry_after: float | None = None,
    max_age: float = 0.0,
    blameless: bool = False,
    random: Callable[[], float],
) -> datetime:
    """Return when to poll again: by the feed's pace, later after each failure, never not at all.

    After the n-th failure in a row the wait is drawn from [w, 2w), with w 15 minutes at first, doubling
    up to 12 hours, so that sources that fell silent together do not come back together. A good poll's
    wait is stretched by up to a tenth for the same reason.

    Args:
        state: after this poll, except that ``failures`` does not count it yet.
        outcome: of this poll.
        now: its end.
        retry_after: seconds that the server asked for; the wait is at least that, or 24 hours.
        max_age: seconds for which the server calls its answer fresh (RFC 9111, section 5.2.2.1).
        blameless: our own network was at fault.
        random: gives a number in [0, 1).
    """
    if state.gone >= GONE_AFTER:
        return now + GONE_WAIT * (1 + random() / 10)
    if blameless:
        wait = OUTAGE_WAIT
    elif outcome == "failed":
        wait = _backoff(state.failures) * (1 + random())
    else:
        wait = min(interval(state.pace, max_age) * (1 + random() / 10), LONGEST_INTERVAL)
    asked = timedelta(seconds=min(retry_after or 0.0, LONGEST_INTERVAL.total_seconds()))
    return now + max(wait, asked)


def _backoff(earlier_failures: int) -> timedelta:
    doublings = min(earlier_failures, 16)  # a bound for the power, far above that of the wait
    return min(FIRST_BACKOFF * (1 << doublings), LONGEST_INTERVAL / 2)


def speaks_for_host(state: PollState, asked_before: datetime | None, others: Iterable[PollState]) -> bool:
    """Tell whether a Retry-After holds for all feeds of the host that sent it.

    It does (RFC 6585, section 4, leaves open what a server counts), unless it came to this feed the last
    time too and another feed of the host has been answered since: then it is this feed's own.

    Args:
        state: of the feed before this poll.
        asked_before: when it was polled before; None where it never was.
        others: the states of the host's other feeds.
    """
    if not state.failures or asked_before is None:
        return True
    return not any(other.polled_at is not None and other.polled_at > asked_before for other in others)


def interval(pace: Pace, max_age: float = 0.0) -> timedelta:
    """Return the time between two polls of a feed that moves at a pace, 5 minutes to 24 hours.

    The number of polls grows with the square root of the rate: for pages that change at different rates,
    polling in proportion to the rate is worse even than polling all alike (Cho and Garcia-Molina 2003,
    ACM Transactions on Database Systems 28, 390-426). What the feed or its server asks for lengthens the
    interval; that no entry may leave the window unseen shortens it again, and has the last word.
    """
    asked = timedelta(seconds=min(max(pace.hint, max_age), LONGEST_INTERVAL.total_seconds()))
    polls = POLLS_A_DAY * math.sqrt((pace.rate or 0.0) * 24)
    wanted = FIRST_INTERVAL if pace.rate is None else _DAY / max(polls, 1.0)
    safe = LONGEST_INTERVAL
    if pace.window and pace.peak > 0:
        safe = timedelta(hours=min(pace.window / (SPARE * pace.peak), 24.0))
    return max(SHORTEST_INTERVAL, min(max(wanted, asked), safe, LONGEST_INTERVAL))


def learn(state: PollState, seen: Seen, now: datetime) -> Pace:
    """Return the pace of a feed after a good poll.

    The first poll takes the rate from the dates of the entries; where they have none, it is not known yet.
    """
    pace = state.pace
    if seen.read:
        pace = replace(pace, window=seen.entries, hint=seen.hint, gap=typical_gap(seen.dates) or pace.gap)
    if state.polled_at is None or seen.fresh is None:
        return _begun(pace, seen, now)
    hours = max((now - state.polled_at).total_seconds() / 3600, 1 / 3600)
    return _moved(pace, seen.fresh, hours)


def _begun(pace: Pace, seen: Seen, now: datetime) -> Pace:
    dates = [date for date in seen.dates if date <= now]
    if pace.rate is not None or not dates:
        return pace
    hours = max((now - min(dates)).total_seconds() / 3600, 1.0)
    rate = len(dates) / hours
    busiest = max(sum(date <= other < date + timedelta(hours=1) for other in dates) for date in dates[:50])
    # Entries that all bear one time were imported together: no burst of the newsroom.
    return replace(pace, rate=rate, peak=max(rate, min(float(busiest), len(dates) / 4)))


def _moved(pace: Pace, fresh: int, hours: float) -> Pace:
    kept = math.exp(-hours / _MEMORY_HOURS)
    now = fresh / hours
    rate = now * (1 - kept) + (pace.rate if pace.rate is not None else _FIRST_RATE) * kept
    peak = max(fresh / max(hours, _LEAST_HOURS), pace.peak * 0.5 ** (hours / _PEAK_HALF_LIFE_HOURS), rate)
    return replace(pace, rate=rate, peak=peak)


def typical_gap(dates: Iterable[datetime]) -> float | None:
    """Return the median seconds between neighbours among distinct dates; None for fewer than three."""
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(sorted(set(dates)))]
    return median(gaps) if len(gaps) > 1 else None


def seen_from(state: PollState, seen: Seen, started_at: datetime) -> datetime:
    """Return since when a good poll has seen all that the feed published.

    Where it still shows an entry of the poll before, nothing has left the window unseen since then. Where
    it does not, what was published before the oldest entry of today may be lost.
    """
    before = state.polled_at
    if before is None or before > started_at:
        return started_at
    if not seen.entries or (seen.fresh is not None and seen.fresh < seen.entries):
        return before
    oldest = min(seen.dates, default=started_at)
    return max(before, min(oldest, started_at))


def asks_conditionally(source_id: str, state: PollState, *, now: datetime) -> bool:
    """Tell whether to send the validators: always but once a day, as some servers answer 304 for ever.

    Each source has a moment of the day of its own; the first poll after it asks for the whole body.
    """
    if state.polled_at is None or state.failures:
        return True
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    number = int.from_bytes(hashlib.sha256(source_id.encode()).digest()[:4], "big")
    moment = midnight + _DAY * (number / 2**32)
    latest = moment if moment <= now else moment - _DAY
    return not state.polled_at < latest


# ---------------------------------------------------------------- where


def address_of(url: str, state: PollState) -> str:
    """Return the address to poll: the one in feeds.yaml, or the one that it has moved to for good.

    An address that keeps failing is doubted: every other time, the one in feeds.yaml is tried.
    """
    if state.moved_to is None:
        return url
    doubted = state.failures >= DOUBTED_AFTER and state.failures % 2 == 1
    return url if doubted else state.moved_to


def address_after(
    state: PollState, url: str, asked: str, led_to: str | None, now: datetime
) -> tuple[str | None, Move | None]:
    """Return the address to poll from now on, and the permanent redirect that was seen.

    Args:
        state: before a good poll.
        url: of feeds.yaml; it is never returned, None stands for it.
        asked: the address that was polled.
        led_to: where permanent redirects led from there.
        now: the moment of the poll.
    """
    if state.moved_to is not None and asked != state.moved_to:  # the new address was doubted
        return (state.moved_to if led_to == state.moved_to else None), None
    move = _sighted(state.move, led_to, now)
    if move is None or not _is_believed(move, now):
        return state.moved_to, move
    return (None if move.url == url else move.url), move


def _sighted(move: Move | None, to: str | None, now: datetime) -> Move | None:
    if to is None:
        return None
    if move is None or move.url != to or move.first_seen_at > now:
        return Move(to, now, 1)
    return replace(move, sightings=move.sightings + 1)


def _is_believed(move: Move, now: datetime) -> bool:
    return move.sightings >= MOVED_AFTER and now - move.first_seen_at >= MOVED_SPAN


# ---------------------------------------------------------------- in what order


def take_turns(jobs: Iterable[_T], host: Callable[[_T], str]) -> list[_T]:
    """Return the jobs in an order that visits each host once before any host again."""
    by_host: dict[str, list[_T]] = defaultdict(list)
    for job in jobs:
        by_host[host(job)].append(job)
    rounds = zip_longest(*([(job,) for job in some] for some in by_host.values()), fillvalue=())
    return [job for taken in chain.from_iterable(rounds) for job in taken]
