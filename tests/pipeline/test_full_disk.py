import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from monitor.errors import StoreError
from monitor.pipeline.backfill import run_backfill_file
from monitor.store.open import Store, open_store
from monitor.types import Intake

ROWS = 5_000


def clock() -> datetime:
    return datetime(2026, 11, 16, 7, tzinfo=UTC)


def a_file(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "title"])
        writer.writerows([f"2026-01-{n % 28 + 1:02}", f"Story number {n} of the day"] for n in range(ROWS))
    return path


def imported(store: Store, path: Path) -> Intake:
    return run_backfill_file(store, path, clock, text="passages")


def limited(store: Store, pages: int) -> None:
    """Let the database grow to so many pages: SQLite then refuses as it does on a full disk."""

    def set_up(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    store.engine.dispose()
    event.listen(store.engine, "connect", set_up)


def test_a_full_disk_is_told_in_one_line_and_what_was_stored_stays_and_is_gone_on_from(
    tmp_path: Path,
) -> None:
    path, url = a_file(tmp_path / "rows.csv"), f"sqlite:///{tmp_path / 'monitor.db'}"
    store = open_store(url, create=True)
    limited(store, 400)
    with pytest.raises(StoreError, match=r"the disk is full; make room, then run this again") as caught:
        imported(store, path)
    store.close()

    assert "\n" not in str(caught.value)
    roomy = open_store(url)
    with roomy.reading() as session:
        kept = session.execute(text("SELECT count(*) FROM items")).scalar_one()
    again = imported(roomy, path)
    roomy.close()

    assert 0 < kept < ROWS
    assert (again.duplicate, again.new) == (kept, ROWS - kept)
