"""The daemon in a process of its own: signals, health, metrics, and a database that goes and comes."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.errors import UsageError
from monitor.pipeline.jobs import all_jobs
from monitor.schedule.health import health_address
from monitor.schedule.jobs import JOBS
from monitor.store.health import last_polls
from monitor.store.maintain import check
from monitor.store.open import open_store
from tests.schedule.newsroom import Newsroom, once, running, serving, until

ENOUGH_SECONDS = 10.0


@pytest.fixture
def room() -> Iterator[Newsroom]:
    with serving(datetime(2026, 11, 11, 12, tzinfo=UTC)) as room:
        yield room


@pytest.fixture
def folder(tmp_path: Path, room: Newsroom) -> Path:
    (tmp_path / "feeds.yaml").write_text(room.feeds_yaml(["gazette"]), "utf-8")
    return tmp_path


def test_sigterm_ends_it_in_time_while_a_feed_hangs_and_the_database_is_sound(
    folder: Path, room: Newsroom
) -> None:
    (folder / "feeds.yaml").write_text(room.feeds_yaml(["gazette", "slow"]), "utf-8")
    room.hanging.add("/slow")
    with running(folder) as daemon:
        until(lambda: room.asked["/slow"] and '"source": "gazette"' in daemon.text())
        status, seconds = daemon.end(signal.SIGTERM)
        assert (status, seconds < ENOUGH_SECONDS) == (0, True), daemon.text()
        assert "daemon ended" in daemon.text()
    store = open_store(f"sqlite:///{folder / 'monitor.db'}")
    assert check(store) == []
    with store.reading() as session:
        assert [key for key, _ in last_polls(session, limit=10)] == ["gazette"]
    assert next(job for job in all_jobs(store) if job.name == "collect").ended_at is not None
    store.close()


def test_health_and_metrics_say_how_it_does(folder: Path) -> None:
    with running(folder) as daemon:
        until(lambda: daemon.health()[1]["jobs"].keys() >= {"collect", "label", "report", "deliver"})
        until(lambda: '"did": "1 items labelled' in daemon.text())
        code, health = daemon.health()
        families = {family.name: family for family in text_string_to_metric_families(daemon.metrics())}
        assert daemon.end(signal.SIGINT)[0] == 0
        log = daemon.text()
    assert (code, health["status"], health["database"]["ok"]) == (200, "ok", True)
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert values["monitor_polls_total", "ok"] == 1
    assert values["monitor_items_total", "new"] == 1
    assert values["monitor_poll_answers_total", "2xx"] == values["monitor_poll_seconds_count",] == 1
    assert values["monitor_sources", "empty"] == values["monitor_quarantined",] == 0
    assert {("monitor_feed_hours", kind) for kind in ("observed", "expected")} <= values.keys()
    assert values["monitor_labels_total",] == 1
    assert values["monitor_sources", "ok"] == 1
    assert values["monitor_jobs_total", "collect", "ok"] == 1
    assert values["monitor_database_up",] == values["monitor_config_ok",] == 1
    assert values["monitor_database_bytes",] > 0
    labels = {value for family in families.values() for s in family.samples for value in s.labels.values()}
    assert not any("gazette" in value or "http" in value for value in labels)
    assert "nine warnings" not in log


def test_health_is_503_while_the_database_is_gone_and_200_once_it_is_back(folder: Path) -> None:
    database, elsewhere = folder / "monitor.db", folder / "elsewhere.db"
    with running(folder) as daemon:
        until(lambda: daemon.health()[0] == 200 and '"did"' in daemon.text())
        database.rename(elsewhere)
        code, health = daemon.health()
        assert (code, health["status"]) == (503, "down")
        assert "the file has gone; put it back" in health["database"]["reason"]
        until(lambda: "database lost" in daemon.text())
        assert not database.exists(), "no empty one is made in its place"
        metrics = daemon.metrics()
        assert "monitor_database_up 0.0" in metrics
        elsewhere.rename(database)
        until(lambda: daemon.health()[0] == 200)
        assert daemon.end()[0] == 0


def test_a_lock_that_another_process_holds_is_told_and_keeps_it_from_nothing(folder: Path) -> None:
    open_store(f"sqlite:///{folder / 'monitor.db'}", create=True).close()
    with closing(sqlite3.connect(folder / "monitor.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with running(folder) as daemon:
            until(lambda: daemon.health()[0] == 503)
            assert "database is locked by another process" in daemon.health()[1]["database"]["reason"]
            status, seconds = daemon.end()
            assert (status, seconds < ENOUGH_SECONDS) == (0, True), daemon.text()
        other.execute("ROLLBACK")
    with running(folder) as daemon:
        until(lambda: daemon.health()[0] == 200 and '"new": 1' in daemon.text())
        assert daemon.end()[0] == 0


def test_it_waits_for_a_database_that_is_not_there_at_the_start(folder: Path) -> None:
    later = folder / "later"
    with running(folder, "--db", f"sqlite:///{later / 'monitor.db'}") as daemon:
        assert daemon.health()[0] == 503
        assert "cannot be opened; check that the folder exists" in daemon.text()
        later.mkdir()
        until(lambda: daemon.health()[0] == 200)
        assert daemon.end()[0] == 0


def test_a_broken_feeds_yaml_keeps_the_old_one_in_force(folder: Path, room: Newsroom) -> None:
    feeds = folder / "feeds.yaml"
    with running(folder) as daemon:
        until(lambda: room.asked["/gazette"])
        feeds.write_text("sources: [", "utf-8")
        until(lambda: "the old one stays in force" in daemon.text())
        code, health = daemon.health()
        assert (code, health["status"]) == (200, "failing")
        assert "not YAML" in health["config"]["reason"]
        os.kill(daemon.process.pid, signal.SIGHUP)
        until(lambda: daemon.text().count("the old one stays in force") == 2)
        assert daemon.process.poll() is None
        feeds.write_text(room.feeds_yaml(["gazette", "echo"]), "utf-8")
        until(lambda: room.asked["/echo"])
        os.kill(daemon.process.pid, signal.SIGHUP)
        until(lambda: daemon.text().count("feeds.yaml read") == 2)
        assert daemon.end()[0] == 0


def test_a_port_that_is_taken_is_told_with_the_remedy() -> None:
    with (
        health_address(0, {}) as port,
        pytest.raises(UsageError, match="--health-port"),
        health_address(port, {}),
    ):
        pass


def test_once_does_all_that_is_due_and_ends(folder: Path, room: Newsroom) -> None:
    process = once(folder, "--json")
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    found = json.loads(out)
    assert [job["job"] for job in found["jobs"]] == [job.name for job in JOBS]
    assert room.asked["/gazette"] == 1


def test_once_without_a_usable_database_ends_with_one_line(folder: Path) -> None:
    (folder / "text.db").write_text("this is no database, only a text of some length" * 30, "utf-8")
    process = once(folder, "--db", f"sqlite:///{folder / 'text.db'}")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "monitor: " in errors.splitlines()[-1]
    assert "not a database; name another with --db" in errors.splitlines()[-1]
