"""Report: one week's findings, stories and sources, written as documents into a folder."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from monitor.clock import Clock, Week, stopwatch
from monitor.config.events import all_events
from monitor.config.load import Config
from monitor.errors import InputError, UsageError
from monitor.label.codebook import load_codebook
from monitor.report.data import FrameText, Report, ReportData
from monitor.report.render import weekly_report
from monitor.store.health import source_health
from monitor.store.open import Store
from monitor.store.rollups import labelled_span, weekly_counts
from monitor.store.stories import stories
from monitor.trend.compare import BASELINES
from monitor.trend.week import REPORTED_WEEKS, find_week
from monitor.types import StoredModel

log = structlog.get_logger()

TITLE = "Social work in the news"
MOST_STORIES = 200
"""Items of the week from which the report chooses."""
STRAGGLERS = timedelta(days=1)
"""After a week ends, polls still count for it so long: Sunday night's items are collected on Monday."""


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was written, and where its files lie, main page first."""

    week: Week
    files: tuple[Path, ...]


def run_report(
    store: Store,
    config: Config,
    model: StoredModel,
    clock: Clock,
    *,
    week: Week | None = None,
    out: Path,
    sample: bool = False,
) -> Written:
    """Write the report of a week into ``out/WEEK/``, replacing one that was written before.

    Args:
        week: by default the last one that is whole.
        sample: say that outlets, places and people are invented.

    Raises:
        UsageError: the model has labelled nothing up to that week.
        InputError: the folder cannot be written to.
    """
    seconds = stopwatch()
    data = report_data(store, config, model, clock, week or last_whole_week(clock), sample=sample)
    report = weekly_report(data)
    files = _write(report, out / report.name)
    log.info("report written", week=str(data.week), model=model.version, seconds=round(seconds(), 2))
    return Written(data.week, files)


def last_whole_week(clock: Clock) -> Week:
    """Return the week before the present one."""
    return Week.of(clock()).plus(-1)


def report_data(
    store: Store, config: Config, model: StoredModel, clock: Clock, week: Week, *, sample: bool = False
) -> ReportData:
    """Return everything that the report of a week says, read on one view of the database."""
    first = week.plus(1 - REPORTED_WEEKS - max(BASELINES))
    start, end = week.bounds()
    with store.reading() as session:
        span = labelled_span(session, model.id)
        if span is None or span[0] > week:
            raise UsageError(f"{model.version} has labelled nothing up to {week}; run: monitor label")
        counts = weekly_counts(session, model.id, first, week)
        by_type = weekly_counts(session, model.id, first, week, by="outlet_type")
        chosen = stories(session, model, week, week, limit=MOST_STORIES)
        keys = [source.id for source in config.enabled_sources()]
        health = source_health(session, keys, start, end + STRAGGLERS)
    return ReportData(
        week=week,
        title=TITLE,
        generated_at=clock(),
        model=model.version,
        codebook=model.codebook,
        frames=_frame_texts(model),
        findings=find_week(counts, by_type, model.frames, week),
        stories=chosen,
        sources=health,
        events=config.events if sample else all_events(config),
        sample=sample,
        **({"sender": config.contact} if config.contact else {}),
    )


def _frame_texts(model: StoredModel) -> tuple[FrameText, ...]:
    known = {frame.id: frame for frame in load_codebook().frames}
    return tuple(
        FrameText(frame, known[frame].name, known[frame].definition, known[frame].core)
        if frame in known
        else FrameText(frame, frame.replace("_", " ").capitalize(), "", core=False)
        for frame in model.frames
    )


def _write(report: Report, folder: Path) -> tuple[Path, ...]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in report.files.items():
            unfinished = folder / f"{name}.part"
            unfinished.write_bytes(content)
            unfinished.replace(folder / name)
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror or error}; name another folder with --out") from error
    return tuple(folder / name for name in report.files)
