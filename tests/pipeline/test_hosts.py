"""What one feed of a host is told about coming back later holds for the host's other feeds."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.pipeline.collect import run_collect
from monitor.store.open import open_store
from monitor.store.polls import lease_holders
from tests.collect.faults import HOUR, Asked, Reply, Script, World, a_feed, a_world, made_public

MINUTE = timedelta(minutes=1)
FIVE = ("one", "two", "three", "four", "five")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(tmp_path) as world:
        made_public(world, monkeypatch)
        for name in FIVE:
            world.add(name, well)
        yield world


def well(_: Asked) -> Reply:
    return Reply(a_feed(*range(0, -20, -1)))


def busy(hours: float, status: int = 429) -> Script:
    return lambda _: Reply(status=status, headers={"Retry-After": str(int(hours * 3600))})


def asked_since(world: World, moment: object) -> set[str]:
    return {one.path.strip("/") for one in world.log if one.at > moment}  # type: ignore[operator]


@pytest.mark.parametrize("status", [429, 503])
def test_where_a_host_asks_for_a_wait_its_other_feeds_wait_as_well(world: World, status: int) -> None:
    world.scripts["/one"] = busy(3, status)
    outcomes = world.poll()
    assert [(one.source, one.outcome) for one in outcomes] == [("one", "failed")]
    assert [one.path for one in world.log] == ["/one"], "those whose turn came later were not asked"
    began = world.now
    for name in FIVE:
        due = world.state(name).next_poll_at
        assert due is not None
        assert due >= began + 3 * HOUR
        assert world.state(name).failures == (name == "one")
    world.live(2.9, 5 * MINUTE)
    assert asked_since(world, began) == set()
    world.live(1, 5 * MINUTE)
    assert asked_since(world, began) == set(FIVE)
    with world.store.reading() as session:
        assert lease_holders(session, FIVE, world.now) == set()


def test_a_wait_without_an_end_that_can_be_read_holds_for_its_feed_alone(world: World) -> None:
    world.scripts["/one"] = lambda _: Reply(status=503, headers={"Retry-After": "soon"})
    world.scripts["/two"] = lambda _: Reply(status=429)
    world.scripts["/three"] = lambda _: Reply(status=500, headers={"Retry-After": "7200"})
    assert len(world.poll()) == 5


def test_the_feeds_of_other_hosts_do_not_wait(world: World) -> None:
    world.paths["two"] = f"http://localhost:{world.port}/two"
    world.scripts["/one"] = busy(3)
    assert {one.source for one in world.poll()} == {"one", "two"}
    due = world.state("two").next_poll_at
    assert due is not None
    assert due < world.now + 2 * HOUR


def test_a_feed_that_has_moved_to_the_host_waits_with_it(world: World) -> None:
    world.paths["two"] = f"http://localhost:{world.port}/old"
    world.scripts["/old"] = lambda _: Reply(status=301, headers={"Location": world.url("/two")})
    world.live(60, 6 * HOUR)
    assert world.state("two").moved_to == world.url("/two")
    world.scripts["/one"] = busy(6)
    world.now += 25 * HOUR
    world.poll("one")
    assert world.state("two").next_poll_at == world.now + 6 * HOUR


def test_a_redirect_makes_the_host_wait_that_answered(world: World) -> None:
    world.paths["one"] = f"http://localhost:{world.port}/gate"
    world.scripts["/gate"] = lambda _: Reply(status=302, headers={"Location": world.url("/one")})
    world.scripts["/one"] = busy(6)
    world.poll("one")
    assert world.state("two").next_poll_at is not None
    world.paths["six"] = f"http://localhost:{world.port}/six"
    world.scripts["/six"] = well
    assert [one.source for one in world.poll()] == ["six"]


def test_trusted_sources_neither_wait_nor_make_others_wait(world: World) -> None:
    world.trusted = "true"
    world.scripts["/one"] = busy(3)
    assert len(world.poll()) == 5


def test_a_feed_that_alone_keeps_asking_for_waits_soon_holds_up_no_other(world: World) -> None:
    world.scripts["/one"] = busy(12, 503)
    world.live(13, 30 * MINUTE)
    after_first_wait = world.now
    world.live(30, 30 * MINUTE)
    assert asked_since(world, after_first_wait) == set(FIVE)
    waits = [one.at for one in world.asked("two")]
    longest = max(later - earlier for earlier, later in pairwise(waits))
    assert longest < 6 * HOUR


def test_a_host_that_is_busy_as_a_whole_is_asked_by_one_feed_at_a_time(world: World) -> None:
    for name in FIVE:
        world.scripts[f"/{name}"] = busy(6)
    world.live(24, 30 * MINUTE)
    assert len(world.log) <= 5
    for name in FIVE:
        world.scripts[f"/{name}"] = well
    world.live(26, HOUR)
    assert {world.state(name).failures for name in FIVE} == {0}


def test_what_another_daemon_has_leased_is_not_asked_after_the_host_has_asked_for_a_wait(
    world: World,
) -> None:
    """The other daemon waits for the answer of one feed while this one is told that the host is busy."""
    at_work, told = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Reply:
        at_work.set()
        assert told.wait(20)
        return well(asked)

    world.scripts["/one"], world.scripts["/five"] = slow, busy(6)
    other = open_store(world.store.url)
    try:
        sources = ("one", "two", "three")
        daemon = threading.Thread(
            target=lambda: run_collect(other, world.config(), lambda: world.now, only=sources)
        )
        daemon.start()
        assert at_work.wait(20)
        world.poll("five")
        told.set()
        daemon.join(20)
    finally:
        other.close()
    assert {one.path for one in world.log} == {"/one", "/five"}
    due = [world.state(name).next_poll_at for name in ("one", "two", "three", "four")]
    assert due == [world.now + 6 * HOUR] * 4, "also of the one whose answer came after"


def test_a_poll_that_is_forced_is_made_whatever_the_host_asked_for_before(world: World) -> None:
    world.scripts["/one"] = busy(6)
    world.poll("one")
    forced = run_collect(world.store, world.config(), lambda: world.now, only=["two"], force=True)
    assert [one.outcome for one in forced] == ["ok"]
    due = world.state("two").next_poll_at
    assert due is not None
    assert due < world.now + 6 * HOUR
