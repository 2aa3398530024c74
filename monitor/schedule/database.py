"""The daemon's hold on its database: opened again and again until it is there, and watched."""

from pathlib import Path

import structlog

from monitor.clock import stopwatch
from monitor.errors import MonitorError, StoreError
from monitor.pipeline.jobs import all_jobs
from monitor.schedule.alone import Claim
from monitor.schedule.due import retry_wait
from monitor.store.open import Store, database_file, database_name, open_store, parse_url

log = structlog.get_logger()

BUSY_SECONDS = 5.0
"""How long a job waits for another writer; less than what is left to end in after SIGTERM."""
CACHE_MB = 4
"""A connection's: the daemon has several for as long as it runs, and its work is small."""
ASK_EVERY = 15.0
"""Seconds between two questions to the database whether it answers."""


class Database:
    """Opens a database, and says why where it cannot be used.

    A new one is made at the first opening, as `monitor collect` does; one that has gone is only waited for,
    since an empty one in its place would hide the loss.

    Args:
        url: of the database.
        alone: whether it is to be this process's alone, where it is a file: that of a daemon.

    Attributes:
        store: the open store, or None while there is none.
        error: why there is none, in one line with the remedy.
        refusal: why the last job could not write to it, as where another process keeps it locked.
        taken: whether there is none because another daemon runs on it.

    Raises:
        StoreError: the URL is none.
    """

    def __init__(self, url: str, *, alone: bool = False) -> None:
        self.store: Store | None = None
        self.error: str | None = "not opened yet"
        self.refusal: str | None = None
        self._url = url
        self._name = database_name(parse_url(url))
        self._file = database_file(parse_url(url))
        self._claim = Claim(self._file) if alone and self._file is not None else None
        self.taken = False
        self._identity: tuple[int, int] | None = None
        self._opened_once = False
        self._failures = 0
        self._since_try = stopwatch()
        self._since_answer = stopwatch()

    def watch(self) -> bool:
        """Look after it, without waiting; True where it has just become usable."""
        if self.store is not None:
            problem = self._broken(ask=self._since_answer() >= ASK_EVERY)
            if problem is not None:
                self._lose(problem)
            return False
        if self._failures and self._since_try() < retry_wait(self._failures):
            return False
        return self._try()

    def open_now(self) -> Store:
        """Open it, once.

        Raises:
            StoreError: it cannot be used.
        """
        if not self._try() or self.store is None:
            raise StoreError(self.error or "")
        return self.store

    def problem(self, *, ask: bool = True) -> str | None:
        """Return why it cannot be used, or None; without ``ask``, only as far as that is known already."""
        return self._broken(ask=ask) or self.refusal

    def _broken(self, *, ask: bool) -> str | None:
        store = self.store
        if store is None:
            return self.error
        if self._file is not None and _identity(self._file) != self._identity:
            return self._gone()
        if not ask:
            return None
        try:
            all_jobs(store)
        except MonitorError as error:
            return str(error)
        self._since_answer = stopwatch()
        return None

    def close(self) -> None:
        """Close what is open."""
        self._shut()
        if self._claim is not None:
            self._claim.give_back()

    def _shut(self) -> None:
        store, self.store = self.store, None
        if store is not None:
            store.close()

    def _try(self) -> bool:
        self._since_try = stopwatch()
        try:
            self.store = self._open()
        except MonitorError as error:
            self._failures += 1
            missing = self._opened_once and self._file is not None and not self._file.exists()
            self.error = self._gone() if missing else str(error)
            log.error("database cannot be used", reason=self.error, next_try_s=retry_wait(self._failures))
            return False
        self._identity = _identity(self._file) if self._file is not None else None
        log.info("database open", database=self.store.url)
        self.error, self.refusal, self._failures, self._opened_once = None, None, 0, True
        self._since_answer = stopwatch()
        return True

    def _open(self) -> Store:
        create = not self._opened_once
        store = open_store(self._url, create=create, busy_seconds=BUSY_SECONDS, cache_mb=CACHE_MB)
        try:
            rival = self._claim.take() if self._claim is not None else None
            self.taken = rival is not None
            if rival is not None:
                raise StoreError(rival)
        except MonitorError:
            store.close()
            raise
        return store

    def _gone(self) -> str:
        return f"{self._name}: the file has gone; put it back, the monitor goes on by itself"

    def _lose(self, problem: str) -> None:
        log.error("database lost", reason=problem)
        self.error, self._failures = problem, 1
        self._since_try = stopwatch()
        self._shut()


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
