"""Report: what was found in a week, a month or after an event, written as documents into a folder."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from monitor.clock import Clock, Week, stopwatch
from monitor.config.events import chosen_events
from monitor.config.load import Config
from monitor.errors import InputError, UsageError
from monitor.pipeline.reportdata import Asked, event_asked, month_asked, report_data, week_asked
from monitor.report.data import Report, ReportData, Restated
from monitor.report.render import write_report
from monitor.store.open import Store
from monitor.types import StoredModel

log = structlog.get_logger()

EARLIER_REPORTS = 4
"""How many reports before a weekly one are compared with what is known now."""


@dataclass(frozen=True, slots=True)
class Written:
    """A report that was written, and where its files lie, main page first."""

    week: Week
    """The last of its weeks."""
    files: tuple[Path, ...]
    month: str = ""
    """``2026-10`` where it is of a month."""


def run_report(
    store: Store,
    config: Config,
    model: StoredModel,
    clock: Clock,
    *,
    week: Week | None = None,
    month: str | None = None,
    event: str | None = None,
    out: Path,
    sample: bool = False,
    shown: Callable[[str], str] | None = None,
) -> Written:
    """Write a report into a folder of ``out`` named after it, replacing one that was written before.

    Args:
        week: of a weekly report, by default the last week that is whole.
        month: ``2026-10``, for the report of its weeks.
        event: an event's id, for the report of the half year after it.
        sample: say that outlets, places and people are invented.
        shown: gives what readers are shown in place of the addresses in a text; by default they see these.

    Raises:
        UsageError: the model has labelled nothing up to that week, it has not begun, or there is no such
            month or event.
        InputError: the folder cannot be written to.
    """
    seconds = stopwatch()
    asked = _asked(config, clock, week, month, event)
    data = report_data(store, config, model, clock, asked, sample=sample)
    data = replace(data, restated=restated(data, out))
    if shown is not None:
        data = _with_addresses(data, shown)
    report = write_report(data)
    files = _write(report, out / report.name)
    log.info("report written", report=report.name, model=model.version, seconds=round(seconds(), 2))
    return Written(data.week, files, data.month)


def _with_addresses(data: ReportData, shown: Callable[[str], str]) -> ReportData:
    return replace(
        data,
        stories=[replace(one, url=one.url and shown(one.url)) for one in data.stories],
        sources=[replace(one, last_error=one.last_error and shown(one.last_error)) for one in data.sources],
    )


def _asked(config: Config, clock: Clock, week: Week | None, month: str | None, event: str | None) -> Asked:
    if sum(one is not None for one in (week, month, event)) > 1:
        raise UsageError("a report is of a week, a month or an event; give one of --week, --month, --event")
    if month is not None:
        return month_asked(month)
    if event is not None:
        return event_asked(chosen_events(config, [event])[0], last_whole_week(clock))
    if week is not None and week > Week.of(clock()):
        raise UsageError(f"{week} has not begun; a report is of a week that is over, or of the present one")
    return week_asked(week or last_whole_week(clock))


def last_whole_week(clock: Clock) -> Week:
    """Return the week before the present one."""
    return Week.of(clock()).plus(-1)


def restated(data: ReportData, out: Path) -> list[Restated]:
    """Return which core figures of the weekly reports before, as they lie in ``out``, are others now.

    Late items and changed headlines move a week's figures after its report. Reports of another model are
    left out, since all their figures are.
    """
    if data.kind != "weekly":
        return []
    core = {frame.id for frame in data.frames if frame.core}
    now = {(str(p.week), p.frame): (p.hits, p.n) for p in data.findings.shares if p.group == "all"}
    found: list[Restated] = []
    for back in range(EARLIER_REPORTS, 0, -1):
        week = str(data.week.plus(-back))
        for frame, (hits, n) in _published(out / week / f"{week}.csv", week, data.model).items():
            new_hits, new_n = now.get((week, frame), (hits, n))
            if frame in core and (hits, n) != (new_hits, new_n):
                found.append(Restated(week, frame, hits, n, new_hits, new_n))
    return found


def _published(path: Path, week: str, model: str) -> Mapping[str, tuple[int, int]]:
    """Return the hits and items of each frame as a report gave them for its own week; empty without one."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {
                row["frame"]: (int(row["hits"]), int(row["n"]))
                for row in csv.DictReader(file)
                if (row["week"], row["group"], row["model"]) == (week, "all", model)
            }
    except (OSError, ValueError, KeyError):
        return {}  # no such report, or a file of that name that somebody else has written


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
