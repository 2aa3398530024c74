"""How fast 1,000 feeds are polled, beside lemon24/reader with 10 workers.

    python -m venv peer && peer/bin/pip install reader
    python benchmarks/poll.py --peer peer/bin/python [--feeds 1000] [--items 50] [--rounds 3]

Both poll the same feeds of a server of our own on loopback, each into a SQLite file of its own: first all, as
new; then, three situations, each several times and in turns: nothing has changed (the server answers 304), a
tenth has, everything has. Each poll is a process of its own, so that the peak of its memory can be told; its
time runs from the first request to the last commit, without the start of Python. Prints a Markdown table of
medians, and the ratio of the peer's time to ours.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median

SITUATIONS = {"all new": 100, "nothing changed": 0, "10 % changed": 10, "everything changed": 100}
"""Which share of the feeds has changed since the poll before, in percent."""


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", help="the Python that has reader; without it, only ours is measured")
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--poll", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.poll:
        who, folder, port, feeds = given.poll
        print(json.dumps(_measured(who, Path(folder), int(port), int(feeds))))
        return
    with tempfile.TemporaryDirectory() as folder, _serving(given.items) as port:
        _compare(given, Path(folder), port)


def _compare(given: argparse.Namespace, folder: Path, port: int) -> None:
    pythons = {"ours": sys.executable} | ({"reader": given.peer} if given.peer else {})
    heads = " | ".join(f"{who}, s | processor, s | MB" for who in pythons)
    print(f"| situation | {heads} | ratio |\n{'|---' * (3 * len(pythons) + 2)}|")
    for number, (situation, percent) in enumerate(SITUATIONS.items()):
        found: dict[str, list[dict[str, float]]] = {who: [] for who in pythons}
        for _ in range(given.rounds if number else 1):
            _change(port, percent, given.feeds)
            for who, python in pythons.items():
                command = [python, __file__, "--poll", who, str(folder), str(port), str(given.feeds)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=_environment())
                found[who].append(json.loads(done.stdout.splitlines()[-1]))
        middle = {
            (who, what): median(one[what] for one in found[who])
            for who in pythons
            for what in ("seconds", "cpu", "megabytes")
        }
        cells = [
            f"{middle[who, 'seconds']:.2f} | {middle[who, 'cpu']:.2f} | {middle[who, 'megabytes']:.0f}"
            for who in pythons
        ]
        ratio = f"{middle['reader', 'seconds'] / middle['ours', 'seconds']:.1f}" if given.peer else "-"
        print(f"| {situation} | {' | '.join(cells)} | {ratio} |", flush=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1]), "MONITOR_LOG": "error"}


# ---------------------------------------------------------------- one poll


def _measured(who: str, folder: Path, port: int, feeds: int) -> dict[str, float]:
    seconds, cpu = _poll_ours(folder, port, feeds) if who == "ours" else _poll_reader(folder, port, feeds)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"seconds": seconds, "cpu": cpu, "megabytes": (own + children) / 1024}


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Give a list that holds, after the block, the seconds that passed and those of processor time."""
    found: list[float] = []
    start, cpu = time.perf_counter(), time.process_time()
    yield found
    found += [time.perf_counter() - start, time.process_time() - cpu]


def _poll_ours(folder: Path, port: int, feeds: int) -> list[float]:
    import logging

    import structlog
    from sqlalchemy import text

    from monitor.clock import utc_now
    from monitor.config.load import parse_config
    from monitor.pipeline.collect import run_collect
    from monitor.store.open import open_store

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    source = (
        "  - {{id: f{n}, name: f{n}, url: 'http://127.0.0.1:{port}/{n}', trusted: true, pages: false,"
        " outlet_type: regional, nation: Wales}}\n"
    )
    listed = "".join(source.format(n=n, port=port) for n in range(feeds))
    config = parse_config(f"contact: a@example.org\nsources:\n{listed}", "benchmark")
    store = open_store(f"sqlite:///{folder / 'ours.db'}", create=True)
    with store.writing() as session:
        session.execute(text("UPDATE sources SET next_poll_at = NULL"))
    with _timed() as times:
        outcomes = run_collect(store, config, utc_now)
    failed = [outcome for outcome in outcomes if outcome.outcome == "failed"]
    if failed or len(outcomes) != feeds:
        raise SystemExit(f"ours: {len(failed)} of {len(outcomes)} failed, such as {failed[:1]}")
    return times


