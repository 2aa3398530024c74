"""What stands beside coverage: how often professions are named, and indicators."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.clock import Week


@dataclass(frozen=True, slots=True)
class MentionRatio:
    """Mentions of social work for each mention of another profession."""

    week: Week | None
    """None for a whole span."""
    group: str
    profession: str
    items: int
    """Items that name social work."""
    mentions: int
    other_items: int
    other_mentions: int
    ratio: float | None
    """None where the other profession is not named."""
    low: float | None
    high: float | None
    """None also where the data set no upper limit."""


@dataclass(frozen=True, slots=True)
class IndicatorPoint:
    """A published figure and the period that it is of."""

    period: str
    """As the source prints it: ``2008/09``, ``Mar 2015``."""
    date: str
    """ISO date of the period's last day."""
    value: float
    as_of: str
    """ISO date of the publication that it is taken from, since figures are revised; empty where unknown."""
    source: str
    source_url: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """One unbroken run of a published series: one line may join its points, and none may leave it."""

    series: str
    segment: str
    """What sets it apart from other runs of its series, such as another way of counting; maybe empty."""
    group: str
    """``workforce``, ``care_applications`` or ``public_opinion``."""
    label: str
    unit: str
    geography: str
    points: Sequence[IndicatorPoint]
    """By date."""


@dataclass(frozen=True, slots=True)
class LaggedCorrelation:
    """How two series go together, the second read ``lag`` steps after the first."""

    lag: int
    n: int
    """Pairs."""
    r: float | None
    low: float | None
    high: float | None
    reason: str = ""
    """Why nothing can be estimated; else empty."""
