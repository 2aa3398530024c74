"""Event studies from the weekly sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.clock import Clock, Week
from monitor.findings import (
    EventStudy,
    FrameEffect,
    HalfLife,
    PlaceboResult,
    SecondOpinion,
    VolumeEffect,
)
from monitor.label.codebook import load_codebook
from monitor.store.codes import coded_units
from monitor.store.open import Store
from monitor.store.professions import weekly_professions
from monitor.store.rollups import labelled_span, weekly_counts
from monitor.trend.corrected_effects import CorrectedEffect, correct_effects
from monitor.trend.events import study_event
from monitor.trend.neighbours import study_week
from monitor.trend.panel import constant_panel
from monitor.trend.placebo import AFFECTED, BASE, NOT_IN_WINDOW
from monitor.trend.weekly import WeekSeries, week_series
from monitor.types import Event, Series, StoredModel, WeekCount

CORRECTION = "uncorrected"
METHOD = (
    "share of relevant items that carry the frame in weeks 0-3 and 4-25 after the event against the 52 weeks "
    "that end two weeks before it; headline readings; wire copies counted once; p: rank among placebo weeks, "
    "not below a t-test with the degrees of freedom that overlap leaves; 95 % intervals invert that test; "
    "three core frames in weeks 0-3 adjusted by Holm, all else exploratory, by Benjamini-Hochberg; not "
    "corrected for the classifier's error"
)
SECOND_METHOD = "quasi-binomial model with autocorrelated weeks"
HALF_LIFE_METHOD = "exponential decay of the log-odds, maximum likelihood; 95 % block bootstrap interval"
VOLUME_METHOD = "log ratio of relevant items a week; placebo weeks as for shares"
CONTROL_METHOD = "difference in differences: log ratio of social work's mentions less the control's"


@dataclass(frozen=True, slots=True)
class StudiedEvent:
    """One event's study of all outlets and, where asked for, of a constant panel of them."""

    model: StoredModel
    series: Series
    study: EventStudy
    panel: EventStudy | None = None
    outlets: tuple[str, ...] = ()
    """Those of the panel."""
    corrected: tuple[CorrectedEffect, ...] = ()
    """What people's codes make of the effects of the broad series; not of the panel, whose codes are few."""


def run_event(
    store: Store,
    model: StoredModel,
    event: Event,
    events: Sequence[Event],
    clock: Clock,
    *,
    series: Series = "broad",
    with_panel: bool = False,
) -> StudiedEvent:
    """Return what coverage did after an event, by all whole weeks that the model has labels of.

    Args:
        events: all that are listed, this one among them.
        series: broad or strict relevance.
        with_panel: also study the outlets that were read from the base to the last window alone.
    """
    frames = (*model.frames, *(core for core in load_codebook().core if core not in model.frames))
    with store.reading() as session:
        span = labelled_span(session, model.id)
        if span is None:
            return StudiedEvent(
                model, series, study_event(event, week_series((), model.frames), frames, events)
            )
        first, last = span[0], min(span[1], Week.of(clock()).plus(-1))
        counts = weekly_counts(session, model.id, first, last, series=series)
        professions = weekly_professions(session, first, last)
        week = study_week(event)
        units = coded_units(session, model.id, week.plus(BASE.first), min(last, week.plus(AFFECTED.last)))
        by_outlet = (
            weekly_counts(session, model.id, first, last, series=series, by="outlet") if with_panel else []
        )
    controls: dict[str, dict[Week, int]] = {}
    for count in professions:
        controls.setdefault(count.profession, {})[count.week] = count.mentions
    study = study_event(event, week_series(counts, model.frames), frames, events, controls)
    corrected = tuple(correct_effects(study, counts, units, last)) if series == "broad" else ()
    if not with_panel:
        return StudiedEvent(model, series, study, corrected=corrected)
    outlets = _panel(by_outlet, event, first, last)
    panel = study_event(event, _panel_series(by_outlet, outlets, model), frames, events)
    return StudiedEvent(model, series, study, panel, outlets, corrected)


def _panel(by_outlet: Sequence[WeekCount], event: Event, first: Week, last: Week) -> tuple[str, ...]:
    week = study_week(event)
    start, end = max(first, week.plus(BASE.first)), min(last, week.plus(AFFECTED.last))
    return constant_panel(by_outlet, start, end) if start <= end else ()


