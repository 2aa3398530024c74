"""The schema, and upgrading, backing up and checking a database."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, func, select, text

from monitor.errors import StoreError
from monitor.store.maintain import backup, check, migrations, upgrade
from monitor.store.open import Store, database_name, open_store, parse_url
from monitor.store.schema import VERSIONS, Base, ItemRow
from tests.store.builders import a_model, an_item, label_all, put
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
    """The parts of each statement that made a table or index, in no order.

    A column that was added later stands on the line of the one before it.
    """
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    # A table that a migration made anew has its name in quotes.
    bare = {name: sql.replace(f'TABLE "{name}"', f"TABLE {name}") for name, sql in rows}
    return {
        name: sorted(filter(None, map(str.strip, re.split(r",\s|\n", sql)))) for name, sql in bare.items()
    }


def test_the_known_versions_are_those_of_the_migrations(store: Store) -> None:
    with store.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations(connection))
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == VERSIONS


@only_sqlite
def test_the_search_index_follows_the_revisions(store: Store) -> None:
    def found(word: str) -> int:
        query = text("SELECT count(*) FROM revisions_fts WHERE revisions_fts MATCH :word")
        return int(session.execute(query, {"word": word}).scalar_one())

    with store.writing() as session:
        put(session, an_item(title="Ferry sails again"))
        before = found("ferry")
        session.execute(text("UPDATE revisions SET title = 'Bridge opens'"))
        after = (found("ferry"), found("bridge"))
        session.execute(text("INSERT INTO revisions_fts (revisions_fts) VALUES ('integrity-check')"))

    assert before == 1
    assert after == (0, 1)


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
