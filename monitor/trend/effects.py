"""The share of a frame in one window after an event, tested against the weeks that had none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from monitor.findings import Family, FrameEffect, PlaceboResult
from monitor.trend.placebo import (
    BASE,
    FIRST,
    LATER,
    MINIMUM_PLACEBOS,
    Flags,
    Floats,
    PlaceboTest,
    Span,
    choose_placebos,
    detectable_share,
    rank_placebos,
    share_differences,
    share_limits,
    smoothed_share,
    window_sums,
)
from monitor.trend.weekly import WeekSeries

CORE_FRAMES = ("incompetent", "over_zealous", "positive")
NEEDED_WEEKS: Mapping[Span, int] = {BASE: 26, FIRST: 3, LATER: 17}
"""How many weeks of a span must have been read."""
MINIMUM_BASE_ITEMS = 50
MINIMUM_ITEMS = 10
SURE = 0.999
"""A share beyond it is none that a window would show: no odds ratio would be found."""
MINIMUM_HITS = 5
"""Items with the frame, and without it, in base and window together."""


@dataclass(frozen=True, slots=True)
class WindowSums:
    """What the base and one window would hold at every week; arrays (weeks), hits (frames, weeks)."""

    window: Span
    weeks: Floats
    n: Floats
    hits: Floats
    base_weeks: Floats
    base_n: Floats
    base_hits: Floats

    @property
    def read(self) -> Flags:
        """Weeks of whose base and window enough was read."""
        return np.asarray((self.weeks >= NEEDED_WEEKS[self.window]) & (self.base_weeks >= NEEDED_WEEKS[BASE]))

    @property
    def usable(self) -> Flags:
        """Weeks that can serve as placebos for shares."""
        return np.asarray(self.read & (self.n >= MINIMUM_ITEMS) & (self.base_n >= MINIMUM_BASE_ITEMS))


def sum_windows(series: WeekSeries, window: Span) -> WindowSums:
    """Return what the base and a window would hold if an event had fallen into each week."""
    spans = (window, BASE)
    weeks, base_weeks = (window_sums(series.read, span) for span in spans)
    n, base_n = (window_sums(series.relevant, span) for span in spans)
    hits, base_hits = (window_sums(series.hits, span) for span in spans)
    return WindowSums(window, weeks, n, hits, base_weeks, base_n, base_hits)


def family_of(frame: str, window: Span) -> Family:
    """Return which family of tests a frame belongs to in a window."""
    return "confirmatory" if window is FIRST and frame in CORE_FRAMES else "exploratory"


def frame_effects(
    sums: WindowSums, series: WeekSeries, frames: Sequence[str], place: int, others: list[int]
) -> list[FrameEffect]:
    """Return the effects in one window, not adjusted yet, in the order of the frames."""
    mask, rule = choose_placebos(sums.usable, place, sums.window, others)
    bare = {frame: _bare_effect(sums, series, frame, place, int(mask.sum())) for frame in frames}
    sound = [frame for frame in frames if not bare[frame].reason]
    if not sound:
        return list(bare.values())
    rows = [series.frames.index(frame) for frame in sound]
    hits, base_hits = sums.hits[rows], sums.base_hits[rows]
    differences = share_differences(hits, sums.n, base_hits, sums.base_n)
    test = rank_placebos(differences, place, mask, sums.window)
    low, high = share_limits(
        hits[:, place], sums.n[place], base_hits[:, place], sums.base_n[place], test.tau2, test.width
    )
    base = smoothed_share(base_hits[:, place], sums.base_n[place])
    findable = detectable_share(differences, test, place, base, sums.n[place])
    for row, frame in enumerate(sound):
        ratio = _odds(float(findable[row])) / _odds(float(base[row]))
        found = placebo_result(test, row, rule, ratio if findable[row] < SURE else None)
        bare[frame] = _estimated(bare[frame], float(low[row]), float(high[row]), found)
    return list(bare.values())


def _bare_effect(sums: WindowSums, series: WeekSeries, frame: str, place: int, placebos: int) -> FrameEffect:
    """Return what was counted, with the reason where nothing can be estimated from it."""
    known = frame in series.frames
    row = series.frames.index(frame) if known else 0
    effect = FrameEffect(
        frame=frame,
        window=str(sums.window),
        family=family_of(frame, sums.window),
        weeks=int(sums.weeks[place]),
        n=int(sums.n[place]),
        hits=round(float(sums.hits[row, place])) if known else 0,
        base_weeks=int(sums.base_weeks[place]),
        base_n=int(sums.base_n[place]),
        base_hits=round(float(sums.base_hits[row, place])) if known else 0,
    )
    reason = _effect_obstacle(effect, sums.window, placebos) if known else f"the model does not label {frame}"
    return replace(effect, reason=reason)


def _effect_obstacle(effect: FrameEffect, window: Span, placebos: int) -> str:
    n, hits = effect.n + effect.base_n, effect.hits + effect.base_hits
    thin = thin_weeks(effect.weeks, effect.base_weeks, window)
    if thin:
        return thin
    if effect.base_n < MINIMUM_BASE_ITEMS:
        return f"only {effect.base_n} relevant items in the base; {MINIMUM_BASE_ITEMS} are needed"
    if effect.n < MINIMUM_ITEMS:
        return f"only {effect.n} relevant items in weeks {window}; {MINIMUM_ITEMS} are needed"
    if min(hits, n - hits) < MINIMUM_HITS:
        kind = "carry" if hits < MINIMUM_HITS else "do not carry"
        return f"only {min(hits, n - hits)} items {kind} the frame; {MINIMUM_HITS} are needed"
    return few_placebos(placebos)


def thin_weeks(weeks: int, base_weeks: int, window: Span) -> str:
    """Say that too few weeks were read, or nothing."""
    if base_weeks < NEEDED_WEEKS[BASE]:
        return f"only {base_weeks} of the {len(BASE)} base weeks were read; {NEEDED_WEEKS[BASE]} are needed"
    if weeks < NEEDED_WEEKS[window]:
        return f"only {weeks} of weeks {window} were read; {NEEDED_WEEKS[window]} are needed"
    return ""


def few_placebos(placebos: int) -> str:
    """Say that there are too few placebo weeks, or nothing."""
    few = placebos < MINIMUM_PLACEBOS
    return f"only {placebos} usable placebo weeks; {MINIMUM_PLACEBOS} are needed" if few else ""


def _estimated(effect: FrameEffect, low: float, high: float, test: PlaceboResult) -> FrameEffect:
    """Return the effect with its figures; ``low`` and ``high`` are limits of the window's share."""
    share, base = (
        float(smoothed_share(np.array(hits), np.array(n)))
        for hits, n in ((effect.hits, effect.n), (effect.base_hits, effect.base_n))
    )
    points = effect.hits / effect.n - effect.base_hits / effect.base_n
    return replace(
        effect,
        odds_ratio=_odds(share) / _odds(base),
        low=_odds(low) / _odds(base),
        high=_odds(high) / _odds(base) if high < 1 else None,
        points=points,
        points_low=min(points, low - base),
        points_high=max(points, high - base),
        test=test,
        verdict="no_clear_change",
    )


def _odds(share: float) -> float:
    return share / (1 - share)


def placebo_result(test: PlaceboTest, row: int | None, rule: str, detectable: float | None) -> PlaceboResult:
    """Return one series' result; ``row`` is its place, or None where the test is of one series alone."""
    at = () if row is None else (row,)
    between = float(test.width[at] * np.sqrt(test.tau2[at])) if np.isfinite(test.width[at]) else None
    return PlaceboResult(float(test.p[at]), int(test.placebos[at]), rule, detectable, between=between)
