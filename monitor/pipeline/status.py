"""Status and doctor: what is stored, what ran, what is silent, what is wrong and the remedy."""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from monitor.clock import Clock
from monitor.config.load import Config
from monitor.errors import MonitorError
from monitor.label.registry import examined, find_models
from monitor.pipeline.deliver import delivery_problems, delivery_state
from monitor.pipeline.jobs import job_problems
from monitor.pipeline.label import active_model
from monitor.store.health import Totals, source_health, totals
from monitor.store.jobs import JobState, job_states
from monitor.store.labels import count_to_label
from monitor.store.models import newest_model
from monitor.store.open import Store, database_file, open_store, parse_url
from monitor.store.outbox import Delivery, OutboxState
from monitor.store.quarantine import quarantined
from monitor.store.subscriptions import count_unsubscribed
from monitor.types import FeedHours, Source, SourceHealth

SPAN = timedelta(days=28)
"""What the counts of a source in ``status`` look back on."""
SILENT_GAPS = 3
"""A source that answers but has shown nothing new for so many of its median gaps is called silent."""
LEAST_SILENCE = timedelta(days=1)
"""And for at least so long: newsrooms sleep."""
SILENT_AFTER = timedelta(days=14)
"""The same for one whose median gap is not known."""
LEAST_FREE = 500_000_000
"""Bytes of disk below which the doctor warns."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing, and what else is to be said of it.

    The state is ``ok``, ``new`` (never polled), ``failing``, ``silent`` (it answers, with nothing new),
    ``empty`` (it answers, and carries nothing) or ``disabled``.
    """

    source: str
    state: str
    remark: str
    health: SourceHealth
    quarantined: int = 0
    """Entries that wait for their date."""

    def as_json(self) -> dict[str, object]:
        """Return the source's part of the answer of ``monitor status --json``."""
        health = asdict(self.health)
        health["hours"] = _hours_as_json(self.health.hours)
        health["gap"] = self.health.gap and self.health.gap.total_seconds()
        return {"state": self.state, "remark": self.remark, **health, "quarantined": self.quarantined}

    def notes(self) -> Iterator[str]:
        """Yield what the user may want to do something about, whatever the state."""
        if self.health.moved_to:
            yield f"has moved for good to {self.health.moved_to}, which is polled; put that into feeds.yaml"
        if self.quarantined:
            entries = "1 entry is" if self.quarantined == 1 else f"{self.quarantined} entries are"
            yield f"{entries} dated more than a day ahead, and kept back until then"


@dataclass(frozen=True, slots=True)
class Status:
    """What ``monitor status`` shows."""

    database: str
    totals: Totals
    model: str
    model_version: str | None
    unlabelled: int | None
    """Revisions that the active model has not read; None where it has read nothing."""
    sources: tuple[SourceStatus, ...]
    outbox: OutboxState
    alarms: tuple[str, ...]
    """What went wrong with the daemon's jobs and the reports, a line each with the remedy."""
    jobs: tuple[JobState, ...] = ()
    """Those of the daemon that ever ran."""
    coverage: FeedHours = field(default_factory=lambda: FeedHours(0.0, 0.0))
    """Of the enabled sources, over `SPAN`."""
    unsubscribed: int = 0
    """Recipients who have left a list, by the link in its mails."""

    def as_json(self) -> dict[str, object]:
        """Return the answer of ``monitor status --json``."""
        return {
            "database": self.database,
            **asdict(self.totals),
            "model": self.model,
            "model_version": self.model_version,
            "unlabelled": self.unlabelled,
            "coverage": {"days": SPAN.days, **_hours_as_json(self.coverage)},
            "sources": [source.as_json() for source in self.sources],
            "outbox": asdict(self.outbox),
            "unsubscribed": self.unsubscribed,
            "alarms": list(self.alarms),
            "jobs": [asdict(job) for job in self.jobs],
        }

    def in_words(self) -> Iterator[str]:
        """Yield the lines of ``monitor status`` that stand above the sources."""
        t = self.totals
        yield f"Database  {self.database}: {t.items:,} items, {t.revisions:,} revisions, {t.labels:,} labels"
        yield f"Items     {self._newest()}"
        waiting = "has read nothing yet" if self.unlabelled is None else f"{self.unlabelled:,} items to label"
        yield f"Model     {self.model_version or self.model}: {waiting}"
        states = [source.state for source in self.sources]
        counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
        yield f"Sources   {len(states)}: {counts or 'none in feeds.yaml'}"
        yield f"Coverage  {self._coverage()}"
        yield f"Mails     {self._mails()}"
        yield from self._retries()
        yield f"Jobs      {', '.join(job.in_words() for job in self.jobs) or 'none ran yet; see monitor run'}"
        yield from (f"ALARM     {alarm}" for alarm in self.alarms)

    def _newest(self) -> str:
        t = self.totals
        if t.newest_item_at is None or t.last_intake_at is None:
            return "none yet"
        came = f"{t.last_intake_at:%Y-%m-%d %H:%M} UTC"
        return f"the newest was published on {t.newest_item_at:%d %B %Y}; the last came in at {came}"

    def _coverage(self) -> str:
        hours = self.coverage
        if hours.share is None:
            return "nothing was to be observed yet"
        seen = f"{hours.observed:,.0f} of {hours.expected:,.0f} feed-hours observed"
        return f"{seen} in {SPAN.days} days ({100 * hours.share:.1f} %)"

    def _mails(self) -> str:
        box = self.outbox
        last = f", the last at {box.last_sent_at:%Y-%m-%d %H:%M} UTC" if box.last_sent_at else ""
        waiting = f"{box.queued} queued, {box.claimed} being sent"
        gone = f"; {self.unsubscribed} unsubscribed" if self.unsubscribed else ""
        return f"{waiting}, {box.sent} sent in {SPAN.days} days{last}{gone}"

    def _retries(self) -> Iterator[str]:
        """Yield what waits for another try; recipients of one mail that it failed for alike share a line."""
        alike: dict[tuple[str, int, datetime, str | None], list[Delivery]] = {}
        for one in self.outbox.retrying:
            alike.setdefault((one.key, one.attempts, one.next_attempt_at, one.last_error), []).append(one)
        for (key, attempts, again, error), some in alike.items():
            to = some[0].recipient if len(some) == 1 else f"{len(some)} recipients"
            times = "once" if attempts == 1 else f"{attempts} times"
            yield f"Retry     {key} to {to}: tried {times}, again from {again:%Y-%m-%d %H:%M} UTC: {error}"


