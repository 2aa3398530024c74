"""What trend finds in a week and report tells of it; frozen values beside those of ``monitor.types``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from monitor.clock import Week
from monitor.types import Event, SharePoint, Story

Verdict = Literal["moved", "maybe", "no_clear_change", "not_estimable"]
"""``moved``: stands out after Benjamini-Hochberg over all frames compared; ``maybe``: its own interval
excludes 0, but it would not survive that; ``not_estimable``: see the reason."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A frame's share in one week against its pooled share in the weeks before."""

    group: str
    frame: str
    weeks: int
    """Weeks in the baseline, which ends with the week before."""
    n: int
    hits: int
    base_n: int
    base_hits: int
    difference: float | None
    """This week's share minus the baseline's, -1 to 1; None where either has no item."""
    low: float | None
    high: float | None
    q: float | None
    """Benjamini-Hochberg adjusted p over the frames of the same group and baseline."""
    dispersion: float
    """By how much weekly shares vary beyond chance (1: not at all); the interval is widened by it."""
    verdict: Verdict
    reason: str = ""
    """Why nothing can be estimated; else empty."""

    @property
    def base_share(self) -> float | None:
        """The baseline's pooled share; None where it has no item."""
        return self.base_hits / self.base_n if self.base_n else None


@dataclass(frozen=True, slots=True)
class Volume:
    """How many relevant items a week has, beside the weeks before it."""

    labelled: int
    relevant: int
    weeks: int
    covered: int
    """Weeks of the baseline in which anything was labelled; the figures below are of these alone."""
    median: float | None
    lowest: int | None
    highest: int | None


@dataclass(frozen=True, slots=True)
class Tone:
    """Tone toward social work over some weeks, and the two ways of failing against each other."""

    n: int
    negative: int
    neutral: int
    positive: int
    net: float | None
    """(positive - negative) / n, -1 to 1; None at n = 0."""
    fail_hits: int
    over_hits: int
    fail_over: float | None
    """Items that say "failed to protect" for each that says "over-zealous"; None where none says that."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a week's report is made from, except stories, sources and words."""

    first: Week
    week: Week
    frames: Sequence[str]
    shares: Sequence[SharePoint]
    """Every week from ``first`` to ``week``, by group: ``all`` and each kind of outlet."""
    rolling: Sequence[SharePoint]
    """For ``all``: each week pooled with those before it; see ``rolling_weeks``."""
    rolling_weeks: int
    recent: Sequence[SharePoint]
    """Each group pooled over the last ``recent_weeks``."""
    recent_weeks: int
    comparisons: Sequence[Comparison]
    """For ``all``: against each baseline, shortest first, in the order of the frames."""
    volume: Volume
    weekly_relevant: Sequence[tuple[Week, int | None]]
    """Relevant items of every week of the span; None where it was not read, which is not none."""
    tone: Tone
    base_tone: Tone
    """Over the weeks of the volume's baseline."""
    weekly_tone: Sequence[tuple[Week, Tone]] = ()
    """Of every week of the span that was read."""

    @property
    def read(self) -> frozenset[Week]:
        """The weeks of the span that were read."""
        return frozenset(week for week, items in self.weekly_relevant if items is not None)


# ---------------------------------------------------------------- event studies

EventVerdict = Literal["higher", "lower", "maybe_higher", "maybe_lower", "no_clear_change", "not_estimable"]
"""``higher`` and ``lower``: the adjusted p is at most 5 %; ``maybe``: only the p of the test alone is, so
that the interval excludes no change; ``not_estimable``: see the reason."""
Family = Literal["confirmatory", "exploratory"]
"""``confirmatory``: core frame, weeks 0-3, Holm over three. The rest: Benjamini-Hochberg, over all shares
that are exploratory, and over all volumes."""


