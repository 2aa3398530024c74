"""Kill a backfill at random moments, let it end, and compare with one that nothing disturbed."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import stopwatch
from monitor.store.open import open_store
from monitor.store.schema import ArchiveRow, ArchiveWindowRow
from tests.collect.archives.cases import Case, running_case
from tests.crash.databases import Databases
from tests.crash.snapshot import Rows, find_faults, items, revisions, take_snapshot
from tests.crash.starter import Starter

KILLED = -9
MOST_IN_A_ROUND = 10
"""Kills on one database before the backfill is left to end."""


@dataclass
class Harm:
    """What came of killing a backfill so many times."""

    archive: str
    database: str
    kills: int = 0
    rounds: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0
    undisturbed: float = 0.0
    """Seconds that it takes when nothing disturbs it."""
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.problems)


def windows_read(session: Session) -> Iterable[tuple[object, ...]]:
    """The windows that the ledger has, without what became of their entries: that differs, rightly."""
    query = select(ArchiveRow.name, ArchiveRow.asked, ArchiveWindowRow.key)
    return map(tuple, session.execute(query.join(ArchiveWindowRow)))


class Disturber:
    """Runs a case's command, again and again on new databases."""

    def __init__(self, case: Case, starter: Starter, folder: Path, databases: Databases) -> None:
        self._case = case
        self._starter = starter
        self._folder = folder
        self._databases = databases
        self._empty = databases.empty()
        open_store(self._empty, create=True).close()

    def new_database(self) -> str:
        """Return a database of the newest schema."""
        return self._databases.copy(self._empty)

    def run(self, url: str, kill_after: float | None = None) -> int:
        """Return the exit status; -9 where it was at work when it was killed."""
        words = ["--db", url, *self._case.words]
        running = self._starter.start(words, self._folder, self._case.environment)
        status = running.wait() if kill_after is None else running.wait(kill_after)
        status = running.kill() if status is None else status
        assert status in (0, KILLED), running.output.read_text("utf-8")
        return status

    def rows(self, url: str) -> Rows:
        return take_snapshot(url, (items, revisions, windows_read))


def disturb(
    name: str, stories: int, kills: int, seed: int, folder: Path, starter: Starter, databases: Databases
) -> Harm:
    """Kill the backfill of an archive so many times, each at a moment drawn over the time that it takes."""
    harm, seconds = Harm(name, databases.kind), stopwatch()
    moments = random.Random(f"{seed} {name}")
    with running_case(name, stories, folder) as case:
        disturber = Disturber(case, starter, folder, databases)
        starter.start(["--version"], folder, {}).wait()  # by then it has read its modules
        whole = disturber.new_database()
        took = stopwatch()
        assert disturber.run(whole) == 0
        harm.undisturbed = took()
        expected = disturber.rows(whole)
        found_urls = {str(row[2]) for row in expected if row[0] == "items"}
        if found_urls != case.urls:
            harm.problems.append(f"{len(case.urls - found_urls)} of {len(case.urls)} stories are not found")
        while harm.kills < kills:
            url = disturber.new_database()
            for _ in range(min(MOST_IN_A_ROUND, kills - harm.kills)):
                if disturber.run(url, moments.uniform(0, harm.undisturbed)) == 0:
                    break
                harm.kills += 1
            else:
                disturber.run(url)
            harm.rounds += 1
            found = disturber.rows(url)
            harm.lost += (expected - found).total()
            harm.doubled += (found - expected).total()
            harm.problems += find_faults(url)
            databases.drop(url)
    harm.seconds = seconds()
    return harm
