"""What a weekly report is made from, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.clock import Week
from monitor.findings import Findings
from monitor.types import Event, SourceHealth, Story


@dataclass(frozen=True, slots=True)
class FrameText:
    """A frame as readers see it."""

    id: str
    name: str
    definition: str
    core: bool


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that the report of one week says; the same data give the same bytes."""

    week: Week
    title: str
    generated_at: datetime
    model: str
    """``name@digest``."""
    codebook: str
    frames: Sequence[FrameText]
    """In the order of the codebook."""
    findings: Findings
    stories: Sequence[Story] = ()
    """Relevant items of the week; the report chooses among them."""
    sources: Sequence[SourceHealth] = ()
    """Every enabled source, over the week."""
    events: Sequence[Event] = ()
    """Those outside the period are left out; all of them exempt the names they hold from masking."""
    notes: Sequence[str] = ()
    """Said beside the method, such as what the user's own settings left out."""
    sample: bool = False
    """Whether outlets, places and people are invented, as in the demonstration."""
    sender: str = "monitor@example.invalid"
    recipients: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report's documents by file name, main page first."""

    name: str
    files: Mapping[str, bytes]
