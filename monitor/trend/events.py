"""Event studies: what share of coverage carried each frame after an event, and how much coverage there was.

The weeks are those of the event (0): the base is the year that ends two weeks before, week -1 is blank, and
two windows follow, weeks 0-3 and 4-25. Tests and intervals are those of `monitor.trend.placebo`. Three core
frames in weeks 0-3 are the confirmatory family of an event, adjusted by Holm (1979, Scandinavian Journal of
Statistics 6, 65-70) with m = 3 even where fewer can be estimated. Everything else in a study is exploratory,
adjusted by Benjamini-Hochberg: shares over all such shares, volumes over all volumes. A study says what
coverage did after an event, never what it did because of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from monitor.clock import Week
from monitor.findings import (
    EventStudy,
    EventVerdict,
    FrameEffect,
    HalfLife,
    SecondOpinion,
    VolumeEffect,
)
from monitor.trend.compare import benjamini_hochberg
from monitor.trend.decay import half_life
from monitor.trend.effects import CORE_FRAMES, family_of, frame_effects, sum_windows
from monitor.trend.neighbours import find_neighbours, study_week
from monitor.trend.placebo import (
    AFFECTED,
    BASE,
    FIRST,
    LATER,
    LEVEL,
    Flags,
    Span,
)
from monitor.trend.second_opinion import second_opinions
from monitor.trend.volume import control_effects, volume_effect
from monitor.trend.weekly import WeekSeries
from monitor.types import Event

WINDOWS = (FIRST, LATER)


def study_event(
    event: Event,
    series: WeekSeries,
    frames: Sequence[str],
    events: Sequence[Event] = (),
    controls: Mapping[str, Mapping[Week, int]] | None = None,
) -> EventStudy:
    """Return what coverage did after an event.

    Args:
        event: the one that is studied.
        series: all weeks that there are, from one model.
        frames: ids to report, also such as the series does not hold.
        events: all that are listed; their weeks are kept out of the placebos, and named where they are near.
        controls: mentions by profession and week, ``social_work`` among them; weeks that were not collected
            are absent.
    """
    week = study_week(event)
    study = EventStudy(
        event, week, (week.plus(BASE.first), week.plus(BASE.last)), find_neighbours(event, events)
    )
    reason = _obstacle(event, week, series)
    if reason:
        return replace(study, effects=_refused_effects(frames, reason), reason=reason)
    place = series.place(week)
    others = [
        series.place(study_week(one)) for one in events if one.id != event.id and one.precision != "year"
    ]
    effects: list[FrameEffect] = []
    volumes: list[VolumeEffect] = []
    for window in WINDOWS:
        sums = sum_windows(series, window)
        effects += frame_effects(sums, series, frames, place, others)
        volumes.append(volume_effect(sums, place, others))
    volumes += control_effects(controls or {}, series, place, others)
    effects = _with_second_opinions(effects, series, place)
    study = replace(
        study,
        effects=_adjusted(effects),
        volumes=_adjusted_volumes(volumes),
        half_lives=_half_lives(effects, series, place),
    )
    return study if study.estimated else replace(study, reason=effects[0].reason if effects else "no frame")


def _obstacle(event: Event, week: Week, series: WeekSeries) -> str:
    """Say what keeps a whole study from being made, or nothing."""
    if event.precision != "day":
        return f"the day of {event.id} is not known, only its {event.precision}"
    if not event.verified:
        return f"the day of {event.id}, {event.date}, is not verified"
    if not series.read.any():
        return "no week has been read; run: monitor label"
    if week < series.first:
        return f"{week} lies before the data begin, in {series.first}"
    if week > series.last:
        return f"{week} lies after the last whole week that was read, {series.last}"
    return ""


def _refused_effects(frames: Sequence[str], reason: str) -> list[FrameEffect]:
    return [
        FrameEffect(frame, str(window), family_of(frame, window), 0, 0, 0, 0, 0, 0, reason=reason)
        for window in WINDOWS
        for frame in frames
    ]


# ---------------------------------------------------------------- second opinion and half-life


def _with_second_opinions(
    effects: Sequence[FrameEffect], series: WeekSeries, place: int
) -> list[FrameEffect]:
    opinions = {
        frame: _opinions(series, frame, place) for frame in {one.frame for one in effects if one.test}
    }
    return [
        replace(one, second=_judged(opinions[one.frame][one.window], one)) if one.test else one
        for one in effects
    ]


def _opinions(series: WeekSeries, frame: str, place: int) -> dict[str, SecondOpinion]:
    weeks = np.arange(series.read.size)
    has_items = series.relevant > 0
    spans = [span for span in (BASE, *WINDOWS) if _within(weeks, place, span)[has_items].any()]
    groups = [_within(weeks, place, span) & has_items for span in spans]
    kept = np.any(groups, axis=0)
    found = second_opinions(
        series.hits[series.frames.index(frame)][kept],
        series.relevant[kept],
        weeks[kept].astype(float),
        [group[kept] for group in groups],
    )
    return {str(span): opinion for span, opinion in zip(spans[1:], found, strict=True)}


def _within(weeks: np.ndarray[tuple[int], np.dtype[np.int64]], place: int, span: Span) -> Flags:
    return (weeks >= place + span.first) & (weeks <= place + span.last)


def _judged(opinion: SecondOpinion, effect: FrameEffect) -> SecondOpinion:
    """Return the opinion with whether it agrees: both find one direction at 5 %, or both find nothing."""
    if opinion.p is None or opinion.odds_ratio is None or effect.test is None or effect.odds_ratio is None:
        return opinion
    ours, theirs = effect.test.p <= LEVEL, opinion.p <= LEVEL
    same_way = (effect.odds_ratio > 1) == (opinion.odds_ratio > 1)
    return replace(opinion, agrees=ours == theirs and (same_way or not ours))


def _half_lives(effects: Sequence[FrameEffect], series: WeekSeries, place: int) -> dict[str, HalfLife]:
    return {one.frame: _half_life(one, series, place) for one in effects if one.window == str(FIRST)}


def _half_life(effect: FrameEffect, series: WeekSeries, place: int) -> HalfLife:
    """Return the half-life, refused where the effect's own interval holds no effect."""
    if effect.test is None:
        return HalfLife(effect.frame, reason=effect.reason)
    if effect.test.p > LEVEL:
        return HalfLife(effect.frame, reason=f"the effect in weeks {FIRST} may be none")
    hits = series.hits[series.frames.index(effect.frame)]
    base, after = (
        slice(max(0, place + span.first), max(0, place + span.last + 1)) for span in (BASE, AFFECTED)
    )
    return half_life(effect.frame, hits[base], series.relevant[base], hits[after], series.relevant[after])


