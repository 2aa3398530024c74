"""What coverage did after an event: the studies that run, and the report of one event."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from monitor.findings import EventStudy, FrameEffect, HalfLife, VolumeEffect
from monitor.report import wording
from monitor.report.data import ReportData
from monitor.report.document import Block, Lines, Part, Prose, Table
from monitor.report.figures import DASH, SMALL_N, long_date, points, points_range, short_date
from monitor.types import Event

FIRST_WINDOW = "0-3"
WEAK = (
    "A study of this kind misses most small effects: no clear change is no proof of none. It is before and "
    "after, in the sources polled, and says nothing of what a change comes from."
)


def studies_part(data: ReportData) -> Iterator[Part]:
    """Return the studies of events less than half a year old, the core frames of each."""
    blocks: list[Block] = []
    for study in data.studies:
        blocks.append(Prose(_status(study), label=f"{wording.event_line(study.event)}."))
        if study.estimated:
            blocks.append(effects_table(data, study, core=True))
    if blocks:
        yield Part("studies", "Event studies that run", [*blocks, Prose(WEAK, "note")])


def _status(study: EventStudy) -> str:
    weeks = max((one.weeks for one in study.effects if one.window == FIRST_WINDOW), default=0)
    if not study.estimated:
        return f"Not estimable: {study.reason or _reasons(study.effects)}."
    near = f" {_neighbours(study.neighbours.cluster)}" if study.neighbours.cluster else ""
    return f"After {_day(study.event)}: {weeks} of the first 4 weeks are read.{near}"


def _reasons(effects: Sequence[FrameEffect]) -> str:
    return (
        "; ".join(dict.fromkeys(effect.reason for effect in effects if effect.reason))
        or "no week is read yet"
    )


def _neighbours(events: Sequence[Event]) -> str:
    named = "; ".join(wording.event_line(event) for event in events)
    return f"It cannot be told apart from what fell into the same weeks: {named}."


def _day(event: Event) -> str:
    return short_date(date.fromisoformat(event.date))


def effects_table(data: ReportData, study: EventStudy, *, core: bool) -> Table:
    """Return the effect on each core frame, or on each of the others, in each window."""
    names = {frame.id: frame for frame in data.frames}
    rows = [
        (
            wording.short_name(names[effect.frame]),
            f"{effect.window.replace('-', '–')}{'' if effect.family == 'confirmatory' else ', exploratory'}",
            wording.share_of(effect.hits, effect.n),
            wording.share_of(effect.base_hits, effect.base_n),
            effect_points(effect),
            effect_verdict(effect),
        )
        for effect in study.effects
        if effect.frame in names and names[effect.frame].core == core
    ]
    head = ("Frame", "Weeks after", "Then", "Year before", "Difference", "Verdict")
    against = "against the 52 weeks that end two weeks before it; as the model labels them, uncorrected"
    caption = f"Shares after the event {against}." if core else f"The other frames after the event {against}."
    return Table(caption, head, rows, folded=not core)


def effect_points(effect: FrameEffect) -> str:
    """Return ``+15 points (+3 to +27)``; with few items only the direction, without an estimate a dash."""
    if effect.points is None or effect.verdict == "not_estimable":
        return DASH
    if min(effect.n, effect.base_n) < SMALL_N:
        return "higher" if effect.points > 0 else "lower" if effect.points < 0 else "the same"
    if effect.points_low is None or effect.points_high is None:
        return points(effect.points)
    return f"{points(effect.points)} ({points_range(effect.points_low, effect.points_high)})"


def verdict_words(verdict: str) -> str:
    """Return ``no clear change``, ``maybe higher`` and the like."""
    return verdict.replace("_", " ")


def effect_verdict(effect: FrameEffect | VolumeEffect) -> str:
    """Return the verdict with its adjusted p."""
    said = verdict_words(effect.verdict)
    p = effect.test.p_adjusted if effect.test else None
    return said if p is None else f"{said}, p {p:.2f}" if p >= 0.01 else f"{said}, p < 0.01"


def event_subject(study: EventStudy, data: ReportData) -> str:
    """Return the subject of an event's report: what came after it, with the number and a verdict."""
    name, first = study.event.name, _leading(study, data)
    if first is None:
        return f"After “{name}”: not estimable · {data.title}, {data.name}"
    frame = next(frame for frame in data.frames if frame.id == first.frame)
    return (
        f"After “{name}”: {wording.framing(frame)} {effect_points(first)}, {verdict_words(first.verdict)} · "
        f"{data.title}, {data.name}"
    )


def event_sentences(study: EventStudy, data: ReportData) -> list[str]:
    """Return what moved after the event, against what, and how sure."""
    name, first = study.event.name, _leading(study, data)
    when = f"In the first 4 weeks after “{name}” ({_day(study.event)})"
    if first is None:
        reason = study.reason or _reasons(study.effects)
        return [f"What coverage did after “{name}” cannot be estimated: {reason}."]
    frame = next(frame for frame in data.frames if frame.id == first.frame)
    share, base = wording.share_of(first.hits, first.n), wording.share_of(first.base_hits, first.base_n)
    change = effect_points(first).replace("(", "(95% interval ")
    said = f"{wording.framing(frame)} was in {share} items of coverage about social work, {change}"
    moved = first.verdict in ("higher", "lower")
    clause = f"{said}, beyond the usual" if moved else f"no change beyond the usual was found: {said}"
    return [
        f"{when}, {clause}.",
        f"The 52 weeks that end two weeks before it had it in {base} items.",
        f"{wording.upper_first(effect_verdict(first))} (rank among placebo weeks, Holm over the core "
        "frames); as the model labels items: its own errors are not in these figures (uncorrected).",
    ]


