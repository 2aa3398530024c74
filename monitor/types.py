"""The values that travel the line: collect → store → label → trend → report.

All are frozen. Text is Unicode in NFC with white space folded; times are aware UTC; shares and
probabilities lie in [0, 1].
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

from monitor.clock import Week

# ---------------------------------------------------------------- collect


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


# ---------------------------------------------------------------- label


class Depth(StrEnum):
    """How much of an item a label was read from.

    An item has a *headline* reading, of its title and, if any, its summary (``title`` or ``summary``),
    and a ``full`` reading where an article text is stored. Trends read the headline readings; the full
    ones are a second series, since a paywall must not look like a change of framing.
    """

    TITLE = "title"
    SUMMARY = "summary"
    FULL = "full"


HEADLINE_DEPTHS = (Depth.TITLE, Depth.SUMMARY)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model is given of one stored revision: ``title + "\\n" + text``."""

    revision_id: int
    item_id: int
    depth: Depth
    title: str
    text: str


class Classifier(Protocol):
    """Scores passages; see ``monitor.label.registry`` for those there are."""

    @property
    def name(self) -> str:
        """The folder under ``models/``."""

    @property
    def version(self) -> str:
        """``name@digest``, stored with every label."""

    @property
    def frames(self) -> Sequence[str]:
        """The frame ids it scores, in the order of the codebook."""

    def scores(self, texts: Sequence[str]) -> Sequence["PassageScores"]:
        """Return one value per text, in order."""


@dataclass(frozen=True, slots=True)
class PassageScores:
    """Calibrated probabilities for one passage: relevance, each frame, and the three bands of tone."""

    relevant: float
    frames: Mapping[str, float]
    tone: tuple[float, float, float]
    """(negative, neutral, positive), summing to 1."""


