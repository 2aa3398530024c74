"""What the daemon's jobs came to, who holds one that runs, and which weeks have their report."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.dialect import insert
from monitor.store.schema import JobRow, table
from monitor.store.settings import put_setting, setting

RETENTION = "retention"
NOTICED = "reports noticed"


@dataclass(frozen=True, slots=True)
class JobState:
    """The last run of a job; ``ended_at`` is None while it runs, ``next_at`` where nobody promised a next."""

    name: str
    started_at: datetime | None
    ended_at: datetime | None
    ok: bool
    """Of the last run that ended."""
    remark: str
    """What that run did, or why it failed with the remedy."""
    failures: int
    """Failed runs since the last good one."""
    last_success_at: datetime | None
    next_at: datetime | None

    def in_words(self) -> str:
        """Return how it stands, as ``monitor status`` lists it."""
        if self.ended_at is None:
            return f"{self.name} runs"
        return f"{self.name} {'ok' if self.ok else 'FAILS'} {self.ended_at:%d %b %H:%M}"


def job_states(session: Session) -> list[JobState]:
    """Return the jobs that ever ran, by name."""
    rows = session.scalars(select(JobRow).order_by(JobRow.name))
    return [
        JobState(
            row.name,
            row.started_at,
            row.ended_at,
            row.ok,
            row.remark,
            row.failures,
            row.last_success_at,
            row.next_at,
        )
        for row in rows
    ]


def job_holder(session: Session, name: str, now: datetime) -> str | None:
    """Return the worker that holds a job now, or None."""
    held = select(JobRow.leased_by).where(JobRow.name == name, JobRow.leased_until > now)
    return session.scalars(held).one_or_none()


def begin_job(
    session: Session, name: str, worker: str, now: datetime, lease: timedelta, void: Collection[str] = ()
) -> bool:
    """Take a job for a worker, and record that it has begun; False where another holds it.

    Args:
        session: a writing one.
        name: of the job.
        worker: who takes it.
        now: the present.
        lease: for how long, unless `renew_job` prolongs it; `end_job` ends it.
        void: workers that are no more, whose leases do not count.
    """
    new = {"name": name, "ok": True, "remark": "", "failures": 0}
    session.execute(insert(session, table(JobRow)).on_conflict_do_nothing(), [new])
    free = or_(
        JobRow.leased_until.is_(None),
        JobRow.leased_until <= now,
        JobRow.leased_until > now + 2 * lease,  # written by a clock that was wrong
        JobRow.leased_by.in_(sorted({*void, worker})),
    )
    taken = session.scalars(
        update(JobRow)
        .where(JobRow.name == name, free)
        .values(started_at=now, ended_at=None, leased_by=worker, leased_until=now + lease)
        .returning(JobRow.name)
        .execution_options(synchronize_session=False)
    )
    return taken.one_or_none() is not None


def renew_job(session: Session, name: str, worker: str, until: datetime) -> None:
    """Let a worker keep the job that it holds."""
    session.execute(
        update(JobRow)
        .where(JobRow.name == name, JobRow.leased_by == worker)
        .values(leased_until=until)
        .execution_options(synchronize_session=False)
    )


def end_job(
    session: Session,
    name: str,
    worker: str,
    now: datetime,
    *,
    ok: bool,
    remark: str,
    next_at: datetime | None,
) -> None:
    """Record how a run ended, and give the job back; nothing where another has taken it over."""
    changes: dict[str, object] = {
        "ended_at": now,
        "ok": ok,
        "remark": remark.replace("\x00", ""),
        "failures": 0 if ok else JobRow.failures + 1,
        "next_at": next_at,
        "leased_by": None,
        "leased_until": None,
    }
    if ok:
        changes["last_success_at"] = now
    session.execute(
        update(JobRow)
        .where(JobRow.name == name, JobRow.leased_by == worker)
        .values(changes)
        .execution_options(synchronize_session=False)
    )


def report_made(session: Session, period: Week | str) -> bool:
    """Tell whether the daemon has made the report of a week, or of a month such as ``2026-10``."""
    return setting(session, f"report/{period}") is not None


def mark_report(session: Session, period: Week | str, now: datetime) -> None:
    """Record that a report is made and queued, so that it is never made by itself again."""
    put_setting(session, f"report/{period}", now.isoformat())


def reports_noticed(session: Session) -> tuple[datetime, datetime] | None:
    """Return since when reports are due, as last seen, and when that was first seen; None before any was."""
    noticed = setting(session, NOTICED)
    if noticed is None:
        return None
    due_at, at = noticed.split()
    return datetime.fromisoformat(due_at), datetime.fromisoformat(at)


def mark_noticed(session: Session, due_at: datetime, now: datetime) -> None:
    """Record that reports which are due since a moment are first seen to be so."""
    put_setting(session, NOTICED, f"{due_at.isoformat()} {now.isoformat()}")


def retention_at(session: Session) -> datetime | None:
    """Return when old text was last blanked."""
    done = setting(session, RETENTION)
    return datetime.fromisoformat(done) if done is not None else None


def mark_retention(session: Session, now: datetime) -> None:
    """Record that old text has been blanked."""
    put_setting(session, RETENTION, now.isoformat())
