"""What a report is made from, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.clock import Week
from monitor.findings import EventStudy, Findings, Indicator, Outbreak
from monitor.types import Event, FeedHours, SharePoint, SourceHealth, Story

ReportKind = Literal["weekly", "monthly", "event"]


@dataclass(frozen=True, slots=True)
class FrameText:
    """A frame as readers see it."""

    id: str
    name: str
    definition: str
    core: bool


@dataclass(frozen=True, slots=True)
class Restated:
    """A figure of an earlier report that is another now, as late items or new labels changed it."""

    report: str
    frame: str
    hits: int
    n: int
    new_hits: int
    new_n: int


@dataclass(frozen=True, slots=True)
class Coding:
    """What people have coded, and how far the model agrees with them."""

    items: int
    in_period: int
    coders: int
    agreement: float | None = None
    """The share of the core frames' decisions that are alike; None without codes."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that a report says; the same data give the same bytes.

    ``findings.week`` is the last week of the period. In a monthly report its comparisons, volume and tone
    are of all weeks of the period, as ``trend.span`` makes them.
    """

    week: Week
    title: str
    generated_at: datetime
    model: str
    """``name@digest``."""
    codebook: str
    frames: Sequence[FrameText]
    """In the order of the codebook."""
    findings: Findings
    kind: ReportKind = "weekly"
    first: Week | None = None
    """The first week of the period where it has several."""
    month: str = ""
    """``2026-10``, of a monthly report."""
    event: Event | None = None
    """Of an event's report."""
    period_shares: Sequence[SharePoint] = ()
    """Each frame over all weeks of the period, where it has several."""
    tone_interval: tuple[float, float] | None = None
    """Of the period's net tone, -1 to 1."""
    outlets: Sequence[SharePoint] = ()
    """Each outlet and frame, pooled over the period's recent weeks."""
    stories: Sequence[Story] = ()
    """Relevant items of the period; the report chooses among them."""
    sources: Sequence[SourceHealth] = ()
    """Every enabled source, over the period."""
    observed: FeedHours | None = None
    """None where no source is polled: everything was imported."""
    copies: int | None = None
    """Items of the period that are wire copies of another."""
    coding: Coding | None = None
    restated: Sequence[Restated] = ()
    studies: Sequence[EventStudy] = ()
    """Of events that still run; in an event's report, its own alone."""
    outbreaks: Sequence[Outbreak] = ()
    indicators: Sequence[Indicator] = ()
    events: Sequence[Event] = ()
    """Those outside the charts are left out; all of them exempt the names they hold from masking."""
    notes: Sequence[str] = ()
    """Said beside the method, such as what the user's own settings left out."""
    sample: bool = False
    """Whether outlets, places and people are invented, as in the demonstration."""
    contact: str = ""
    """Who answers for labels and recipients; an address, or nothing."""
    sender: str = "monitor@example.invalid"
    recipients: Sequence[str] = ()

    @property
    def since(self) -> Week:
        """The first week of the period."""
        return self.first or self.week

    @property
    def weeks(self) -> int:
        """How many weeks the period has."""
        return 1 + (self.week.monday() - self.since.monday()).days // 7

    @property
    def name(self) -> str:
        """The folder of the report and the stem of its files."""
        if self.event is not None:
            return f"event-{self.event.id}"
        return self.month or str(self.week)

    @property
    def this_period(self) -> str:
        """``this week``, as a sentence says it."""
        return {"weekly": "this week", "monthly": "this month", "event": "in these weeks"}[self.kind]


@dataclass(frozen=True, slots=True)
class Report:
    """A report's documents by file name, main page first."""

    name: str
    files: Mapping[str, bytes]
