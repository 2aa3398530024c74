"""``monitor event``: what coverage did after one event."""

from typing import TYPE_CHECKING, cast

import click

from monitor.cli.common import Shared, model_option, pass_shared, print_json, shared_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.findings import EventStudy, FrameEffect, HalfLife, PlaceboResult, VolumeEffect
    from monitor.pipeline.events import StudiedEvent
    from monitor.types import Series

_VERDICTS = {
    "higher": "higher after",
    "lower": "lower after",
    "maybe_higher": "maybe higher after",
    "maybe_lower": "maybe lower after",
    "no_clear_change": "no clear change",
}
_UNTOLD = {"no_clear_change": "without clear change", "not_estimable": "not estimable"}


@click.command()
@click.argument("event_id", metavar="ID")
@click.option("--series", type=click.Choice(["broad", "strict"]), default="broad", show_default=True)
@click.option("--panel", is_flag=True, help="Also study only the outlets that were read throughout.")
@model_option
@shared_options
@pass_shared
def event(shared: Shared, event_id: str, series: str, panel: bool, model: str | None) -> None:
    """Show what coverage did after an event.

    Each frame's effect, with its interval, p and half-life; `monitor events` lists the IDs.
    """
    from monitor.clock import utc_now
    from monitor.config.events import all_events, chosen_events
    from monitor.pipeline.events import event_json, run_event
    from monitor.pipeline.label import active_model, labels_of

    config = shared.config()
    (chosen,) = chosen_events(config, [event_id])
    store = shared.store()
    stored = labels_of(store, model or active_model(store, config))
    studied = run_event(
        store,
        stored,
        chosen,
        all_events(config),
        utc_now,
        series=cast("Series", series),
        with_panel=panel,
    )
    if shared.json:
        print_json(event_json(studied))
        return
    for line in _lines(studied):
        click.echo(line)


def _lines(studied: "StudiedEvent") -> list[str]:
    from monitor.pipeline.events import study_warnings

    study = studied.study
    head = [f"{study.event.id}  {study.event.name}, {study.event.date} ({study.event.nation})", ""]
    if not study.estimated:
        return [*head, f"Not estimable: {study.reason}."]
    first, last = study.base
    head.insert(
        1,
        f"Coverage in the weeks after {study.week} against that of {first} to {last}; "
        f"labels of {studied.model.version}",
    )
    lines = [*head, *_study_lines(study), *_corrected_lines(studied)]
    lines += [f"Note: {warning}." for warning in study_warnings(studied)]
    if studied.panel is not None:
        lines += ["", f"Only the {len(studied.outlets)} outlets that were read throughout", ""]
        lines += (
            _study_lines(studied.panel)
            if studied.panel.estimated
            else [f"Not estimable: {studied.panel.reason}."]
        )
    return lines


def _study_lines(study: "EventStudy") -> list[str]:
    sure = [one for one in study.effects if one.family == "confirmatory"]
    rest = [one for one in study.effects if one.family == "exploratory"]
    lines = ["Core frames (confirmatory; p adjusted for the three of them)"]
    for one in sure:
        lines.append(_effect_line(one))
        if one.frame in study.half_lives and study.half_lives[one.frame].weeks is not None:
            lines.append(_half_life_line(study.half_lives[one.frame]))
    lines += _power_lines(sure)
    lines += ["", "How much coverage (exploratory; p adjusted for all of these)"]
    lines += [_volume_line(one) for one in study.volumes]
    lines += ["", "Other frames and weeks (exploratory; p adjusted for all of these)"]
    lines += [_effect_line(one) for one in rest if one.verdict not in _UNTOLD]
    for verdict, words in _UNTOLD.items():
        number = sum(one.verdict == verdict for one in rest)
        lines += [f"  {number} {words}; see --json"] if number else []
    return [*lines, ""]


def _effect_line(effect: "FrameEffect") -> str:
    name = f"  {effect.frame:15} weeks {effect.window:5}"
    if effect.test is None or effect.odds_ratio is None or effect.low is None:
        return f"{name} not estimable: {effect.reason}"
    high = "no limit" if effect.high is None else f"{effect.high:.2f}"
    shares = f"{_percent(effect.base_share)} -> {_percent(effect.share)}"
    return (
        f"{name} {_VERDICTS[effect.verdict]:18} {shares:18} (n {effect.n:5,})  "
        f"odds ratio {effect.odds_ratio:.2f} [{effect.low:.2f}, {high}]  {_p(effect.test)}"
    )


def _corrected_lines(studied: "StudiedEvent") -> list[str]:
    """Say what people's codes make of the differences, of those for which there are enough."""
    found = [one for one in studied.corrected if one.points is not None]
    if not found:
        return []
    lines = ["Corrected for the model's error by people's codes of both sides (points)"]
    for one in found:
        shares = f"{_percent(one.base_share)} -> {_percent(one.share)}"
        limits = f"[{100 * (one.low or 0):+.1f}, {100 * (one.high or 0):+.1f}]"
        lines.append(
            f"  {one.frame:15} weeks {one.window:5} {shares:18} {100 * (one.points or 0):+.1f} {limits}  "
            f"({one.base_codes:,} and {one.n_codes:,} codes)"
        )
    return [*lines, ""]


def _half_life_line(found: "HalfLife") -> str:
    high = "no limit" if found.high is None else f"{found.high:.1f}"
    return f"  {'':27} half of it gone after {found.weeks:.1f} weeks [{found.low:.1f}, {high}]"


def _power_lines(effects: "Sequence[FrameEffect]") -> list[str]:
    """Say what could have been found where nothing clear was."""
    told = ", ".join(
        f"{one.test.detectable:.1f} ({one.frame})"
        for one in effects
        if one.test and one.test.detectable and one.verdict == "no_clear_change"
    )
    return [f"  An odds ratio of {told} would have been found four times in five."] if told else []


def _volume_line(effect: "VolumeEffect") -> str:
    name = f"  {f'beside {effect.control}' if effect.control else 'items a week':15} weeks {effect.window:5}"
    if effect.test is None:
        return f"{name} not estimable: {effect.reason}"
    return (
        f"{name} {_VERDICTS[effect.verdict]:18} {'':18} (n {effect.n:5,})  "
        f"{effect.ratio:.2f} times [{effect.low:.2f}, {effect.high:.2f}]  {_p(effect.test)}"
    )


def _p(test: "PlaceboResult") -> str:
    return f"p {test.p_adjusted:.3f} ({test.placebos} placebo weeks)"


def _percent(share: float | None) -> str:
    return f"{100 * (share or 0):.1f} %"
