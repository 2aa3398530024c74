"""Runs the command line in this process, in an empty folder of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main

FEEDS = """\
contact: editor@example.org
sources:
  - {id: gazette, name: Gazette, url: "https://gazette.example/rss", outlet_type: regional, nation: Wales}
"""
ROWS = """\
date,title,summary,url,outlet
2026-11-02,Social workers ignored nine warnings before the boy was found,"A review says the team never visited.",https://gazette.example/1,Gazette
2026-11-03,Mother thanks social worker who kept her family together,"She never gave up on us, the mother said.",https://gazette.example/2,Gazette
2026-11-10,Council's social workers carry thirty cases each,"Half the posts are vacant, the union says.",https://echo.example/3,Echo
2026-11-11,Village bakery wins prize,"Its rye loaf was judged the best.",https://echo.example/4,Echo
"""

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a feeds.yaml and a file to import."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_DATABASE_URL", raising=False)
    (tmp_path / "feeds.yaml").write_text(FEEDS, "utf-8")
    (tmp_path / "rows.csv").write_text(ROWS, "utf-8")
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs ``monitor`` with the words given."""

    def _run(*words: str, input: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, list(words), input=input)

    return _run


def answer(result: Result) -> Any:
    """Return the JSON document of a command that went well."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def complaint(result: Result) -> str:
    """Return the one line of an expected failure."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("monitor: ")
    return line.removeprefix("monitor: ")
