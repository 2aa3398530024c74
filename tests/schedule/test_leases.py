"""Several processes on one database never poll one source at once, and a killed one holds nothing."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.pipeline.collect import LEASE, run_collect
from monitor.pipeline.worker import is_gone, new_worker
from monitor.store.open import Store
from monitor.store.polls import ensure_source, lease_due, lease_holders, release_leases, renew_leases
from tests.collect.faults import BEGAN, HOUR, Reply, a_feed, a_world
from tests.schedule.conftest import NOW, House, Open, Watch
from tests.schedule.newsroom import Newsroom, once, until
from tests.store.builders import a_source

MANY = [f"feed-{number}" for number in range(24)]
FIVE = timedelta(minutes=5)


@pytest.fixture
def store(house: House) -> Store:
    store = house.runner.database.store
    assert store is not None
    with store.writing() as session:
        for key in ("a", "b"):
            ensure_source(session, a_source(key))
    return store


def lease(store: Store, worker: str, *, minutes: float = 0, void: tuple[str, ...] = ()) -> list[str]:
    with store.writing() as session:
        now = NOW + timedelta(minutes=minutes)
        return lease_due(session, ["b", "a"], now, FIVE, worker, void=void)


def test_what_one_worker_holds_no_other_gets_until_its_lease_ends(store: Store) -> None:
    assert lease(store, "one") == ["b", "a"]
    assert lease(store, "two", minutes=4.9) == []
    assert lease(store, "two", minutes=5) == ["b", "a"]


def test_a_lease_may_be_renewed_and_given_back(store: Store) -> None:
    lease(store, "one")
    with store.writing() as session:
        renew_leases(session, "one", NOW + 2 * FIVE)
    assert lease(store, "two", minutes=6) == []
    with store.writing() as session:
        release_leases(session, "one")
    assert lease(store, "two", minutes=6) == ["b", "a"]


def test_a_lease_of_a_worker_that_is_no_more_is_void(store: Store) -> None:
    lease(store, "one")
    with store.reading() as session:
        assert lease_holders(session, ["a", "b"], NOW) == {"one"}
    assert lease(store, "two", void=("one",)) == ["b", "a"]


def test_a_lease_that_a_wrong_clock_wrote_is_void(store: Store) -> None:
    lease(store, "one", minutes=600)
    assert lease(store, "two") == ["b", "a"]


def test_a_worker_is_gone_when_its_process_is() -> None:
    own = new_worker()
    machine, process, _start, token = own.split("/")
    assert not is_gone(own)
    assert not is_gone("another.example/1/1/00000000")
    assert is_gone(f"{machine}/{process}/1/{token}"), "an earlier process of the same number"


def test_two_processes_share_the_sources_and_poll_none_twice(house: House, newsroom: Newsroom) -> None:
    newsroom.pause = 0.2
    (house.folder / "feeds.yaml").write_text(newsroom.feeds_yaml(MANY), "utf-8")
    both = [once(house.folder) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert newsroom.asked == {f"/{key}": 1 for key in MANY}


def test_two_threads_poll_none_twice(
    house: House, open_house: Open, newsroom: Newsroom, watch: Watch
) -> None:
    newsroom.pause = 0.2
    (house.folder / "feeds.yaml").write_text(newsroom.feeds_yaml(MANY), "utf-8")
    house.runner.configuration.follow()
    threads = [threading.Thread(target=one.run, args=("collect",)) for one in (house, open_house())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert newsroom.asked == {f"/{key}": 1 for key in MANY}


def test_two_daemons_poll_none_twice_over_a_simulated_day(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        for number in range(12):
            newest = 3 + number * 4
            hourly = a_feed(*range(newest, newest - 20, -1), at=BEGAN - 40 * HOUR)
            world.add(f"feed-{number}", lambda _, body=hourly: Reply(body))  # type: ignore[misc]
        with ThreadPoolExecutor(2) as daemons:
            for _ in range(48):
                for done in [daemons.submit(world.poll) for _ in range(2)]:
                    done.result()
                world.now += timedelta(minutes=30)
        asked = Counter((one.path, one.at) for one in world.log)
    assert len(world.log) > 100
    assert set(asked.values()) == {1}


def test_what_a_killed_process_held_is_polled_at_once(house: House, newsroom: Newsroom) -> None:
    newsroom.hanging.add("/gazette")
    process = once(house.folder)
    until(lambda: newsroom.asked["/gazette"])
    process.kill()
    process.communicate()
    newsroom.hanging.clear()
    assert house.remark("collect").startswith("1 sources polled, 0 of them failed; 1 items new")


def test_a_collect_that_is_to_stop_gives_back_what_it_has_not_polled(
    house: House, newsroom: Newsroom, store: Store
) -> None:
    newsroom.hanging.add("/gazette")
    stop = threading.Event()
    config = house.runner.configuration.config
    found: list[object] = []
    work = threading.Thread(
        target=lambda: found.append(run_collect(store, config, house.watch, stop=stop)), daemon=True
    )
    work.start()
    until(lambda: newsroom.asked["/gazette"])
    began = time.monotonic()
    stop.set()
    work.join(10)
    assert time.monotonic() - began < 2
    assert found == [[]]
    with store.reading() as session:
        assert lease_holders(session, ["gazette"], NOW + LEASE / 2) == set()
