"""What a report is made from, read from the store: of a week, a month, or an event."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from monitor.clock import Clock, Week
from monitor.config.events import all_events
from monitor.config.indicators import shipped_indicators
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.findings import EventStudy, Tone
from monitor.label.codebook import load_codebook
from monitor.pipeline.events import run_event
from monitor.pipeline.reportcorrect import coded_sample, corrected_findings, corrected_span
from monitor.pipeline.reportweeks import ALL_OUTLETS, SomeOutlets, read_counts
from monitor.report.data import Coding, FrameText, ReportData
from monitor.store.codes import coded_units, coders, said_of_items
from monitor.store.coverage import hours_by_source
from monitor.store.health import source_health
from monitor.store.open import Store
from monitor.store.rollups import labelled_span, weekly_counts
from monitor.store.stories import count_copies, stories
from monitor.trend.balance import net_interval
from monitor.trend.compare import BASELINES
from monitor.trend.outbreaks import check_outbreaks
from monitor.trend.periods import month_of
from monitor.trend.span import find_span
from monitor.trend.week import RECENT_WEEKS, REPORTED_WEEKS
from monitor.types import CodedUnit, Event, FeedHours, SourceHealth, StoredModel, Story, WeekCount

TITLE = "Social work in the news"
NOBODY = "monitor@example.invalid"
"""The sender where feeds.yaml names no contact."""
MOST_STORIES = 200
"""Items of the period from which the report chooses."""
STRAGGLERS = timedelta(days=1)
"""After a week ends, polls still count for it so long: Sunday night's items are collected on Monday."""
MOST_STUDIES = 3
AFTER_EVENT = 25
"""Weeks after an event's that its report covers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report is asked for: the weeks that it is of, both included, and what names it."""

    first: Week
    last: Week
    month: str = ""
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Only:
    """What of a report is asked for; empty means all."""

    frames: Sequence[str] = ()
    outlets: Sequence[str] = ()


def week_asked(week: Week) -> Asked:
    """Return the report of a week."""
    return Asked(week, week)


def month_asked(month: str) -> Asked:
    """Return the report of a month: the weeks whose Thursday lies in it.

    Raises:
        UsageError: not a month such as ``2026-10``.
    """
    try:
        year, number = (int(part) for part in month.split("-"))
        start = Week.of_date(_first_thursday(year, number))
    except ValueError:
        raise UsageError(f"{month!r} is not a month; write it like 2026-10") from None
    weeks = [week for week in start.until(start.plus(4)) if month_of(week) == f"{year:04d}-{number:02d}"]
    return Asked(weeks[0], weeks[-1], f"{year:04d}-{number:02d}")


def event_asked(event: Event, last: Week) -> Asked:
    """Return the report of an event: its week and up to half a year after, not beyond the ``last`` week.

    Raises:
        UsageError: its day is not verified, or nothing after it is there yet.
    """
    if event.precision != "day":
        raise UsageError(f"{event.id}: only its {event.precision} is verified; a report needs the day")
    week = Week.of_date(date.fromisoformat(event.date))
    if week > last:
        raise UsageError(f"{event.id}: its week {week} is not over or not labelled yet; try again after it")
    return Asked(week, min(last, week.plus(AFTER_EVENT)), event=event)


