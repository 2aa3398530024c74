"""One daemon on one SQLite file; several on a server's database."""

import json
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.schedule.alone import Claim
from monitor.schedule.database import Database
from tests.schedule.newsroom import once, running
from tests.schedule.test_daemon import folder, room  # noqa: F401
from tests.store.databases import running_server


def test_a_second_daemon_on_the_same_file_ends_with_one_line_and_the_first_goes_on(
    folder: Path,  # noqa: F811
) -> None:
    with running(folder) as first:
        second = once(folder)
        assert second.wait(60) == 0, "what cron calls may run beside it"
        second.communicate()
        database = Database(f"sqlite:///{folder / 'monitor.db'}", alone=True)
        with pytest.raises(StoreError, match=rf"another daemon runs on it \(process {first.process.pid}\)"):
            database.open_now()
        assert database.taken
        first.process.kill()
        first.process.wait()
        database.open_now()
        assert not database.taken
        database.close()


def test_a_claim_is_free_again_once_it_is_given_back(tmp_path: Path) -> None:
    one, two = Claim(tmp_path / "monitor.db"), Claim(tmp_path / "monitor.db")
    assert one.take() is None
    assert one.take() is None
    refusal = two.take()
    assert refusal is not None
    assert refusal.endswith("end that one, or use PostgreSQL")
    one.give_back()
    assert two.take() is None
    two.give_back()


def test_several_daemons_share_a_servers_database() -> None:
    with running_server() as server, server.database() as url:
        both = [Database(url, alone=True) for _ in range(2)]
        for database in both:
            database.open_now()
            assert not database.taken
        for database in both:
            database.close()


def test_logs_are_json_where_no_terminal_reads_them(folder: Path) -> None:  # noqa: F811
    with running(folder) as daemon:
        assert daemon.end()[0] == 0
        lines = [json.loads(line) for line in daemon.text().splitlines()]
    assert {"health address", "daemon started", "daemon ended"} <= {line["event"] for line in lines}
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
