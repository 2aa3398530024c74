"""asyncio's streams in the form that httpcore asks for.

httpcore's own go through anyio, which looks names up and races addresses; ours are looked up and checked by
`monitor.collect.guard` before, and what anyio does besides takes a fifth of a poll.
"""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore


@contextmanager
def _failing_as(error: type[Exception], late: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as cause:
        raise late(str(cause) or "too late") from cause
    except OSError as cause:  # ssl.SSLError is one
        raise error(str(cause)) from cause


async def connect(host: str, port: int, timeout: float | None = None) -> httpcore.AsyncNetworkStream:
    """Connect to an IP address.

    Raises:
        httpcore.ConnectError: nobody answers there.
        httpcore.ConnectTimeout: not within ``timeout`` seconds.
    """
    with _failing_as(httpcore.ConnectError, httpcore.ConnectTimeout):
        async with asyncio.timeout(timeout):
            return _Stream(*await asyncio.open_connection(host, port))


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _failing_as(httpcore.ReadError, httpcore.ReadTimeout):
            if timeout is None:
                return await self._reader.read(max_bytes)
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        with _failing_as(httpcore.WriteError, httpcore.WriteTimeout):
            self._writer.write(buffer)
            # Where the server has hung up, what it said before is still to be read; a read tells the rest.
            with suppress(ConnectionError):
                async with asyncio.timeout(timeout):
                    await self._writer.drain()

    async def aclose(self) -> None:
        # All is said; some servers never answer the end of TLS, and would keep the socket for half a minute.
        self._writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        with _failing_as(httpcore.ConnectError, httpcore.ConnectTimeout):
            try:
                async with asyncio.timeout(timeout):
                    await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
            except BaseException:
                self._writer.transport.abort()
                raise
        return self

    def get_extra_info(self, info: str) -> Any:
        names = {"client_addr": "sockname", "server_addr": "peername"}
        return self._writer.get_extra_info(names.get(info, info))