@dataclass(frozen=True, slots=True)
class PlaceboResult:
    """What the ordinary weeks of a series say of a difference; see ``monitor.trend.placebo``."""

    p: float
    """Two-sided, not adjusted."""
    placebos: int
    """Usable weeks in which no event is supposed."""
    rule: str
    """Which weeks those are."""
    detectable: float | None
    """The ratio (of odds or of volumes, above 1) that 80 % of such studies would find at 5 %; None: none."""
    p_adjusted: float | None = None
    between: float | None = None
    """Half of a 95 % interval for what ordinary weeks vary by beyond sampling, in log-odds or logarithms."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The same odds ratio from a quasi-binomial model with autocorrelated weeks; all None where refused."""

    odds_ratio: float | None
    low: float | None
    high: float | None
    p: float | None
    dispersion: float | None
    """Pearson's chi-squared over the degrees of freedom; 1: weeks vary by chance alone."""
    autocorrelation: float | None
    """Of the residuals of neighbouring weeks."""
    agrees: bool | None
    """Whether it and the placebo test both find a change in the same direction, or both find none."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FrameEffect:
    """A frame's share in one window after an event against its share in the year before."""

    frame: str
    window: str
    """Weeks after the event's, first to last: ``0-3`` or ``4-25``."""
    family: Family
    weeks: int
    """Weeks of the window that were read."""
    n: int
    hits: int
    base_weeks: int
    base_n: int
    base_hits: int
    odds_ratio: float | None = None
    low: float | None = None
    high: float | None = None
    """None also where the data set no upper limit: every item of the window carries the frame."""
    points: float | None = None
    """Difference of the shares, -1 to 1."""
    points_low: float | None = None
    points_high: float | None = None
    test: PlaceboResult | None = None
    second: SecondOpinion | None = None
    verdict: EventVerdict = "not_estimable"
    reason: str = ""

    @property
    def share(self) -> float | None:
        """The window's share; None without an item."""
        return self.hits / self.n if self.n else None

    @property
    def base_share(self) -> float | None:
        """The base's share; None without an item."""
        return self.base_hits / self.base_n if self.base_n else None


@dataclass(frozen=True, slots=True)
class VolumeEffect:
    """How much coverage there is a week in one window after an event, against the year before."""

    window: str
    control: str | None
    """None for relevant items; else the profession against whose mentions those of social work are held."""
    weeks: int
    n: int
    base_weeks: int
    base_n: int
    control_n: int | None = None
    control_base_n: int | None = None
    ratio: float | None = None
    """Items (or mentions) a week over those of the base; beside a control over the control's ratio."""
    low: float | None = None
    high: float | None = None
    test: PlaceboResult | None = None
    verdict: EventVerdict = "not_estimable"
    reason: str = ""
    family: Family = "exploratory"


@dataclass(frozen=True, slots=True)
class HalfLife:
    """How soon the effect on a frame's log-odds halves; all None where there is a reason."""

    frame: str
    weeks: float | None = None
    low: float | None = None
    high: float | None = None
    """None where the bootstrap sets no upper limit."""
    peak_odds_ratio: float | None = None
    """Fitted at the event's week."""
    n: int = 0
    """Items of the weeks that it is fitted to."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Other listed events whose weeks fall into those of a study, by date."""

    cluster: Sequence[Event] = ()
    """Their first four weeks overlap with this one's, maybe through one another."""
    base: Sequence[Event] = ()
    """In the year before."""
    later: Sequence[Event] = ()
    """In weeks 4 to 25, apart from the cluster."""


@dataclass(frozen=True, slots=True)
class EventStudy:
    """What coverage did after an event; without effects where ``reason`` says why none can be estimated."""

    event: Event
    week: Week
    base: tuple[Week, Week]
    neighbours: Neighbours
    effects: Sequence[FrameEffect] = ()
    """By window, then in the order of the frames."""
    half_lives: Mapping[str, HalfLife] = field(default_factory=dict)
    volumes: Sequence[VolumeEffect] = ()
    """Relevant items by window; then, where given, the control professions."""
    reason: str = ""

    @property
    def estimated(self) -> bool:
        """Whether anything of it could be estimated."""
        every: list[FrameEffect | VolumeEffect] = [*self.effects, *self.volumes]
        return any(one.verdict != "not_estimable" for one in every)


# ---------------------------------------------------------------- candidate breaks and outbreaks


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


# ---------------------------------------------------------------- visibility and indicators


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
