"""What this process runs, and what came of each job; kept in memory, so that it outlasts the database."""

import threading
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
        self._again: set[str] = set()
        self._ran: dict[str, Ran] = {}

    def enter(self, job: str) -> bool:
        """Show a job as running; False where it runs already, and is to run once more."""
        with self._change:
            if job in self._running:
                self._again.add(job)
                return False
            self._running.add(job)
            return True

    def ask_again(self, job: str) -> bool:
        """Let a job run once more after this time, where it runs now; tell whether it does."""
        with self._change:
            if job in self._running:
                self._again.add(job)
            return job in self._running

    def leave(self, job: str, *, anyway: bool = False) -> bool:
        """Show a job as ended; False where it is to run once more, unless it is to end ``anyway``."""
        with self._change:
            if job in self._again and not anyway:
                self._again.discard(job)
                return False
            self._again.discard(job)
            self._running.discard(job)
            self._change.notify_all()
            return True

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
