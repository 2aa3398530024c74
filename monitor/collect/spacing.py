"""Turns at each host: one request at a time, with a pause after each, and none while it rests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from monitor.collect.guard import host_port
from monitor.errors import FetchError


class HostRestsError(FetchError):
    """Nothing was asked: the host has asked to be left alone for longer."""


_FREE_AT: dict[str, float] = {}
"""When each host may be asked again, in seconds of the event loops' clock; of the whole process, since rounds
of polls may follow each other faster than requests to a host."""
_MOST_HOSTS = 1000
"""From so many on, those that may be asked are forgotten."""


def _keep_from(host: str, until: float, now: float) -> None:
    if len(_FREE_AT) >= _MOST_HOSTS:
        for free in [other for other, free_at in _FREE_AT.items() if free_at <= now]:
            del _FREE_AT[free]
    _FREE_AT[host] = until


@dataclass(slots=True)
class _Host:
    rests_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Turns:
    """Gives out the right to make a request.

    Args:
        pause: seconds between the end of a request to a host and the next to the same.
        at_once: requests under way to all hosts together.
    """

    def __init__(self, *, pause: float, at_once: int) -> None:
        self._pause = pause
        self._all = asyncio.Semaphore(at_once)
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, url: str, *, trusted: bool = False, pause: float = 0.0) -> AsyncIterator[None]:
        """Wait for a turn and hold it; a trusted host need not wait for its last request.

        Args:
            url: where the request goes.
            trusted: whether only the number of requests at once counts.
            pause: seconds to keep after it, where that is more than usual.

        Raises:
            HostRestsError: it rests, see `rest`; a trusted host never does.
        """
        if trusted:
            async with self._all:
                yield
            return
        name, loop = host_port(url), asyncio.get_running_loop()
        host = self._hosts.setdefault(name, _Host())
        async with host.turn:
            wait = max(0.0, _FREE_AT.get(name, 0.0) - loop.time())
            if host.rests_until > loop.time() + wait:
                raise HostRestsError(f"{name} has asked to be left alone for now")
            await asyncio.sleep(wait)
            try:
                async with self._all:
                    yield
            finally:
                _keep_from(name, loop.time() + max(self._pause, pause), loop.time())

    def rest(self, url: str, seconds: float) -> None:
        """Give out no turn at the host of an address for so long."""
        host = self._hosts.setdefault(host_port(url), _Host())
        host.rests_until = max(host.rests_until, asyncio.get_running_loop().time() + seconds)
