"""The tour of ``monitor demo``: the whole line on the sample newsroom, without a network."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from monitor.clock import stopwatch
from monitor.config.load import Config, parse_config
from monitor.demo.archive import ARCHIVE
from monitor.demo.calendar import (
    ARCHIVE_WEEKS,
    DEMO_EVENT,
    DEMO_NOW,
    LAST_WEEK,
    SCANDAL_WEEK,
    WEEKS,
    week_at,
)
from monitor.demo.newsroom import Newsroom, serve_newsroom
from monitor.errors import InputError
from monitor.label.registry import load_classifier
from monitor.pipeline.backfill import run_backfill_file
from monitor.pipeline.collect import run_collect
from monitor.pipeline.label import run_label
from monitor.pipeline.report import run_report
from monitor.pipeline.trend import TrendQuery, run_trend
from monitor.store.open import Store, open_store
from monitor.types import StoredModel

Say = Callable[[str], None]
Show = Callable[[int, int | None], None]
LAST_MONTH = "2026-10"
SHOWN = "incompetent"
"""The frame whose weeks around the scandal are printed."""


@dataclass(frozen=True, slots=True)
class _Tour:
    folder: Path
    config: Config
    store: Store
    newsroom: Newsroom
    say: Say
    show: Show


def run_demo(keep: Path | None, say: Say, show: Show) -> Path:
    """Collect, label, trend and report on the sample; say each step, and return the report's page.

    Args:
        keep: the folder to work in; None makes one in the system's place for temporary files.

    Raises:
        InputError: the folder holds a database already.
    """
    seconds = stopwatch()
    folder = working_folder(keep)
    with serve_newsroom() as newsroom:
        (folder / "feeds.yaml").write_text(newsroom.feeds_yaml, "utf-8")
        config = parse_config(newsroom.feeds_yaml, str(folder / "feeds.yaml"), folder / "feeds.yaml")
        tour = _Tour(folder, config, open_store(_database(folder), create=True), newsroom, say, show)
        try:
            _collect(tour)
            page = _read(tour)
        finally:
            tour.store.close()
    say(f"\nDone in {seconds():.0f} s. Open {page}")
    say("  Look at the three core frames, the jump after the verdict, and the stories with their evidence.")
    say(f"  Go on with it: cd {folder} && monitor trend --frame {SHOWN}")
    return page


def working_folder(keep: Path | None) -> Path:
    """Return the folder to work in: the one named, or a new one in the system's place for temporary files.

    Raises:
        InputError: it holds a database already, or cannot be made.
    """
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="monitor-demo-"))
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{keep}: {error.strerror or error}; name another folder with --keep") from error
    if (keep / "monitor.db").exists():
        raise InputError(f"{keep}: holds a database already; name another folder with --keep")
    return keep


def _database(folder: Path) -> str:
    return f"sqlite:///{folder / 'monitor.db'}"


def _now() -> datetime:
    return DEMO_NOW


def _collect(tour: _Tour) -> None:
    tour.say(f"The sample newsroom: invented outlets, councils and people; {WEEKS} weeks of news.\n")
    archive = run_backfill_file(
        tour.store, ARCHIVE, _now, text=tour.config.text, say=lambda read: tour.show(read, None)
    )
    tour.say(f"backfill  {archive.new:,} items of {ARCHIVE_WEEKS} weeks from {ARCHIVE.name}")
    outcomes = run_collect(tour.store, tour.config, _now)
    new = sum(outcome.intake.new for outcome in outcomes)
    recent = WEEKS - ARCHIVE_WEEKS
    tour.say(f"collect   {new:,} items of the last {recent} weeks from {len(outcomes)} feeds on this machine")
    for outcome in outcomes:
        if outcome.error:
            tour.say(f"          {outcome.source} failed, as it should here: {outcome.error}")


def _read(tour: _Tour) -> Path:
    classifier = load_classifier(tour.config.model)
    run = run_label(tour.store, classifier, _now, say=tour.show)
    tour.say(f"label     {run.labelled:,} items read by {run.model.version} in {run.seconds:.0f} s")
    _show_trend(tour, run.model)
    week, _, _ = (
        _report(tour, run.model, week=LAST_WEEK),
        _report(tour, run.model, month=LAST_MONTH),
        _report(tour, run.model, event=DEMO_EVENT.id),
    )
    return week


def _report(tour: _Tour, model: StoredModel, **what: Any) -> Path:
    """Write one report, of a week, a month or an event, and return its page."""
    out = tour.folder / "reports"
    shown = tour.newsroom.invented
    written = run_report(tour.store, tour.config, model, _now, **what, out=out, sample=True, shown=shown)
    tour.say(f"report    {len(written.files)} files in {written.files[0].parent}")
    return written.files[0]


def _show_trend(tour: _Tour, model: StoredModel) -> None:
    around = TrendQuery((SHOWN,), week_at(SCANDAL_WEEK - 3), week_at(SCANDAL_WEEK + 4))
    tour.say(f"trend     share of stories that say {SHOWN!r}, around a verdict in week {SCANDAL_WEEK}:")
    for point in run_trend(tour.store, model, around):
        if point.share is not None:
            bar = "#" * round(40 * point.share)
            tour.say(f"          {point.week}  {100 * point.share:3.0f} % of {point.n:3}  {bar}")