def _leading(study: EventStudy, data: ReportData) -> FrameEffect | None:
    """Return the core effect of the first window with the least p, of those that can be estimated."""
    core = {frame.id for frame in data.frames if frame.core}
    found = [
        e
        for e in study.effects
        if e.frame in core and e.window == FIRST_WINDOW and e.verdict != "not_estimable"
    ]
    return min(found, key=lambda e: (e.test.p if e.test else 1.0, -abs(e.points or 0.0)), default=None)


def risen_after(study: EventStudy) -> frozenset[str]:
    """Return the frames whose share rose clearly or perhaps in the first weeks after the event."""
    return frozenset(
        effect.frame
        for effect in study.effects
        if effect.window == FIRST_WINDOW and effect.verdict in ("higher", "maybe_higher")
    )


def study_parts(data: ReportData, study: EventStudy) -> Iterator[Part]:
    """Return the parts of an event's report: the event, the effects, volume and half-life."""
    event = study.event
    about = [
        f"{long_date(date.fromisoformat(event.date))}: {wording.event_line(event)}.",
        *([f"{event.note}."] if event.note else []),
    ]
    about += [f"Source: {event.source_url}"] if event.source_url else []
    yield Part("event", "The event", [Lines(about)])
    near = study.neighbours
    every: list[FrameEffect | VolumeEffect] = [*study.effects, *study.volumes]
    names = {frame.id: wording.short_name(frame) for frame in data.frames}
    notes = [f"Not estimable: {line}." for line in _unestimable(every, names)]
    notes += [_neighbours(near.cluster)] if near.cluster else []
    notes += [f"Weeks 4–25 also hold: {_named(near.later)}."] if near.later else []
    notes += [f"The year before also holds: {_named(near.base)}."] if near.base else []
    blocks: list[Block] = [effects_table(data, study, core=True)] if study.effects else []
    blocks += [_volumes_table(study.volumes)] if study.volumes else []
    blocks += [Lines(half_life_lines(data, study.half_lives.values()))] if study.half_lives else []
    blocks += [Lines(notes)] if notes else []
    others = effects_table(data, study, core=False)
    yield Part(
        "effects", "Before and after", [*blocks, Prose(WEAK, "note"), *([others] if others.rows else [])]
    )


def _unestimable(effects: Iterable[FrameEffect | VolumeEffect], names: Mapping[str, str]) -> list[str]:
    """Return why some effects cannot be estimated, those of one reason together."""
    found: dict[str, list[str]] = {}
    for one in effects:
        if one.reason:
            what = _measured(one) if isinstance(one, VolumeEffect) else names.get(one.frame, one.frame)
            found.setdefault(one.reason, []).append(f"{what}, weeks {one.window.replace('-', '–')}")
    return [f"{_listed_lower(what)} ({reason})" for reason, what in found.items()]


def _listed_lower(names: Sequence[str]) -> str:
    return "; ".join(name[:1].lower() + name[1:] for name in names)


def _named(events: Sequence[Event]) -> str:
    return "; ".join(wording.event_line(event) for event in events)


def _volumes_table(volumes: Sequence[VolumeEffect]) -> Table:
    rows = [
        (
            _measured(one),
            one.window.replace("-", "–"),
            f"{one.n:,} in {one.weeks} weeks",
            f"{one.base_n:,} in {one.base_weeks}",
            _ratio(one),
            effect_verdict(one),
        )
        for one in volumes
    ]
    head = ("Volume", "Weeks after", "Then", "Year before", "Ratio a week", "Verdict")
    return Table("How much coverage there is a week, exploratory.", head, rows)


def _measured(one: VolumeEffect) -> str:
    if one.control is None:
        return "Items about social work"
    return f"Mentions beside those of {one.control.replace('_', ' ')}"


def _ratio(one: VolumeEffect) -> str:
    if one.ratio is None:
        return DASH
    interval = f" ({one.low:.1f} to {one.high:.1f})" if one.low is not None and one.high is not None else ""
    return f"{one.ratio:.1f}{interval}"


def half_life_lines(data: ReportData, found: Iterable[HalfLife]) -> list[str]:
    """Return how soon the effect on each core frame halves, or why that cannot be told."""
    names = {frame.id: frame for frame in data.frames if frame.core}
    return [
        f"Half-life, {wording.framing(names[one.frame])}: {_half_life(one)}."
        for one in found
        if one.frame in names
    ]


def _half_life(one: HalfLife) -> str:
    if one.weeks is None:
        return f"not estimable ({one.reason.replace('0-3', '0–3')})"
    upper = "no upper limit" if one.high is None else f"{one.high:.0f}"
    lower = "0" if one.low is None else f"{one.low:.0f}"
    return f"{one.weeks:.1f} weeks (95% interval {lower} to {upper})"
