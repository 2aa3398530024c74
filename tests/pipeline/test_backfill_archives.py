import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main
from tests.collect.archives.cases import ARCHIVES, Case, running_case

THOUSAND = 1_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_DATABASE_URL", raising=False)
    return tmp_path


def run(case: Case, *words: str, database: str = "whole.db") -> Result:
    command = [*case.words, "--json", "--db", f"sqlite:///{database}", *words]
    return CliRunner().invoke(main, command, env=case.environment, catch_exceptions=False)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def stored(path: Path | str) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {url for (url,) in connection.execute("SELECT url FROM items")}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_day_with_a_thousand_stories_is_recovered_whole(folder: Path, name: str) -> None:
    with running_case(name, THOUSAND, folder) as case:
        told = answer(run(case))

    assert stored("whole.db") == case.urls
    assert (told["new"], told["rejected"], told["status"]) == (THOUSAND, 0, "done")
    assert told["windows"]["left"] == 0
    assert told["calls"] == len(case.server.asked)
