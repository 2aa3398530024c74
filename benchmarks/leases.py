"""Two daemons on one database, 1,000 feeds, 24 simulated hours: is any feed polled twice?

    python benchmarks/leases.py [--feeds 1000] [--hours 24] [--daemons 2] [--db URL]

Each daemon is a process that looks for work at every tick of five minutes, as the job of `monitor run`
does; the clock stands still while all look at once, and then moves on. One of them is killed in the middle
of a tick every two hours, and started again. A feed that has two polls of one tick in the database, whoever
made them, was polled twice.
"""

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from sqlalchemy import select

from monitor.config.load import Config, parse_config
from monitor.pipeline.collect import run_collect
from monitor.store.open import open_store
from monitor.store.schema import PollRow

sys.path.insert(0, str(Path(__file__).parent))
from poll import _change, _serving

BEGAN = datetime(2026, 11, 2, tzinfo=UTC)
TICK = timedelta(minutes=5)
KILLED_EVERY = 24
"""Ticks."""
SOURCE = (
    "  - {{id: f{n}, name: f{n}, url: 'http://127.0.0.1:{port}/{n}', trusted: true, pages: false,"
    " outlet_type: regional, nation: Wales}}\n"
)


@dataclass
class Daemon:
    """A process that looks for work when it is told the time, and says when it is done."""

    process: SpawnProcess
    pipe: Connection

    def look(self, now: datetime) -> None:
        """Let it look for work."""
        self.pipe.send(now)

    def wait(self) -> None:
        """Wait until it is done."""
        self.pipe.recv()


def main() -> int:
    """Run the day, and say whether any feed was polled twice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--daemons", type=int, default=2)
    parser.add_argument("--db", help="an empty database; default: a SQLite file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _serving(10) as port:
        url = given.db or f"sqlite:///{folder}/monitor.db"
        open_store(url, create=True).close()
        listed = "".join(SOURCE.format(n=n, port=port) for n in range(given.feeds))
        config = parse_config(f"contact: a@example.org\nsources:\n{listed}", "benchmark")
        return _day(given, url, config, port)


def _day(given: argparse.Namespace, url: str, config: Config, port: int) -> int:
    daemons = [_start(url, config) for _ in range(given.daemons)]
    kills = 0
    start, now = time.perf_counter(), BEGAN
    for tick in range(given.hours * 12):
        _change(port, tick % 3, given.feeds)
        for daemon in daemons:
            daemon.look(now)
        if tick % KILLED_EVERY == KILLED_EVERY - 1:
            time.sleep(0.05)
            daemons = [*daemons[1:], _replaced(daemons[0], url, config)]
            daemons[-1].look(now)
            kills += 1
        for daemon in daemons:
            daemon.wait()
        now += TICK
    for daemon in daemons:
        daemon.process.kill()
    seconds = time.perf_counter() - start
    polls, doubles = _counted(url)
    print(
        f"{given.daemons} daemons, {given.feeds} feeds, {given.hours} hours in {seconds:.0f} s: "
        f"{polls} polls, {kills} kills, {doubles} polled twice in a tick"
    )
    return 1 if doubles else 0


def _counted(url: str) -> tuple[int, int]:
    """Return how many polls there were, and how many were the second of a feed within a tick."""
    with open_store(url).reading() as session:
        rows = [(row.source_id, row.started_at) for row in session.scalars(select(PollRow))]
    return len(rows), len(rows) - len(set(rows))


def _replaced(daemon: Daemon, url: str, config: Config) -> Daemon:
    os.kill(daemon.process.pid or 0, signal.SIGKILL)
    daemon.process.join()
    return _start(url, config)


def _start(url: str, config: Config) -> Daemon:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_run, args=(url, config, theirs), daemon=True
    )
    process.start()
    return Daemon(process, ours)


def _run(url: str, config: Config, pipe: Connection) -> None:
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    store = open_store(url)
    while True:
        now: datetime = pipe.recv()
        pipe.send(len(run_collect(store, config, lambda at=now: at)))  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(main())
