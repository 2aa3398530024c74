from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.crash.databases import running_databases
from tests.crash.harness import Damage, Trial
from tests.crash.site import Site, running_site
from tests.crash.stages import KILLED
from tests.store.databases import KINDS

KILLS = 5
ROWS = 1_050
"""Of the imported file: two transactions."""
RECIPIENTS = 6
"""Of each list."""
CASES = [
    (kind, stage) for kind in KINDS for stage in KILLED if kind == "sqlite" or stage not in ("report", "raw")
]  # what these two write beside the database has nothing to do with its kind: benchmarks/crash.py kills both


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("crash"), ROWS, RECIPIENTS) as site:
        yield site


@pytest.fixture(scope="module")
def trials(site: Site) -> Iterator[Callable[[str], Trial]]:
    """Gives the trial on a kind of database, the same at every call."""
    with ExitStack() as stack:
        yield cache(lambda kind: Trial(site, stack.enter_context(running_databases(kind, site.folder))))


@pytest.mark.parametrize(("kind", "stage"), CASES)
def test_a_stage_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    trials: Callable[[str], Trial], kind: str, stage: str
) -> None:
    damage = trials(kind).disturb(stage, KILLS, seed=1)
    assert damage.kills == KILLS
    assert damage.sound, damage


def test_a_mail_that_came_twice_is_explained_by_nothing_but_a_kill_on_its_way() -> None:
    mail = ("mails", "ann@readers.example", "<1>")
    explained, unexplained = Damage("deliver", "sqlite"), Damage("deliver", "sqlite")
    explained.count(Counter({mail: 1}), Counter({mail: 2}), Counter({"ann@readers.example": 1}))
    unexplained.count(Counter({mail: 1}), Counter({mail: 2}), Counter({"bob@readers.example": 1}))
    assert (explained.doubled, explained.explained, explained.sound) == (1, 1, True)
    assert (unexplained.doubled, unexplained.explained, unexplained.sound) == (1, 0, False)


def test_what_is_missing_is_lost_and_what_is_changed_is_lost_and_doubled() -> None:
    damage = Damage("collect", "sqlite")
    damage.count(Counter({("items", 1): 1, ("items", 2): 1}), Counter({("items", 3): 1}), Counter())
    assert (damage.lost, damage.doubled, damage.sound) == (2, 1, False)
