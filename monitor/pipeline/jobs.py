"""The daemon's jobs as the database knows them: who runs one, what came of it, what is still due."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.clock import Clock, Week
from monitor.errors import UsageError
from monitor.pipeline.gold import draw_sample
from monitor.pipeline.label import labels_of
from monitor.pipeline.worker import is_gone
from monitor.store.jobs import (
    JobState,
    begin_job,
    end_job,
    job_holder,
    job_states,
    mark_noticed,
    mark_report,
    mark_retention,
    renew_job,
    report_made,
    reports_noticed,
    retention_at,
)
from monitor.store.labels import count_to_label
from monitor.store.open import Store
from monitor.store.rollups import labelled_span
from monitor.store.samples import sample_of
from monitor.types import StoredModel

LEASE = timedelta(minutes=10)
"""For so long a job is left to the worker that runs it; renewed by jobs that may take longer."""
_WRONG_CLOCK = timedelta(hours=1)
"""A time further ahead than this was written by a clock that was wrong."""

OVERDUE_AFTER = timedelta(hours=1)
"""A daemon that promised to look for work and has not for so long does not run."""


DAEMON = "daemon:"
"""With which the line about a daemon that does not run begins."""


class Readiness(NamedTuple):
    """Whether a week can be reported: the model that has labelled it, and what waits to be labelled."""

    model: StoredModel | None
    waiting: int


def take_job(store: Store, name: str, worker: str, clock: Clock, *, alone: bool) -> bool:
    """Record that a worker begins a job; False where another does it now, and it is done by one alone."""
    with store.writing() as session:
        now = clock()
        holder = job_holder(session, name, now)
        void = [holder] if holder is not None and (not alone or is_gone(holder)) else []
        return begin_job(session, name, worker, now, LEASE, void)


def keep_job(store: Store, name: str, worker: str, clock: Clock) -> None:
    """Let the worker keep the job for another `LEASE`."""
    with store.writing() as session:
        renew_job(session, name, worker, clock() + LEASE)


def finish_job(
    store: Store, name: str, worker: str, clock: Clock, *, ok: bool, remark: str, every: timedelta | None
) -> None:
    """Record what a job came to, and that it is looked at again after ``every``, unless that is None."""
    with store.writing() as session:
        now = clock()
        next_at = now + every if every is not None else None
        end_job(session, name, worker, now, ok=ok, remark=remark, next_at=next_at)


def all_jobs(store: Store) -> list[JobState]:
    """Return every job that ever ran on this database."""
    with store.reading() as session:
        return job_states(session)


def job_problems(jobs: Sequence[JobState], now: datetime) -> Iterator[str]:
    """Yield what is wrong with the jobs, a line each with its remedy."""
    promised = [job.next_at for job in jobs if job.next_at is not None]
    if promised and max(promised) + OVERDUE_AFTER < now:
        yield (
            f"{DAEMON} has not looked for work since {max(promised):%Y-%m-%d %H:%M} UTC; start it again: "
            "monitor run"
        )
    for job in jobs:
        if not job.ok:
            times = "once" if job.failures == 1 else f"{job.failures} times in a row"
            yield f"job {job.name}: failed {times}: {'; '.join(job.remark.splitlines())}"


def is_retention_due(store: Store, clock: Clock, after: timedelta) -> bool:
    """Tell whether old text was last blanked so long ago, or never."""
    with store.reading() as session:
        done, now = retention_at(session), clock()
    return done is None or now - done >= after or done - now > _WRONG_CLOCK


def settle_retention(store: Store, clock: Clock) -> None:
    """Record that old text has been blanked."""
    with store.writing() as session:
        mark_retention(session, clock())


def is_report_made(store: Store, period: Week | str) -> bool:
    """Tell whether the report of a week, or of a month such as ``2026-10``, has been made and queued."""
    with store.reading() as session:
        return report_made(session, period)


def settle_report(store: Store, period: Week | str, clock: Clock) -> None:
    """Record that a report is made and queued."""
    with store.writing() as session:
        mark_report(session, period, clock())


def noticed_at(store: Store, due_at: datetime, now: datetime) -> datetime:
    """Return when it was first seen that reports are due since a moment; the first to ask has seen it now."""
    with store.reading() as session:
        noticed = reports_noticed(session)
    if noticed is not None and noticed[0] == due_at and noticed[1] <= now:
        return noticed[1]
    with store.writing() as session:
        mark_noticed(session, due_at, now)
    return now


def draw_weekly_sample(store: Store, model: StoredModel, week: Week, size: int, clock: Clock) -> str:
    """Draw a random sample of a week's items for people to code, once; return what came of it.

    A week that cannot be sampled, such as one without any item, is no failure: it says why.
    """
    name = f"weekly-{week}"
    with store.reading() as session:
        if sample_of(session, name) is not None:
            return f"the sample of {week} is drawn"
    try:
        sample = draw_sample(store, model, clock, size=size, weeks=(week, week), name=name)
    except UsageError as error:
        return f"no sample of {week}: {error}"
    return f"{sum(sample.drawn.values())} items of {week} are drawn for coding"


def model_that_labels(store: Store, name: str) -> StoredModel | None:
    """Return the stored model of a name, or None where it has read nothing yet.

    That there is no such model is told by the job that labels.
    """
    try:
        return labels_of(store, name)
    except UsageError:
        return None


def readiness(store: Store, name: str, week: Week) -> Readiness:
    """Return whether a model's labels reach a week, and how many revisions it has not read."""
    model = model_that_labels(store, name)
    if model is None:
        return Readiness(None, 0)
    with store.reading() as session:
        span = labelled_span(session, model.id)
        waiting = count_to_label(session, model.id)
    return Readiness(model if span is not None and span[0] <= week else None, waiting)