def _poll_reader(folder: Path, port: int, feeds: int) -> list[float]:
    from reader import make_reader  # type: ignore[import-not-found]

    reader = make_reader(str(folder / "reader.db"))
    for n in range(feeds):
        reader.add_feed(f"http://127.0.0.1:{port}/{n}", exist_ok=True)
    with _timed() as times:
        results = list(reader.update_feeds_iter(workers=10, scheduled=False))
    failed = [result for result in results if result.error]
    if failed or len(results) != feeds:
        raise SystemExit(f"reader: {len(failed)} of {len(results)} failed, such as {failed[:1]}")
    return times


# ---------------------------------------------------------------- the server


@contextmanager
def _serving(items: int) -> Iterator[int]:
    """Serve feeds of so many items, each with an ETag, from a process of its own."""
    ports: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_serve, args=(items, ports), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=30)
    finally:
        process.terminate()
        process.join()


def _serve(items: int, ports: "multiprocessing.Queue[int]") -> None:
    asyncio.run(_Server(items).run(ports))


class _Server:
    def __init__(self, items: int) -> None:
        self._items = items
        self._versions: dict[str, int] = {}
        self._bodies: dict[tuple[str, int], bytes] = {}

    async def run(self, ports: "multiprocessing.Queue[int]") -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=1024)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                writer.write(self._response(head))
                await writer.drain()
                if "connection: close" in head.lower():
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        writer.close()

    def _response(self, head: str) -> bytes:
        path = head.split(" ", 2)[1][1:]
        if path.startswith("change"):
            _, percent, feeds = path.split("/")
            self._change(int(percent), int(feeds))
            return b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        version = self._versions.setdefault(path, 1)
        tag = f'"{version}"'
        if f"if-none-match: {tag}" in head.lower():
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        body = self._body(path, version)
        named = f"ETag: {tag}\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n"
        return f"HTTP/1.1 200 OK\r\n{named}".encode() + body

    def _change(self, percent: int, feeds: int) -> None:
        for n in range(feeds):
            if n % 100 < percent:
                self._versions[str(n)] = self._versions.get(str(n), 0) + 1
                self._body(str(n), self._versions[str(n)])  # made now, so that no poll waits for it

    def _body(self, path: str, version: int) -> bytes:
        if (path, version) not in self._bodies:
            self._bodies = {key: body for key, body in self._bodies.items() if key[0] != path}
            entries = "".join(_entry(path, number) for number in range(version + self._items, version, -1))
            self._bodies[path, version] = (
                '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed'
                f"</title><link>http://example.org/{path}</link>{entries}</channel></rss>"
            ).encode()
        return self._bodies[path, version]


_WORDS = [f"{one}{two}" for one in ("care", "court", "family", "town", "school") for two in range(2_000)]


def _entry(path: str, number: int) -> str:
    words = Random(f"{path}/{number}").choices(_WORDS, k=48)
    return (
        f"<item><title>{' '.join(words[:8]).capitalize()}</title>"
        f"<link>http://example.org/{path}/{number}</link><guid isPermaLink='false'>{path}-{number}</guid>"
        f"<pubDate>Wed, {number % 28 + 1:02d} Oct 2026 09:30:00 GMT</pubDate>"
        f"<description>&lt;p&gt;{' '.join(words[8:])}&lt;/p&gt;</description></item>"
    )


def _change(port: int, percent: int, feeds: int) -> None:
    """Let the first so many of each hundred feeds show one more item."""
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/change/{percent}/{feeds}", timeout=120):
        pass


if __name__ == "__main__":
    main()
