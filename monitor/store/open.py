"""Opening the database, and the two kinds of session on it.

What is written in `server` holds for PostgreSQL. On SQLite every connection works so:

- ``journal_mode=WAL``: reports read while the daemon writes.
- ``BEGIN IMMEDIATE`` for writers: a read transaction that turns into a writing one fails at once, whatever
  the busy timeout. Readers are held to reading by ``query_only``.
- ``synchronous=FULL``: what a command has reported as done must outlast a power cut, which NORMAL does not
  promise in WAL mode. We commit a few times a second at most, so that a sync each costs little.
- ``foreign_keys=ON``; ``secure_delete=ON``, so that what `forget` erases is overwritten with zeros. SQLite
  may still leave a copy where it moved rows between pages; `monitor.store.maintain.compact` leaves none.
- ``journal_size_limit=0``: a write-ahead log that begins anew is cut to what it holds.
- ``cache_size``: 32 MB of pages, so that more of the index pages that an import touches stay in memory.
"""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from monitor.errors import StoreError
from monitor.store.refusals import translated
from monitor.store.schema import VERSIONS
from monitor.store.server import make_server_engine

BUSY_SECONDS = 30.0
ERASED = "erased"
"""The key of ``Session.info`` that says that the transaction erased text."""

_ON_CONNECT = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "journal_size_limit=0",
)
CACHE_MB = 32
"""Of pages, for each connection to SQLite."""


_READING: Mapping[str, dict[str, object]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}
_SECRETS = ("password", "sslpassword")
"""What a URL may also hold after its question mark."""


