import io
from collections.abc import Callable

import pytest

from monitor.clock import stopwatch
from monitor.collect import loop
from monitor.collect.archives.calls import Allowance, Calls, Failures, Manners
from monitor.collect.http import open_client
from monitor.errors import FetchError
from monitor.types import Rejected
from tests.collect.archives.asking import QUICK, some_calls
from tests.collect.archives.fakes import ranged
from tests.collect.archives.server import Answer, Asked, Server, busy_at, port, serving


def hello(asked: Asked) -> Answer:
    return Answer(b"hello")


def failure(server: Server, *, allowance: Allowance | None = None, secret: str | None = None) -> FetchError:
    async def ask() -> None:
        async with some_calls(allowance=allowance, secret=secret) as (calls, _):
            await calls.get(server.url)

    with pytest.raises(FetchError) as caught:
        loop.run(ask())
    return caught.value


def waits(interrupt: Callable[[Asked], Answer | None]) -> tuple[list[float], int]:
    """Return the seconds waited until an answer came, and the requests."""

    async def ask() -> tuple[list[float], int]:
        async with some_calls() as (calls, slept):
            assert (await calls.get(server.url)).body == b"hello"
            return slept.seconds, calls.made

    with serving(hello) as server:
        server.interrupt = interrupt
        return loop.run(ask())


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_asked_again_after_as_long_as_it_says(status: int) -> None:
    assert waits(busy_at(1, status=status, headers={"Retry-After": "7"})) == ([7.0], 2)


def test_a_host_that_says_no_time_is_left_alone_twice_as_long_each_time() -> None:
    assert waits(busy_at(1, 2, headers={"X": "y"})) == ([1.0, 2.0], 3)


def test_a_wait_beyond_patience_and_a_last_attempt_are_left_to_a_later_run() -> None:
    with serving(hello) as server:
        server.interrupt = busy_at(1, headers={"Retry-After": "3600"})
        patient = failure(server)
        assert len(server.asked) == 1
        server.interrupt = busy_at(*range(1, 10), status=500, headers={"X": "y"})
        tired = failure(server)

    assert (patient.status, patient.retry_after) == (429, 3600.0)
    assert (tired.status, tired.retry_after) == (500, 4.0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_what_is_refused_is_asked_once_and_is_final(status: int) -> None:
    with serving(hello) as server:
        server.interrupt = busy_at(1, status=status, headers={"X": "y"})
        error = failure(server)

    assert (error.status, error.retry_after, len(server.asked)) == (status, None, 1)


def test_a_private_address_is_refused_at_once_unless_it_is_trusted() -> None:
    async def ask() -> None:
        async with open_client(None) as client:
            await Calls(client, "archive", QUICK).get("http://127.0.0.1:9/")

    with pytest.raises(FetchError, match="loopback") as caught:
        loop.run(ask())
    assert caught.value.retry_after is None


def test_a_host_that_does_not_answer_pauses_the_run() -> None:
    with serving(hello) as server:
        gone = Server(server.url)
    assert failure(gone).retry_after is not None


def test_requests_beyond_the_allowance_are_not_made() -> None:
    with serving(hello) as server:
        error = failure(server, allowance=Allowance(0, 5_000.0))

    assert server.asked == []
    assert error.retry_after == 5_000.0
    assert "used up" in str(error)


def test_a_secret_never_stands_in_a_message() -> None:
    async def ask() -> None:
        async with some_calls(secret="5ecr3t") as (calls, _):
            await calls.get("gopher://archive/?key=5ecr3t")

    with pytest.raises(FetchError) as caught:
        loop.run(ask())
    assert "5ecr3t" not in str(caught.value)
    assert "***" in str(caught.value)


def test_requests_to_a_host_are_spaced_out() -> None:
    async def ask() -> float:
        trusted = frozenset({f"127.0.0.1:{port(server.url)}"})
        async with open_client(None, trusted_hosts=trusted) as client:
            calls, seconds = Calls(client, "archive", Manners(pause=0.1)), stopwatch()
            await calls.get(server.url)
            await calls.get(server.url, pause=0.3)
            await calls.get(server.url)
            return seconds()

    with serving(hello) as server:
        assert loop.run(ask()) >= 0.4


def test_a_download_that_breaks_off_goes_on_where_it_stopped() -> None:
    body = bytes(range(256)) * 1_000

    def cut(asked: Asked) -> Answer | None:
        whole = ranged(body, asked)
        cuts = {None: 100_000, "bytes=100000-": 50_000}
        after = cuts.get(asked.headers.get("range"))
        return Answer(whole.body, whole.status, cut_after=after) if after else whole

    async def download() -> bytes:
        async with some_calls() as (calls, _):
            file = io.BytesIO()
            await calls.download(f"{server.url}/file", file, len(body))
            return file.getvalue()

    with serving(hello) as server:
        server.interrupt = cut
        assert loop.run(download()) == body
    ranges = [asked.headers.get("range") for asked in server.asked]
    assert ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_download_larger_than_the_bound_is_given_up() -> None:
    async def download() -> None:
        async with some_calls() as (calls, _):
            await calls.download(server.url, io.BytesIO(), 4)

    with serving(hello) as server, pytest.raises(FetchError, match="larger than 4 bytes") as caught:
        loop.run(download())
    assert caught.value.retry_after is None


def test_one_page_that_fails_is_rejected_but_a_host_that_fails_three_times_in_a_row_pauses_the_run() -> None:
    failures, down = Failures(), FetchError("HTTP 500", 500, 60.0)

    assert failures.reject(down, "a") == Rejected("unreachable", "a: HTTP 500")
    assert failures.reject(FetchError("HTTP 404", 404), "b") == Rejected("refused", "b: HTTP 404")
    failures.clear()
    failures.reject(down, "c")
    failures.reject(down, "d")
    with pytest.raises(FetchError):
        failures.reject(down, "e")


def test_too_many_requests_pauses_the_run_at_once() -> None:
    with pytest.raises(FetchError):
        Failures().reject(FetchError("HTTP 429", 429, 60.0), "a")
