"""Multiply a filled store by copying its rows in SQL: a large database in minutes, for ``store.py``.

Each copy has ids, identities and keys of its own, and the weekly sums are multiplied; what is copied was made
by the store's own functions. Indexes, references and the search index are taken away before, and made again
from their own definitions afterwards: a row at a time they cost many times what the rows do. Nothing here
outlasts a power cut: a multiplication that did not end has spoilt its database.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Table,
    Text,
    cast,
    column,
    create_engine,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy import table as named

from monitor.store.open import Store
from monitor.store.schema import (
    EvidenceRow,
    ItemRow,
    LabelRow,
    MentionRow,
    RevisionRow,
    SketchKeyRow,
    SketchRow,
    WeeklyFrameRow,
    WeeklyProfessionRow,
    WeeklyTotalRow,
    table,
)

COPIED = (ItemRow, RevisionRow, LabelRow, EvidenceRow, MentionRow, SketchRow, SketchKeyRow)
SUMMED = {
    WeeklyTotalRow: ("labelled", "relevant", "negative", "neutral", "positive"),
    WeeklyFrameRow: ("hits",),
    WeeklyProfessionRow: ("items", "mentions"),
}
MOST = 1_000
"""Copies are told apart by three digits."""
_PRIME = 7_919
_NAMES = ", ".join(f"'{row.__tablename__}'" for row in COPIED)
_FILE = (
    "journal_mode=DELETE",
    "journal_mode=OFF",
    "locking_mode=EXCLUSIVE",
    "synchronous=OFF",
    "cache_size=-2000000",
)
_SERVER = (
    "SET synchronous_commit = off",
    "SET work_mem = '512MB'",
    "SET maintenance_work_mem = '2GB'",
)


@dataclass(frozen=True, slots=True)
class _Base:
    """What is multiplied: the greatest ids, by which each copy lies above the one before."""

    items: int
    revisions: int
    times: int


def multiply(store: Store, times: int) -> None:
    """Make a store hold ``times`` as much; what is being done is told on standard error.

    Nobody else may be connected, and on PostgreSQL the role must own the tables.
    """
    if not 1 <= times <= MOST:
        raise ValueError(f"{times}: multiply by 1 to {MOST}")
    if times == 1:
        return
    with store.reading() as session:
        items, revisions = (session.scalars(select(func.max(row.id))).one() for row in (ItemRow, RevisionRow))
    base = _Base(items, revisions, times)
    store.engine.dispose()  # SQLite changes its journal only for one that is alone
    engine = create_engine(store.engine.url, isolation_level="AUTOCOMMIT")
    bare = _bare_server if engine.dialect.name == "postgresql" else _bare_file
    with engine.connect() as connection, bare(connection):
        for row in COPIED:
            with _told(row.__tablename__):
                _copy(connection, table(row), base)
        for sums, columns in SUMMED.items():
            rows = table(sums)
            connection.execute(update(rows).values({name: rows.c[name] * times for name in columns}))
        _go_on_from(connection, base)
    engine.dispose()


# ---------------------------------------------------------------- rows


def _copy(connection: Connection, rows: Table, base: _Base) -> None:
    """Copy a table's rows, a statement a copy, out of a table aside: one that grows need not be searched."""
    columns = [own for own in rows.c if own.computed is None]
    aside = named(f"base_{rows.name}", *(column(own.name, own.type) for own in columns))
    _run(connection, f"CREATE TEMPORARY TABLE {aside.name} AS SELECT * FROM {rows.name}")
    names = [own.name for own in columns]
    if rows.name == "sketch_keys" and connection.dialect.name == "sqlite":
        # The table is its own index: put in its order, each page is written once.
        numbers = _numbers(base)
        moved = _moved(rows.name, aside, numbers.c.number, base)
        chosen = select(*(moved[name] for name in names)).select_from(aside.join(numbers, literal(True)))
        connection.execute(insert(rows).from_select(names, chosen.order_by(*(moved[name] for name in names))))
    else:
        for number in range(1, base.times):
            moved = _moved(rows.name, aside, literal(number), base)
            chosen = select(*(moved[name] for name in names))
            connection.execute(insert(rows).from_select(names, chosen))
    _run(connection, f"DROP TABLE {aside.name}")


