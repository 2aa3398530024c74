"""A database of every earlier version is upgraded with what it holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, MetaData, inspect, select, text

from monitor.clock import Week
from monitor.store.maintain import check, migrations, upgrade
from monitor.store.open import make_engine, open_store, parse_url
from monitor.store.schema import VERSIONS
from monitor.store.search import search
from monitor.store.settings import setting
from monitor.store.unsketched import LEFT
from tests.store.builders import NOW
from tests.store.databases import KINDS, Server

CELL = {"model_id": 1, "depth": "title", "week": Week.of(NOW).key, "outlet_id": 1}
SUMS = {"labelled": 1, "relevant": 1, "negative": 1, "neutral": 0, "positive": 0}
KINDS_OF_SUM = [(series, unit) for series in ("broad", "strict") for unit in ("item", "mention")]

ROWS: dict[str, list[dict[str, object]]] = {
    "outlets": [{"id": 1, "name": "Daily Post", "outlet_type": "national", "nation": "England"}],
    "sources": [
        {"id": 1, "key": "post", "outlet_id": 1, "url": "https://post.example/feed", "failures": 0},
        {"id": 2, "key": "echo", "outlet_id": 1, "url": "https://echo.example/feed", "failures": 3},
    ],
    "polls": [
        {
            "id": 1,
            "source_id": 1,
            "started_at": NOW,
            "seconds": 0.5,
            "outcome": "ok",
            **dict.fromkeys(("new", "revised", "duplicate", "rejected"), 1),
            "reasons": "{}",
        }
    ],
    "poll_days": [
        {
            "source_id": 1,
            "day": NOW - timedelta(days=200),
            **dict.fromkeys(("polls", "good_polls", "new", "revised", "duplicate", "rejected"), 1),
            "seen_seconds": 3_600.0,
        }
    ],
    "items": [
        {
            "id": 7,
            "identity": "0" * 32,
            "source_id": 1,
            "outlet_id": 1,
            "url": "https://post.example/7",
            "published_at": NOW,
            "published_raw": "now",
            "published_source": "feed",
            "published_precision": "second",
            "week": CELL["week"],
            "first_seen_at": NOW,
        }
    ],
    "revisions": [
        {
            "id": 9,
            "item_id": 7,
            "number": 1,
            "seen_at": NOW,
            "content_hash": "0" * 32,
            "title": "A café was praised",
            "summary": "Said.",
            "text": "",
        }
    ],
    "models": [
        {
            "id": 1,
            "version": "linear@1",
            "name": "linear",
            "codebook": "0.2",
            "frames": "positive",
            "first_used_at": NOW,
        }
    ],
    "labels": [
        {
            "revision_id": 9,
            "model_id": 1,
            "depth": "title",
            "item_id": 7,
            "labelled_at": NOW,
            "relevant": True,
            "relevant_p": 0.9,
            "strict": True,
            "tone_score": -0.5,
            "tone_band": "negative",
            "mentions": 1,
            "hits": 1,
            "unclear": 0,
            "scores": b"\xff\xff",
            "frame_mentions": b"\x01",
            "counted": True,
        }
    ],
    "evidence": [
        {
            "revision_id": 9,
            "model_id": 1,
            "depth": "title",
            "frame": "positive",
            "start": 0,
            "end": 3,
            "text": "Good.",
        }
    ],
    "gold_samples": [
        {"id": 1, "name": "random-1", "kind": "random", "seed": 1, "model_id": 1, "drawn_at": NOW}
    ],
    "gold_strata": [{"sample_id": 1, "stratum": "relevant", "items": 4, "drawn": 1}],
    "gold_units": [
        {
            "sample_id": 1,
            "item_id": 7,
            "revision_id": 9,
            "depth": "summary",
            "place": 1,
            "stratum": "relevant",
            "inclusion": 0.25,
        }
    ],
    "codes": [
        {
            "id": 1,
            "item_id": 7,
            "revision_id": 9,
            "depth": "summary",
            "coder": "ann",
            "coded_at": NOW,
            "codebook": "0.2",
            "relevant": True,
            "frames": "positive",
            "tone": 1,
            "status": "none",
            "target": "",
            "note": "",
        }
    ],
    "weekly_totals": [{**CELL, "series": series, "unit": unit, **SUMS} for series, unit in KINDS_OF_SUM],
    "weekly_frames": [
        {**CELL, "series": series, "unit": unit, "frame": "positive", "hits": 1}
        for series, unit in KINDS_OF_SUM
    ],
    "mentions": [{"item_id": 7, "profession": "police", "mentions": 2, "counted": True}],
    "weekly_professions": [
        {"week": CELL["week"], "outlet_id": 1, "profession": "police", "items": 1, "mentions": 2}
    ],
    "moves": [
        {
            "id": 1,
            "source_id": 2,
            "from_url": "https://echo.example/feed",
            "to_url": "https://echo.example/rss",
            "first_seen_at": NOW,
            "last_seen_at": NOW,
            "sightings": 1,
            "state": "seen",
        }
    ],
    "quarantine": [
        {
            "id": 1,
            "source_id": 1,
            "identity": "2" * 32,
            "due_at": NOW,
            "first_seen_at": NOW,
            "entry": "{}",
        }
    ],
    "sketches": [{"item_id": 7, "sketch": bytes(range(80))}],
    "sketch_keys": [
        {"week": CELL["week"], "key": int.from_bytes(bytes(range(start, start + 4)), "little"), "item_id": 7}
        for start in range(0, 64, 4)
    ],
    "tombstones": [{"identity": "1" * 32, "forgotten_at": NOW}],
    "settings": [{"key": "model", "value": "linear"}],
    "messages": [
        {
            "id": 1,
            "key": "team/weekly/2026-W46",
            "list_name": "team",
            "kind": "weekly",
            "week": CELL["week"],
            "subject": "Social work in the news",
            "created_at": NOW,
            "content": b"report",
        }
    ],
    "deliveries": [
        {
            "id": 1,
            "message_id": 1,
            "recipient": "ann@council.example",
            "state": "queued",
            "attempts": 0,
            "next_attempt_at": NOW,
        }
    ],
    "unsubscribed": [{"list_name": "team", "recipient": "ann@council.example", "at": NOW}],
    "jobs": [{"name": "collect", "ok": True, "remark": "", "failures": 0}],
    "archives": [{"id": 1, "name": "guardian", "asked": "{}"}],
    "archive_windows": [
        {
            "archive_id": 1,
            "key": "2008-11",
            **dict.fromkeys(("starts_at", "ends_at", "read_at"), NOW),
            **dict.fromkeys(("calls", "new", "revised", "duplicate", "rejected"), 1),
            "reasons": "{}",
        }
    ],
    "archive_calls": [{"name": "guardian", "day": "2026-11-11", "calls": 3}],
}
"""What a database may hold, by tables; those that a version lacks are left out."""


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        (tmp_path / "old.db").touch()
        yield f"sqlite:///{tmp_path / 'old.db'}"
    else:
        server: Server = request.getfixturevalue("server")
        yield server.empty_database()


def fill(connection: Connection) -> list[str]:
    """Store ROWS in the tables that there are, and return their names."""
    tables = MetaData()
    tables.reflect(connection, only=lambda name, _: name in ROWS)
    for table in tables.sorted_tables:
        connection.execute(table.insert(), ROWS[table.name])
    return [table.name for table in tables.sorted_tables]


def held(connection: Connection, name: str) -> list[dict[str, object]]:
    """The values of ROWS as a table holds them now."""
    tables = MetaData()
    tables.reflect(connection, only=[name])
    columns = [tables.tables[name].c[column] for column in ROWS[name][0]]
    key = list(tables.tables[name].primary_key)
    return [dict(row._mapping) for row in connection.execute(select(*columns).order_by(*key))]


def in_order(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Without offsets, which SQLite drops, and in the order of all values."""
    plain = [
        {key: value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value for key, value in row.items()}  # type: ignore[attr-defined]
        for row in rows
    ]
    return sorted(plain, key=lambda row: [str(row[key]) for key in sorted(row)])


