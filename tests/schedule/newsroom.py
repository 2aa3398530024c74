"""Feeds on loopback that count who asked, served by threads; and a daemon in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SOURCE = (
    "  - {{id: {id}, name: {id}, url: '{url}', trusted: true, pages: false, outlet_type: regional,"
    " nation: Wales}}\n"
)


@dataclass
class Newsroom:
    """Each path is a feed with one item of its own; a path in ``hanging`` never ends its answer."""

    at: datetime
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    hanging: set[str] = field(default_factory=set)
    pause: float = 0.0
    dated: dict[str, datetime] = field(default_factory=dict)
    """When the item of a path came out, where that is not ``at``."""
    guid: str = ""
    """Of every item, where it is not that of its path."""
    closing: threading.Event = field(default_factory=threading.Event)

    def feed(self, path: str) -> bytes:
        came_out = format_datetime(self.dated.get(path, self.at))
        link = f"http://127.0.0.1:{self.port}{path}/story{self.guid}"
        return (
            '<?xml version="1.0"?><rss version="2.0"><channel><title>News</title><item>'
            f"<title>Social workers of {path[1:]} missed nine warnings</title><link>{link}</link>"
            f"<guid>{self.guid or path}</guid><pubDate>{came_out}</pubDate></item></channel></rss>"
        ).encode()

    def feeds_yaml(self, ids: Sequence[str], extra: str = "") -> str:
        sources = "".join(SOURCE.format(id=one, url=f"http://127.0.0.1:{self.port}/{one}") for one in ids)
        return f"contact: editor@example.org\n{extra}sources:\n{sources}"


@contextmanager
def serving(at: datetime) -> Iterator[Newsroom]:
    room = Newsroom(at)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            room.asked[self.path] += 1
            time.sleep(room.pause)
            body = room.feed(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.path in room.hanging:
                room.closing.wait(60)
                return
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    room.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield room
    finally:
        room.closing.set()
        server.shutdown()
        server.server_close()


@dataclass
class Process:
    """A running ``monitor run``."""

    process: "subprocess.Popen[str]"
    log: Path
    address: str = ""

    def text(self) -> str:
        return self.log.read_text("utf-8")

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of the log that tell of an event."""
        lines = [line for line in self.text().splitlines(keepends=True) if line.endswith("\n")]
        return [said for line in lines if (said := json.loads(line))["event"] == event]

    def health(self) -> tuple[int, Any]:
        status, body = self._get("/health")
        return status, json.loads(body)

    def metrics(self) -> str:
        return self._get("/metrics")[1]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal, and return the exit status and the seconds until the end."""
        start = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - start

    def _get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Process]:
    """Run the daemon in a folder that holds its feeds.yaml, on a free port."""
    log = folder / "log.txt"
    command = [sys.executable, "-m", "monitor", "run", "--health-port", "0", *words]
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, cwd=folder, stderr=stream, text=True, env=environment())
    found = Process(process, log)
    try:
        until(lambda: found.said("health address") or process.poll() is not None)
        assert process.poll() is None, found.text()
        found.address = str(found.said("health address")[0]["address"]).removesuffix("/health")
        yield found
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def once(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """Start ``monitor run --once`` there."""
    command = [sys.executable, "-m", "monitor", "run", "--once", *words]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)