def _numbers(base: _Base) -> FromClause:
    """Return the numbers of the copies, from 1, as a table."""
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < base.times - 1))


def _moved(
    name: str, aside: FromClause, number: ColumnElement[int], base: _Base
) -> Mapping[str, ColumnElement[Any]]:
    """Return the columns of a copy, with what must differ from copy to copy."""
    own = aside.c
    moved: dict[str, ColumnElement[Any]] = dict(own.items())
    by_items, by_revisions = number * base.items, number * base.revisions
    if "item_id" in own:
        moved["item_id"] = own.item_id + by_items
    if "revision_id" in own:
        moved["revision_id"] = own.revision_id + by_revisions
    if name == "items":
        mark = literal("x") + func.substr(cast(number + MOST, Text), 2)
        moved |= {
            "id": own.id + by_items,
            "cluster_id": own.cluster_id + by_items,
            "identity": func.substr(own.identity, 1, 28) + mark,
            "story": func.substr(own.story, 1, 28) + mark,
            "url": own.url + literal("?") + mark,
        }
    elif name == "revisions":
        moved["id"] = own.id + by_revisions
    elif name == "sketch_keys":
        moved["key"] = cast(own.key % (1 << 30) + number * _PRIME, Integer)
    return moved


def _go_on_from(connection: Connection, base: _Base) -> None:
    """Let the next ids follow the copied ones."""
    if connection.dialect.name == "postgresql":
        for name, last in (("items", base.items), ("revisions", base.revisions)):
            _run(connection, f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last * base.times})")


# ---------------------------------------------------------------- indexes


@contextmanager
def _bare_file(connection: Connection) -> Iterator[None]:
    """Take the indexes and triggers of the copied tables away, and make them and the search index again."""
    for pragma in _FILE:
        _run(connection, f"PRAGMA {pragma}")
    made = connection.exec_driver_sql(
        f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ({_NAMES})"
        " AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).all()
    for kind, name, _ in made:
        _run(connection, f"DROP {kind} {name}")
    yield
    for _, name, statement in made:
        with _told(name):
            _run(connection, statement)
    with _told("revisions_fts"):
        _run(connection, "INSERT INTO revisions_fts (revisions_fts) VALUES ('rebuild')")


@contextmanager
def _bare_server(connection: Connection) -> Iterator[None]:
    """Take keys, references and indexes of the copied tables away, and make them again.

    Then everything is vacuumed, as the server does by itself a while after so much was inserted.
    """
    for statement in _SERVER:
        _run(connection, statement)
    references, keys = _constraints(connection, "f"), _constraints(connection, "pu")
    for of, name, _ in (*references, *keys):
        _run(connection, f"ALTER TABLE {of} DROP CONSTRAINT {name}")
    indexes = connection.exec_driver_sql(
        f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({_NAMES})"
        " AND schemaname = current_schema()"
    ).all()
    for name, _ in indexes:
        _run(connection, f"DROP INDEX {name}")
    yield
    again = {name: f"ALTER TABLE {of} ADD CONSTRAINT {name} {rest}" for of, name, rest in keys}
    again |= {str(name): str(statement) for name, statement in indexes}
    again |= {name: f"ALTER TABLE {of} ADD CONSTRAINT {name} {rest}" for of, name, rest in references}
    for name, statement in again.items():
        with _told(name):
            _run(connection, statement)
    with _told("vacuum"):
        _run(connection, "VACUUM (ANALYZE)")


def _constraints(connection: Connection, kinds: str) -> list[tuple[str, str, str]]:
    """Return table, name and definition of the copied tables' constraints, and of references to them."""
    here = "relnamespace = current_schema()::regnamespace"
    ours = f"(SELECT oid FROM pg_class WHERE relname IN ({_NAMES}) AND {here})"
    found = connection.exec_driver_sql(
        "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint"
        f" WHERE (conrelid IN {ours} OR confrelid IN {ours}) AND strpos('{kinds}', contype::text) > 0"
        " ORDER BY contype, conname"
    )
    return [(of, name, rest) for of, name, rest in found]


def _run(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _told(what: str) -> AbstractContextManager[None]:
    return told(f"multiply: {what}")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say on standard error how long something took."""
    start = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - start:,.1f} s", file=sys.stderr, flush=True)
