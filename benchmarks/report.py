"""How long the weekly report takes over millions of labelled items, on SQLite.

    python benchmarks/report.py --items 200000 --times 1 5 25 [--folder DIR]

Fills a database row by row into the tables, as they would be after ten years of 60 outlets, multiplies it in
SQL (multiply.py), then builds the report of the last week, and times what is read, what is laid out, the
charts and the documents apart. Starting the drawing library is timed by itself. Prints a Markdown table.
"""

import argparse
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from os import cpu_count
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.multiply import multiply
from monitor.clock import Week
from monitor.config.load import Config, parse_config
from monitor.label.codebook import load_codebook
from monitor.pipeline.reportdata import report_data, week_asked
from monitor.report.anatomy import alts, lay_out, plot_of
from monitor.report.charts import chart_library, make_charts
from monitor.report.render import write_report
from monitor.store.models import register_model, stored_models
from monitor.store.open import Store, open_store
from monitor.store.rollups import recompute
from monitor.store.schema import EvidenceRow, ItemRow, LabelRow, OutletRow, RevisionRow, SourceRow
from monitor.types import Depth, OutletType, StoredModel

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LAST_WEEK = Week.of(NOW).plus(-1)
MINUTES = 10 * 365 * 24 * 60
OUTLETS = 60
BATCH = 20_000
PASSAGE = "A passage of some eighty characters, as long as a headline is in a newspaper."


def fill(store: Store, number: int) -> StoredModel:
    """Store so many items of ten years, each with a label, half of them relevant."""
    random, frames = np.random.default_rng(1), load_codebook().ids
    kinds = [kind.value for kind in OutletType]
    with store.writing() as session:
        model = register_model(
            session, version="linear@bench", name="linear", codebook="1", frames=frames, now=NOW
        )
        outlets = [
            {"id": n, "name": f"Outlet {n}", "outlet_type": kinds[n % len(kinds)], "nation": "England"}
            for n in range(1, OUTLETS + 1)
        ]
        sources = [
            {"id": n, "key": f"source-{n}", "outlet_id": n, "url": f"https://source-{n}.example/feed"}
            for n in range(1, OUTLETS + 1)
        ]
        session.execute(insert(OutletRow), outlets)
        session.execute(insert(SourceRow), sources)
    for first in range(1, number + 1, BATCH):
        rows = list(_rows(random, model, range(first, min(first + BATCH, number + 1))))
        with store.writing() as session:
            for place, row in enumerate((ItemRow, RevisionRow, LabelRow, EvidenceRow)):
                _insert(session, row.__tablename__, [found[place] for found in rows if found[place]])
    with store.writing() as session:
        recompute(session, model.id, (Week(2000, 1), LAST_WEEK.plus(2)))
    return model