def run_status(store: Store, config: Config, clock: Clock) -> Status:
    """Return what is stored, what ran, and how each source of feeds.yaml is doing."""
    now, name = clock(), active_model(store, config)
    outbox, alarms = delivery_state(store, clock), delivery_problems(store, config, clock)
    with store.reading() as session:
        model = newest_model(session, name)
        waiting = count_to_label(session, model.id) if model else None
        keys = [source.id for source in config.sources]
        health = source_health(session, keys, now - SPAN, now)
        jobs = job_states(session)
        waits = quarantined(session)
        enabled = [one.hours for source, one in zip(config.sources, health, strict=True) if source.enabled]
        return Status(
            database=store.url,
            totals=totals(session),
            model=name,
            model_version=model.version if model else None,
            unlabelled=waiting,
            sources=tuple(
                SourceStatus(source.id, *_state(source, one, now), one, waits.get(source.id, 0))
                for source, one in zip(config.sources, health, strict=True)
            ),
            outbox=outbox,
            alarms=(*job_problems(jobs, now), *alarms),
            jobs=tuple(jobs),
            coverage=FeedHours(
                sum(hours.observed for hours in enabled), sum(hours.expected for hours in enabled)
            ),
            unsubscribed=count_unsubscribed(session),
        )


def _hours_as_json(hours: FeedHours) -> dict[str, object]:
    return {"observed": round(hours.observed, 2), "expected": round(hours.expected, 2), "share": hours.share}


def _state(source: Source, health: SourceHealth, now: datetime) -> tuple[str, str]:
    if not source.enabled:
        return "disabled", ""
    if health.failures:
        times = "once" if health.failures == 1 else f"{health.failures} times in a row"
        return "failing", f"{times}: {health.last_error or 'no answer'}"
    if health.last_success_at is None:
        return "new", "never polled"
    if health.window == 0:
        return "empty", "answers, but lists nothing that can be read"
    fresh = max(filter(None, (health.last_item_at, health.last_fresh_at)), default=None)
    if fresh is None:
        return "empty", "answers, but has never brought an item"
    if now - fresh > _patience(health):
        usual = f", where one comes every {_in_words(health.gap)}" if health.gap else ""
        return "silent", f"answers, but nothing new since {fresh:%d %B %Y}{usual}"
    return "ok", ""


def _patience(health: SourceHealth) -> timedelta:
    return SILENT_AFTER if health.gap is None else max(SILENT_GAPS * health.gap, LEAST_SILENCE)


def _in_words(gap: timedelta) -> str:
    hours = gap.total_seconds() / 3600
    return (
        f"{hours * 60:.0f} minutes"
        if hours < 1
        else f"{hours:.0f} hours"
        if hours < 48
        else f"{gap.days} days"
    )


def run_doctor(database_url: str, config: Config, clock: Clock) -> list[str]:
    """Return what is wrong, a line each with its remedy; empty where all is well."""
    return [*_configuration(config), *_models(config), *_database(database_url, config, clock)]


def _configuration(config: Config) -> Iterator[str]:
    if config.contact is None:
        yield "contact: is missing in feeds.yaml; give an e-mail address, so that publishers can reach you"
    if not config.enabled_sources():
        yield "sources: none is enabled in feeds.yaml; enable at least one"


def _models(config: Config) -> Iterator[str]:
    found = find_models()
    if config.model not in found:
        yield f"model: {config.model!r} does not exist; there are: {', '.join(sorted(found)) or 'none'}"
    yield from (model.problem for model in map(examined, found.values()) if model.problem)


def _database(url: str, config: Config, clock: Clock) -> Iterator[str]:
    file = database_file(parse_url(url))
    if file is not None:
        free = shutil.disk_usage(file.parent if file.parent.exists() else Path()).free
        if free < LEAST_FREE:
            yield f"disk: only {free / 1e6:,.0f} MB free beside {file}; make room"
        if not file.exists():
            yield f"{file}: no such database yet; make it with: monitor collect"
            return
    try:
        store = open_store(url)
    except MonitorError as error:
        yield str(error)
        return
    try:
        found = run_status(store, config, clock)
    finally:
        store.close()
    yield from found.alarms
    for source in found.sources:
        if source.state in ("failing", "silent", "empty"):
            yield f"{source.source}: {source.state}, {source.remark}; see: monitor doctor --sources"
        if source.health.moved_to and source.state != "disabled":
            yield f"{source.source}: {next(source.notes())}"
    if found.unlabelled is None or found.unlabelled:
        yield f"labels: {found.model} has not read everything; run: monitor label"
