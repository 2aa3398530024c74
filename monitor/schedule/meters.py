"""Counters and gauges for Prometheus; labels take few values: never a source, an address or a title."""

import threading
from collections import Counter as Tally
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from monitor.clock import Clock, stopwatch
from monitor.config.load import Config
from monitor.errors import MonitorError
from monitor.pipeline.status import run_status
from monitor.store.open import Store
from monitor.types import Intake

FRESH_FOR = 30.0
"""Seconds for which what was counted in the database is told again: counting is not free."""
SOURCE_STATES = ("ok", "new", "failing", "silent", "empty", "disabled")
ANSWERS = ("2xx", "304", "3xx", "4xx", "410", "429", "5xx", "none")
"""Kinds of answers to polls; ``none`` where no status came."""
POLL_SECONDS = (0.1, 0.3, 1, 3, 10, 30, 100, 300)
DELIVERY_STATES = ("queued", "claimed", "overdue", "failed", "sent")


class Meters:
    """The figures of one daemon, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lock = threading.Lock()
        self._since_measured = stopwatch()
        self._measured = False
        self._count()
        self._gauge()

    def _count(self) -> None:
        registry = self.registry
        self._polls = Counter("monitor_polls", "Polls of sources.", ["outcome"], registry=registry)
        self._answers = Counter("monitor_poll_answers", "Answers to polls.", ["status"], registry=registry)
        self._durations = Histogram(
            "monitor_poll_seconds",
            "Duration of polls, waits for the host's turn and article pages included.",
            buckets=POLL_SECONDS,
            registry=registry,
        )
        self._rejected = Counter("monitor_entries_rejected", "Entries that made no item.", registry=registry)
        self._items = Counter("monitor_items", "Items stored.", ["change"], registry=registry)
        self._labels = Counter("monitor_labels", "Revisions labelled.", registry=registry)
        self._reports = Counter("monitor_reports", "Weekly reports made.", registry=registry)
        self._jobs = Counter("monitor_jobs", "Runs of jobs.", ["job", "outcome"], registry=registry)
        for outcome in ("ok", "unchanged", "failed"):
            self._polls.labels(outcome)
        for change in ("new", "revised"):
            self._items.labels(change)
        for status in ANSWERS:
            self._answers.labels(status)

    def _gauge(self) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"monitor_{name}", text, labels, registry=self.registry)

        self._seconds = gauge("job_duration_seconds", "Duration of the last run of a job.", "job")
        self._success = gauge("job_last_success_timestamp_seconds", "Last run without a failure.", "job")
        self._up = gauge("database_up", "Whether the database can be used.")
        self._whole = gauge("config_ok", "Whether feeds.yaml is whole as it is now.")
        self._bytes = gauge("database_bytes", "Size of the database.")
        self._sources = gauge("sources", "Sources of feeds.yaml by how they are doing.", "state")
        self._hours = gauge(
            "feed_hours", "Hours of feeds in four weeks of which all was seen, and of all.", "kind"
        )
        self._quarantined = gauge("quarantined", "Entries dated too far ahead, which wait for their date.")
        self._stored = gauge("stored", "Rows in the database.", "what")
        self._alarms = gauge("alarms", "What monitor status raises an alarm about.")
        self._unlabelled = gauge("unlabelled", "Revisions that the active model has not read.")
        self._deliveries = gauge(
            "deliveries", "Mails in the outbox; those sent and failed of four weeks.", "state"
        )

    def count_poll(
        self, outcome: str, intake: Intake, status: int | None = None, seconds: float = 0.0
    ) -> None:
        """Count one poll and what it brought."""
        self._polls.labels(outcome).inc()
        self._answers.labels(kind_of_answer(status)).inc()
        self._durations.observe(seconds)
        self._rejected.inc(intake.rejected)
        self._items.labels("new").inc(intake.new)
        self._items.labels("revised").inc(intake.revised)

    def count_labels(self, number: int) -> None:
        """Count revisions that were labelled."""
        self._labels.inc(number)

    def count_report(self) -> None:
        """Count a report that was made."""
        self._reports.inc()

    def count_job(self, job: str, *, ok: bool, seconds: float, ended_at: datetime) -> None:
        """Count one run of a job."""
        self._jobs.labels(job, "ok" if ok else "failed").inc()
        self._seconds.labels(job).set(seconds)
        if ok:
            self._success.labels(job).set(ended_at.timestamp())

    def exposition(self, store: Store | None, config: Config, clock: Clock, *, whole: bool) -> bytes:
        """Return all figures in Prometheus's text format.

        Args:
            store: the database, or None while it cannot be used: its figures stay as they were.
            config: whose sources are counted.
            clock: tells the present.
            whole: whether feeds.yaml is.
        """
        with self._lock:
            self._whole.set(whole)
            self._up.set(store is not None and self._measure(store, config, clock))
            return generate_latest(self.registry)

    def _measure(self, store: Store, config: Config, clock: Clock) -> bool:
        """Bring the gauges up to date; False where the database does not answer."""
        if self._measured and self._since_measured() < FRESH_FOR:
            return True
        try:
            status = run_status(store, config, clock)
        except MonitorError:
            return False
        states = Tally(source.state for source in status.sources)
        for state in SOURCE_STATES:
            self._sources.labels(state).set(states[state])
        self._hours.labels("observed").set(status.coverage.observed)
        self._hours.labels("expected").set(status.coverage.expected)
        self._quarantined.set(sum(source.quarantined for source in status.sources))
        outbox = status.outbox
        mails = {"queued": outbox.queued, "claimed": outbox.claimed, "sent": outbox.sent}
        mails |= {"overdue": len(outbox.overdue), "failed": len(outbox.failed)}
        for state in DELIVERY_STATES:
            self._deliveries.labels(state).set(mails[state])
        for what in ("items", "revisions", "labels"):
            self._stored.labels(what).set(getattr(status.totals, what))
        self._alarms.set(len(status.alarms))
        self._bytes.set(status.totals.bytes)
        self._unlabelled.set(status.totals.revisions if status.unlabelled is None else status.unlabelled)
        self._measured, self._since_measured = True, stopwatch()
        return True


def kind_of_answer(status: int | None) -> str:
    """Return the kind of a status, one of `ANSWERS`."""
    if status is None:
        return "none"
    return str(status) if str(status) in ANSWERS else f"{status // 100}xx"
