"""A server that misbehaves by script, in a world whose clock the test moves.

After the tests of Rachel Kroll's feed reader score (rachelbythebay.com/fs/help): what a reader sends is
logged with the time of that world, and each path answers as its script says.
"""

import math
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.collect.guard import GuardedTransport
from monitor.collect.web import Web, open_web
from monitor.config.load import Config, parse_config
from monitor.pipeline.collect import SourceOutcome, run_collect
from monitor.store.open import Store, open_store
from monitor.store.polls import poll_state
from monitor.types import PollState

BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(minutes=5)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    at: datetime
    path: str
    headers: Mapping[str, str]
    """With lower-case names."""

    @property
    def conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


@dataclass(frozen=True)
class Reply:
    """What is answered; ``cut`` ends the connection in the middle of the body, ``drop`` before any answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    drop: bool = False


Script = Callable[[Asked], Reply]


def a_feed(*numbers: int, extra: str = "", at: datetime = BEGAN) -> bytes:
    """A feed of stories, the first the newest, one an hour."""
    entries = "".join(
        f"<item><title>Council reviews case {n}</title><link>https://echo.example/{n}</link><guid>{n}</guid>"
        f"<pubDate>{format_datetime(at + n * HOUR)}</pubDate></item>"
        for n in numbers
    )
    return f'<rss version="2.0"><channel><title>Echo</title>{extra}{entries}</channel></rss>'.encode()


_SOURCE = (
    "  - {{id: {id}, name: {id}, url: '{url}', trusted: {trusted}, pages: false, outlet_type: regional,"
    " nation: Wales}}\n"
)


@lru_cache(9)
def _config(text: str) -> Config:
    return parse_config(text, "feeds.yaml")


@dataclass
class World:
    """A database, a server and a clock."""

    store: Store
    now: datetime = BEGAN
    port: int = 0
    scripts: dict[str, Script] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    """Source id to path, as feeds.yaml has it."""
    trusted: str = "true"
    """Whether its sources are; those that are not need `tests.collect.faults.made_public`."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def add(self, source: str, script: Script) -> None:
        """Let a source be polled at the path of its name."""
        self.paths[source] = f"/{source}"
        self.scripts[f"/{source}"] = script

    def config(self) -> Config:
        places = {key: path if "://" in path else self.url(path) for key, path in self.paths.items()}
        listed = "".join(_SOURCE.format(id=key, url=url, trusted=self.trusted) for key, url in places.items())
        return _config(f"contact: editor@example.org\nsources:\n{listed}")

    def poll(self, *sources: str) -> list[SourceOutcome]:
        """Poll what is due, or the sources named if they are."""
        return run_collect(self.store, self.config(), lambda: self.now, only=sources)

    def live(self, hours: float, tick: timedelta = TICK) -> None:
        """Let the clock run, and the daemon look for work at each tick at which there is some."""
        end = self.now + hours * HOUR
        while self.now < end:
            self.poll()
            due = min(self.state(source).next_poll_at or end for source in self.paths)
            self.now += max(tick, tick * math.ceil((min(due, end) - self.now) / tick))

    def state(self, source: str) -> PollState:
        with self.store.reading() as session:
            return poll_state(session, source)

    def asked(self, source: str) -> list[Asked]:
        return [asked for asked in self.log if asked.path == f"/{source}"]


def made_public(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the world's sources be strangers' at a public address, which need not be spaced out in a test."""
    world.trusted = "false"
    hosts = {f"127.0.0.1:{world.port}", f"localhost:{world.port}"}

    @asynccontextmanager
    async def opened(*args: Any, **options: Any) -> AsyncIterator[Web]:
        async with open_web(*args, pause=0.0, **options) as web:
            transport = web.client._transport
            assert isinstance(transport, GuardedTransport)
            transport._hosts |= hosts
            yield web

    monkeypatch.setattr("monitor.pipeline.collect.open_web", opened)


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """Serve on loopback until the end of the block."""
    world = World(open_store(f"sqlite:///{folder / 'monitor.db'}", create=True))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(world.now, self.path, headers)
            world.log.append(asked)
            script = world.scripts.get(self.path)
            self._send(script(asked) if script else Reply(status=404))

        def _send(self, reply: Reply) -> None:
            if reply.drop:
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    world.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
        world.store.close()
