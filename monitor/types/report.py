"""What reports tell besides trends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.types.codes import Said
from monitor.types.collect import FeedHours
from monitor.types.label import Depth
from monitor.types.margin import Band


@dataclass(frozen=True, slots=True)
class Story:
    """A relevant item of a week, with what a model said of it; its wire copies are only counted."""

    item_id: int
    title: str
    summary: str
    url: str | None
    outlet: str
    outlet_type: str
    nation: str
    published_at: datetime
    depth: Depth
    frames: Mapping[str, float]
    """The frames that it carries, with their probabilities, highest first."""
    primary: str | None
    tone_band: Band | None
    evidence: str
    """The passage that decided the primary frame, or else the surest one; empty where none is stored."""
    outlets: int
    """Outlets that carried it, this one included."""
    said: Said | None = None
    """By people, where they have coded it."""
    unclear: tuple[str, ...] = ()
    """What the model said of it by a close call: ``relevant``, ``tone``, and frames that it carries."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How the collection of one source went in a span of time."""

    source: str
    polls: int
    good_polls: int
    """Those that did not fail, unchanged ones included."""
    items: int
    """Items that were new."""
    last_success_at: datetime | None
    last_item_at: datetime | None
    last_error: str | None
    """Of the newest failed poll in the span."""
    failures: int
    """Failed polls since the last good one."""
    next_poll_at: datetime | None
    hours: FeedHours = field(default_factory=lambda: FeedHours(0.0, 0.0))
    """In the span; nothing is expected before the first poll."""
    window: int | None = None
    """Entries that the feed showed last; None where that is not known."""
    gap: timedelta | None = None
    """Median time between two entries."""
    last_fresh_at: datetime | None = None
    """When a poll last found an entry that the one before had not, stored anew or not."""
    moved_to: str | None = None
    """The address that is polled in place of the one in feeds.yaml."""