# ---------------------------------------------------------------- families


def holm(p_values: Sequence[float], tests: int) -> list[float]:
    """Return Holm's adjusted p-values in the order given, as of ``tests`` tests at least that many."""
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[index] * (tests - rank)))
        adjusted[index] = largest
    return adjusted


def _adjusted(effects: Sequence[FrameEffect]) -> list[FrameEffect]:
    """Return all effects on shares with adjusted p and verdict, each in its family."""
    p_of = {place: one.test.p for place, one in enumerate(effects) if one.test}
    sure = [place for place in p_of if effects[place].family == "confirmatory"]
    rest = [place for place in p_of if effects[place].family == "exploratory"]
    adjusted = dict(zip(sure, holm([p_of[place] for place in sure], len(CORE_FRAMES)), strict=True))
    adjusted |= dict(zip(rest, benjamini_hochberg([p_of[place] for place in rest]), strict=True))
    return [
        replace(
            one, test=replace(one.test, p_adjusted=adjusted[place]), verdict=_verdict(one, adjusted[place])
        )
        if one.test
        else one
        for place, one in enumerate(effects)
    ]


def _adjusted_volumes(volumes: Sequence[VolumeEffect]) -> list[VolumeEffect]:
    adjusted = iter(benjamini_hochberg([one.test.p for one in volumes if one.test]))
    found = [(one, next(adjusted) if one.test else None) for one in volumes]
    return [
        replace(one, test=replace(one.test, p_adjusted=p), verdict=_verdict(one, p))
        if one.test and p is not None
        else one
        for one, p in found
    ]


def _verdict(effect: FrameEffect | VolumeEffect, p_adjusted: float) -> EventVerdict:
    ratio = effect.odds_ratio if isinstance(effect, FrameEffect) else effect.ratio
    if effect.test is None or ratio is None or effect.test.p > LEVEL:
        return "no_clear_change"
    if p_adjusted > LEVEL:
        return "maybe_higher" if ratio > 1 else "maybe_lower"
    return "higher" if ratio > 1 else "lower"
