"""The daemon's jobs: each calls the function of the pipeline that the one-shot command calls.

A job returns what it did, in words without titles, addresses or names of people; an expected failure raises
a MonitorError. Where nothing is due it says so and ends.
"""

import os
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from monitor.clock import Clock, Week
from monitor.config.load import Config
from monitor.config.mail import mail_settings, with_contact
from monitor.config.web import leave_links
from monitor.deliver.base import Deliverer, OutgoingMail
from monitor.deliver.maildir import MaildirDeliverer
from monitor.deliver.smtp import SmtpDeliverer
from monitor.errors import DeliveryError, MonitorError
from monitor.label.registry import find_models, load_classifier, read_manifest, version_of
from monitor.pipeline.alerts import run_alerts
from monitor.pipeline.collect import SourceOutcome, run_collect
from monitor.pipeline.deliver import run_deliver
from monitor.pipeline.due import due_month, due_report
from monitor.pipeline.jobs import (
    DAEMON,
    draw_weekly_sample,
    is_report_made,
    is_retention_due,
    model_that_labels,
    noticed_at,
    readiness,
    settle_report,
    settle_retention,
)
from monitor.pipeline.label import active_model, run_label
from monitor.pipeline.listmail import queue_report
from monitor.pipeline.report import run_report
from monitor.pipeline.status import run_status
from monitor.pipeline.upkeep import run_condense, run_recount, run_retention, run_sketches
from monitor.schedule.meters import Meters
from monitor.store.open import Store
from monitor.types import Classifier, StoredModel

log = structlog.get_logger()

LABEL_BATCH = 100
"""Revisions labelled together: a second or two, which is how long a stop has to wait."""
RETENTION_EVERY = timedelta(days=1)
PATIENCE = timedelta(minutes=40)
"""So long a report that is due waits for items that are still to be collected and labelled: it is made
before it counts as missed."""
TROUBLED = ("failing", "silent", "empty")


class StoppedError(MonitorError):
    """The daemon is to end; what the job has stored stays, and the rest is done at the next start."""


class Noticed(NamedTuple):
    """Since when reports are due, and when this process, and any at all, first saw that they are."""

    due_at: datetime
    at: datetime
    first_at: datetime


