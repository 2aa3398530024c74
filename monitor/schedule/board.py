"""What this process runs, and what came of each job; kept in memory, so that it outlasts the database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of a job that has ended; ``remark`` says what it did, or why it failed."""

    job: str
    ok: bool
    remark: str
    started_at: datetime
    ended_at: datetime
    seconds: float


class Board:
    """Shared by all threads."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._running: set[str] = set()
        self._ran: dict[str, Ran] = {}

    @contextmanager
    def at_work(self, job: str) -> Iterator[None]:
        """Show a job as running."""
        with self._change:
            self._running.add(job)
        try:
            yield
        finally:
            with self._change:
                self._running.discard(job)
                self._change.notify_all()

    def note(self, ran: Ran) -> None:
        """Keep the last run of each job."""
        with self._change:
            self._ran[ran.job] = ran

    def running(self) -> list[str]:
        """Return the jobs that run now."""
        with self._change:
            return sorted(self._running)

    def last_runs(self) -> dict[str, Ran]:
        """Return the last run of each job that ran in this process."""
        with self._change:
            return dict(self._ran)

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until nothing runs; False where something still does after so long."""
        with self._change:
            return self._change.wait_for(lambda: not self._running, seconds)
