"""Kill a stage at random moments until it has been killed often enough; compare with an undisturbed run."""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from monitor.clock import stopwatch
from tests.crash import snapshot
from tests.crash.databases import Databases
from tests.crash.site import KEEPING, Site
from tests.crash.snapshot import Rows
from tests.crash.stages import STAGES, Stage, let_leases_pass, outcome
from tests.crash.starter import Running

MOST_IN_A_ROUND = 10
"""Kills on one database before the stage is left to finish."""
KILLED = -9


@dataclass(frozen=True)
class Undisturbed:
    """How a stage ends where nothing disturbs it."""

    url: str
    rows: Rows
    seconds: float


@dataclass
class Damage:
    """What came of killing a stage."""

    stage: str
    database: str
    kills: int = 0
    rounds: int = 0
    """Databases that it was killed on, finished and compared."""
    lost: int = 0
    doubled: int = 0
    explained: int = 0
    """Of the doubled: mails whose sending was under way, without a commit, when the process was killed."""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, and nothing doubled but such mails."""
        return not self.lost and self.doubled == self.explained and not self.problems

    def count(self, expected: Rows, found: Rows, under_way: Counter[str]) -> None:
        """Add what is missing and what is there too often.

        Args:
            expected: what an undisturbed run leaves.
            found: what is there; a row that was changed is both lost and doubled.
            under_way: recipients to how often the process was killed with a mail to them on its way.
        """
        missing, more = expected - found, found - expected
        self.lost += missing.total()
        self.doubled += more.total()
        self.problems += [f"lost: {str(row)[:300]}" for row in missing]
        for row, count in more.items():
            explained = min(count, under_way[str(row[1])]) if row[0] == "mails" and row in expected else 0
            self.explained += explained
            if explained < count:
                self.problems.append(f"doubled: {str(row)[:300]}")


class Trial:
    """The stages on one kind of database."""

    def __init__(self, site: Site, databases: Databases) -> None:
        self._site = site
        self._databases = databases
        self._undisturbed: dict[str, Undisturbed] = {}

    def undisturbed(self, stage: Stage) -> Undisturbed:
        """Run a stage to its end, and those before it; once."""
        if stage.name not in self._undisturbed:
            url, seconds = self._begin(stage), stopwatch()
            with self._folder() as folder:
                self._finish(stage, self._start(stage, url, folder))
                took = seconds()
                self._undisturbed[stage.name] = Undisturbed(
                    url, outcome(stage, self._site, url, folder), took
                )
        return self._undisturbed[stage.name]

    def disturb(
        self, name: str, kills: int, seed: int, say: Callable[[Damage], None] = lambda damage: None
    ) -> Damage:
        """Kill a stage so many times, each at a moment drawn over the time that it takes undisturbed."""
        stage, seconds = STAGES[name], stopwatch()
        self.undisturbed(stage)
        damage = Damage(name, self._databases.kind)
        moments = random.Random(f"{seed} {name} {self._databases.kind}")
        while damage.kills < kills:
            url = self._begin(stage)
            with self._folder() as folder:
                self._round(stage, url, folder, min(kills - damage.kills, MOST_IN_A_ROUND), moments, damage)
            self._databases.drop(url)
            damage.seconds = seconds()
            say(damage)
        return damage

    def _round(
        self, stage: Stage, url: str, folder: Path, kills: int, moments: random.Random, damage: Damage
    ) -> None:
        expected, under_way = self.undisturbed(stage), Counter[str]()
        damage.rounds += 1
        for _ in range(kills):
            running = self._start(stage, url, folder)
            if not self._killed(stage, running, moments.uniform(0, expected.seconds)):
                break
            damage.kills += 1
            if stage.sends_mail:
                under_way.update(let_leases_pass(url))
        else:
            self._finish(stage, self._start(stage, url, folder))
        damage.count(expected.rows, outcome(stage, self._site, url, folder), under_way)
        damage.problems += snapshot.find_faults(url)

    def _killed(self, stage: Stage, running: Running, after: float) -> bool:
        """Tell whether a command was still at work when it was killed; else it has finished."""
        status = running.wait(after)
        if status is None:
            status = running.kill()
        if status != KILLED:
            _accept(stage, status, running)
        return status == KILLED

    def _begin(self, stage: Stage) -> str:
        """Return the URL of a database that the stage may begin on."""
        if stage.after is None:
            return self._databases.empty()
        return self._databases.copy(self.undisturbed(STAGES[stage.after]).url)

    def _start(self, stage: Stage, url: str, folder: Path) -> Running:
        return self._site.starter.start(*self._site.command(url, folder, *stage.words(self._site)))

    def _finish(self, stage: Stage, running: Running) -> None:
        status = running.wait()
        if status is None:
            running.kill()
        _accept(stage, status, running)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(dir=self._site.folder))
        shutil.copy(self._site.folder / KEEPING, folder)
        yield folder
        with suppress(OSError):
            shutil.rmtree(folder)


def _accept(stage: Stage, status: int | None, running: Running) -> None:
    said = running.output.read_text("utf-8")
    assert status in stage.statuses, f"{stage.name} ended with {status or 'no'} status: {said}"
