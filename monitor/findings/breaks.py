"""Candidate breaks in a series, and outbreaks of coverage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.clock import Week
from monitor.types import Event, SharePoint, Story


@dataclass(frozen=True, slots=True)
class NearbyEvent:
    """A listed event near a candidate break: nearness in time, and nothing more."""

    event: Event
    weeks_after: int
    """How many weeks the break comes after the event; negative where it comes before it."""


@dataclass(frozen=True, slots=True)
class CandidateBreak:
    """A week from which a frame's share seems to lie on another level."""

    frame: str
    week: Week
    """The first of the new level."""
    before: SharePoint
    """Pooled over the weeks since the break before, dated by the first of them."""
    after: SharePoint
    """Pooled over the weeks up to the next break."""
    weeks_before: int
    """Weeks with an item that ``before`` is pooled over."""
    weeks_after: int
    events: Sequence[NearbyEvent] = ()
    """Within two weeks, nearest first."""


@dataclass(frozen=True, slots=True)
class BreakSearch:
    """What a search for breaks in one frame's weekly shares came to."""

    frame: str
    weeks: int
    """Weeks with a relevant item, which alone are searched."""
    missing: int
    """Weeks of the span without one, most of them not collected."""
    n: int
    hits: int
    autocorrelation: float | None = None
    """Of neighbouring weeks about their moving level; None where not estimable."""
    inflation: float | None = None
    """By how much autocorrelation raises the penalty of a break."""
    breaks: Sequence[CandidateBreak] = ()
    reason: str = ""
    """Why nothing can be estimated; else empty."""


OutbreakVerdict = Literal["outbreak", "usual", "not_estimable"]


@dataclass(frozen=True, slots=True)
class Outbreak:
    """One series in one week against its last 52 weeks."""

    week: Week
    about: str
    """``volume``, or the frame whose share it is."""
    n: int
    """Relevant items of the week."""
    value: float | None
    """Relevant items, or the share; None where the week has no item."""
    weeks: int
    """Weeks of the year before that the median is of."""
    median: float | None
    z: float | None
    """Robust: distance from the median over the scaled median absolute deviation, on a stabilised scale."""
    verdict: OutbreakVerdict
    reason: str = ""
    """Why nothing can be estimated; else empty."""
    stories: Sequence[Story] = ()
    """The story clusters that most outlets carried, of an outbreak."""
