import json
import logging
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main
from monitor.clock import utc_now
from monitor.pipeline.jobs import take_job
from monitor.pipeline.worker import new_worker
from monitor.store.open import open_store
from tests.collect.archives.cases import ARCHIVES, Case, running_case
from tests.collect.archives.fakes import KEY, GuardianApi, page, warc
from tests.collect.archives.kills import disturb
from tests.collect.archives.server import DAY, Answer, Story, busy_at, planted, serving
from tests.crash.databases import running_databases
from tests.crash.starter import Starter, running_starter

SHAPE = {
    *("archive", "status", "read", "new", "revised", "duplicate", "rejected", "reasons", "windows", "calls"),
}
MANY = {"sitemap": 120, "ccnews": 120}
"""Stories of a day where each is a page; elsewhere 1,000, beyond every cap and page of the archives."""
KILLED = ("guardian", "wayback", "sitemap")
"""A search, a list of captures, and pages that are fetched once; benchmarks/archives.py kills all six."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MONITOR_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    with running_starter() as starter:
        yield starter


def run(case: Case, *words: str, database: str = "whole.db") -> Result:
    command = [*case.words, "--json", "--db", f"sqlite:///{database}", *words]
    return CliRunner().invoke(main, command, env=case.environment, catch_exceptions=False)


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def paused(result: Result) -> Any:
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert told["status"] == "paused"
    assert result.stderr == f"monitor: {told['reason']}\n"
    return told


def rows(query: str, path: Path | str = "whole.db") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def stored(path: Path | str = "whole.db") -> set[str]:
    return {url for (url,) in rows("SELECT url FROM items", path)}


def outlets() -> set[str]:
    return {
        name for (name,) in rows("SELECT DISTINCT o.name FROM items i JOIN outlets o ON o.id = outlet_id")
    }


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_day_with_many_stories_is_recovered_whole_and_asked_for_once(folder: Path, name: str) -> None:
    count = MANY.get(name, 1_000)
    with running_case(name, count, folder) as case:
        plan = answer(run(case, "--dry-run"))
        told = answer(run(case))
        asked = len(case.server.asked)
        again = answer(run(case))

    assert stored() == case.urls
    assert set(told) == SHAPE
    assert (told["new"], told["rejected"], told["status"]) == (count, 0, "done")
    assert told["windows"]["left"] == 0
    assert (plan["status"], plan["read"], plan["windows"]["done"]) == ("planned", 0, 0)
    assert plan["windows"]["left"] == told["windows"]["done"]
    assert 0 < plan["calls"] <= told["calls"]
    assert (again["read"], again["windows"]) == (0, told["windows"])
    assert again["calls"] == len(case.server.asked) - asked
    assert outlets() == {"The Guardian" if name == "guardian" else "Gazette"}


@pytest.mark.parametrize(("kind", "name"), [*(("sqlite", name) for name in KILLED), ("postgresql", "gdelt")])
def test_a_backfill_that_is_killed_again_and_again_gives_the_set_of_one_that_was_not(
    folder: Path, starter: Starter, kind: str, name: str
) -> None:
    with running_databases(kind, folder) as databases:
        harm = disturb(name, 40, 5, 1, folder, starter, databases)

    assert harm.kills == 5
    assert harm.sound, harm


def test_a_span_that_ends_before_it_begins_is_told(folder: Path) -> None:
    with running_case("guardian", 0, folder) as case:
        result = run(case, "--from", "2018-11-14")
    assert (result.exit_code, "exchange them" in result.stderr) == (1, True)


def test_a_host_that_asks_for_a_long_pause_gets_it_and_the_next_run_goes_on(folder: Path) -> None:
    with running_case("gdelt bulk", 96, folder) as case:
        case.server.interrupt = busy_at(40, headers={"Retry-After": "3600"})
        first = paused(run(case))
        second = answer(run(case))

    assert first["reason"].endswith("run the same command again in 60 min, and it goes on")
    assert first["windows"] == {"done": 9, "left": 15}
    assert first["new"] == len(stored()) - second["new"]
    assert second["windows"] == {"done": 24, "left": 0}
    assert stored() == case.urls


def test_a_day_s_allowance_holds_over_runs_and_is_new_the_next_day(folder: Path) -> None:
    with running_case("guardian", 1_000, folder) as case:
        told = paused(run(case, "--calls", "3"))
        assert (told["calls"], told["new"]) == (3, 600)
        assert "used up" in told["reason"]
        assert paused(run(case, "--calls", "3"))["calls"] == 0
        with closing(sqlite3.connect("whole.db")) as connection, connection:
            connection.execute("UPDATE archive_calls SET day = '2001-01-01'")
        told = answer(run(case, "--calls", "5"))

    assert (told["new"], told["duplicate"]) == (400, 600)
    assert stored() == case.urls


def test_a_window_that_is_not_over_yet_is_read_again(folder: Path) -> None:
    now = utc_now()
    api = GuardianApi([replace(story, at=now - timedelta(hours=story.number + 1)) for story in planted(3)])
    with running_case("guardian", 0, folder) as case, serving(api) as server:
        days = (f"{now - timedelta(days=2):%Y-%m-%d}", f"{now:%Y-%m-%d}")
        fresh = Case(
            server, (), ("backfill", "guardian", "--from", days[0], "--to", days[1]), case.environment
        )
        base = ("--base-url", server.url)
        assert answer(run(fresh, *base))["new"] == 3
        api.stories.append(Story(9, now - timedelta(minutes=5)))
        assert answer(run(fresh, *base))["new"] == 1


def test_another_question_has_a_ledger_of_its_own(folder: Path) -> None:
    with running_case("guardian", 20, folder) as case:
        answer(run(case))
        other = answer(run(case, "--query", '"family"'))
        same = answer(run(case))

    assert (other["windows"], other["read"] > 0) == ({"done": 1, "left": 0}, True)
    assert same["read"] == 0
    assert rows("SELECT count(*) FROM archives") == [(2,)]


def test_the_key_stands_nowhere_but_in_the_request(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_LOG", "debug")
    caplog.set_level(logging.WARNING, "httpx")
    with running_case("guardian", 30, folder) as case:
        case.server.interrupt = busy_at(2, status=500, headers={"X": "y"}, body=KEY.encode())
        good = run(case)
        case.server.interrupt = lambda asked: Answer(b"no", 403)
        bad = run(case, "--query", '"family"')

    assert case.server.asked[0].query["api-key"] == KEY
    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert "check MONITOR_GUARDIAN_API_KEY" in bad.stderr
    for said in (good.stdout, good.stderr, bad.stdout, bad.stderr, caplog.text):
        assert KEY not in said
    for file in folder.glob("whole.db*"):
        assert KEY.encode() not in file.read_bytes()


def test_a_key_may_come_from_a_file_and_one_that_is_missing_is_told(folder: Path) -> None:
    (folder / "key.txt").write_text(f"{KEY}\n", "utf-8")
    with running_case("guardian", 5, folder) as case:
        from_file = Case(
            case.server, case.stories, case.words, {"MONITOR_GUARDIAN_API_KEY_FILE": str(folder / "key.txt")}
        )
        assert answer(run(from_file))["new"] == 5
        without = run(Case(case.server, case.stories, case.words, {}))

    assert without.exit_code == 1
    assert without.stderr.startswith("monitor: MONITOR_GUARDIAN_API_KEY: is missing; get a key at https://")


def test_what_was_forgotten_is_not_restored_by_any_archive(folder: Path) -> None:
    with running_case("guardian", 5, folder) as case:
        gone = sorted(case.urls)[0]
        answer(run(case, "--dry-run"))
        forget = ["forget", "--url", gone, "--db", "sqlite:///whole.db"]
        assert CliRunner().invoke(main, forget).exit_code == 0
        told = answer(run(case))

    assert (told["new"], told["reasons"]) == (4, {"forgotten": 1})
    assert stored() == case.urls - {gone}


def test_what_is_stored_of_a_text_follows_the_policy_of_feeds_yaml(folder: Path) -> None:
    with running_case("guardian", 3, folder) as case:
        feeds = (folder / "feeds.yaml").read_text("utf-8")
        (folder / "feeds.yaml").write_text(feeds.replace("text: full", "text: none"), "utf-8")
        answer(run(case))

    assert {text for (text,) in rows("SELECT text FROM revisions")} == {""}
    assert all(summary for (summary,) in rows("SELECT summary FROM revisions"))


def test_two_processes_do_not_ask_one_archive_at_once(folder: Path) -> None:
    with running_case("gdelt", 3, folder) as case:
        answer(run(case, "--dry-run"))
        store = open_store("sqlite:///whole.db")
        assert take_job(store, "backfill gdelt", new_worker(), utc_now, alone=True)
        store.close()
        refused = run(case)

    assert refused.exit_code == 1
    assert "another process does it now" in refused.stderr


def test_the_run_of_an_archive_is_told_by_status(folder: Path) -> None:
    with running_case("gdelt", 3, folder) as case:
        answer(run(case))
    said = CliRunner().invoke(main, ["status", "--db", "sqlite:///whole.db"])

    assert "backfill gdelt ok" in said.output


def test_words_are_told_to_people(folder: Path) -> None:
    with running_case("gdelt", 3, folder) as case:
        command = [*case.words, "--db", "sqlite:///whole.db"]
        plan = CliRunner().invoke(main, [*command, "--dry-run"])
        told = CliRunner().invoke(main, command)

    assert plan.stdout == "gdelt: 0 of 1 windows are read; the rest takes 1 requests at least\n"
    assert told.stdout.startswith("gdelt: 3 entries read, 3 new, 0 revised")
    assert told.stdout.endswith("1 of 1 windows are read, 1 requests made\n")


def test_a_bar_with_an_estimate_is_drawn_on_a_terminal_and_nowhere_else(folder: Path) -> None:
    with running_case("gdelt bulk", 4, folder) as case:
        quiet = run(case)
        leader, terminal = pty.openpty()
        command = [sys.executable, "-m", "monitor", *case.words, "--db", "sqlite:///bar.db"]
        subprocess.run(command, stderr=terminal, stdout=subprocess.DEVNULL, check=True)
        os.close(terminal)
        drawn = b""
        while b"4/4" not in drawn:
            drawn += os.read(leader, 65_536)
        os.close(leader)

    assert quiet.stderr == ""
    assert b"reading" in drawn


@pytest.mark.parametrize(
    ("words", "day", "said"),
    [
        ("guardian", "x", "is not a date such as"),
        ("gdelt", "2001-01-01", "begins on 2017-01-01"),
        ("gdelt --bulk", "2001-01-01", "begins on 2015-02-18"),
        ("ccnews", "2001-01-01", "begins on 2016-08-01"),
        ("gdelt --bulk --query x", "2018-01-01", "leave out --bulk"),
        ("gdelt --host x", "2018-01-01", "add --bulk"),
        ("sitemap", "2018-01-01", "name a site"),
        ("sitemap --url https://g.example --match (", "2018-01-01", "--match"),
        ("wayback --source nobody", "2018-01-01", "no source 'nobody'"),
        ("wayback --url https://g.example/rss", "2018-01-01", "--source"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_line_with_the_remedy(
    folder: Path, words: str, day: str, said: str
) -> None:
    with running_case("guardian", 0, folder) as case:
        command = ("backfill", *words.split(), "--from", day, "--to", day)
        result = run(Case(case.server, (), command, case.environment))

    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("monitor: ")
    assert said in line


def test_a_warc_file_is_imported_as_a_file_and_once(folder: Path) -> None:
    stories = planted(12)
    body = warc([(story.url, page(story), "text/html; charset=utf-8") for story in stories], DAY)
    (folder / "crawl.warc.gz").write_bytes(body)
    with running_case("guardian", 0, folder) as case:
        imported = Case(case.server, stories, ("backfill", "file", "crawl.warc.gz"), {})
        first = answer(run(imported))
        second = answer(run(imported, "--format", "warc"))
        wrong = run(imported, "--map", "title=x")

    assert (first["read"], first["new"]) == (12, 12)
    assert (second["new"], second["duplicate"]) == (0, 12)
    assert stored() == case.urls | {story.url for story in stories}
    assert rows("SELECT DISTINCT s.key FROM items i JOIN sources s ON s.id = source_id") == [("file:crawl",)]
    assert outlets() == {"Gazette"}
    assert (wrong.exit_code, "--map and --date-format serve" in wrong.stderr) == (1, True)


@pytest.mark.parametrize(("left_out", "least"), [(0.5, 4), (0.001, 11)])
def test_a_warc_file_that_breaks_off_is_told_and_keeps_what_stands_before(
    folder: Path, left_out: float, least: int
) -> None:
    body = warc([(story.url, page(story), "text/html") for story in planted(12)], DAY)
    (folder / "crawl.warc.gz").write_bytes(body[: int(len(body) * (1 - left_out))])
    with running_case("guardian", 0, folder) as case:
        result = run(Case(case.server, (), ("backfill", "file", "crawl.warc.gz"), {}))

    assert result.exit_code == 1
    assert "damaged, cut short" in result.stderr
    assert len(stored()) >= least


def test_times_of_windows_are_in_utc(folder: Path) -> None:
    summer = datetime(2018, 7, 1, 23, 30, tzinfo=UTC)
    with running_case("guardian", 0, folder) as case, serving(GuardianApi([Story(1, summer)])) as server:
        words = (
            "backfill",
            "guardian",
            "--from",
            "2018-07-01",
            "--to",
            "2018-07-01",
            "--base-url",
            server.url,
        )
        assert answer(run(Case(server, (), words, case.environment)))["new"] == 1