def _panel_series(by_outlet: Sequence[WeekCount], outlets: Sequence[str], model: StoredModel) -> WeekSeries:
    return week_series([count for count in by_outlet if count.group in outlets], model.frames)


# ---------------------------------------------------------------- warnings


def study_warnings(studied: StudiedEvent) -> list[str]:
    """Return what a reader of a study must know beside its figures, most important first."""
    study = studied.study
    if not study.estimated:
        return []
    some = any(not one.reason for one in studied.corrected)
    beside = "; corrected differences stand beside them" if some else ""
    return [
        *_neighbour_warnings(study),
        *_disagreements(study),
        *_loose_placebos(study),
        f"shares and p are not corrected for the classifier's error{beside}",
    ]


def _disagreements(study: EventStudy) -> list[str]:
    """Name the core frames of which the second opinion differs, and count the others."""
    differing = [one for one in study.effects if one.second and one.second.agrees is False]
    warnings = [
        f"{one.frame} in weeks {one.window}: the second opinion ({SECOND_METHOD}) disagrees: odds ratio "
        f"{one.second.odds_ratio:.2f}, p {one.second.p:.3f} where the placebo weeks give {one.test.p:.3f}"
        for one in differing
        if one.family == "confirmatory" and one.second and one.test
    ]
    others = sum(one.family == "exploratory" for one in differing)
    if others:
        warnings.append(f"the second opinion disagrees on {others} of the exploratory effects")
    return warnings


def _neighbour_warnings(study: EventStudy) -> list[str]:
    near, own = study.neighbours, study.event.id
    warnings = []
    if near.cluster:
        warnings.append(
            f"{_named(near.cluster)} fell into the same weeks: what coverage did after {own} cannot be told "
            "apart from what it did after them"
        )
    if near.later:
        warnings.append(f"weeks 4-25 also hold {_named(near.later)}")
    if near.base:
        warnings.append(f"the base also holds {_named(near.base)}")
    return warnings


def _loose_placebos(study: EventStudy) -> list[str]:
    loose = {one.window for one in study.effects if one.test and one.test.rule == NOT_IN_WINDOW}
    return [
        f"weeks {window}: few weeks are untouched, so that placebos may have this event in their base"
        for window in sorted(loose)
    ]


def _named(events: Sequence[Event]) -> str:
    return ", ".join(f"{event.id} ({event.name})" for event in events)


# ---------------------------------------------------------------- JSON


def event_json(studied: StudiedEvent) -> dict[str, object]:
    """Return the document of ``monitor event --json``."""
    study = studied.study
    known = study.event.precision == "day"
    document: dict[str, object] = {
        "event": {
            "id": study.event.id,
            "date": study.event.date,
            "precision": study.event.precision,
            "verified": study.event.verified,
            "name": study.event.name,
            "nation": study.event.nation,
            "type": study.event.type,
        },
        "status": "estimated" if study.estimated else "not_estimable",
        "reason": study.reason,
        "model": studied.model.version,
        "series": studied.series,
        "week": str(study.week) if known else None,
        "base": {"first": str(study.base[0]), "last": str(study.base[1])} if known else None,
        "method": METHOD,
        "correction": CORRECTION,
        "cluster": [event.id for event in study.neighbours.cluster],
        "later_events": [event.id for event in study.neighbours.later],
        "base_events": [event.id for event in study.neighbours.base],
        "warnings": study_warnings(studied),
        **_effects_json(study, studied.corrected),
    }
    if studied.panel is not None:
        document["panel"] = {
            "outlets": list(studied.outlets),
            "status": "estimated" if studied.panel.estimated else "not_estimable",
            "reason": studied.panel.reason,
            **_effects_json(studied.panel),
        }
    return document


def _effects_json(study: EventStudy, corrected: Sequence[CorrectedEffect] = ()) -> dict[str, object]:
    frames = dict.fromkeys(one.frame for one in study.effects)
    beside = {(one.frame, one.window): one for one in corrected}
    return {
        "frames": {
            frame: _frame_json([one for one in study.effects if one.frame == frame], study.half_lives, beside)
            for frame in frames
        },
        "volume": [_volume_json(one) for one in study.volumes if one.control is None],
        "controls": [_volume_json(one) for one in study.volumes if one.control is not None],
    }


