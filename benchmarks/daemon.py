"""Run the daemon over simulated days, and say how its memory grows.

Run in the repository's folder: ``python benchmarks/daemon.py``. The daemon is the real one, with its threads,
its health address and its metrics, on a clock that runs faster; feeds are served on loopback by this process.
docs/benchmarks.md says what was found.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from monitor.clock import LONDON, Clock, fast_clock

START = datetime(2026, 11, 9, 5, tzinfo=LONDON).astimezone(UTC)
"""A Monday, two hours before the report: all that a report loads is in memory after the first day."""
EVERY = timedelta(hours=8)
"""How often a feed has a new item; each shows its last twenty."""
SHOWN = 20
TITLES = (
    "Social workers missed {n} warnings at {place}, review finds",
    "Council praises social workers of {place} for {n} adoptions",
    "{place} spends {n} million on its roads",
)


def main() -> int:
    """Print the memory at the end of each simulated day; return 1 where it grew by 5 % or more."""
    options = parse_options()
    if options.child:
        return run_daemon(Path(options.child), options.pace)
    with tempfile.TemporaryDirectory() as name, serving(options.feeds, options.pace) as port:
        folder = Path(name)
        (folder / "feeds.yaml").write_text(feeds_yaml(options.feeds, port), "utf-8")
        with child(folder, options.pace) as process:
            readings = list(watched(process, folder, options))
    return summary(readings)


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--days", type=float, default=7.25, help="simulated; 7.25 holds a second report")
    parser.add_argument("--pace", type=float, default=1300.0, help="how much faster the clock runs")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def run_daemon(folder: Path, pace: float) -> int:
    """Run the daemon in a folder until SIGTERM."""
    from monitor.cli.logs import set_up_logs
    from monitor.schedule.daemon import Daemon

    set_up_logs("info", machine=True)
    env = {"MONITOR_MAILDIR": str(folder / "mail")}
    clock = fast_clock(START, pace)
    url, feeds = f"sqlite:///{folder / 'monitor.db'}", folder / "feeds.yaml"
    daemon = Daemon(url, feeds, clock, env, folder / "reports", pace=pace)

    def say(address: str) -> None:
        (folder / "address").write_text(address, "utf-8")

    os._exit(0 if daemon.run(0, say) else 3)


def feeds_yaml(number: int, port: int) -> str:
    """Return a configuration with so many feeds, a list, alerts and a weekly sample."""
    sources = "".join(
        f"  - {{id: feed-{n}, name: Feed {n}, url: 'http://127.0.0.1:{port}/feed-{n}', trusted: true,"
        " pages: false, outlet_type: regional, nation: Wales}\n"
        for n in range(number)
    )
    lists = "lists: {team: {recipients: [a@example.org, b@example.org], alerts: true, monthly: true}}\n"
    return f"contact: editor@example.org\ncoding: {{weekly: 50}}\n{lists}sources:\n{sources}"


def feed(number: int, now: datetime, port: int) -> tuple[str, bytes]:
    """Return the validator of a feed at a moment, and its body."""
    offset = timedelta(minutes=number * 97 % (EVERY.total_seconds() // 60))
    newest = int((now - START + timedelta(days=30) - offset) / EVERY)
    items = []
    for place in range(newest, newest - SHOWN, -1):
        at = START - timedelta(days=30) + offset + place * EVERY
        title = TITLES[(place + number) % 3].format(n=place, place=f"Place {number}")
        link = f"http://127.0.0.1:{port}/feed-{number}/{place}"
        items.append(
            f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
            f"<description>{title}. {'The report was published on Tuesday. ' * 5}</description>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>"
        )
    body = (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{"".join(items)}</channel></rss>'
    )
    return f'"{number}-{newest}"', body.encode()


@contextmanager
def serving(number: int, pace: float) -> Iterator[int]:
    """Serve the feeds at a port, on a clock that starts with the block."""
    clock: Clock = fast_clock(START, pace)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5
        wbufsize = -1

        def do_GET(self) -> None:
            which = re.fullmatch(r"/feed-(\d+)", self.path)
            if which is None:
                self.send_error(404)
                return
            tag, body = feed(int(which[1]), clock(), server.server_port)
            unchanged = self.headers.get("If-None-Match") == tag
            self.send_response(304 if unchanged else 200)
            self.send_header("ETag", tag)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", "0" if unchanged else str(len(body)))
            self.end_headers()
            if not unchanged:
                self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def child(folder: Path, pace: float) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the daemon as a process of its own."""
    command = [sys.executable, __file__, "--child", str(folder), "--pace", str(pace)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, cwd=Path(__file__).parents[1])
        try:
            yield process
            process.terminate()
            print(f"ended with status {process.wait(30)}")
        finally:
            process.kill()
            process.wait()


def watched(
    process: "subprocess.Popen[bytes]", folder: Path, options: argparse.Namespace
) -> Iterator[tuple[float, float]]:
    """Yield the simulated day and the resident MB, eight times a day; scrape the metrics each time."""
    while not (folder / "address").exists():
        time.sleep(0.1)
    address = (folder / "address").read_text("utf-8").removesuffix("/health")
    began, step, told = time.monotonic(), 86_400 / options.pace / 8, 0
    while (day := (time.monotonic() - began) * options.pace / 86_400) < options.days:
        time.sleep(step)
        if process.poll() is not None:
            raise SystemExit((folder / "log").read_text("utf-8")[-2000:])
        with urllib.request.urlopen(f"{address}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        yield day, resident(process.pid)
        if int(day) > told or day + 0.125 >= options.days:
            told = int(day)
            print(f"day {day:.2f}: {resident(process.pid):6.1f} MB; {counted(text)}", flush=True)


def counted(metrics: str) -> str:
    """Return what the daemon has done so far."""
    wanted = {
        "polls": r'monitor_polls_total\{outcome="\w+"\} (\S+)',
        "items": r'monitor_items_total\{change="new"\} (\S+)',
        "labelled": r"\nmonitor_labels_total (\S+)",
        "reports": r"\nmonitor_reports_total (\S+)",
        "jobs": r'monitor_jobs_total\{[^}]*outcome="ok"\} (\S+)',
        "failed jobs": r'monitor_jobs_total\{[^}]*outcome="failed"\} (\S+)',
    }
    return ", ".join(
        f"{name} {sum(float(found) for found in re.findall(pattern, metrics)):,.0f}"
        for name, pattern in wanted.items()
    )


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def summary(readings: list[tuple[float, float]]) -> int:
    """Print the growth from the last quarter of the first day to that of the last."""
    last = readings[-1][0]
    first = median(size for day, size in readings if 0.7 <= day <= 1.1)
    final = median(size for day, size in readings if day >= last - 0.4)
    growth = final / first - 1
    print(f"after the first day {first:.1f} MB, at the end {final:.1f} MB: {growth:+.1%}")
    print(f"highest {max(size for _, size in readings):.1f} MB")
    return int(growth >= 0.05)


if __name__ == "__main__":
    sys.exit(main())