def _insert(session: Session, name: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows of alike keys as the driver takes them; an hour's work by way of the mapper."""
    if rows:
        keys = ", ".join(f'"{key}"' for key in rows[0])
        marks = ", ".join("?" * len(rows[0]))
        session.connection().exec_driver_sql(
            f"INSERT INTO {name} ({keys}) VALUES ({marks})", [tuple(row.values()) for row in rows]
        )


@cache
def _week(hours: int) -> int:
    return Week.of(NOW - timedelta(hours=hours)).key


def _rows(random: Any, model: StoredModel, ids: range) -> Iterator[tuple[dict[str, Any], ...]]:
    """Yield the rows of each item: itself, its revision, its label, and its evidence in the last week."""
    size, width = len(ids), len(model.frames)
    ages = random.integers(0, MINUTES, size)
    outlets = random.integers(1, OUTLETS + 1, size)
    relevant = random.random(size) < 0.5
    scores = random.integers(0, 65_536, (size, width)).astype("<u2")
    hits = (scores > 58_000) & relevant[:, None]
    bits = hits @ (1 << np.arange(width, dtype=np.int64))
    bands = random.choice(["negative", "neutral", "positive"], size)
    for place, id_ in enumerate(ids):
        at = str((NOW - timedelta(minutes=int(ages[place]))).replace(tzinfo=None))
        week = _week(int(ages[place]) // 60)
        carried = np.flatnonzero(hits[place])
        frame = model.frames[carried[0]] if len(carried) else "NEUTRAL"
        item = {
            "id": id_, "identity": f"{id_:08d}".ljust(32, "0"), "source_id": int(outlets[place]),
            "outlet_id": int(outlets[place]), "url": f"https://source.example/{id_}", "published_at": at,
            "published_raw": "", "published_source": "feed", "published_precision": "second",
            "week": week, "first_seen_at": at,
        }  # fmt: skip
        revision = {
            "id": id_, "item_id": id_, "number": 1, "seen_at": at, "title": f"Story {id_}", "text": "",
            "summary": PASSAGE, "content_hash": f"{id_:032d}",
        }  # fmt: skip
        label = {
            "revision_id": id_, "model_id": model.id, "depth": Depth.SUMMARY.value, "item_id": id_,
            "labelled_at": at, "relevant": bool(relevant[place]), "relevant_p": 0.9, "strict": True,
            "tone_score": 0.0, "tone_band": str(bands[place]) if relevant[place] else None,
            "primary_frame": frame if relevant[place] else None, "mentions": int(relevant[place]),
            "hits": int(bits[place]), "unclear": 0, "scores": scores[place].tobytes(),
            "frame_mentions": hits[place].astype(np.uint8).tobytes(), "counted": True,
        }  # fmt: skip
        evidence = {
            "revision_id": id_, "model_id": model.id, "depth": Depth.SUMMARY.value, "frame": frame,
            "start": 0, "end": 80, "text": PASSAGE,
        }  # fmt: skip
        yield item, revision, label, evidence if len(carried) and week == LAST_WEEK.key else {}


def timed(action: Callable[[], T]) -> tuple[T, float]:
    """Return what an action returns, and its seconds."""
    start = time.perf_counter()
    return action(), time.perf_counter() - start


def measure(base: Path, items: int, times: int) -> list[str]:
    """Return a row of the table: seconds to read, lay out, draw and write; median of three reports."""
    copy = base.with_name(f"{times}.db")
    shutil.copy(base, copy)
    store, config = open_store(f"sqlite:///{copy}"), configuration()
    _, growing = timed(lambda: multiply(store, times))
    print(f"{items * times:,} items after {growing:.0f} s", flush=True)
    with store.reading() as session:
        (model,) = stored_models(session)
    runs = [_run(store, config, model) for _ in range(3)]
    store.close()
    copy.unlink()
    return [f"{items * times:,}", *(f"{median(one):.2f} s" for one in zip(*runs, strict=True))]


def _run(store: Store, config: Config, model: StoredModel) -> list[float]:
    """Build one report; return its seconds: to read, lay out, draw, all but drawing, and all."""
    data, reading = timed(lambda: report_data(store, config, model, lambda: NOW, week_asked(LAST_WEEK)))
    _, laying = timed(lambda: lay_out(data))
    _, drawing = timed(lambda: make_charts(plot_of(data), alts(data)))
    _, whole = timed(lambda: write_report(data))
    return [reading, laying, drawing, reading + max(0.0, whole - drawing), reading + whole]


def configuration() -> Config:
    """Return a feeds.yaml of the sources that the database holds."""
    entries = "".join(
        f"  - {{id: source-{n}, name: Outlet {n}, url: 'https://source-{n}.example/feed', "
        "outlet_type: national, nation: England}\n"
        for n in range(1, OUTLETS + 1)
    )
    return parse_config(f"sources:\n{entries}", "feeds.yaml")


def main() -> None:
    """Measure each number of items and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    _, starting = timed(chart_library)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        base = Path(folder) / "base.db"
        store = open_store(f"sqlite:///{base}", create=True)
        _, filling = timed(lambda: fill(store, asked.items))
        store.close()
        print(f"{asked.items:,} items stored in {filling:.0f} s", flush=True)
        rows = [measure(base, asked.items, times) for times in asked.times]
    print(
        f"\nPython {platform.python_version()}, {cpu_count()} processors; drawing library: {starting:.2f} s\n"
    )
    print("| labelled items | read | lay out | draw charts | all but charts | whole report |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
