"""A web server on loopback, in a thread, that answers as an archive would; and what is planted in it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import parse_qsl, urlsplit

DAY = datetime(2018, 11, 13, tzinfo=UTC)
"""The day on which most is planted; all archives reach back to it."""


_WORDS = (
    *(
        "court",
        "family",
        "review",
        "team",
        "visit",
        "report",
        "week",
        "child",
        "school",
        "hospital",
        "mother",
    ),
    *(
        "father",
        "budget",
        "staff",
        "charity",
        "police",
        "meeting",
        "evidence",
        "letter",
        "promise",
        "morning",
    ),
    *("winter", "bridge", "garden", "market", "library", "station", "committee", "minister", "village"),
)


@dataclass(frozen=True)
class Story:
    """What an outlet published."""

    number: int
    at: datetime
    host: str = "gazette.example"

    @property
    def url(self) -> str:
        return f"https://www.{self.host}/{self.at:%Y/%m/%d}/story-{self.number}"

    @property
    def title(self) -> str:
        return f"Social workers praised in case {self.number}"

    @property
    def summary(self) -> str:
        return f"A judge thanked the social worker of case {self.number}."

    @property
    def text(self) -> str:
        """Another for each story: texts that are alike would be tied together as copies of one."""
        words = Random(self.number).choices(_WORDS, k=40)
        return (
            f"A judge thanked the social worker of case {self.number}. {' '.join(words[:20]).capitalize()}. "
            f"The council spoke of its social services. {' '.join(words[20:]).capitalize()}."
        )


def planted(count: int, day: datetime = DAY, step: timedelta | None = None) -> list[Story]:
    """Return so many stories, spread over a day or ``step`` apart."""
    step = step or timedelta(seconds=86_399 // max(count, 1))
    return [Story(number, day + number * step) for number in range(count)]


def urls(stories: Sequence[Story]) -> list[str]:
    return sorted(story.url for story in stories)


@dataclass(frozen=True)
class Asked:
    """A request."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Bytes of the body after which the connection breaks off."""


Answerer = Callable[[Asked], Answer]


@dataclass
class Server:
    """A running server; ``interrupt`` may answer before the archive does, as a host that is busy."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    interrupt: Callable[[Asked], Answer | None] = lambda asked: None

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def serving(answerer: Answerer) -> Iterator[Server]:
    """Serve on a free port."""
    server = Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Not urlsplit: the path of a capture holds "//", and another address.
            path, _, query = self.path.partition("?")
            if "/web/" in self.path:
                path, query = self.path, ""
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(path, dict(parse_qsl(query, keep_blank_values=True)), headers)
            server.asked.append(asked)
            answer = server.interrupt(asked) or answerer(asked)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut_after])

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{running.server_address[1]}"
    try:
        yield server
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def port(url: str) -> int:
    return urlsplit(url).port or 0


def busy_at(
    *numbers: int, status: int = 429, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Callable[[Asked], Answer | None]:
    """Answer the n-th requests, counted from 1, as a host that is busy."""
    count = 0
    lock = threading.Lock()

    def interrupt(asked: Asked) -> Answer | None:
        nonlocal count
        with lock:
            count += 1
            return Answer(body, status, headers=headers or {"Retry-After": "0"}) if count in numbers else None

    return interrupt
