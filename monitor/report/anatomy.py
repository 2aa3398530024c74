"""What a report says, and in which order; all choices are made here, none in the templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.clock import Week
from monitor.findings import Comparison, Findings, Tone
from monitor.report import wording
from monitor.report.data import FrameText, ReportData
from monitor.report.figures import long_date, short_date, week_dates
from monitor.report.stories import StoryCard, choose_stories
from monitor.types import Event, SharePoint, SourceHealth

GREY = "#5f6b76"
COLOURS = {"incompetent": "#b5403a", "over_zealous": "#d08a1d", "positive": "#2f7d5d"}
INKS = {"incompetent": "#a63832", "over_zealous": "#8a5a08", "positive": "#256b4e"}
"""Darker where a colour must be read as text: at least 4.5 to 1 on white."""
TRAIL_WEEKS = 52
MARKED_EVENTS = 10
AFTER_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Versus:
    """A share against one baseline, in words."""

    label: str
    base: str
    base_figure: str
    base_n: int
    base_share: float | None
    change: str
    interval: str
    verdict: str
    kind: str
    """The verdict's id, for styling."""


@dataclass(frozen=True, slots=True)
class FrameLine:
    """One frame's week: a card for a core frame, a row for any."""

    frame: FrameText
    colour: str
    ink: str
    point: SharePoint
    figure: str
    share_of: str
    interval: str
    versus: Sequence[Versus]
    trail: Sequence[float | None]
    """Rolling shares of the last year, oldest first."""


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One kind of outlet over the recent weeks: its items, and a share for each core frame."""

    name: str
    n: int
    cells: Sequence[tuple[str, SharePoint]]


@dataclass(frozen=True, slots=True)
class ToneLine:
    """The tone of a span of weeks: what it is called, in words, and as shares of its items."""

    label: str
    text: str
    parts: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class EventMark:
    """An event of the period; ``number`` stands on the charts where its day is verified."""

    number: int | None
    day: date
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """How much of the sources was read."""

    sentence: str
    caution: str
    troubled: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A report before it is set in type."""

    title: str
    week: str
    dates: str
    sample: str
    headline: str
    subject: str
    volume: str
    after: str
    """Which event, if any, the week follows by at most eight weeks."""
    correction: str
    core: Sequence[FrameLine]
    frames: Sequence[FrameLine]
    scale: float
    """The share at which bars end, in tenths."""
    recent_weeks: int
    rolling_weeks: int
    types: Sequence[TypeLine]
    type_scale: float
    tones: Sequence[ToneLine]
    ratios: Sequence[tuple[str, str]]
    stories: Sequence[StoryCard]
    events: Sequence[EventMark]
    ledger: Ledger
    method: Sequence[str]
    generated: str


def lay_out(data: ReportData) -> Anatomy:
    """Return what the report of the week says."""
    findings = data.findings
    moved = leading_change(data)
    names = {frame.id: frame for frame in data.frames}
    frame = names[moved.frame] if moved else None
    lines, types = frame_lines(data), type_lines(data)
    return Anatomy(
        title=data.title,
        week=str(data.week),
        dates=week_dates(data.week),
        sample=wording.SAMPLE_NOTICE if data.sample else "",
        headline=wording.headline(data, moved, frame),
        subject=f"{data.title}, {data.week}: {wording.short_headline(data, moved, frame)}",
        volume=wording.volume_sentence(findings.volume),
        after=after_event(data),
        correction=wording.correction(findings.shares),
        core=[line for line in lines if line.frame.core],
        frames=lines,
        scale=_scale(line.point for line in lines),
        recent_weeks=findings.recent_weeks,
        rolling_weeks=findings.rolling_weeks,
        types=types,
        type_scale=_scale(point for line in types for _, point in line.cells),
        tones=tone_lines(findings),
        ratios=ratio_lines(findings, names),
        stories=choose_stories(data, risen_frames(findings), COLOURS, INKS),
        events=event_marks(data),
        ledger=source_ledger(data.sources),
        method=wording.method_lines(data),
        generated=f"{long_date(data.generated_at.date())}, {data.generated_at:%H:%M} UTC",
    )


def leading_change(data: ReportData) -> Comparison | None:
    """Return the change that stands out most against the shorter baseline, a core frame before any other."""
    core = {frame.id for frame in data.frames if frame.core}
    known = {frame.id for frame in data.frames}
    moved = [c for c in _shortest(data.findings) if c.verdict == "moved" and c.frame in known]
    return min(moved, key=lambda c: (c.frame not in core, c.q, -abs(c.difference or 0)), default=None)


def risen_frames(findings: Findings) -> frozenset[str]:
    """Return the frames whose share rose clearly or perhaps, so that their stories come first."""
    return frozenset(
        c.frame
        for c in _shortest(findings)
        if c.verdict in ("moved", "maybe") and c.difference is not None and c.difference > 0
    )


def _shortest(findings: Findings) -> list[Comparison]:
    weeks = min((c.weeks for c in findings.comparisons), default=0)
    return [c for c in findings.comparisons if c.weeks == weeks]


