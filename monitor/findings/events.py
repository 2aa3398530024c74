"""What event studies find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from monitor.clock import Week
from monitor.types import Event

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
