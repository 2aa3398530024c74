"""The way out to the sources: the client, robots.txt, turns at each host, and processes that parse."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from monitor.clock import Clock
from monitor.collect.extract import Extractor
from monitor.collect.http import open_client
from monitor.collect.parse import PARSE_SECONDS, Parser
from monitor.collect.policy import LONGEST_INTERVAL
from monitor.collect.robots import RobotsRules
from monitor.collect.spacing import Turns
from monitor.errors import FetchError
from monitor.types import Source

HOST_PAUSE = 5.0
"""Seconds between two requests to a host."""
REQUESTS_AT_ONCE = 20
BUSY = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Web:
    """The way out to the sources, from `open_web`."""

    client: httpx.AsyncClient
    robots: RobotsRules
    extractor: Extractor
    parser: Parser
    turns: Turns
    clock: Clock
    at_once: int
    keeps_raw: bool = False
    may_ask: Callable[[Source], bool] = lambda source: True
    """Is asked, when a source's turn has come, whether no other process has put it off since."""

    @asynccontextmanager
    async def turn(self, source: Source, url: str, *, pause: float = 0.0) -> AsyncIterator[None]:
        """Hold the right to make a request of a source; see `Turns.turn`.

        A host that answers it with 429 or 503 and a Retry-After rests until then.
        """
        async with self.turns.turn(url, trusted=source.trusted, pause=pause):
            try:
                yield
            except FetchError as error:
                if not source.trusted:
                    self.turns.rest(error.url or url, wait_asked(error))
                raise


def wait_asked(error: FetchError) -> float:
    """Return for how many seconds a busy server asks to be left alone, a day at most; 0 where it does not."""
    if error.status not in BUSY or error.retry_after is None:
        return 0.0
    return min(error.retry_after, LONGEST_INTERVAL.total_seconds())


@asynccontextmanager
async def open_web(
    contact: str | None,
    clock: Clock,
    *,
    pause: float = HOST_PAUSE,
    at_once: int = REQUESTS_AT_ONCE,
    page_deadline: float = 10.0,
    parse_deadline: float = PARSE_SECONDS,
    keeps_raw: bool = False,
    may_ask: Callable[[Source], bool] = lambda source: True,
) -> AsyncIterator[Web]:
    """Open the client, and processes for pages and large feeds that start at the first of them.

    Args:
        contact: goes into the User-Agent.
        clock: tells the present.
        pause: seconds between two requests to one host; trusted sources are exempt.
        at_once: requests under way together.
        page_deadline: seconds that the extraction of one page may take.
        parse_deadline: seconds that the parsing of one large or damaged feed may take.
        keeps_raw: whether what was answered goes with what came of it; see `Collected`.
        may_ask: see `Web`.
    """
    async with (
        open_client(contact) as client,
        Extractor(deadline=page_deadline) as extractor,
        Parser(deadline=parse_deadline) as parser,
    ):
        turns, robots = Turns(pause=pause, at_once=at_once), RobotsRules(client, clock)
        yield Web(client, robots, extractor, parser, turns, clock, at_once, keeps_raw, may_ask)