class Store:
    """An open database of the version that this program knows."""

    def __init__(self, url: URL, engine: Engine, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = without_secrets(url)
        self.engine = engine
        self._name = database_name(url)
        self._readers = engine.execution_options(writes=False, **_READING[engine.dialect.name])
        self._writers = engine.execution_options(writes=True)
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._busy_seconds = busy_seconds

    def reading(self) -> AbstractContextManager[Session]:
        """Open a session on one unchanging view of the database; a write in it is a bug, and refused."""
        return self._session(self._readers, writes=False)

    def writing(self) -> AbstractContextManager[Session]:
        """Open a session that commits at the end, or keeps nothing where the block raises.

        Raises:
            StoreError: another process writes for longer than the busy timeout, or the disk is full.
        """
        return self._session(self._writers, writes=True) if self._turn is None else self._in_turn(self._turn)

    def close(self) -> None:
        """Close the connections; the store cannot be used afterwards."""
        self.engine.dispose()

    @contextmanager
    def _in_turn(self, turn: threading.Lock) -> Iterator[Session]:
        """Write when it is this thread's turn: SQLite lets waiters try again, and starves some of many."""
        had = turn.acquire(timeout=self._busy_seconds)
        try:
            with self._session(self._writers, writes=True) as session:
                yield session
        finally:
            if had:
                turn.release()

    @contextmanager
    def _session(self, engine: Engine, *, writes: bool) -> Iterator[Session]:
        with translated(self._name, writes=writes), Session(engine) as session:
            with session.begin():
                session.connection()  # begins now, so that a lock is met here and not half-way
                yield session
            if session.info.get(ERASED):
                self._truncate_log()

    def _truncate_log(self) -> None:
        # The write-ahead log still holds the pages from before the erasure. A reader can keep it from
        # being emptied for longer than the busy timeout; then it is when the log next begins anew.
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                sqlite_connection(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)")


def open_store(
    url: str, *, create: bool = False, busy_seconds: float = BUSY_SECONDS, cache_mb: int = CACHE_MB
) -> Store:
    """Open the database at a URL such as ``sqlite:///monitor.db`` or ``postgresql://user@host/name``.

    Args:
        url: see `parse_url`.
        create: make the database where there is none, on a server only its tables. An old one is never
            upgraded by this.
        busy_seconds: how long to wait for another process that writes.
        cache_mb: of pages that each connection to SQLite keeps in memory.

    Raises:
        StoreError: missing, of another version, locked, damaged, or not ours.
    """
    place = parse_url(url)
    name = database_name(place)
    file = database_file(place)
    if file is not None and file.is_dir():
        raise StoreError(f"{name}: is a folder; name a database file in it with --db")
    if file is not None and not file.exists():
        if not create:
            raise StoreError(f"{name}: no such database; check --db, or make it with: monitor collect")
        _make(place)
    engine = make_engine(place, busy_seconds, cache_mb=cache_mb)
    try:
        with translated(name):
            _require_version(engine, place, create)
    except BaseException:
        engine.dispose()
        raise
    return Store(place, engine, busy_seconds)


def parse_url(url: str) -> URL:
    """Read a database URL; ``postgres://`` and ``postgresql://`` mean psycopg, the driver that we have.

    Raises:
        StoreError: not a URL, of some other kind of database, or of one that lives in memory only.
    """
    try:
        place = make_url(url)
    except (ArgumentError, ValueError):  # the second for a port that is no number
        shown = re.sub(r"^(\w+:?//)?.*@", r"\1***@", url.partition("?")[0])
        raise StoreError(
            f"{shown!r} is not a database URL; write it like sqlite:///monitor.db "
            "or postgresql://user@host/name, with %40 for an @ in a password"
        ) from None
    if place.get_backend_name() == "sqlite" and place.database in (None, "", ":memory:"):
        raise StoreError(
            f"{url}: a database in memory keeps nothing; name a file, as in sqlite:///monitor.db"
        )
    if place.get_backend_name() == "sqlite" and place.query:
        raise StoreError(f"{url}: a SQLite file takes no options after a ?; leave them out")
    if place.get_backend_name() in ("postgres", "postgresql"):
        return place.set(drivername="postgresql+psycopg")
    if place.get_backend_name() != "sqlite":
        raise StoreError(
            f"{without_secrets(place)}: neither SQLite nor PostgreSQL; write sqlite:///monitor.db"
        )
    return place


def database_file(url: URL) -> Path | None:
    """Return the file that holds the database, or None where a server does."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def database_name(url: URL) -> str:
    """Return how messages name a database: its file, or its URL without the password."""
    return str(database_file(url) or without_secrets(url))


def without_secrets(url: URL) -> str:
    """Return a URL that may be shown and logged."""
    place = url.difference_update_query(_SECRETS).set(drivername=url.get_backend_name())
    return place.render_as_string(hide_password=True)


def make_engine(
    url: URL,
    busy_seconds: float = BUSY_SECONDS,
    *,
    foreign_keys: bool = True,
    cache_mb: int = CACHE_MB,
    create: bool = False,
) -> Engine:
    """Return an engine with our settings; nothing is connected yet.

    Statements' values are left out of errors: they would bring article text into the log.

    Args:
        foreign_keys: off only for migrations, since SQLite alters a table by dropping it, and the rows
            that refer to it would go with it.
        create: whether a connection may make the file. Otherwise one that goes while a daemon runs stays
            gone, where an empty one in its place would hide the loss.
    """
    file = database_file(url)
    if file is None:
        return make_server_engine(url, busy_seconds)
    address = f"{file.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        # The pool hands a connection from thread to thread, one at a time.
        return sqlite3.connect(address, timeout=busy_seconds, uri=True, check_same_thread=False)

    engine = create_engine(url, creator=connect, hide_parameters=True)
    event.listen(engine, "connect", _on_connect(foreign_keys, cache_mb))
    event.listen(engine, "begin", _begin)
    return engine


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection, for what works outside any transaction."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(f"{raw!r} is not a connection of sqlite3")
    return raw


def schema_version(connection: Connection) -> str | None:
    """Return the version that a database says it has; None where it holds no tables at all.

    Raises:
        StoreError: it holds the tables of some other program.
    """
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables and "revisions" in tables:
        version: str = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        return version
    if tables:
        name = database_name(connection.engine.url)
        raise StoreError(f"{name}: holds tables that are not the monitor's; name another with --db")
    return None


def refuse_newer(version: str | None, name: str) -> None:
    """Raise StoreError where a newer program has upgraded the database."""
    if version is not None and version not in VERSIONS:
        raise StoreError(
            f"{name}: its schema {version} is newer than this program, which knows {VERSIONS[-1]}; "
            "install the newer monitor"
        )


def _require_version(engine: Engine, url: URL, create: bool) -> None:
    with engine.connect() as connection:
        version = schema_version(connection)
    name = database_name(url)
    refuse_newer(version, name)
    if version is None and not create:
        raise StoreError(f"{name}: this database is empty; check --db, or fill it with: monitor collect")
    if version is None:
        _make(url)
    elif version != VERSIONS[-1]:
        raise StoreError(f"{name}: its schema {version} is older than this program; run: monitor db upgrade")


def _make(url: URL) -> None:
    # Alembic takes a tenth of a second to import, which only the first command need spend.
    from monitor.store.maintain import migrate

    migrate(url)


def _on_connect(foreign_keys: bool, cache_mb: int) -> Callable[[sqlite3.Connection, object], None]:
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # else the driver begins and commits where it sees fit
        for pragma in _ON_CONNECT:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(f"PRAGMA cache_size=-{cache_mb * 1000}")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")

    return set_up


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
