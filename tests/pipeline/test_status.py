"""What status says of sources: the ledger of hours, and those that are silent or carry nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.pipeline.status import Status, run_doctor, run_status
from monitor.store.open import database_file, parse_url
from tests.collect.faults import BEGAN, HOUR, Reply, World, a_feed, a_world

TICK = timedelta(hours=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        yield world


def status(world: World) -> Status:
    return run_status(world.store, world.config(), lambda: world.now)


def state(world: World) -> tuple[str, str]:
    (source,) = status(world).sources
    return source.state, source.remark


def hourly(world: World) -> bytes:
    """A feed with a story an hour, as it looks now."""
    newest = int((world.now - BEGAN) / HOUR)
    return a_feed(*range(newest, newest - 20, -1))


def test_a_feed_that_is_polled_in_time_is_observed_all_along(world: World) -> None:
    world.add("echo", lambda _: Reply(hourly(world)))
    world.live(48, TICK)
    world.poll()
    found = status(world)
    assert found.coverage.share == pytest.approx(1.0)
    assert found.coverage.expected > 40
    line = next(line for line in found.in_words() if line.startswith("Coverage"))
    assert line.endswith("feed-hours observed in 28 days (100.0 %)")


def test_hours_in_which_a_feed_could_not_be_seen_are_missing_from_the_ledger(world: World) -> None:
    world.add("echo", lambda _: Reply(hourly(world)))
    world.live(10, TICK)
    world.scripts["/echo"] = lambda _: Reply(status=500)
    world.live(70, TICK)
    world.scripts["/echo"] = lambda _: Reply(hourly(world))
    world.live(40, TICK)
    coverage = status(world).coverage
    assert 40 <= coverage.expected - coverage.observed <= 90
    assert status(world).as_json()["coverage"] == {
        "days": 28,
        "observed": round(coverage.observed, 2),
        "expected": round(coverage.expected, 2),
        "share": coverage.share,
    }


def test_a_feed_is_silent_after_three_of_its_median_gaps(world: World) -> None:
    daily = a_feed(*range(-24, -24 * 9, -24))
    world.add("echo", lambda _: Reply(daily))
    world.poll()
    world.now += 48 * HOUR
    world.poll()
    assert state(world) == ("ok", "")
    world.now += 25 * HOUR
    world.poll()
    name, remark = state(world)
    assert name == "silent"
    assert remark == "answers, but nothing new since 02 March 2026, where one comes every 24 hours"


def test_a_feed_that_sleeps_at_night_is_not_silent(world: World) -> None:
    world.add("echo", lambda _: Reply(a_feed(*range(0, -20, -1))))
    world.poll()
    world.now += 20 * HOUR
    world.poll()
    assert state(world) == ("ok", "")


@pytest.mark.parametrize("body", [a_feed(), b"<rss><channel><item><title/></item></channel></rss>"])
def test_a_feed_that_works_but_carries_nothing_is_told(world: World, body: bytes) -> None:
    world.add("echo", lambda _: Reply(body))
    world.poll()
    assert state(world) == ("empty", "answers, but lists nothing that can be read")


def test_a_feed_whose_stories_another_has_brought_first_is_not_silent(world: World) -> None:
    for name in ("echo", "echo-home"):
        world.add(name, lambda _: Reply(hourly(world)))
    world.live(72, TICK)
    assert [source.state for source in status(world).sources] == ["ok", "ok"]


def test_the_doctor_tells_where_a_feed_has_moved_to(world: World) -> None:
    world.add("echo", lambda _: Reply(status=301, headers={"Location": "/new"}))
    world.scripts["/new"] = lambda _: Reply(hourly(world))
    world.live(60, TICK)
    file = database_file(parse_url(world.store.url))
    problems = run_doctor(f"sqlite:///{file}", world.config(), lambda: world.now)
    assert (
        f"echo: has moved for good to {world.url('/new')}, which is polled; put that into feeds.yaml"
        in problems
    )