Band = Literal["negative", "neutral", "positive"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passage that decided a frame; ``start`` and ``end`` are code points in ``title + "\\n" + text``."""

    frame: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FrameLabel:
    """One frame of one reading: probability, decision, and whether the decision is a close one."""

    p: float
    label: bool
    unclear: bool
    mentions: int = 0
    """Passages of the reading that carry the frame."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says of one text (title and body); nothing in it depends on a database."""

    depth: Depth
    relevant_p: float
    relevant: bool
    strict: bool
    """The text names social work or social workers (strict series), not only the services (broad)."""
    tone_score: float
    """-1 (negative) to 1 (positive), toward social work only; 0 where not relevant."""
    tone_band: Band | None
    frames: Mapping[str, FrameLabel]
    primary: str | None
    """A frame id, ``NEUTRAL``, or None where not relevant."""
    mentions: int
    """Passages about social work."""
    evidence: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class Label:
    """A judgement bound to the revision that it was made on."""

    revision_id: int
    item_id: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that has made labels, as the store knows it."""

    id: int
    version: str
    """``name@digest``."""
    name: str
    codebook: str
    frames: tuple[str, ...]
    """In the order of the codebook at the time."""
    first_used_at: datetime


# ---------------------------------------------------------------- human codes

SampleKind = Literal["random", "uncertain"]
"""``random`` samples serve estimation; ``uncertain`` ones (close calls of a model) teach, and never do."""

Stratum = Literal["relevant", "close", "irrelevant", "unlabelled"]
"""What a model had said of an item when a sample was drawn; ``close``: irrelevant, but hardly."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a text, by the codebook."""

    relevant: bool
    frames: tuple[str, ...] = ()
    """In the order of the codebook; empty where not relevant."""
    tone: int | None = None
    """-2 to 2, toward social work; None where not relevant or not coded."""
    status: str = "none"
    target: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """What one person said of one reading of a revision."""

    revision_id: int
    depth: Depth
    coder: str
    said: Said
    coded_at: datetime | None = None
    """None where a file does not tell; it is then stored with the time of its import."""


@dataclass(frozen=True, slots=True)
class CodedUnit:
    """An item of a random sample with what people and a model said of the same reading of it.

    An item has one of these at most, however many samples drew it; items that are wire copies of another
    have none.
    """

    item_id: int
    revision_id: int
    depth: Depth
    week: Week
    outlet: str
    outlet_type: str
    nation: str
    sample: str
    """The name of the oldest sample that drew it."""
    stratum: Stratum
    """Of that sample; within a stratum of one sample every item had the same chance."""
    inclusion: float
    """The chance, in (0, 1], that any sample drew it and it was coded; weigh by ``1 / inclusion``."""
    label: Judgement
    """The model's, without evidence. Its frames count only where it is relevant, as in the weekly sums."""
    relevant: bool
    """The people's: settled between coders by majority, a tie by the latest code."""
    frames: frozenset[str]
    tone: int | None
    coders: int


# ---------------------------------------------------------------- trend

Series = Literal["strict", "broad"]
Unit = Literal["item", "mention"]
Grouping = Literal["outlet_type", "nation", "outlet"]
ShareMethod = Literal["wilson", "ppi", "dsl"]
"""``wilson``: sampling error alone; the others hold the classifier's error too, by people's codes."""


@dataclass(frozen=True, slots=True)
class WeekCount:
    """One cell of the weekly rollup: a week and group with its relevant items, tone bands and frame hits."""

    week: Week
    group: str
    """The outlet type, nation or outlet where asked for, else ``all``."""
    labelled: int
    relevant: int
    negative: int
    neutral: int
    positive: int
    hits: Mapping[str, int]
    """Frame id to relevant items (or mentions) that carry it; frames without any may be left out."""


@dataclass(frozen=True, slots=True)
class ProfessionCount:
    """How often a week's headlines and summaries name a profession, whatever they are about."""

    week: Week
    profession: str
    """One of `monitor.store.professions.PROFESSIONS`: ``social_work`` or one it is held against."""
    items: int
    """Items that name it; wire copies count once."""
    mentions: int
    group: str = "all"
    """The outlet type, nation or outlet where asked for."""


@dataclass(frozen=True, slots=True)
class SharePoint:
    """The share of one week's relevant items that carry a frame."""

    week: Week
    group: str
    frame: str
    n: int
    hits: int
    share: float | None
    """``hits / n``, or that corrected for the classifier's error; None at n = 0."""
    low: float | None
    high: float | None
    corrected: bool
    """Whether classifier error is in the interval; else it holds sampling error alone."""
    raw_share: float | None = None
    """What the classifier alone says, ``hits / n``; where corrected, ``share`` is something else."""
    method: ShareMethod = "wilson"
    n_codes: int = 0
    """Items coded by people behind the correction, whatever they found in them."""
    pool_weeks: int = 0
    """Weeks that those codes are taken from; 0 where uncorrected."""
    reason: str = ""
    """Why it is uncorrected, where a correction was asked for."""
    period: str = ""
    """Where ``week`` is the first of several: ``2026-11``, ``2026-Q4`` or ``2026``."""


@dataclass(frozen=True, slots=True)
class BalancePoint:
    """The image of social work in a period: tone, and the two ways of failing against each other."""

    week: Week
    """The first of the period."""
    group: str
    n: int
    negative: int
    positive: int
    net: float | None
    """(positive - negative) / n, -1 to 1, or that corrected; None at n = 0."""
    low: float | None
    high: float | None
    corrected: bool
    """Of ``net``; the ratio is never corrected."""
    raw_net: float | None
    method: ShareMethod
    n_codes: int
    pool_weeks: int
    reason: str
    fail_hits: int
    over_hits: int
    fail_over: float | None
    """Items that say "failed to protect" for each that says "over-zealous"; None where none says that."""
    fail_over_low: float | None
    fail_over_high: float | None
    """None where the data set no upper bound."""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A dated event that coverage may change after."""

    id: str
    date: str
    """ISO date of the day, or the best known day of the month or year."""
    precision: Literal["day", "month", "year"]
    """How exactly ``date`` is verified; only ``day`` can be estimated by day or week."""
    name: str
    nation: str
    type: str
    expected_frames: tuple[str, ...]
    note: str = ""
    source_url: str = ""
    verified: bool = False


# ---------------------------------------------------------------- report


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
    hours: FeedHours = FeedHours(0.0, 0.0)
    """In the span; nothing is expected before the first poll."""
    window: int | None = None
    """Entries that the feed showed last; None where that is not known."""
    gap: timedelta | None = None
    """Median time between two entries."""
    last_fresh_at: datetime | None = None
    """When a poll last found an entry that the one before had not, stored anew or not."""
    moved_to: str | None = None
    """The address that is polled in place of the one in feeds.yaml."""