@dataclass(slots=True)
class Shop:
    """What lasts from one run of a job to the next."""

    clock: Clock
    stop: threading.Event
    meters: Meters
    reports: Path
    env: Mapping[str, str]
    wake: Callable[[str], None]
    """Lets a job run at once."""
    patience: timedelta = PATIENCE
    sample: bool = False
    """Whether what is reported is invented, as in the demonstration; its reports say so."""
    shown: Callable[[str], str] | None = None
    """Gives what readers are shown in place of the addresses in a text; see `monitor.pipeline.report`."""
    collected_at: datetime | None = None
    """When the last collect that has ended began."""
    label_tried: bool = False
    """Whether the job that labels has ended since the last news, well or not."""
    noticed: Noticed | None = None
    classifier: Classifier | None = None
    alarms: tuple[str, ...] = ()
    """What `monitor status` would raise, as of the last look."""
    wrong: frozenset[str] = frozenset()
    """What the log has been told is wrong, and is."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one run of a job is given; ``keep`` renews its lease, or raises StoppedError once it is to end."""

    shop: Shop
    store: Store
    config: Config
    keep: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how often it looks for work; ``alone``: by one worker at a time on a database."""

    name: str
    every: timedelta
    run: Callable[[Work], str]
    alone: bool = True


def collect(work: Work) -> str:
    """Poll what is due."""
    shop = work.shop

    def say(outcome: SourceOutcome) -> None:
        shop.meters.count_poll(outcome.outcome, outcome.intake, outcome.status, outcome.seconds)

    began_at = shop.clock()
    outcomes = run_collect(work.store, work.config, shop.clock, say=say, stop=shop.stop)
    news = sum(outcome.intake.new + outcome.intake.revised for outcome in outcomes)
    if news or shop.collected_at is None:
        shop.label_tried = False
        shop.wake("label")
    if not shop.stop.is_set():
        if shop.collected_at is None or (shop.noticed and shop.collected_at < shop.noticed.due_at):
            shop.wake("report")
        shop.collected_at = began_at
    failed = sum(outcome.outcome == "failed" for outcome in outcomes)
    return f"{len(outcomes)} sources polled, {failed} of them failed; {news} items new or revised"


def label(work: Work) -> str:
    """Label what the active model has not read."""
    shop, before = work.shop, 0

    def say(done: int, _total: int) -> None:
        nonlocal before
        shop.meters.count_labels(done - before)
        before = done
        work.keep()

    try:
        classifier = _classifier(shop, active_model(work.store, work.config))
        run = run_label(work.store, classifier, shop.clock, batch=LABEL_BATCH, say=say)
    finally:
        shop.label_tried = True
    if run.labelled:
        shop.wake("report")
        shop.wake("alert")
    return f"{run.labelled} items labelled by {run.model.version}"


def _classifier(shop: Shop, name: str) -> Classifier:
    """Return the model, loaded again only where another version is installed."""
    models = find_models()
    installed = version_of(name, read_manifest(models[name].path)) if name in models else None
    if shop.classifier is None or shop.classifier.version != installed:
        shop.classifier = load_classifier(name)
    return shop.classifier


def retention(work: Work) -> str:
    """Once a day, condense old polls, blank text whose time is up, and look for what was never labelled."""
    if not is_retention_due(work.store, work.shop.clock, RETENTION_EVERY):
        return "done already today"
    run_condense(work.store, work.shop.clock, work.keep)
    run_sketches(work.store, work.keep)
    blanked = run_retention(work.store, work.config, work.shop.clock)
    if run_recount(work.store):
        work.shop.wake("label")
    settle_retention(work.store, work.shop.clock)
    return f"{blanked} revisions blanked, their time being up"


def report(work: Work) -> str:
    """Make the reports that are due, of the last week and of the last month, each once; queue them."""
    work = _with_contact(work)
    now, report_at = work.shop.clock(), work.config.report_at
    week = due_report(now, report_at).week
    month, last = due_month(now, report_at)
    remark = _report(work, week, week)
    if is_report_made(work.store, month) or not _labelled(work, last):
        return remark  # of a month before the monitor's first there is none, which goes without saying
    return f"{remark}; {_report(work, month, last)}"


def _report(work: Work, period: Week | str, last: Week) -> str:
    """Make one report; ``period`` is a week, or a month such as ``2026-10`` whose ``last`` week is given."""
    shop = work.shop
    if is_report_made(work.store, period):
        return f"the report of {period} is made"
    ready = _ready(work, last)
    if isinstance(ready, str):
        return f"the report of {period} {ready}" if ready.startswith("waits") else f"{ready}: no report"
    week, month = (period, None) if isinstance(period, Week) else (None, period)
    written = run_report(
        work.store,
        work.config,
        ready,
        shop.clock,
        week=week,
        month=month,
        out=shop.reports,
        sample=shop.sample,
        shown=shop.shown,
    )
    queued = 0
    if work.config.lists:
        queued = queue_report(work.store, work.config, ready, shop.clock, written, sample=shop.sample)
    settle_report(work.store, period, shop.clock)
    shop.meters.count_report()
    shop.wake("deliver")
    return f"the report of {period} is made and queued for {queued} recipients"


def _with_contact(work: Work) -> Work:
    return replace(work, config=with_contact(work.config, work.shop.env))


def _labelled(work: Work, week: Week) -> bool:
    return readiness(work.store, active_model(work.store, work.config), week).model is not None


def _ready(work: Work, week: Week) -> StoredModel | str:
    """Return the model that has read all up to a week that is over, or what that waits for.

    A collect must have begun since reports became due. After days of sleep there is none: hence patience
    counts from when this process saw them due. Labels that cannot be made are waited for no longer than since
    any process saw that, or one that is often started anew would wait for ever.
    """
    shop, now = work.shop, work.shop.clock()
    due_at = due_report(now, work.config.report_at).since
    if shop.noticed is None or shop.noticed.due_at != due_at:
        shop.noticed = Noticed(due_at, now, noticed_at(work.store, due_at, now))
    patient = now - shop.noticed.at < shop.patience
    if patient and (shop.collected_at is None or shop.collected_at < due_at):
        return "waits for a collect"
    ready = readiness(work.store, active_model(work.store, work.config), week)
    if ready.model is None:
        return f"nothing is labelled up to {week}"
    tried_in_vain = shop.label_tried and now - shop.noticed.first_at >= shop.patience
    if patient and ready.waiting and not tried_in_vain:
        return f"waits for {ready.waiting} items to be labelled"
    return ready.model


def alert(work: Work) -> str:
    """Queue an alert for the lists that want it where coverage breaks out in the running week."""
    model = model_that_labels(work.store, active_model(work.store, work.config))
    if model is None:
        return "nothing is labelled yet"
    topics = run_alerts(work.store, _with_contact(work).config, model, work.shop.clock)
    if topics:
        work.shop.wake("deliver")
    return f"{len(topics)} alerts"


def sample(work: Work) -> str:
    """Draw the random sample of the last week for people to code, once, where feeds.yaml asks for it."""
    size = work.config.weekly_sample
    if size is None:
        return "no weekly sample is asked for"
    week = due_report(work.shop.clock(), work.config.report_at).week
    ready = _ready(work, week)
    if isinstance(ready, str):
        return f"the sample of {week}: {ready}"
    return draw_weekly_sample(work.store, ready, week, size, work.shop.clock)


def watch(work: Work) -> str:
    """Say in the log, once each, what has become wrong: jobs, missed reports, mails, silent sources."""
    status = run_status(work.store, work.config, work.shop.clock)
    troubled = [source for source in status.sources if source.state in TROUBLED]
    alarms = tuple(line for line in status.alarms if not line.startswith(DAEMON))  # one does look: this
    wrong = {_unaddressed(line) for line in alarms}
    wrong |= {f"source {source.source} is {source.state}" for source in troubled}
    for line in sorted(wrong - work.shop.wrong):
        log.warning("alarm", what=line)
    for line in sorted(work.shop.wrong - wrong):
        log.info("alarm over", what=line)
    work.shop.wrong = frozenset(wrong)
    work.shop.alarms = alarms
    return f"{len(alarms)} alarms, {len(troubled)} sources in trouble"


def _unaddressed(line: str) -> str:
    """Return the line without addresses of people, which have no place in a log."""
    return re.sub(r"[^\s<>]+@[^\s<>]+", "[address]", line)


def deliver(work: Work) -> str:
    """Send what the outbox holds, where a mail server is configured."""
    shop = work.shop
    deliverer = _deliverer(shop.env)
    if deliverer is None:
        return "no mail server is configured: MONITOR_SMTP_HOST is not set"
    sender = _Stoppable(deliverer, work.keep)
    links = leave_links(work.config, shop.env)
    done = run_deliver(work.store, sender, shop.clock, f"{socket.gethostname()}:{os.getpid()}", links=links)
    if done.unreachable is not None:
        raise DeliveryError(f"{done.unreachable} ({done.left} mails wait)")
    return f"{done.sent} mails sent, {done.failed} refused, {done.left} left"


def _deliverer(env: Mapping[str, str]) -> Deliverer | None:
    if env.get("MONITOR_MAILDIR"):
        return MaildirDeliverer(Path(env["MONITOR_MAILDIR"]))
    return SmtpDeliverer(mail_settings(env)) if env.get("MONITOR_SMTP_HOST") else None


class _Stoppable:
    """Ends a run of deliveries between two mails, never inside one."""

    def __init__(self, deliverer: Deliverer, keep: Callable[[], None]) -> None:
        self._deliverer = deliverer
        self._keep = keep

    def open(self) -> None:
        self._keep()  # is asked before every mail
        self._deliverer.open()

    def send(self, mail: OutgoingMail) -> None:
        self._deliverer.send(mail)

    def close(self) -> None:
        self._deliverer.close()


JOBS = (
    Job("collect", timedelta(minutes=1), collect, alone=False),
    Job("label", timedelta(minutes=5), label),
    Job("retention", timedelta(hours=1), retention),
    Job("report", timedelta(minutes=10), report),
    Job("alert", timedelta(minutes=10), alert),
    Job("sample", timedelta(hours=1), sample),
    Job("deliver", timedelta(minutes=1), deliver, alone=False),
    Job("watch", timedelta(minutes=10), watch, alone=False),
)
"""In the order of the line."""
