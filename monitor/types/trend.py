"""What trends are made from and of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from monitor.clock import Week

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
