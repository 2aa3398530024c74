"""One daemon on one SQLite file; a server's database may have several, which share the work."""

import fcntl
import os
from pathlib import Path
from typing import IO

from monitor.errors import StoreError

SUFFIX = "-daemon"
"""Of the lock's file, which stays: to remove it would let two processes lock two files of one name."""


class Claim:
    """A lock beside a database file, held until it is given back or the process ends, however it ends.

    The lock is flock(2)'s on a file of its own: closing the database's own file would let go of SQLite's
    locks on it (sqlite.org, How To Corrupt An SQLite Database File, 2.2).
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._held: IO[str] | None = None

    def take(self) -> str | None:
        """Take the lock; return None, or why it is not to be had.

        Raises:
            StoreError: the file beside the database cannot be written.
        """
        if self._held is not None:
            return None
        place = self._database.with_name(self._database.name + SUFFIX)
        try:
            file = place.open("a+", encoding="utf-8")
        except OSError as error:
            raise StoreError(f"{place}: {error.strerror or error}; let the monitor write there") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = _holder(file)
            file.close()
            return f"{self._database}: another daemon runs on it ({holder}); end that one, or use PostgreSQL"
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._held = file
        return None

    def give_back(self) -> None:
        """Let another have it."""
        if self._held is not None:
            self._held.close()
            self._held = None


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return f"process {file.read(20).strip() or 'unknown'}"
