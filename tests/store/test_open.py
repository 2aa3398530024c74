"""Opening a database, and the two kinds of session on it."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from monitor.errors import StoreError
from monitor.store.maintain import check, upgrade
from monitor.store.open import Store, open_store, parse_url
from monitor.store.schema import ItemRow
from tests.store.builders import an_item, put
from tests.store.databases import only_sqlite

# ---------------------------------------------------------------- opening


def test_a_missing_database_is_made_only_where_asked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(StoreError, match="no such database"):
        open_store(url)
    assert not (tmp_path / "new.db").exists()
    open_store(url, create=True).close()
    open_store(url).close()


def test_a_file_that_goes_while_it_is_open_is_missed_and_not_made_anew(tmp_path: Path) -> None:
    database = tmp_path / "new.db"
    store = open_store(f"sqlite:///{database}", create=True)
    with closing(store):
        store.engine.dispose()
        database.rename(tmp_path / "elsewhere.db")
        with pytest.raises(StoreError, match="cannot be opened"), store.writing():
            pass
        assert not database.exists()
        (tmp_path / "elsewhere.db").rename(database)
        with store.writing() as session:
            assert session.scalar(text("SELECT count(*) FROM items")) == 0


def test_an_empty_database_is_filled_only_where_asked(tmp_path: Path) -> None:
    (tmp_path / "new.db").touch()
    with pytest.raises(StoreError, match="is empty"):
        open_store(f"sqlite:///{tmp_path / 'new.db'}")
    open_store(f"sqlite:///{tmp_path / 'new.db'}", create=True).close()


def test_a_schema_newer_than_the_program_is_refused(store: Store, url: str) -> None:
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for action in (open_store, upgrade):
        with pytest.raises(StoreError, match="9999 is newer than this program"):
            action(url)


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    for action in (open_store, upgrade):
        with pytest.raises(StoreError, match="not the monitor's"):
            action(f"sqlite:///{tmp_path / 'other.db'}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("Not a database, only a long enough text. " * 50)
    with pytest.raises(StoreError, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'notes.db'}")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="check that the folder exists"):
        open_store(f"sqlite:///{tmp_path / 'nowhere' / 'new.db'}", create=True)


@pytest.mark.parametrize(
    "url", ["monitor.db", "sqlite://", "sqlite:///:memory:", "nosuch:///x", "sqlite:///monitor.db?mode=ro"]
)
def test_an_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        open_store(url)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(StoreError) as caught:
        open_store("nosuchdatabase://me:secret@host/x")
    assert "secret" not in str(caught.value)
    assert parse_url("sqlite:///a.db").database == "a.db"


@only_sqlite
def test_every_connection_works_as_the_module_says(store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
    with store.writing() as session:
        found = {name: session.scalars(text(f"PRAGMA {name}")).one() for name in wanted}
    assert found == wanted


# ---------------------------------------------------------------- sessions


def test_a_locked_database_gives_an_error_within_the_busy_time(url: str, store: Store) -> None:
    hasty = open_store(url, busy_seconds=0.2)
    with store.writing():
        start = time.monotonic()
        with pytest.raises(StoreError, match="locked by another process"), hasty.writing():
            pytest.fail("two writers at once")
        assert time.monotonic() - start < 5
    hasty.close()


def test_a_reader_sees_one_state_while_another_writes(url: str, store: Store) -> None:
    other = open_store(url)
    count = select(func.count()).select_from(ItemRow)
    with store.reading() as reader:
        assert reader.scalars(count).one() == 0
        with other.writing() as session:
            put(session, an_item())
        assert reader.scalars(count).one() == 0
    with store.reading() as reader:
        assert reader.scalars(count).one() == 1
    other.close()


def test_a_block_that_raises_keeps_nothing(store: Store) -> None:
    def fail_half_way() -> None:
        with store.writing() as session:
            put(session, an_item())
            raise KeyError

    with pytest.raises(KeyError):
        fail_half_way()
    with store.reading() as session:
        assert session.scalars(select(ItemRow.id)).all() == []


def test_writing_in_a_reading_session_is_a_bug(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), store.reading() as session:
        put(session, an_item())


def test_times_come_back_aware_and_naive_ones_are_refused(store: Store) -> None:
    there = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    with store.writing() as session:
        put(session, an_item(at=there))
        stored = session.scalars(select(ItemRow.published_at)).one()
        assert (stored, stored.tzinfo) == (there, UTC)
        with pytest.raises(StatementError, match="naive"):
            session.scalars(select(ItemRow.id).where(ItemRow.published_at < datetime(2026, 7, 1))).all()  # noqa: DTZ001


def test_a_killed_writer_loses_nothing_that_was_committed(url: str) -> None:
    program = f"""
import os
from monitor.store.open import open_store
from tests.store.builders import an_item, put
store = open_store({url!r})
with store.writing() as session:
    put(session, an_item("https://post.example/1"))
with store.writing() as session:
    put(session, an_item("https://post.example/2"))
    os.kill(os.getpid(), 9)
"""
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == -9
    store = open_store(url)
    assert check(store) == []
    with store.reading() as session:
        assert session.scalars(select(ItemRow.url)).all() == ["https://post.example/1"]
    store.close()
