"""What goes over the wire: TLS whose certificate is checked, and errors of the connection."""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import hpack
import pytest

from monitor.clock import stopwatch
from monitor.collect import guard, loop
from monitor.collect.guard import resolve
from monitor.collect.http import Fetched, fetch, open_client
from monitor.errors import FetchError
from tests.certificate import Certificate, make_certificate
from tests.collect.site import a_site, answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def known(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let our certificate be one that the system trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    guard._ssl_context.cache_clear()
    yield
    guard._ssl_context.cache_clear()


def over_tls(certificate: Certificate, host: str = "localhost", body: bytes = b"<rss/>") -> Fetched:
    async def run() -> Fetched:
        async with (
            open_client(None) as client,
            a_site({"*": answer(body)}, certificate.server_context()) as site,
        ):
            return await fetch(client, f"https://{host}:{site.port}/feed", trusted=True)

    return loop.run(run())


@pytest.mark.usefixtures("known")
def test_a_feed_is_read_over_tls(certificate: Certificate) -> None:
    body = b"<rss>" + b"x" * 300_000 + b"</rss>"
    assert over_tls(certificate, body=body).body == body


def test_a_server_whose_certificate_nobody_vouches_for_is_not_read(certificate: Certificate) -> None:
    with pytest.raises(FetchError, match="certificate verify failed"):
        over_tls(certificate)


@pytest.mark.usefixtures("known")
def test_a_certificate_for_another_name_is_refused(certificate: Certificate) -> None:
    with pytest.raises(FetchError, match="certificate verify failed"):
        over_tls(certificate, host="127.0.0.1")


@pytest.mark.usefixtures("known")
def test_a_server_that_speaks_no_tls_is_an_error_of_the_connection() -> None:
    async def run() -> None:
        async with open_client(None) as client, a_site({"*": answer(b"")}) as site:
            await fetch(client, f"https://localhost:{site.port}/", trusted=True, deadline=5)

    with pytest.raises(FetchError) as refused:
        loop.run(run())
    assert refused.value.unreachable


def test_a_port_where_nobody_listens_is_an_error_of_the_connection() -> None:
    async def run() -> None:
        async with a_site() as site:
            port = site.port
        async with open_client(None) as client:
            await fetch(client, f"http://127.0.0.1:{port}/", trusted=True)

    with pytest.raises(FetchError) as refused:
        loop.run(run())
    assert refused.value.unreachable


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
def test_collecting_runs_on_libuv() -> None:
    async def named() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert loop.run(named()) == "uvloop"


# ---------------------------------------------------------------- HTTP/2


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame as RFC 9113, 4.1 has it."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


SETTINGS = frame(4, 0, 0)
END_HEADERS, END_STREAM = 4, 1


def headers(*fields: tuple[str, str], end: int = 0) -> bytes:
    return frame(1, END_HEADERS | end, 1, hpack.Encoder().encode(list(fields)))


BROKEN = {
    "more than it announced": ([("content-length", "3")], frame(0, END_STREAM, 1, b"<rss></rss>")),
    "data on no stream": ([], frame(0, 0, 0, b"x")),
    "headers that cannot be decoded": ([], frame(1, END_HEADERS | END_STREAM, 1, b"\xff" * 9)),
}
"""What a server announces besides its status, and what it then sends."""


def over_http2(certificate: Certificate, *parts: bytes) -> Fetched:
    """Get a feed of a server that says this, part after part, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"SM\r\n\r\n")
            for part in (SETTINGS, *parts):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.1 if len(parts) > 1 else 0)
        writer.close()

    async def run() -> Fetched:
        context = certificate.server_context()
        context.set_alpn_protocols(["h2"])
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        async with server, open_client(None) as client:
            return await fetch(client, f"https://localhost:{port}/feed", trusted=True, deadline=10)

    return loop.run(run())


@pytest.mark.usefixtures("known")
def test_a_server_that_answers_over_http2_and_hangs_up_is_read(certificate: Certificate) -> None:
    said = headers((":status", "200")) + frame(0, END_STREAM, 1, b"<rss></rss>")
    assert [over_http2(certificate, said).body for _ in range(5)] == [b"<rss></rss>"] * 5


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("fault", list(BROKEN))
def test_a_server_that_breaks_http2_fails_its_own_poll_alone(certificate: Certificate, fault: str) -> None:
    announced, then = BROKEN[fault]
    with pytest.raises(FetchError, match="no usable answer"):
        over_http2(certificate, headers((":status", "200"), *announced), then)


# ---------------------------------------------------------------- names and ends


def test_a_name_that_is_long_looked_up_holds_up_no_other_and_can_be_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask, released = socket.getaddrinfo, threading.Event()

    def slow(host: str, *rest: object, **options: object) -> object:
        if host.endswith(".dead.example"):
            released.wait(20)
        return ask(host, *rest, **options)  # type: ignore[arg-type]

    async def run() -> float:
        dead = [asyncio.create_task(resolve(f"{n}.dead.example", 80)) for n in range(40)]
        await asyncio.sleep(0)
        took = stopwatch()
        assert await resolve("localhost", 80)
        for task in dead:
            task.cancel()
        await asyncio.gather(*dead, return_exceptions=True)
        return took()

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    whole = stopwatch()
    try:
        assert loop.run(run()) < 5
        assert whole() < 10, "the loop waits for none of them"
    finally:
        released.set()


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.usefixtures("known")
def test_a_connection_is_closed_at_once_though_the_server_never_ends_its_tls(
    certificate: Certificate,
) -> None:
    async def linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"<rss/>"))
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # so that the client's end is never answered
        kept.append(writer)

    async def run() -> int:
        server = await asyncio.start_server(linger, "127.0.0.1", 0, ssl=certificate.server_context())
        port = server.sockets[0].getsockname()[1]
        async with open_client(None) as client:
            await fetch(client, f"https://localhost:{port}/", trusted=True)
            before = open_files()
            for _ in range(10):
                await fetch(client, f"https://localhost:{port}/", trusted=True)
            await asyncio.sleep(0.1)
            after = open_files()
        for writer in kept:
            writer.transport.abort()
        server.close()
        return after - before

    kept: list[asyncio.StreamWriter] = []
    assert loop.run(run()) <= 10, "the server's own ends alone"
