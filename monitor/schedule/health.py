"""The health address: ``/health`` and ``/metrics``, on loopback alone."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST

from monitor.errors import UsageError
from monitor.schedule.runner import log_bug

HOST = "127.0.0.1"
JSON_TYPE = "application/json; charset=utf-8"
_OK, _NOT_FOUND, _UNAVAILABLE = 200, 404, 503


class Answer(NamedTuple):
    """What is sent."""

    status: int
    content_type: str
    body: bytes


def json_answer(value: object, *, well: bool = True) -> Answer:
    """Return a JSON document, with status 200 or 503."""
    body = json.dumps(value, ensure_ascii=False, indent=2, default=str).encode() + b"\n"
    return Answer(_OK if well else _UNAVAILABLE, JSON_TYPE, body)


def metrics_answer(text: bytes) -> Answer:
    """Return an exposition of Prometheus."""
    return Answer(_OK, CONTENT_TYPE_LATEST, text)


@contextmanager
def health_address(port: int, pages: dict[str, Callable[[], Answer]]) -> Iterator[int]:
    """Serve the pages on loopback while the block runs, and yield the port.

    Args:
        port: 0 takes a free one.
        pages: path to what it answers; called in a thread of the request.

    Raises:
        UsageError: the port is taken, or not ours to take.
    """
    try:
        server = ThreadingHTTPServer((HOST, port), _handler(pages))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"port {port}: {reason}; name another with --health-port, or give --no-health"
        ) from error
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _asked(pages: dict[str, Callable[[], Answer]], path: str) -> Answer:
    page = pages.get(path)
    if page is None:
        return json_answer({"paths": sorted(pages)})._replace(status=_NOT_FOUND)
    try:
        return page()
    except Exception as error:  # noqa: BLE001 - whoever asks must hear that all is not well
        return json_answer({"status": "down", "reason": log_bug(path, error)}, well=False)


def _handler(pages: dict[str, Callable[[], Answer]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        server_version = "monitor"
        sys_version = ""

        def do_GET(self) -> None:
            answer = _asked(pages, self.path.partition("?")[0])
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_args: object) -> None:
            """A line for every scrape would drown the log."""

    return Handler
