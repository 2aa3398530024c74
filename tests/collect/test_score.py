"""Days in the life of a polled feed, against a server that misbehaves; see tests/collect/faults.py."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.pipeline.status import run_status
from monitor.store.moves import moves_of
from monitor.store.polls import ensure_source
from tests.collect.faults import BEGAN, HOUR, Asked, Reply, World, a_feed, a_world

MINUTE = timedelta(minutes=1)
TAG = 'W/"a1-=,;"'
SINCE = "Mon, 02 Mar 2026 00:00:00 GMT"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path) as world:
        yield world


def steady(asked: Asked) -> Reply:
    """Answer 304 to those who know the one version that there is."""
    if asked.headers.get("if-none-match") == TAG:
        return Reply(status=304, headers={"ETag": TAG})
    return Reply(a_feed(1), headers={"ETag": TAG, "Last-Modified": SINCE})


# ---------------------------------------------------------------- conditional requests


def test_validators_come_back_as_they_were_given_and_once_a_day_none_do(world: World) -> None:
    world.add("echo", steady)
    world.live(72, timedelta(minutes=30))
    first, *others = world.asked("echo")
    assert not first.conditional
    sent = [(one.headers.get("if-none-match"), one.headers.get("if-modified-since")) for one in others]
    assert set(sent) == {(TAG, SINCE), (None, None)}
    whole = [one.at for one in others if not one.conditional]
    assert 2 <= len(whole) <= 3
    assert all(later - earlier >= 20 * HOUR for earlier, later in pairwise(whole))


def test_a_server_that_lies_with_304_is_found_out_within_a_day(world: World) -> None:
    numbers = [1]
    world.add(
        "echo",
        lambda asked: (
            Reply(status=304) if asked.conditional else Reply(a_feed(*numbers), headers={"ETag": TAG})
        ),
    )
    world.poll()
    numbers.append(2)
    world.live(25, timedelta(minutes=30))
    assert run_status(world.store, world.config(), lambda: world.now).totals.items == 2


def test_new_validators_replace_the_old_ones_also_where_the_body_is_unchanged(world: World) -> None:
    tags = iter(f'"v{number}"' for number in range(100))
    world.add("echo", lambda _: Reply(a_feed(1), headers={"ETag": next(tags)}))
    for number in range(3):
        world.poll()
        assert world.state("echo").validators.etag == f'"v{number}"'
        world.now += 6 * HOUR


def test_nothing_is_asked_but_the_feed_and_who_asks_is_said(world: World) -> None:
    world.add("echo", steady)
    world.live(24, timedelta(minutes=30))
    assert {one.path for one in world.log} == {"/echo"}
    assert all("editor@example.org" in one.headers["user-agent"] for one in world.log)
    assert all("cookie" not in one.headers and "referer" not in one.headers for one in world.log)


# ---------------------------------------------------------------- how often


def spacing(world: World, source: str) -> timedelta:
    moments = [asked.at for asked in world.asked(source)]
    return min(later - earlier for earlier, later in pairwise(moments))


@pytest.mark.parametrize(
    ("extra", "headers", "least"),
    [
        ("<ttl>240</ttl>", {}, 4 * HOUR),
        ("", {"Cache-Control": "max-age=14400"}, 4 * HOUR),
        ("", {"Cache-Control": "max-age=14400, no-store"}, 5 * MINUTE),
    ],
)
def test_a_feed_is_polled_no_more_often_than_it_or_its_server_asks(
    world: World, extra: str, headers: dict[str, str], least: timedelta
) -> None:
    busy = list(range(60, 0, -1))
    world.add("echo", lambda _: Reply(a_feed(*busy, extra=extra, at=BEGAN - 61 * HOUR), headers=headers))
    world.live(20, timedelta(minutes=10))
    assert spacing(world, "echo") >= least
    assert (spacing(world, "echo") < 4 * HOUR) is (least < HOUR)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept_to_in_both_forms(world: World, status: int, form: str) -> None:
    def busy(asked: Asked) -> Reply:
        wait = "10800" if form == "seconds" else format_datetime(asked.at + 3 * HOUR, usegmt=True)
        sent = format_datetime(asked.at, usegmt=True)
        return Reply(status=status, headers={"Retry-After": wait, "Date": sent})

    world.add("echo", busy)
    world.live(12, timedelta(minutes=10))
    assert spacing(world, "echo") >= 3 * HOUR
    assert len(world.asked("echo")) >= 3


@pytest.mark.parametrize("status", [404, 403, 500, 502])
def test_a_feed_that_fails_is_asked_ever_less_but_never_given_up(world: World, status: int) -> None:
    world.add("echo", lambda _: Reply(status=status))
    world.live(24 * 6, timedelta(hours=1))
    assert len(world.asked("echo")) <= 20
    assert world.now - world.asked("echo")[-1].at <= 24 * HOUR
    world.scripts["/echo"] = steady
    world.live(25, timedelta(hours=1))
    assert world.state("echo").failures == 0


def test_a_feed_that_is_gone_twice_is_asked_monthly_and_comes_back(world: World) -> None:
    world.add("echo", lambda _: Reply(status=410))
    world.live(24 * 70, timedelta(hours=6))
    assert len(world.asked("echo")) == 4  # twice, and after 30 and 60 days
    world.scripts["/echo"] = steady
    world.live(24 * 33, timedelta(hours=6))
    assert (world.state("echo").gone, world.state("echo").failures) == (0, 0)


@pytest.mark.parametrize(
    "broken",
    [
        Reply(drop=True),
        Reply(a_feed(*range(99)), cut=True),
        Reply(b"<!doctype html><title>Log in</title>"),
        Reply(b""),
        Reply(b"\x1f\x8b rubbish", headers={"Content-Encoding": "gzip"}),
        Reply(status=302, headers={"Location": "/echo"}),
    ],
)
def test_a_broken_answer_is_a_failure_that_keeps_what_was_known(world: World, broken: Reply) -> None:
    world.add("echo", steady)
    world.poll()
    known = world.state("echo")
    world.scripts["/echo"] = lambda _: broken
    world.now += 25 * HOUR
    (outcome,) = world.poll()
    state = world.state("echo")
    assert outcome.outcome == "failed"
    assert (state.validators, state.body_hash, state.failures) == (known.validators, known.body_hash, 1)


# ---------------------------------------------------------------- our own network


def dead_ports(number: int) -> list[int]:
    """Ports of loopback where nothing listens."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_a_total_outage_of_our_own_network_penalises_no_feed(world: World) -> None:
    world.paths = {f"s{port}": f"http://127.0.0.1:{port}/feed" for port in dead_ports(3)}
    outcomes = world.poll()
    assert [outcome.outcome for outcome in outcomes] == ["failed"] * 3
    for source in world.paths:
        state = world.state(source)
        assert state.failures == 0
        assert state.next_poll_at == world.now + 5 * MINUTE


