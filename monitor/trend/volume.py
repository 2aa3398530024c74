"""How much coverage there is in one window after an event, and beside that of other professions."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from monitor.clock import Week
from monitor.findings import VolumeEffect
from monitor.trend.effects import (
    MINIMUM_BASE_ITEMS,
    NEEDED_WEEKS,
    WindowSums,
    few_placebos,
    placebo_result,
    thin_weeks,
)
from monitor.trend.placebo import (
    BASE,
    FIRST,
    Differences,
    Flags,
    Floats,
    PlaceboTest,
    Span,
    choose_placebos,
    rank_placebos,
    subtract_differences,
    volume_differences,
    window_sums,
)
from monitor.trend.weekly import SOCIAL_WORK, WeekSeries


def volume_effect(sums: WindowSums, place: int, others: list[int]) -> VolumeEffect:
    """Return the effect on the relevant items a week in one window, not adjusted yet."""
    usable = sums.read & (sums.base_n >= MINIMUM_BASE_ITEMS)
    mask, rule = choose_placebos(usable, place, sums.window, others)
    effect = VolumeEffect(
        window=str(sums.window),
        control=None,
        weeks=int(sums.weeks[place]),
        n=int(sums.n[place]),
        base_weeks=int(sums.base_weeks[place]),
        base_n=int(sums.base_n[place]),
    )
    reason = _volume_obstacle(effect, sums.window, int(mask.sum()))
    if reason:
        return replace(effect, reason=reason)
    differences = volume_differences(sums.n, sums.weeks, sums.base_n, sums.base_weeks)
    return _with_ratio(effect, differences, rank_placebos(differences, place, mask, sums.window), place, rule)


def _volume_obstacle(effect: VolumeEffect, window: Span, placebos: int) -> str:
    thin = thin_weeks(effect.weeks, effect.base_weeks, window)
    if thin:
        return thin
    for number in (effect.base_n, effect.control_base_n):
        if number is not None and number < MINIMUM_BASE_ITEMS:
            return f"only {number} in the base; {MINIMUM_BASE_ITEMS} are needed"
    return few_placebos(placebos)


def _with_ratio(
    effect: VolumeEffect, differences: Differences, test: PlaceboTest, place: int, rule: str
) -> VolumeEffect:
    value, spread = differences.value[place], differences.spread(test.tau2)[place]
    low, middle, high = (float(np.exp(value + side * test.width * spread)) for side in (-1, 0, 1))
    found = placebo_result(test, None, rule, float(np.exp((test.width + test.slack) * spread)))
    return replace(effect, ratio=middle, low=low, high=high, test=found, verdict="no_clear_change")


def control_effects(
    controls: Mapping[str, Mapping[Week, int]], series: WeekSeries, place: int, others: list[int]
) -> list[VolumeEffect]:
    """Hold the mentions of social work in weeks 0-3 against those of each other profession."""
    if SOCIAL_WORK not in controls:
        return []
    ours, read = series.aligned(controls[SOCIAL_WORK])
    return [
        _control_effect(name, ours, read, *series.aligned(mentions), place, others)
        for name, mentions in controls.items()
        if name != SOCIAL_WORK
    ]


def _control_effect(
    name: str, ours: Floats, read: Flags, theirs: Floats, their_read: Flags, place: int, others: list[int]
) -> VolumeEffect:
    both = read & their_read
    weeks, base_weeks = (window_sums(both, span) for span in (FIRST, BASE))
    n, base_n = (window_sums(ours * both, span) for span in (FIRST, BASE))
    control_n, control_base_n = (window_sums(theirs * both, span) for span in (FIRST, BASE))
    enough = np.minimum(base_n, control_base_n) >= MINIMUM_BASE_ITEMS
    usable = enough & (weeks >= NEEDED_WEEKS[FIRST]) & (base_weeks >= NEEDED_WEEKS[BASE])
    mask, rule = choose_placebos(usable, place, FIRST, others)
    effect = VolumeEffect(
        window=str(FIRST),
        control=name,
        weeks=int(weeks[place]),
        n=int(n[place]),
        base_weeks=int(base_weeks[place]),
        base_n=int(base_n[place]),
        control_n=int(control_n[place]),
        control_base_n=int(control_base_n[place]),
    )
    reason = _volume_obstacle(effect, FIRST, int(mask.sum()))
    if reason:
        return replace(effect, reason=reason)
    differences = subtract_differences(
        volume_differences(n, weeks, base_n, base_weeks),
        volume_differences(control_n, weeks, control_base_n, base_weeks),
    )
    return _with_ratio(effect, differences, rank_placebos(differences, place, mask, FIRST), place, rule)