def test_upgrading_an_early_database_makes_late_revisions_count_no_more(empty_url: str) -> None:
    engine = make_engine(parse_url(empty_url), foreign_keys=False).execution_options(writes=True)
    with engine.begin() as connection:
        command.upgrade(migrations(connection), "0003")
        fill(connection)
        tables = MetaData()
        tables.reflect(connection, only=["revisions", "labels"])
        revisions, labels = tables.tables["revisions"], tables.tables["labels"]
        late = {"id": 10, "number": 2, "seen_at": NOW + timedelta(days=30)}
        connection.execute(labels.update().values(counted=False))
        connection.execute(revisions.insert(), {**ROWS["revisions"][0], **late})
        without = {"revision_id": 10, "hits": 0, "frame_mentions": b"\x00"}
        connection.execute(labels.insert(), {**ROWS["labels"][0], **without})
        connection.execute(text("DELETE FROM weekly_frames"))
    engine.dispose()
    upgrade(empty_url)
    store = open_store(empty_url)
    assert check(store) == []
    with store.reading() as session:
        counted = session.execute(text("SELECT revision_id FROM labels WHERE counted")).scalars()
        assert counted.all() == [9]
        assert session.scalar(text("SELECT sum(hits) FROM weekly_frames")) == len(KINDS_OF_SUM)
    store.close()


def test_every_table_has_rows_in_the_upgrade_tests(store_tables: set[str]) -> None:
    assert store_tables == set(ROWS)


@pytest.fixture
def store_tables(empty_database: Path) -> set[str]:
    engine = make_engine(parse_url(f"sqlite:///{empty_database}"))
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
    engine.dispose()
    return {name for name in names if name != "alembic_version" and not name.startswith("revisions_fts")}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_every_version_is_upgraded_with_what_it_holds(empty_url: str, version: str) -> None:
    engine = make_engine(parse_url(empty_url), foreign_keys=False).execution_options(writes=True)
    with engine.begin() as connection:
        command.upgrade(migrations(connection), version)
        filled = fill(connection)
    upgrade(empty_url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == VERSIONS[-1]
        for name in filled:
            kept = [row for row in held(connection, name) if row.get("key") != LEFT]
            assert in_order(kept) == in_order(ROWS[name]), name
    engine.dispose()
    store = open_store(empty_url)
    with store.reading() as session:
        assert setting(session, LEFT) == ("0/7" if version < "0010" else None)
    assert check(store) == []
    with store.reading() as session:
        assert [item.item_id for item in search(session, "cafe said", limit=9)] == [7]
    store.close()