def _frame_json(
    effects: Sequence[FrameEffect],
    half_lives: Mapping[str, HalfLife],
    beside: Mapping[tuple[str, str], CorrectedEffect],
) -> dict[str, object]:
    """Return one frame: the figures of weeks 0-3 beside its half-life, and all windows under ``effects``."""
    first = effects[0]
    found = half_lives.get(first.frame, HalfLife(first.frame, reason=first.reason))
    return {
        **_effect_json(first, beside.get((first.frame, first.window))),
        "half_life": _half_life_json(found),
        "effects": [_effect_json(one, beside.get((one.frame, one.window))) for one in effects],
    }


def _effect_json(effect: FrameEffect, corrected: CorrectedEffect | None) -> dict[str, object]:
    return {
        "window": effect.window,
        **_status_json(effect),
        "family": effect.family,
        "weeks": effect.weeks,
        "n": effect.n,
        "hits": effect.hits,
        "share": effect.share,
        "base": {
            "weeks": effect.base_weeks,
            "n": effect.base_n,
            "hits": effect.base_hits,
            "share": effect.base_share,
        },
        "odds_ratio": effect.odds_ratio,
        "low": effect.low,
        "high": effect.high,
        "points": effect.points,
        "points_low": effect.points_low,
        "points_high": effect.points_high,
        **_test_json(effect.test),
        "method": "placebo-in-time rank",
        "correction": CORRECTION,
        "second_opinion": _second_json(effect.second) if effect.second else None,
        "corrected_effect": _corrected_json(corrected) if corrected else None,
    }


def _corrected_json(effect: CorrectedEffect) -> dict[str, object]:
    return {
        "status": "not_estimable" if effect.points is None else "estimated",
        "corrected": effect.points is not None,
        "reason": effect.reason,
        "share": effect.share,
        "base_share": effect.base_share,
        "points": effect.points,
        "points_low": effect.low,
        "points_high": effect.high,
        "n_codes": effect.n_codes,
        "base_n_codes": effect.base_codes,
        "pool_weeks": effect.pool_weeks,
        "method": effect.method,
    }


def _status_json(effect: FrameEffect | VolumeEffect) -> dict[str, object]:
    estimated = effect.verdict != "not_estimable"
    return {
        "status": "estimated" if estimated else "not_estimable",
        "reason": effect.reason,
        "verdict": effect.verdict if estimated else None,
    }


def _test_json(test: PlaceboResult | None) -> dict[str, object]:
    return {
        "p": test.p if test else None,
        "p_adjusted": test.p_adjusted if test else None,
        "placebos": test.placebos if test else None,
        "placebo_rule": test.rule if test else None,
        "detectable": test.detectable if test else None,
    }


def _second_json(second: SecondOpinion) -> dict[str, object]:
    return {
        "odds_ratio": second.odds_ratio,
        "low": second.low,
        "high": second.high,
        "p": second.p,
        "dispersion": second.dispersion,
        "autocorrelation": second.autocorrelation,
        "agrees": second.agrees,
        "reason": second.reason,
        "method": SECOND_METHOD,
    }


def _half_life_json(found: HalfLife) -> dict[str, object]:
    return {
        "status": "not_estimable" if found.weeks is None else "estimated",
        "reason": found.reason,
        "weeks": found.weeks,
        "low": found.low,
        "high": found.high,
        "peak_odds_ratio": found.peak_odds_ratio,
        "n": found.n,
        "method": HALF_LIFE_METHOD,
        "correction": CORRECTION,
    }


def _volume_json(effect: VolumeEffect) -> dict[str, object]:
    control = {
        "control": effect.control,
        "control_n": effect.control_n,
        "control_base_n": effect.control_base_n,
    }
    return {
        "window": effect.window,
        **(control if effect.control else {}),
        **_status_json(effect),
        "family": effect.family,
        "weeks": effect.weeks,
        "n": effect.n,
        "base": {"weeks": effect.base_weeks, "n": effect.base_n},
        "ratio": effect.ratio,
        "low": effect.low,
        "high": effect.high,
        **_test_json(effect.test),
        "method": CONTROL_METHOD if effect.control else VOLUME_METHOD,
        "correction": CORRECTION,
    }
