"""Upgrading, backing up and checking a database."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from monitor.errors import StoreError
from monitor.store.copies import verify_copies
from monitor.store.open import (
    BUSY_SECONDS,
    Store,
    database_file,
    database_name,
    make_engine,
    parse_url,
    refuse_newer,
    schema_version,
    sqlite_connection,
)
from monitor.store.refusals import translated
from monitor.store.rollups import settle, verify
from monitor.store.samples import verify_samples
from monitor.store.schema import VERSIONS
from monitor.store.settled import late_items

WITH_TEXT = ("items", "revisions", "labels", "evidence", "gold_units", "codes", "sketches", "sketch_keys")
"""The tables of which something is erased."""
LATE_REVISIONS = "0004"
"""Before this version, a revision counted however late it was seen."""


def upgrade(url: str) -> str:
    """Bring an existing database to this program's schema, and say in one line what was done.

    All of it is one transaction: interrupted, it leaves the old schema whole.

    Raises:
        StoreError: missing, newer than the program, not ours, or locked.
    """
    place = parse_url(url)
    name = database_name(place)
    file = database_file(place)
    if file is not None and not file.exists():
        raise StoreError(f"{name}: no such database; check --db, or make it with: monitor collect")
    before = migrate(place)
    if before == VERSIONS[-1]:
        return f"{name}: already at schema {before}"
    return f"{name}: schema {before or 'none'} upgraded to {VERSIONS[-1]}"


def migrate(url: URL) -> str | None:
    """Run the migrations that a database lacks, or all; return the version that it had before."""
    engine = make_engine(url, foreign_keys=False, create=True).execution_options(writes=True)
    try:
        with translated(database_name(url)), engine.begin() as connection:
            before = schema_version(connection)
            refuse_newer(before, database_name(url))
            _require_unicode(connection)
            command.upgrade(migrations(connection), "head")
            if before is not None and before < LATE_REVISIONS:
                with Session(connection) as session:
                    settle(session, late_items(session))
            problems = foreign_key_problems(connection)
            if problems:
                raise StoreError(f"{database_name(url)}: not upgraded: {problems[0]}; restore a backup")
            return before
    finally:
        engine.dispose()


def _require_unicode(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            name = database_name(connection.engine.url)
            raise StoreError(f"{name}: holds {encoding}; make it anew with: createdb -T template0 -E UTF8")


def migrations(connection: Connection) -> Config:
    """Return Alembic's configuration for the migrations of this package, on an open connection."""
    config = Config()
    config.set_main_option("script_location", "monitor.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def backup(store: Store, path: Path) -> None:
    """Copy the database as it stands, while others may go on writing, and check the copy.

    A copy still holds what is erased later: backups are to be replaced after `monitor forget`.

    Raises:
        StoreError: the file exists already, cannot be written, or the copy is damaged.
    """
    if store.engine.dialect.name != "sqlite":
        raise StoreError(f"{store.url}: a server's database is copied by pg_dump -Fc, not by this command")
    if path.exists():
        raise StoreError(f"{path}: exists already; name another file for the backup")
    unfinished = path.with_name(path.name + ".part")
    try:
        with translated(str(path)), closing(sqlite3.connect(unfinished)) as copy:
            _copy(store, copy)
            problems = [line for (line,) in copy.execute("PRAGMA integrity_check") if line != "ok"]
        if problems:
            raise StoreError(f"{path}: the copy is damaged: {problems[0]}; see: monitor db check")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def compact(store: Store) -> None:
    """Write the database anew, without free pages and what was left in the slack of pages.

    What was erased is then nowhere in its files; a server's write-ahead log and backups are its operator's.
    It takes as long as copying, room for a second copy, and the lock that writers take; on PostgreSQL
    nobody can read meanwhile either.

    Raises:
        StoreError: another process is at work, or the disk is full.
    """
    with translated(database_name(store.engine.url)):
        if store.engine.dialect.name == "sqlite":
            _compact_file(store.engine)
        else:
            _compact_tables(store.engine)


def check(store: Store) -> list[str]:
    """Return what is wrong with the database, a line each; empty where all is well.

    Checks the file itself, references between tables, the weekly sums against the labels, and the chances
    of what was drawn for coding.
    """
    problems: list[str] = []
    with store.reading() as session:
        if store.engine.dialect.name == "sqlite":
            lines = session.execute(text("PRAGMA integrity_check")).scalars()
            problems += [f"file: {line}" for line in lines if line != "ok"]
            problems += foreign_key_problems(session.connection())
        problems += verify(session)
        problems += verify_copies(session)
        problems += verify_samples(session)
    return problems


def foreign_key_problems(connection: Connection) -> list[str]:
    """Return the rows that refer to rows which do not exist; PostgreSQL never lets it come to that."""
    if connection.dialect.name != "sqlite":
        return []
    return [
        f"{row[0]}: row {row[1]} refers to a row of {row[2]} that does not exist"
        for row in connection.execute(text("PRAGMA foreign_key_check"))
    ]


def _copy(store: Store, copy: sqlite3.Connection) -> None:
    with store.engine.connect() as connection:
        sqlite_connection(connection).backup(copy)


def _compact_file(engine: Engine) -> None:
    with engine.connect() as connection:
        raw = sqlite_connection(connection)
        for statement in ("PRAGMA query_only=OFF", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            raw.execute(statement)


def _compact_tables(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SET lock_timeout = '{BUSY_SECONDS}s'"))
        # FULL writes indexes anew too: a GIN index else keeps each word that it ever held. The statistics
        # hold samples of columns; those from before stay in their table until it is written anew.
        connection.execute(text(f"VACUUM (FULL, ANALYZE) {', '.join(WITH_TEXT)}"))
        connection.execute(text("VACUUM (FULL) pg_catalog.pg_statistic"))
        connection.execute(text("RESET lock_timeout"))
