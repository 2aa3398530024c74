"""A folder with a database, a newsroom, and a runner of jobs whose clock a test sets."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config.configuration import Configuration
from monitor.schedule.board import Ran
from monitor.schedule.database import Database
from monitor.schedule.jobs import JOBS, Job, Shop
from monitor.schedule.meters import Meters
from monitor.schedule.runner import Runner
from tests.schedule.newsroom import Newsroom, serving

NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
"""A Wednesday."""


@dataclass
class Watch:
    """A clock that stands until it is set."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class House:
    """A daemon without its ticks."""

    folder: Path
    watch: Watch
    runner: Runner
    woken: list[str] = field(default_factory=list)

    def run(self, *names: str) -> list[Ran | None]:
        jobs = {job.name: job for job in JOBS}
        return [self.runner.run(jobs[name]) for name in names]

    def run_job(self, run: Callable[..., str], name: str = "trial") -> Ran | None:
        return self.runner.run(Job(name, timedelta(minutes=1), run))

    def remark(self, name: str) -> str:
        (ran,) = self.run(name)
        assert ran is not None
        assert ran.ok, ran.remark
        return ran.remark


Open = Callable[[], House]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with serving(NOW - timedelta(hours=2)) as room:
        yield room


@pytest.fixture
def open_house(tmp_path: Path, watch: Watch, newsroom: Newsroom) -> Iterator[Open]:
    """Opens a daemon's runner on the folder's database, as each start of the daemon does."""
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(newsroom.feeds_yaml(["gazette"]), "utf-8")
    opened: list[Database] = []

    def open_one() -> House:
        database = Database(f"sqlite:///{tmp_path / 'monitor.db'}")
        database.open_now()
        opened.append(database)
        woken: list[str] = []
        shop = Shop(watch, threading.Event(), Meters(), tmp_path / "reports", {}, woken.append)
        return House(tmp_path, watch, Runner(database, Configuration(feeds), shop), woken)

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def house(open_house: Open) -> House:
    return open_house()
