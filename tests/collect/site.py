"""A web site on loopback that may answer anything, well-formed HTTP or not."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Answer = bytes | Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]
"""All that is sent, or a function that sends it."""


@dataclass
class Site:
    """What each path answers (``*`` any other, else 404), and what was asked."""

    answers: dict[str, Answer]
    port: int = 0
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            self.paths.append(path)
            self.headers.append(dict(line.lower().split(": ", 1) for line in head[1:] if line))
            found = self.answers.get(path, self.answers.get("*", answer(status="404 Not Found")))
            if isinstance(found, bytes):
                writer.write(found)
                await writer.drain()
            else:
                await found(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._at_once -= 1
            writer.close()


def answer(body: bytes | str = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole response that closes its connection; ``content_type`` names Content-Type."""
    sent = body.encode() if isinstance(body, str) else body
    named = {"Content-Length": str(len(sent)), "Connection": "close"}
    named |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + sent


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(status=status, location=to)


def in_pieces(head: bytes, piece: bytes, pause: float) -> Answer:
    """Send a head, and then one piece after each pause, for ever."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            await writer.drain()
            await asyncio.sleep(pause)
            writer.write(piece)

    return send


@asynccontextmanager
async def a_site(
    answers: dict[str, Answer] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Site]:
    """Serve on a free port; the answers may be changed while it serves."""
    site = Site(dict(answers or {}))
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        await server.wait_closed()