def report_data(
    store: Store,
    config: Config,
    model: StoredModel,
    clock: Clock,
    asked: Asked,
    *,
    sample: bool = False,
    only: Only = Only(),
) -> ReportData:
    """Return everything that a report says, read on one view of the database.

    Of some outlets alone there are no event studies and no count of copies, which are of all.

    Raises:
        UsageError: the model has labelled nothing up to the last week.
    """
    with store.reading() as session:
        span = labelled_span(session, model.id)
        if span is None or span[0] > asked.last:
            raise UsageError(f"{model.version} has labelled nothing up to {asked.last}; run: monitor label")
        read = _read(session, config, model, asked, only.outlets)
    frames = _chosen(_frame_texts(model), only.frames)
    ids, events = [frame.id for frame in frames], config.events if sample else all_events(config)
    core = [frame.id for frame in frames if frame.core]
    coded = coded_sample(read.coded, read.labelled)
    plain = find_span(read.counts, read.by_type, ids, asked.first, asked.last)
    findings = corrected_findings(plain, read.counts, read.by_type, coded)
    several = asked.first < asked.last
    return ReportData(
        week=asked.last,
        title=TITLE,
        generated_at=clock(),
        model=model.version,
        codebook=model.codebook,
        frames=frames,
        findings=findings,
        kind="event" if asked.event else "monthly" if asked.month else "weekly",
        first=asked.first if several else None,
        month=asked.month,
        event=asked.event,
        period_shares=corrected_span(read.counts, ids, asked.first, asked.last, coded) if several else (),
        tone_interval=_tone_interval(findings.tone),
        outlets=corrected_span(read.by_outlet, ids, _recent(asked), asked.last, coded),
        stories=_with_frames(read.stories, only.frames),
        sources=read.sources,
        observed=read.observed,
        copies=read.copies,
        coding=_coding(read.coded, read.coders, asked, core),
        studies=() if only.outlets else _studies(store, model, clock, asked, events),
        outbreaks=() if several else check_outbreaks(read.counts, core, asked.last),
        indicators=() if sample else shipped_indicators(),
        events=events,
        sample=sample,
        contact=config.contact or "",
        sender=config.contact or NOBODY,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """What one view of the database gave."""

    labelled: Sequence[WeekCount]
    """Of every week with labels, which people's codes are a sample of; the rest: of weeks that were read."""
    counts: Sequence[WeekCount]
    by_type: Sequence[WeekCount]
    by_outlet: Sequence[WeekCount]
    stories: Sequence[Story]
    sources: Sequence[SourceHealth]
    observed: FeedHours | None
    copies: int | None
    coded: Sequence[CodedUnit]
    coders: int


def _read(
    session: Session, config: Config, model: StoredModel, asked: Asked, outlets: Sequence[str]
) -> _Read:
    first, last = asked.last.plus(1 - REPORTED_WEEKS - max(BASELINES)), asked.last
    start, end = asked.first.bounds()[0], asked.last.bounds()[1]
    keys = [one.id for one in config.enabled_sources() if not outlets or one.outlet.name in outlets]
    named = list(outlets) or None
    found = stories(session, model, asked.first, min(last, asked.first.plus(4)), limit=MOST_STORIES)
    people = len(coders(session))
    coded = coded_units(session, model.id, first, last) if people else ()
    said = said_of_items(session, [story.item_id for story in found]) if people else {}
    hours = hours_by_source(session, start, end, keys).values()
    expected = sum(hour.expected for hour in hours)
    every = weekly_counts(session, model.id, first, last)
    labelled = weekly_counts(session, model.id, first, last, outlets=named) if named else every
    some = SomeOutlets(named, keys, every) if named else ALL_OUTLETS
    counts = read_counts(session, labelled, (asked.first, last), some)
    weeks = {count.week for count in counts}
    by_type = weekly_counts(session, model.id, first, last, by="outlet_type", outlets=named)
    by_outlet = weekly_counts(session, model.id, _recent(asked), last, by="outlet", outlets=named)
    return _Read(
        labelled=labelled,
        counts=counts,
        by_type=[count for count in by_type if count.week in weeks],
        by_outlet=[count for count in by_outlet if count.week in weeks],
        stories=[
            replace(story, said=said.get(story.item_id))
            for story in found
            if not outlets or story.outlet in outlets
        ],
        sources=source_health(session, keys, start, end + STRAGGLERS),
        observed=FeedHours(sum(hour.observed for hour in hours), expected) if expected else None,
        copies=None if outlets else count_copies(session, asked.first, last),
        coded=[unit for unit in coded if not outlets or unit.outlet in outlets],
        coders=people,
    )


def _chosen(frames: Sequence[FrameText], wanted: Sequence[str]) -> Sequence[FrameText]:
    """Return the frames that are asked for, each as prominent as a core frame; all where none are named."""
    return [replace(one, core=True) for one in frames if one.id in wanted] if wanted else frames


def _with_frames(found: Sequence[Story], frames: Sequence[str]) -> Sequence[Story]:
    """Return the stories that carry any of some frames, with those alone; all where none are named."""
    if not frames:
        return found
    kept = []
    for story in found:
        own = {frame: p for frame, p in story.frames.items() if frame in frames}
        if own:
            primary = story.primary if story.primary in own else next(iter(own))
            kept.append(replace(story, frames=own, primary=primary))
    return kept


def _studies(
    store: Store, model: StoredModel, clock: Clock, asked: Asked, events: Sequence[Event]
) -> list[EventStudy]:
    """Return the studies of the events that run, the newest first; of an event's report, its own."""
    end, start = asked.last.plus(1).monday(), asked.last.plus(-AFTER_EVENT).monday()
    known = [event for event in events if event.precision == "day"]
    running = [event for event in known if start <= date.fromisoformat(event.date) < end]
    newest = sorted(running, key=lambda event: (event.date, event.id), reverse=True)[:MOST_STUDIES]
    wanted = [asked.event] if asked.event else newest

    def until() -> datetime:
        return clock() if asked.event else min(clock(), asked.last.bounds()[1])

    return [run_event(store, model, event, events, until).study for event in wanted]


def _tone_interval(tone: Tone) -> tuple[float, float] | None:
    return net_interval(tone.negative, tone.neutral, tone.positive) if tone.n else None


def _recent(asked: Asked) -> Week:
    """Return the first of the weeks that outlets are pooled over."""
    return asked.first if asked.first < asked.last else asked.last.plus(1 - RECENT_WEEKS)


def _coding(units: Sequence[CodedUnit], people: int, asked: Asked, core: Sequence[str]) -> Coding:
    alike = sum(_alike(unit, frame) / unit.inclusion for unit in units for frame in core)
    weight = sum(1 / unit.inclusion for unit in units) * len(core)
    return Coding(
        items=len(units),
        in_period=sum(asked.first <= unit.week <= asked.last for unit in units),
        coders=people,
        agreement=alike / weight if weight else None,
    )


def _alike(unit: CodedUnit, frame: str) -> bool:
    found = unit.label.frames.get(frame)
    said = unit.label.relevant and found is not None and found.label
    return said == (frame in unit.frames)


def _frame_texts(model: StoredModel) -> tuple[FrameText, ...]:
    known = {frame.id: frame for frame in load_codebook().frames}
    return tuple(
        FrameText(frame, known[frame].name, known[frame].definition, known[frame].core)
        if frame in known
        else FrameText(frame, frame.replace("_", " ").capitalize(), "", core=False)
        for frame in model.frames
    )


def _first_thursday(year: int, month: int) -> date:
    start = date(year, month, 1)
    return start + timedelta(days=(3 - start.weekday()) % 7)
