"""Opening, upgrading, backing up and checking the database."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from monitor.errors import StoreError, UsageError
from monitor.store.intake import add_items
from monitor.store.maintain import backup, check, migrations, upgrade
from monitor.store.open import Store, database_name, open_store, parse_url
from monitor.store.polls import due_sources, ensure_source, poll_state, record_poll
from monitor.store.schema import VERSIONS, Base, ItemRow
from monitor.store.settings import put_setting, setting
from monitor.types import Intake, PollRecord, PollState, Source, Validators
from tests.store.builders import NOW, a_model, a_source, an_item, an_outlet, label_all, put
from tests.store.databases import only_sqlite

# ---------------------------------------------------------------- the schema


def test_the_migrations_give_exactly_the_schema(store: Store) -> None:
    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return not (name or "").startswith("revisions_fts") and name not in ("search", "ix_revisions_search")

    with store.engine.connect() as connection:
        options = {"compare_type": True, "include_name": ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []


@only_sqlite
def test_the_migrated_tables_are_written_as_the_schema_writes_them(path: Path, tmp_path: Path) -> None:
    """What Alembic does not compare: AUTOINCREMENT, WITHOUT ROWID, ON DELETE."""
    engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    Base.metadata.create_all(engine)
    engine.dispose()
    made, migrated = _statements(tmp_path / "made.db"), _statements(path)
    assert made == {name: migrated[name] for name in made}


def _statements(path: Path) -> dict[str, list[str]]:
    """The lines of each statement that made a table or index, in no order."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    # A table that a migration made anew has its name in quotes.
    bare = {name: sql.replace(f'TABLE "{name}"', f"TABLE {name}") for name, sql in rows}
    return {name: sorted(line.strip().rstrip(",") for line in sql.splitlines()) for name, sql in bare.items()}


def test_the_known_versions_are_those_of_the_migrations(store: Store) -> None:
    with store.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations(connection))
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == VERSIONS


@only_sqlite
def test_the_search_index_follows_the_revisions(store: Store) -> None:
    with store.writing() as session:
        put(session, an_item())
        session.execute(text("INSERT INTO revisions_fts (revisions_fts) VALUES ('integrity-check')"))


# ---------------------------------------------------------------- opening


def test_a_missing_database_is_made_only_where_asked(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(StoreError, match="no such database"):
        open_store(url)
    assert not (tmp_path / "new.db").exists()
    open_store(url, create=True).close()
    open_store(url).close()


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


@pytest.mark.parametrize("url", ["monitor.db", "sqlite://", "sqlite:///:memory:", "nosuch:///x"])
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
    with pytest.raises(DBAPIError, match="read-?only"), store.reading() as session:
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


# ---------------------------------------------------------------- maintenance


def test_upgrading_says_what_it_did(url: str, tmp_path: Path) -> None:
    assert upgrade(url) == f"{database_name(parse_url(url))}: already at schema {VERSIONS[-1]}"
    (tmp_path / "new.db").touch()
    assert upgrade(f"sqlite:///{tmp_path / 'new.db'}").endswith(f"schema none upgraded to {VERSIONS[-1]}")
    with pytest.raises(StoreError, match="no such database"):
        upgrade(f"sqlite:///{tmp_path / 'missing.db'}")


@only_sqlite
def test_a_backup_holds_all_that_was_committed(store: Store, tmp_path: Path) -> None:
    with store.writing() as session:
        put(session, an_item())
        label_all(session, a_model(session))
    backup(store, tmp_path / "copy.db")
    copy = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert check(copy) == []
    with copy.reading() as session:
        assert session.scalars(select(func.count()).select_from(ItemRow)).one() == 1
    copy.close()
    assert list(tmp_path.glob("*.part*")) == []


@only_sqlite
def test_a_backup_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(StoreError, match="exists already"):
        backup(store, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="check that the folder exists"):
        backup(store, tmp_path / "nowhere" / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


@only_sqlite
def test_check_finds_rows_that_refer_to_nothing(store: Store, path: Path) -> None:
    with store.writing() as session:
        put(session, an_item())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE items SET source_id = 99")
    assert check(store) == ["items: row 1 refers to a row of sources that does not exist"]


# ---------------------------------------------------------------- sources and settings


def test_a_source_is_due_until_the_time_that_its_poll_set(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(session, "post", PollRecord(NOW, 1.0, "ok", next_poll_at=later))
        assert due_sources(session, ["new", "post"], NOW) == ["new"]
        assert due_sources(session, ["new", "post"], later) == ["new", "post"]


def test_a_failed_poll_leaves_what_the_next_one_needs(store: Store) -> None:
    validators = Validators('"tag"', "Wed, 11 Nov 2026 12:00:00 GMT")
    good = PollRecord(NOW, 1.0, "ok", 200, intake=Intake(new=1), validators=validators, body_hash="abc")
    failed = PollRecord(NOW, 1.0, "failed", 503, error="503", next_poll_at=NOW)
    with store.writing() as session:
        assert poll_state(session, "post") == PollState()
        ensure_source(session, a_source())
        record_poll(session, "post", good)
        for _ in range(2):
            record_poll(session, "post", failed)
        assert poll_state(session, "post") == PollState(validators, "abc", NOW, failures=2)
        record_poll(session, "post", PollRecord(NOW, 1.0, "unchanged", 304, validators=validators))
        assert poll_state(session, "post") == PollState(validators, "abc", None, failures=0)


def test_a_changed_address_forgets_what_belonged_to_the_old_one(store: Store) -> None:
    moved = Source("post", "https://post.example/new-feed", an_outlet("Renamed"))
    with store.writing() as session:
        ensure_source(session, a_source())
        record_poll(
            session, "post", PollRecord(NOW, 1.0, "ok", validators=Validators("tag"), body_hash="abc")
        )
        ensure_source(session, moved)
        assert poll_state(session, "post") == PollState()
        assert add_items(session, moved, [an_item(source=moved)], NOW).new == 1


def test_a_poll_of_an_unknown_source_is_refused(store: Store) -> None:
    with store.writing() as session, pytest.raises(UsageError, match="'post' is not stored"):
        record_poll(session, "post", PollRecord(NOW, 1.0, "ok"))


def test_a_setting_holds_what_was_chosen_last(store: Store) -> None:
    with store.writing() as session:
        assert setting(session, "model") is None
        put_setting(session, "model", "linear")
        put_setting(session, "model", "onnx")
        assert setting(session, "model") == "onnx"
