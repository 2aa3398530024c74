"""What an event study finds once people's codes correct the shares of both sides.

The placebo test stays that of the labels: its yardstick is how much labelled shares vary from week to week,
which one correction for all weeks would not change. What it cannot see is an error that changes with the
event. So the difference is told a second time, from corrected shares: base and windows are each estimated
from codes of their own side of the event, and the interval holds both corrections, the sampling of items,
and what ordinary weeks vary by beyond it, joined by MOVER (Zou and Donner 2008, Statistics in Medicine 27,
1693-1702).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from monitor.clock import Week
from monitor.findings import EventStudy, FrameEffect
from monitor.trend.corrected import Coded, correct_shares
from monitor.trend.periods import Period
from monitor.trend.placebo import AFFECTED, FIRST, LATER
from monitor.trend.pools import PoolRule
from monitor.trend.shares import period_shares
from monitor.types import CodedUnit, ShareMethod, SharePoint, WeekCount

BASE_NAME = "base"
NO_CODES = "no codes by people"


@dataclass(frozen=True, slots=True)
class CorrectedEffect:
    """A frame's corrected share in one window and in the base, and their difference with its interval.

    All None, with the reason, where either side has too few codes.
    """

    frame: str
    window: str
    share: float | None = None
    base_share: float | None = None
    points: float | None = None
    """-1 to 1."""
    low: float | None = None
    high: float | None = None
    n_codes: int = 0
    """Behind the window: of its own weeks, or of those between the event and its end."""
    base_codes: int = 0
    pool_weeks: int = 0
    """Of the window."""
    method: ShareMethod = "ppi"
    reason: str = NO_CODES


def correct_effects(
    study: EventStudy, counts: Sequence[WeekCount], units: Sequence[CodedUnit], last: Week
) -> list[CorrectedEffect]:
    """Return the corrected difference of every effect that the study could estimate, in its order.

    Args:
        study: of the broad series and all outlets.
        counts: of all outlets, from the base's first week on.
        units: coded items of the same weeks.
        last: the last week that was read.
    """
    effects = [one for one in study.effects if one.test is not None]
    if not effects or not units:
        return [CorrectedEffect(one.frame, one.window) for one in effects]
    periods = _periods(study, last)
    points = period_shares(counts, list(dict.fromkeys(one.frame for one in effects)), periods)
    # The longest pool of the windows is what lies between the event and their end.
    rule = PoolRule(weeks=len(AFFECTED), changes=(study.week,))
    corrected = correct_shares(points, periods, Coded(units, counts, rule))
    found = {(point.frame, point.period): point for point in corrected}
    return [_corrected(one, found) for one in effects]


def _periods(study: EventStudy, last: Week) -> list[Period]:
    spans = [(str(span), study.week.plus(span.first), study.week.plus(span.last)) for span in (FIRST, LATER)]
    windows = [Period(name, first, min(end, last)) for name, first, end in spans if first <= last]
    return [Period(BASE_NAME, *study.base), *windows]


def _corrected(effect: FrameEffect, found: Mapping[tuple[str, str], SharePoint]) -> CorrectedEffect:
    base, window = found[effect.frame, BASE_NAME], found[effect.frame, effect.window]
    for name, point in (("the base", base), (f"weeks {effect.window}", window)):
        if not point.corrected:
            return CorrectedEffect(effect.frame, effect.window, reason=f"{name}: {point.reason}")
    points, low, high = _difference(window, base, effect.test.between if effect.test else None)
    return CorrectedEffect(
        effect.frame,
        effect.window,
        share=window.share,
        base_share=base.share,
        points=points,
        low=low,
        high=high,
        n_codes=window.n_codes,
        base_codes=base.n_codes,
        pool_weeks=window.pool_weeks,
        method=window.method,
        reason="",
    )


def _difference(window: SharePoint, base: SharePoint, between: float | None) -> tuple[float, float, float]:
    """Return the difference with its limits; without a width of ordinary weeks these are no limits at all."""
    share, low, high = _figures(window)
    base_share, base_low, base_high = _figures(base)
    points = share - base_share
    if between is None:
        return points, -1.0, 1.0
    weeks = between * max(share * (1 - share), base_share * (1 - base_share))
    down = hypot(share - low, base_high - base_share, weeks)
    up = hypot(high - share, base_share - base_low, weeks)
    return points, max(-1.0, points - down), min(1.0, points + up)


def _figures(point: SharePoint) -> tuple[float, float, float]:
    return point.share or 0.0, point.low or 0.0, 1.0 if point.high is None else point.high
