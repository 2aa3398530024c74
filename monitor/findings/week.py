"""What trend finds in a week, or in a month as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.clock import Week
from monitor.types import SharePoint

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
