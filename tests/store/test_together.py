"""Two processes at once: nothing is stored twice, lost, or counted wrongly."""

import threading
from collections.abc import Callable

from sqlalchemy import func, select

from monitor.store.labels import add_labels, readings_to_label
from monitor.store.maintain import check
from monitor.store.open import Store, open_store
from monitor.store.polls import ensure_source
from monitor.store.rollups import weekly_counts
from monitor.store.schema import ItemRow, LabelRow, OutletRow, RevisionRow
from monitor.types import Intake, Label
from tests.store.builders import NOW, WEEK, a_judgement, a_model, a_source, an_item, an_outlet, put

WORKERS = 4


def together(url: str, work: Callable[[Store, int], None]) -> None:
    """Run some work in several threads at once, each with a database connection of its own."""
    start, failures = threading.Barrier(WORKERS), list[BaseException]()

    def run(number: int) -> None:
        store = open_store(url)
        start.wait(timeout=30)
        try:
            work(store, number)
        except Exception as error:  # noqa: BLE001  # a thread's failure would else go unseen
            failures.append(error)
        finally:
            store.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_same_items_from_several_processes_are_stored_once(store: Store, url: str) -> None:
    intakes: list[Intake] = []

    def collect(own: Store, number: int) -> None:
        for batch in range(5):
            items = [an_item(f"https://post.example/{batch}/{n}", title=f"Story {n}") for n in range(20)]
            with own.writing() as session:
                intakes.append(put(session, *(items if number % 2 else reversed(items))))

    together(url, collect)
    assert sum(intake.new for intake in intakes) == 100
    assert sum(intake.duplicate for intake in intakes) == 100 * (WORKERS - 1)
    with store.reading() as session:
        assert session.scalars(select(func.count()).select_from(RevisionRow)).one() == 100


def test_copies_of_a_story_that_come_at_once_have_one_leader(store: Store, url: str) -> None:
    def collect(own: Store, number: int) -> None:
        source = a_source(f"place{number}", an_outlet(f"Place {number}"))
        for n in range(10):
            title = f"Social workers did what the council wanted number {n}"
            item = an_item(f"https://place{number}.example/{n}", title=title, source=source)
            with own.writing() as session:
                put(session, item, source=source)

    together(url, collect)
    with store.reading() as session:
        leaders = select(func.count()).select_from(ItemRow).where(ItemRow.cluster_id.is_(None))
        assert session.scalars(leaders).one() == 10


def test_the_same_readings_labelled_by_several_processes_count_once(store: Store, url: str) -> None:
    with store.writing() as session:
        model = a_model(session)
        for n in range(60):
            put(session, an_item(f"https://post.example/{n}", title=f"Story {n}"))
            put(session, an_item(f"https://post.example/{n}", title=f"Story {n}, changed"))

    def label(own: Store, number: int) -> None:
        after = 0
        while True:
            with own.reading() as session:
                readings = readings_to_label(session, model.id, after=after, limit=7 + number)
            if not readings:
                return
            after = readings[-1].revision_id
            made = a_judgement(hits={"positive": 0.9})
            with own.writing() as session:
                add_labels(
                    session, model, [Label(r.revision_id, r.item_id, made) for r in reversed(readings)], NOW
                )

    together(url, label)
    with store.reading() as session:
        assert session.scalars(select(func.count()).select_from(LabelRow)).one() == 120
        (week,) = weekly_counts(session, model.id, WEEK, WEEK)
    assert (week.labelled, week.hits) == (60, {"positive": 60})
    assert check(store) == []


def test_new_sources_outlets_and_models_are_made_once(store: Store, url: str) -> None:
    def begin(own: Store, number: int) -> None:
        sources = [a_source(f"s{n}", an_outlet(f"Outlet {n}")) for n in range(20)]
        with own.writing() as session:
            a_model(session)
            for source in sources if number % 2 else reversed(sources):
                ensure_source(session, source)

    together(url, begin)
    with store.reading() as session:
        assert session.scalars(select(func.count()).select_from(OutletRow)).one() == 20