def test_where_one_answers_those_that_cannot_be_reached_have_failed(world: World) -> None:
    world.paths = {f"s{port}": f"http://127.0.0.1:{port}/feed" for port in dead_ports(3)}
    world.add("echo", steady)
    world.poll()
    assert [world.state(source).failures for source in world.paths] == [1, 1, 1, 0]


def test_a_source_that_alone_is_due_and_dead_has_failed_where_others_can_be_connected_to(
    world: World,
) -> None:
    (port,) = dead_ports(1)
    world.add("echo", steady)
    world.poll()
    world.paths["dead"] = f"http://127.0.0.1:{port}/feed"
    asked = len(world.log)
    world.poll()
    assert world.state("dead").failures == 1
    assert len(world.log) == asked, "a connection asks for nothing"


def test_a_single_host_that_is_down_is_not_an_outage(world: World) -> None:
    (port,) = dead_ports(1)
    world.paths = {name: f"http://127.0.0.1:{port}/{name}" for name in ("one", "two")}
    world.poll()
    assert [world.state(source).failures for source in world.paths] == [1, 1]


# ---------------------------------------------------------------- moves


def moved(world: World, status: int) -> None:
    world.add("echo", lambda _: Reply(status=status, headers={"Location": "/new"}))
    world.scripts["/new"] = steady


def test_a_permanent_redirect_is_adopted_after_three_sightings_over_two_days(world: World) -> None:
    moved(world, 301)
    world.live(47, timedelta(hours=1))
    assert len(world.asked("echo")) >= 3
    assert world.state("echo").moved_to is None
    world.live(20, timedelta(hours=1))
    assert world.state("echo").moved_to == world.url("/new")
    before = len(world.asked("echo"))
    world.live(24, timedelta(hours=1))
    assert len(world.asked("echo")) == before
    with world.store.reading() as session:
        (move,) = moves_of(session, "echo")
    assert (move.from_url, move.to_url, move.state) == (world.url("/echo"), world.url("/new"), "adopted")
    assert move.last_seen_at - move.first_seen_at >= 48 * HOUR
    (source,) = run_status(world.store, world.config(), lambda: world.now).sources
    assert any(world.url("/new") in note and "feeds.yaml" in note for note in source.notes())


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_followed_and_never_adopted(world: World, status: int) -> None:
    moved(world, status)
    world.live(24 * 5, timedelta(hours=2))
    assert world.state("echo").moved_to is None
    assert len(world.asked("echo")) == len(world.asked("new")) > 5


def test_a_new_address_in_feeds_yaml_ends_what_was_adopted(world: World) -> None:
    moved(world, 308)
    world.live(72, timedelta(hours=1))
    assert world.state("echo").moved_to is not None
    world.paths["echo"] = "/new"
    with world.store.writing() as session:
        ensure_source(session, world.config().sources[0])
    assert world.state("echo").moved_to is None
    with world.store.reading() as session:
        assert [move.state for move in moves_of(session, "echo")] == ["undone"]


def test_where_the_new_address_dies_the_old_one_is_tried_again(world: World) -> None:
    moved(world, 301)
    world.live(72, timedelta(hours=1))
    world.scripts["/new"] = lambda _: Reply(status=404)
    world.scripts["/echo"] = steady
    world.live(48, timedelta(hours=1))
    assert (world.state("echo").moved_to, world.state("echo").failures) == (None, 0)


# ---------------------------------------------------------------- dates that lie ahead


def test_what_is_dated_ahead_is_kept_back_and_comes_in_on_its_day(world: World) -> None:
    world.add("echo", lambda _: Reply(a_feed(1, 72)))
    (outcome,) = world.poll()
    assert (outcome.intake.new, dict(outcome.intake.reasons)) == (1, {"date-in-future": 1})
    found = run_status(world.store, world.config(), lambda: world.now)
    assert (found.totals.items, found.sources[0].quarantined) == (1, 1)
    world.scripts["/echo"] = lambda _: Reply(a_feed(1))  # it has left the feed meanwhile
    world.live(71, timedelta(hours=2))
    assert run_status(world.store, world.config(), lambda: world.now).totals.items == 1
    world.live(8, timedelta(hours=2))
    found = run_status(world.store, world.config(), lambda: world.now)
    assert (found.totals.items, found.sources[0].quarantined) == (2, 0)
