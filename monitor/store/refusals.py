"""What a database refuses, in one line that names the database and the remedy.

A server says why with a SQLSTATE, which is the same in every language; only where it was not reached, or let
nobody in, is there nothing but a text.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from sqlalchemy.exc import DBAPIError, OperationalError

from monitor.errors import StoreError

_READ_ONLY = ("attempt to write a readonly database", "25006")
_LOCKED = "database is locked by another process; wait for it to end, then run this again"
_DOWN = "the server does not answer; check --db and that it runs"
_ENDED = "the server has ended the connection; check that it runs, then try again"
_LOGIN = "the server refuses the user or password; check MONITOR_DATABASE_URL"
_MISSING = "the server has no such database; check --db, or make it with createdb"
_FULL = "the server takes no more connections; close others, or raise its max_connections"
_STARTING = "the server is starting or stopping; try again in a minute"

_BY_STATE = {
    "08": _ENDED,
    "25006": "the server only lets read, as a standby does; name the primary with --db",
    "25P03": "the server has ended a transaction that stood still; run this again: nothing was lost",
    "28": _LOGIN,
    "3D000": _MISSING,
    "40": "another process was in the way; run this again: nothing was lost",
    "42501": "the user may not do this; let the database's owner GRANT it, or make the user the owner",
    "53100": "the server's disk is full; make room, then run this again: nothing was lost",
    "53200": "the server is out of memory; see to it, then run this again: nothing was lost",
    "53300": _FULL,
    "55P03": _LOCKED,
    "57014": "the server has cancelled a statement that took too long; raise its statement_timeout",
    "57P03": _STARTING,
    "57": _ENDED,
    "58": "the server's disk fails; see to it, then run this again: nothing was lost",
    "XX001": "the database is damaged; restore a backup",
    "XX002": "an index of the database is damaged; let its owner run REINDEX DATABASE",
}
"""By SQLSTATE, or by its class, the first two characters."""

_BY_TEXT = {
    "database is locked": _LOCKED,
    "database table is locked": _LOCKED,
    "disk is full": "the disk is full; make room, then run this again: nothing was lost",
    "malformed": "the database is damaged; restore a backup, or see: monitor db check",
    "not a database": "this file is not a database; name another with --db",
    "unable to open database file": "cannot be opened; check that the folder exists and may be written to",
    _READ_ONLY[0]: "cannot be written to; check its permissions and its folder's",
    "disk I/O error": "the disk fails or is full; see to it, then run this again: nothing was lost",
    "password authentication failed": _LOGIN,
    "no password supplied": _LOGIN,
    "no pg_hba.conf entry": "the server lets this user in from nowhere near; add a line to its pg_hba.conf",
    "certificate": "the server's certificate does not verify; check sslmode and sslrootcert in the URL",
    "too many connections": _FULL,
    "too many clients": _FULL,
    "connection slots": _FULL,
    "FATAL:  database": _MISSING,
    "FATAL:  role": _LOGIN,
    "system is starting up": _STARTING,
    "system is shutting down": _STARTING,
    "in recovery mode": _STARTING,
    "resolve host": "no such host is known; check the host's name in --db",
    "translate host name": "no such host is known; check the host's name in --db",
    "terminating connection": _ENDED,
    "closed the connection": _ENDED,
    "connection is lost": _ENDED,
    "connection is closed": _ENDED,
    "could not receive data": _ENDED,
    "could not connect": _DOWN,
    "connection refused": _DOWN,
    "Connection refused": _DOWN,
    "timeout expired": _DOWN,
    "Is the server running": _DOWN,
    "invalid connection option": "the URL has an option that PostgreSQL does not know; check --db",
    "invalid URI query parameter": "the URL has an option that PostgreSQL does not know; check --db",
}
"""By a part of the message; the first that fits."""


@contextmanager
def translated(name: str, *, writes: bool = True) -> Iterator[None]:
    """Turn what the database refuses into a StoreError of one line; a bug in a statement stays as it is.

    Args:
        name: how the message names the database.
        writes: whether the block may write; if not, the refusal to do so is our bug.
    """
    try:
        yield
    except DBAPIError as error:
        _refuse(name, error.orig, error, writes)
    except sqlite3.Error as error:
        _refuse(name, error, error, writes)


def _refuse(name: str, cause: BaseException | None, error: Exception, writes: bool) -> NoReturn:
    remedy = _remedy(cause, writes)
    if remedy is not None:
        raise StoreError(f"{name}: {remedy}") from error
    if isinstance(error, OperationalError) and not isinstance(cause, sqlite3.Error):
        # A server's: its host, disk, memory or locks. SQLite's may be a mistake in a statement.
        reason = " ".join(str(cause).split()) or "no answer"
        raise StoreError(f"{name}: {reason}; see to the database server, then run this again") from error
    raise error


def _remedy(cause: BaseException | None, writes: bool) -> str | None:
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        if state in _READ_ONLY and not writes:
            return None
        return _BY_STATE.get(state, _BY_STATE.get(state[:2]))
    message = str(cause)
    return next(
        (
            remedy
            for sign, remedy in _BY_TEXT.items()
            if sign in message and (writes or sign not in _READ_ONLY)
        ),
        None,
    )
