"""Runs one job, and records what came of it: in the database, in memory, in the log and in the metrics."""

import traceback
from dataclasses import dataclass, field

import structlog

from monitor.clock import stopwatch
from monitor.config.configuration import Configuration
from monitor.errors import MonitorError, StoreError
from monitor.pipeline.jobs import LEASE, finish_job, keep_job, take_job
from monitor.pipeline.worker import new_worker
from monitor.schedule.board import Board, Ran
from monitor.schedule.database import Database
from monitor.schedule.jobs import Job, Shop, StoppedError, Work
from monitor.store.open import Store

log = structlog.get_logger()

_LONGEST_MESSAGE = 200
"""Characters of a bug's own message in the log; it might quote what was read."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs of one daemon; ``promises`` tells whether it will look at them again."""

    database: Database
    configuration: Configuration
    shop: Shop
    board: Board = field(default_factory=Board)
    promises: bool = True

    def run(self, job: Job) -> Ran | None:
        """Run a job, and once more where it is woken meanwhile; return the last run.

        None where the database is not there, another worker has the job, or all is to end.
        """
        if not self.board.enter(job.name):
            return None
        ended = False
        try:
            while not ended:
                ran = self._run(job)
                ended = self.board.leave(job.name, anyway=self.shop.stop.is_set())
            return ran
        finally:
            if not ended:
                self.board.leave(job.name, anyway=True)

    def _run(self, job: Job) -> Ran | None:
        store = self.database.store
        if store is None or self.shop.stop.is_set():
            return None
        seconds, started_at, worker = stopwatch(), self.shop.clock(), new_worker()
        outcome = self._attempt(job, store, worker)
        if outcome is None:
            return None
        ok, remark = outcome
        ended_at = self.shop.clock()
        ran = Ran(job.name, ok, remark, started_at, ended_at, round(seconds(), 3))
        self.board.note(ran)
        self.shop.meters.count_job(job.name, ok=ok, seconds=ran.seconds, ended_at=ended_at)
        self._record(job, store, worker, ran)
        return ran

    def _attempt(self, job: Job, store: Store, worker: str) -> tuple[bool, str] | None:
        try:
            if not take_job(store, job.name, worker, self.shop.clock, alone=job.alone):
                return None
            keep = Keeper(job.name, store, worker, self.shop)
            remark = job.run(Work(self.shop, store, self.configuration.config, keep))
        except StoppedError:
            return True, "stopped before its end; the rest is done at the next start"
        except MonitorError as error:
            if isinstance(error, StoreError):
                self.database.refusal = str(error)
            log.error("job failed", job=job.name, reason=str(error))
            return False, str(error)
        except Exception as error:  # noqa: BLE001 - a bug must not end a daemon; it is logged whole
            return False, log_bug(job.name, error)
        # Most ticks find nothing new to do: only what differs from the last is told.
        before = self.board.last_runs().get(job.name)
        tell = log.debug if before is not None and before.remark == remark else log.info
        tell("job done", job=job.name, did=remark)
        return True, remark

    def _record(self, job: Job, store: Store, worker: str, ran: Ran) -> None:
        every = job.every if self.promises else None
        try:
            finish_job(store, job.name, worker, self.shop.clock, ok=ran.ok, remark=ran.remark, every=every)
            self.database.refusal = None
        except MonitorError as error:  # the job itself will have failed of it too
            log.error("job not recorded", job=job.name, reason=str(error))
        except Exception as error:  # noqa: BLE001 - as above
            log_bug(job.name, error)


class Keeper:
    """Renews the lease of a running job where that is time, and stops it where it is to end."""

    def __init__(self, job: str, store: Store, worker: str, shop: Shop) -> None:
        self._job, self._store, self._worker, self._shop = job, store, worker, shop
        self._since_kept = stopwatch()

    def __call__(self) -> None:
        """Go on, or not.

        Raises:
            StoppedError: the daemon is to end.
        """
        if self._shop.stop.is_set():
            raise StoppedError("the daemon is to end")
        if self._since_kept() > LEASE.total_seconds() / 3:
            keep_job(self._store, self._job, self._worker, self._shop.clock)
            self._since_kept = stopwatch()


def log_bug(job: str, error: Exception) -> str:
    """Log where a bug is, and return the remark for it."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    kind = type(error).__name__
    log.error("bug", job=job, kind=kind, message=str(error)[:_LONGEST_MESSAGE], traceback=frames)
    return f"a bug in the monitor ({kind}); the log has its traceback, please report it"