def frame_lines(data: ReportData) -> list[FrameLine]:
    """Return a line for every frame, in the order of the codebook."""
    findings = data.findings
    points = {p.frame: p for p in findings.shares if p.group == "all" and p.week == data.week}
    trails: dict[str, list[float | None]] = {}
    for point in findings.rolling:
        trails.setdefault(point.frame, []).append(point.share)
    return [
        FrameLine(
            frame=frame,
            colour=COLOURS.get(frame.id, GREY),
            ink=INKS.get(frame.id, GREY),
            point=point,
            figure=wording.share_figure(point.hits, point.n),
            share_of=wording.share_of(point.hits, point.n),
            interval=wording.share_interval(point),
            versus=[_versus(c) for c in findings.comparisons if c.frame == frame.id],
            trail=trails.get(frame.id, [])[-TRAIL_WEEKS:],
        )
        for frame in data.frames
        for point in [points.get(frame.id) or _no_point(data, frame.id)]
    ]


def _no_point(data: ReportData, frame: str) -> SharePoint:
    return SharePoint(data.week, "all", frame, 0, 0, None, None, None, corrected=False)


def _versus(comparison: Comparison) -> Versus:
    return Versus(
        label=f"{comparison.weeks} weeks before",
        base=wording.share_of(comparison.base_hits, comparison.base_n),
        base_figure=wording.share_figure(comparison.base_hits, comparison.base_n),
        base_n=comparison.base_n,
        base_share=comparison.base_share,
        change=wording.change_figure(comparison),
        interval=wording.change_interval(comparison),
        verdict=wording.verdict(comparison),
        kind=comparison.verdict,
    )


def _scale(points: Iterable[SharePoint]) -> float:
    """Return the smallest tenth that holds every share and interval drawn in a bar."""
    highest = max((point.high or 0.0 for point in points), default=0.0)
    return next((tenth / 10 for tenth in range(1, 10) if highest <= tenth / 10), 1.0)


def type_lines(data: ReportData) -> list[TypeLine]:
    """Return the kinds of outlet with items in the recent weeks, most items first, all outlets last."""
    core = [frame.id for frame in data.frames if frame.core]
    groups: dict[str, dict[str, SharePoint]] = {}
    for point in data.findings.recent:
        groups.setdefault(point.group, {})[point.frame] = point
    lines = [
        (group, TypeLine(wording.outlet_type_name(group), points[core[0]].n, [
            (wording.share_figure(points[frame].hits, points[frame].n), points[frame]) for frame in core
        ]))
        for group, points in groups.items()
        if core and points[core[0]].n
    ]  # fmt: skip
    return [line for _, line in sorted(lines, key=lambda pair: (pair[0] == "all", -pair[1].n, pair[0]))]


def tone_lines(findings: Findings) -> list[ToneLine]:
    """Return the tone of the week and of the weeks before."""
    return [
        ToneLine(
            label,
            wording.tone_sentence(tone),
            [
                ("negative", tone.negative / tone.n),
                ("neutral", tone.neutral / tone.n),
                ("positive", tone.positive / tone.n),
            ]
            if tone.n
            else [],
        )
        for label, tone in _tone_spans(findings)
    ]


def _tone_spans(findings: Findings) -> list[tuple[str, Tone]]:
    return [("This week", findings.tone), (f"{findings.volume.weeks} weeks before", findings.base_tone)]


def ratio_lines(findings: Findings, names: Mapping[str, FrameText]) -> list[tuple[str, str]]:
    """Return how the two core reproaches stand against each other, where the codebook has both."""
    if not {"incompetent", "over_zealous"} <= names.keys():
        return []
    failed, over = names["incompetent"], names["over_zealous"]
    spans = [(label, tone) for label, tone in _tone_spans(findings) if tone.n]
    return [(label, wording.ratio_sentence(tone, failed, over)) for label, tone in spans]


def event_marks(data: ReportData) -> list[EventMark]:
    """Return the newest events of the period, oldest first; those known to the day are numbered."""
    first, end = data.findings.first.monday(), data.week.plus(1).monday()
    inside = [
        (day, event)
        for event in sorted(data.events, key=lambda event: (event.date, event.id))
        for day in [date.fromisoformat(event.date)]
        if first <= day < end
    ][-MARKED_EVENTS:]
    marks: list[EventMark] = []
    for day, event in inside:
        number = 1 + sum(mark.number is not None for mark in marks) if event.precision == "day" else None
        marks.append(EventMark(number, day, _when(day, event), wording.event_line(event)))
    return marks


def after_event(data: ReportData) -> str:
    """Say which event of a known day the week follows, the newest one, or nothing."""
    marks = [mark for mark in event_marks(data) if mark.number is not None]
    if not marks:
        return ""
    weeks = (data.week.monday() - Week.of_date(marks[-1].day).monday()).days // 7
    return wording.after_event(marks[-1].text, weeks) if weeks <= AFTER_WEEKS else ""


def _when(day: date, event: Event) -> str:
    """Return the date as exactly as it is verified."""
    if event.precision == "day":
        return short_date(day)
    return f"{day:%b %Y}" if event.precision == "month" else f"{day.year}"


def source_ledger(sources: Sequence[SourceHealth]) -> Ledger:
    """Return how many sources were read, and what is known of those that were not."""
    failing = [source for source in sources if source.polls and not source.good_polls]
    unpolled = [source for source in sources if not source.polls]
    silent = sum(1 for source in sources if source.good_polls and not source.items)
    polled = len(sources) - len(unpolled)
    return Ledger(
        sentence=wording.ledger_sentence(polled, len(failing), silent, len(unpolled)),
        caution=wording.caution(len(failing) + len(unpolled), len(sources)),
        troubled=[(source.source, wording.source_trouble(source)) for source in [*failing, *unpolled]],
    )
