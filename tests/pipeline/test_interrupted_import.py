import csv
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

ROWS = 6_000


def a_file(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "title"])
        writer.writerows([f"2026-01-{n % 28 + 1:02}", f"Story number {n} of the day"] for n in range(ROWS))
    return path


def started(folder: Path, database: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-m", "monitor", "--db", f"sqlite:///{database}", "backfill", "file", "rows.csv"]
    return subprocess.Popen(words, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        query = (
            "SELECT identity, published_at, number, title FROM items i JOIN revisions r ON r.item_id = i.id"
        )
        return sorted(connection.execute(query))


def stored(path: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM items").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_an_import_killed_half_way_and_run_again_gives_the_rows_of_one_that_was_not(tmp_path: Path) -> None:
    a_file(tmp_path / "rows.csv")
    whole = started(tmp_path, "whole.db")
    assert whole.communicate()[1] == ""

    killed = started(tmp_path, "killed.db")
    while killed.poll() is None and stored(tmp_path / "killed.db") == 0:
        time.sleep(0.005)
    killed.kill()
    killed.communicate()
    assert 0 < stored(tmp_path / "killed.db") < ROWS

    again = started(tmp_path, "killed.db")
    said, complaints = again.communicate()
    assert complaints == ""
    assert "duplicate" in said
    assert rows(tmp_path / "killed.db") == rows(tmp_path / "whole.db")
