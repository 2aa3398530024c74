"""What a report says, and in which order; all choices are made here, none in the templates.

Weekly, monthly and event reports are lists of the same parts.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from monitor.clock import Week
from monitor.report import wording
from monitor.report.checks import Ledger, checks_part, contest_part, ledger_of, method_part
from monitor.report.context import indicators_part, outbreak_sentences
from monitor.report.data import ReportData
from monitor.report.document import Block, Cards, Document, Lines, Part, Picture, Prose, StoryCard, Table
from monitor.report.figures import counted, long_date, short_date, span_dates
from monitor.report.opening import (
    charted_since,
    no_report_sentences,
    notices,
    period_label,
    risen_frames,
    sentences,
    strip,
    subject,
    too_little_observed,
)
from monitor.report.rows import EventTick, Plot, outlet_rows, period_points
from monitor.report.stories import choose_stories
from monitor.report.studies import event_sentences, event_subject, risen_after, studies_part, study_parts
from monitor.report.tables import (
    frames_table,
    items_table,
    outlets_caption,
    outlets_tables,
    shares_table,
    types_table,
    volume_table,
)
from monitor.types import Event

CHARTED_WEEKS = {"weekly": 52, "monthly": 52, "event": 79}
MARKED_EVENTS = 10
AFTER_WEEKS = 8
TABLE = "The table below it has the figures"
TABLES = "The tables below it have the figures"


def lay_out(data: ReportData) -> Document:
    """Return what the report says."""
    ledger = ledger_of(data)
    stopped = too_little_observed(data)
    said = no_report_sentences(data, ledger.troubled) if stopped else _sentences(data)
    return Document(
        name=data.name,
        title=data.title,
        period=period_label(data, span_dates(data.since, data.week)),
        subject=event_subject(data.studies[0], data) if _of_event(data) and not stopped else subject(data),
        sentences=said,
        notices=notices(data, "" if stopped else ledger.caution),
        parts=list(_stopped_parts(data, ledger) if stopped else _parts(data, ledger)),
        foot=[f"Made on {long_date(data.generated_at.date())}, {data.generated_at:%H:%M} UTC."],
        sample=data.sample,
    )


def _of_event(data: ReportData) -> bool:
    return data.kind == "event" and bool(data.studies)


def _sentences(data: ReportData) -> list[str]:
    return event_sentences(data.studies[0], data) if _of_event(data) else sentences(data)


def _stopped_parts(data: ReportData, ledger: Ledger) -> Iterator[Part]:
    yield checks_part(data, ledger)
    yield contest_part(data)


def _parts(data: ReportData, ledger: Ledger) -> Iterator[Part]:
    plot = plot_of(data)
    if _of_event(data):
        yield from study_parts(data, data.studies[0])
    else:
        yield Part("figures", "Key figures", [strip(data)])
    yield shares_part(plot)
    yield volume_part(plot)
    if any(point.n for point in data.outlets):
        yield outlets_part(data)
    yield from story_parts(data)
    if not _of_event(data):
        yield from studies_part(data)
        yield from events_parts(data)
        yield frames_part(data)
    beside = indicators_part(data)
    if beside is not None:
        yield beside
    yield checks_part(data, ledger)
    yield method_part(data)
    yield contest_part(data)


def plot_of(data: ReportData) -> Plot:
    """Return what the charts are drawn from: a year before the period, with the events known to the day."""
    first = charted_since(data, CHARTED_WEEKS[data.kind])
    return Plot(data, first, event_ticks(data, first))


def alts(data: ReportData) -> dict[str, str]:
    """Return each chart in words, for those who cannot see it."""
    first, points = charted_since(data, CHARTED_WEEKS[data.kind]), period_points(data)
    core = [frame for frame in data.frames if frame.core]
    now = "; ".join(f"{wording.short_name(f)} {wording.point_range_of(points[f.id])}" for f in core)
    frames = f"Below, the items of each frame. {TABLES}" if data.kind != "event" else TABLE
    return {
        "shares": f"Lines of the share of items about social work that carry each core frame, {first} to "
        f"{data.week}, with 95% bands. {now} {data.this_period}. {TABLE}.",
        "volume": f"Bars of the items about social work in each week, {first} to {data.week}; "
        f"{data.findings.volume.relevant:,} {data.this_period}. {frames}.",
        "outlets": _outlets_alt(data),
        "explorer": "One line at a time: the share of the frame chosen from the list, over all weeks. The "
        f"file {data.name}-figures.csv has the figures, in the rows whose part is pooled.",
    }


def _outlets_alt(data: ReportData) -> str:
    """Tell the grid of outlets with its first row, and that the narrow one has fewer frames."""
    core = [frame for frame in data.frames if frame.core]
    rows = outlet_rows(data, core or data.frames)
    outlets = counted(len({row["outlet"] for row in rows}), "outlet")
    first = "; ".join(f"{row['frame']} {row['range']}" for row in rows if row["outlet"] == rows[0]["outlet"])
    fewer = 0 < len(core) < len(data.frames)
    narrow = "; in mail, and on narrow screens, the core frames alone" if fewer else ""
    most = f" Most items: {rows[0]['outlet']}, {first}." if rows else ""
    figures = f"{TABLES}; in mail, those of the core frames" if fewer else TABLE
    return (
        f"A grid of {outlets} by {counted(len(data.frames), 'frame')}, each cell the share of the outlet’s "
        f"items that carry the frame{narrow}.{most} {figures}."
    )


def shares_part(plot: Plot) -> Part:
    """Return a year of the core frames."""
    data = plot.data
    caption = (
        f"Line: {data.findings.rolling_weeks} weeks pooled, with its 95% interval. Dots: single weeks, "
        f"hollow below 20 items. Shares are {wording.correction(data.findings.rolling)}."
    )
    blocks: list[Block] = [Picture("shares", caption), shares_table(plot)]
    if plot.ticks:
        ticks = [f"({tick.number}) {short_date(tick.day)}: {tick.text}" for tick in plot.ticks]
        blocks[1:1] = [Prose("; ".join(ticks) + ".", "note", "Events marked:")]
    after = after_event(data)
    blocks += [Prose(after)] if after else []
    return Part("shares", "How the core frames have moved", blocks)


def volume_part(plot: Plot) -> Part:
    """Return how much coverage there is, all and by frame."""
    return Part(
        "volume",
        "How much coverage",
        [
            Prose(wording.volume_sentence(plot.data.findings.volume, plot.data.weeks)),
            *(Prose(sentence, "box") for sentence in outbreak_sentences(plot.data)),
            *_volume_blocks(plot),
        ],
    )


def _volume_blocks(plot: Plot) -> list[Block]:
    data, unread = plot.data, wording.unread_sentence(_unread(plot))
    if data.kind == "event":
        return [Picture("volume", f"Items about social work in each week.{unread}"), items_table(plot)]
    caption = (
        "Below: bars are the items that carry a frame, the stroke is the mean of four before, the pale band "
        "the middle half of the last 52 weeks."
    )
    return [Picture("volume", f"{caption}{unread}"), items_table(plot), volume_table(data)]


def _unread(plot: Plot) -> int:
    """Return how many of the weeks charted were not read."""
    charted = [items for week, items in plot.data.findings.weekly_relevant if week >= plot.first]
    return sum(items is None for items in charted)


def outlets_part(data: ReportData) -> Part:
    """Return outlet by frame, and the kinds of outlet."""
    types = types_table(data)
    blocks: list[Block] = [Picture("outlets", outlets_caption(data)), *outlets_tables(data)]
    return Part("outlets", "Who wrote it", [*blocks, *([types] if types else [])])


def story_parts(data: ReportData) -> Iterator[Part]:
    """Return the stories: three clusters, one positive, one on adult services."""
    risen = risen_after(data.studies[0]) if _of_event(data) else risen_frames(data.findings)
    chosen = choose_stories(data, risen)
    none = Prose("No story about social work is stored for it.")
    yield Part("stories", "Stories", [Cards(chosen.clusters)] if chosen.clusters else [none])
    yield Part("positive", "One positive story", [_card_or_line(chosen.positive)])
    yield Part("adults", "One on adult services", [_card_or_line(chosen.adults)])


def _card_or_line(found: StoryCard | str) -> Block:
    return Prose(found) if isinstance(found, str) else Cards([found])


def events_parts(data: ReportData) -> Iterator[Part]:
    """Return the events of the period charted whose day is not known, since no chart can mark them."""
    first = charted_since(data, CHARTED_WEEKS[data.kind])
    vague = [
        f"{_when(day, event)}: {wording.event_line(event)}"
        for day, event in _events_between(data, first)
        if event.precision != "day"
    ][-MARKED_EVENTS:]
    if vague:
        yield Part("events", "Events whose day is not verified", [Lines(vague)])


def frames_part(data: ReportData) -> Part:
    """Return every frame, and the tone."""
    blocks: list[Block] = [frames_table(data), tone_table(data)]
    names = {frame.id: frame for frame in data.frames}
    if {"incompetent", "over_zealous"} <= names.keys() and data.findings.tone.n:
        said = wording.ratio_sentence(data.findings.tone, names["incompetent"], names["over_zealous"])
        blocks.append(Prose(f"{wording.upper_first(said)}.", "note"))
    return Part("frames", "All frames, and tone", blocks)


def tone_table(data: ReportData) -> Table:
    """Return the tone of the period and of the weeks before."""
    findings = data.findings
    spans = [
        (wording.upper_first(data.this_period), findings.tone),
        (f"{findings.volume.weeks} weeks before", findings.base_tone),
    ]
    rows = [(label, wording.tone_sentence(tone)) for label, tone in spans]
    return Table("Tone toward social work; net tone is favourable less critical, in points; uncorrected.",
                 ("Span", "Tone"), rows)  # fmt: skip


def _events_between(data: ReportData, first: Week) -> Sequence[tuple[date, Event]]:
    start, end = first.monday(), data.week.plus(1).monday()
    return [
        (day, event)
        for event in sorted(data.events, key=lambda event: (event.date, event.id))
        for day in [date.fromisoformat(event.date)]
        if start <= day < end
    ]


def event_ticks(data: ReportData, first: Week) -> list[EventTick]:
    """Return the newest events of the charts that are known to the day, oldest first, numbered."""
    known = [(day, event) for day, event in _events_between(data, first) if event.precision == "day"]
    return [
        EventTick(number, day, wording.event_line(event))
        for number, (day, event) in enumerate(known[-MARKED_EVENTS:], start=1)
    ]


def after_event(data: ReportData) -> str:
    """Say which event of a known day the week follows, the newest one, or nothing."""
    ticks = event_ticks(data, charted_since(data, CHARTED_WEEKS["weekly"]))
    if not ticks or data.kind != "weekly":
        return ""
    weeks = (data.week.monday() - Week.of_date(ticks[-1].day).monday()).days // 7
    return wording.after_event(ticks[-1].text, weeks) if weeks <= AFTER_WEEKS else ""


def _when(day: date, event: Event) -> str:
    """Return the date as exactly as it is verified."""
    return f"{day:%b %Y}" if event.precision == "month" else f"{day.year}"
