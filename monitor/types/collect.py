"""What collecting knows and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal


class OutletType(StrEnum):
    """What kind of outlet a source belongs to; ``unknown`` only for imported files."""

    NATIONAL = "national"
    TABLOID = "tabloid"
    BROADCASTER = "broadcaster"
    REGIONAL = "regional"
    TRADE = "trade"
    AGENCY = "agency"
    CHARITY = "charity"
    BLOG = "blog"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outlet:
    """Who publishes; several sources may belong to one outlet."""

    name: str
    outlet_type: OutletType = OutletType.UNKNOWN
    nation: str = "UK"


@dataclass(frozen=True, slots=True)
class Source:
    """A feed to poll, as feeds.yaml names it, or a file that was imported (``url`` is then its name)."""

    id: str
    url: str
    outlet: Outlet
    enabled: bool = True
    trusted: bool = False
    pages: bool = True
    """Whether the article pages that the feed links to are fetched too."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a conditional GET sends back (RFC 9110, section 13)."""

    etag: str | None = None
    last_modified: str | None = None


DateSource = Literal["feed", "page", "file", "archive", "seen"]
"""Where a date was read; ``seen`` is the moment of collection, where nothing better was there."""


@dataclass(frozen=True, slots=True)
class Published:
    """When an item came out, with what that was read from."""

    at: datetime
    raw: str
    source: DateSource
    precision: Literal["second", "minute", "day"]


@dataclass(frozen=True, slots=True)
class Item:
    """A news item as collected; ``url`` is canonical. Title is never empty."""

    source_id: str
    outlet: Outlet
    title: str
    published: Published
    url: str | None = None
    guid: str | None = None
    summary: str = ""
    text: str = ""
    sketch: bytes | None = None
    """Of all that it said, before the text policy cut it (monitor.store.copies); None where not made."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry that cannot become an item; ``reason`` is one of a small set of ids."""

    reason: str
    detail: str = ""
    item: "Item | None" = None
    """What it would be, where it may still become one: an entry dated too far ahead."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How many entries were read and what became of them; ``read`` is the sum of the other four."""

    new: int = 0
    revised: int = 0
    duplicate: int = 0
    rejected: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def read(self) -> int:
        """All entries that were seen."""
        return self.new + self.revised + self.duplicate + self.rejected

    def __add__(self, other: "Intake") -> "Intake":
        reasons = dict(self.reasons)
        for reason, count in other.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + count
        return Intake(
            self.new + other.new,
            self.revised + other.revised,
            self.duplicate + other.duplicate,
            self.rejected + other.rejected,
            reasons,
        )

    def as_json(self) -> dict[str, object]:
        """Return the shape of the command line's contract."""
        return {
            "read": self.read,
            "new": self.new,
            "revised": self.revised,
            "duplicate": self.duplicate,
            "rejected": self.rejected,
            "reasons": dict(sorted(self.reasons.items())),
        }


PollOutcome = Literal["ok", "unchanged", "failed"]
"""``unchanged``: the source answered 304, or with the body that it gave before."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What polling has learned of how a feed moves; rates in entries an hour."""

    window: int | None = None
    """Entries that the feed shows at a time; None before that is known."""
    rate: float | None = None
    """Moving average over about two days; None before anything is known."""
    peak: float = 0.0
    """The highest rate between two polls, half forgotten in a week."""
    gap: float | None = None
    """Median seconds between two entries."""
    hint: float = 0.0
    """Seconds between two polls that the feed itself asks for (``ttl``, ``sy:updatePeriod``)."""


@dataclass(frozen=True, slots=True)
class Move:
    """A permanent redirect of a source that has been seen, and may come to be believed."""

    url: str
    first_seen_at: datetime
    sightings: int


@dataclass(frozen=True, slots=True)
class PollState:
    """What the next poll of a source needs to know; all empty for one never polled."""

    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    next_poll_at: datetime | None = None
    failures: int = 0
    """Failed polls since the last good one."""
    polled_at: datetime | None = None
    """The last good poll."""
    pace: Pace = field(default_factory=Pace)
    marks: bytes = b""
    """Four bytes for each entry of the last body: what is not among them next time is fresh."""
    gone: int = 0
    """Answers of 410 in a row."""
    moved_to: str | None = None
    """The address that a permanent redirect has led to for long enough to be believed."""
    move: Move | None = None


@dataclass(frozen=True, slots=True)
class PollRecord:
    """What came of one poll, or of one import of a file.

    A failed poll leaves the stored validators and body hash as they are; a ``body_hash`` of None does so
    on any outcome, since a 304 has no body.
    """

    started_at: datetime
    seconds: float
    outcome: PollOutcome
    status: int | None = None
    error: str | None = None
    intake: Intake = field(default_factory=Intake)
    validators: Validators = field(default_factory=Validators)
    body_hash: str | None = None
    next_poll_at: datetime | None = None
    pace: Pace | None = None
    """What is known after it; None leaves what was known."""
    marks: bytes | None = None
    fresh: int | None = None
    """Entries that the poll before had not shown; None where that cannot be told."""
    seen_from: datetime | None = None
    """Since when all that the feed published has been seen; None for an import."""
    blameless: bool = False
    """A failure of our own network: it counts against no source."""
    asked: str | None = None
    """The address that was polled; None for an import, which leaves all that concerns addresses."""
    move: Move | None = None
    """The permanent redirect that was seen, this time included."""
    moved_to: str | None = None
    """The address to poll from now on, where it is not the source's own."""


@dataclass(frozen=True, slots=True)
class FeedHours:
    """Of how many hours of feeds all that was published has been seen, of how many it should have been."""

    observed: float
    expected: float

    @property
    def share(self) -> float | None:
        """``observed / expected``; None where nothing was to be observed."""
        return min(1.0, self.observed / self.expected) if self.expected > 0 else None
