"""Requests to an archive: spaced out, counted, and given up for the day where its host asks for that.

A FetchError with a ``retry_after`` means "not now": the run pauses, and the ledger lets a later one go on.
Any other is final.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import IO, TypeVar

import httpx

from monitor.collect.http import Fetched, fetch, retry_after
from monitor.collect.spacing import Turns
from monitor.errors import FetchError
from monitor.types import Rejected

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_CHUNK_SECONDS = 60.0
"""Within which the next piece of a long file must come."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How an archive wants to be asked; all in seconds."""

    pause: float
    """Between two requests."""
    wait: float = 60.0
    """After an answer that says "too many" without saying how long; doubled at each further one."""
    patience: float = 300.0
    """The longest wait within a run; what asks for more is left to a later one."""
    tries: int = 4


@dataclass(slots=True)
class Allowance:
    """Requests that a key has left today, and the seconds until it is given more."""

    left: int
    renewed_in: float


class Calls:
    """The way to one archive.

    Args:
        client: from `monitor.collect.http.open_client`.
        host: how messages name the archive.
        manners: how it wants to be asked.
        trusted: whether it may live on a private address; then nothing is spaced out.
        allowance: of the key; None for no limit.
        secret: what must not stand in a message.

    Attributes:
        made: requests so far.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        host: str,
        manners: Manners,
        *,
        trusted: bool = False,
        allowance: Allowance | None = None,
        secret: str | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.client = client
        self.trusted = trusted
        self.made = 0
        self._host = host
        self._manners = manners
        self._allowance = allowance
        self._secret = secret
        self._sleep = sleep
        self._turns = Turns(pause=manners.pause, at_once=1)

    async def get(
        self,
        url: str,
        *,
        pause: float = 0.0,
        most_bytes: int = 50_000_000,
        deadline: float = 120.0,
        accept: str = "*/*",
    ) -> Fetched:
        """Get one address, again and again where the host is busy, as its manners say.

        Args:
            url: it may hold the secret.
            pause: seconds to keep after it, where that is more than usual.
            most_bytes: see `monitor.collect.http.fetch`.
            deadline: see there.
            accept: see there.

        Raises:
            FetchError: see the module.
        """

        return await self.patiently(
            url,
            lambda: self.get_once(url, most_bytes=most_bytes, deadline=deadline, accept=accept),
            pause,
        )

    async def get_once(
        self, url: str, *, most_bytes: int = 50_000_000, deadline: float = 120.0, accept: str = "*/*"
    ) -> Fetched:
        """Get one address; for what `patiently` calls, which says when."""
        return await fetch(
            self.client, url, trusted=self.trusted, most_bytes=most_bytes, deadline=deadline, accept=accept
        )

    async def download(self, url: str, file: IO[bytes], most_bytes: int) -> None:
        """Write a long file, going on where the connection broke off, in constant memory.

        Raises:
            FetchError: see the module; also where it is larger than ``most_bytes``.
        """
        await self.patiently(url, lambda: self._download_rest(url, file, most_bytes))

    async def patiently(self, url: str, ask: Callable[[], Awaitable[T]], pause: float = 0.0) -> T:
        """Make a request in its turn, and again while the host is only busy."""
        for attempt in range(self._manners.tries):
            self._spend()
            try:
                async with self._turns.turn(url, trusted=self.trusted, pause=pause):
                    return await ask()
            except FetchError as error:
                wait = self._wait(error, attempt)
            await self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def throttled(self, said: str, seconds: float | None = None) -> FetchError:
        """Return the error of an answer that asks us to slow down without a status that says so."""
        return FetchError(said, httpx.codes.TOO_MANY_REQUESTS, seconds)

    def no_more_today(self) -> None:
        """Take the host's word that the allowance is used up."""
        if self._allowance is not None:
            self._allowance.left = 0

    def _spend(self) -> None:
        allowance = self._allowance
        if allowance is not None:
            if allowance.left <= 0:
                raise FetchError(
                    f"{self._host}: the requests that the key is allowed today are used up",
                    httpx.codes.TOO_MANY_REQUESTS,
                    allowance.renewed_in,
                )
            allowance.left -= 1
        self.made += 1

    def _wait(self, error: FetchError, attempt: int) -> float:
        """Return the seconds to wait before asking again, or raise where that is of no use now."""
        said = f"{self._host}: {self._without_secret(str(error))}"
        if not _is_transient(error):
            raise FetchError(said, error.status) from None
        usual = self._manners.wait * 2.0**attempt
        wait = usual if error.retry_after is None else error.retry_after
        if wait > self._manners.patience or attempt + 1 == self._manners.tries:
            raise FetchError(said, error.status, wait) from None
        return wait

    def _without_secret(self, text: str) -> str:
        return text.replace(self._secret, "***") if self._secret else text

    async def _download_rest(self, url: str, file: IO[bytes], most_bytes: int) -> None:
        done = file.seek(0, 2)
        headers = {"Range": f"bytes={done}-"} if done else {}
        async with self._opened(url, headers) as response:
            if done and response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # there is no more of it
            if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                wait = retry_after(response.headers.get("retry-after"), response.headers.get("date"))
                raise FetchError(f"HTTP {response.status_code}", response.status_code, wait)
            if response.status_code == httpx.codes.OK:
                file.seek(0)
                file.truncate()
            await _save(response, file, most_bytes)

    @contextlib.asynccontextmanager
    async def _opened(self, url: str, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        # As it is stored: a WARC is compressed already, and a range counts bytes as sent.
        headers = {"Accept-Encoding": "identity", **headers}
        extensions = {"trusted": self.trusted}
        try:
            async with self.client.stream("GET", url, headers=headers, extensions=extensions) as response:
                yield response
        except TimeoutError as error:
            raise FetchError(f"no more came within {_CHUNK_SECONDS:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(f"no complete answer: {' '.join(str(error).split())}") from error


class Failures:
    """Tells a page that cannot be had from a host that has stopped answering.

    One that fails after all tries is rejected, so that it cannot hold up the rest for ever; the third in a
    row, and each "too many requests", pauses the run instead.
    """

    MOST_IN_A_ROW = 3

    def __init__(self) -> None:
        self._in_a_row = 0

    def reject(self, error: FetchError, where: str) -> Rejected:
        """Return the rejection of what was asked for in vain, or raise where the run is to pause."""
        if error.retry_after is None:
            return Rejected("refused", f"{where}: {error}")
        self._in_a_row += 1
        if error.status == httpx.codes.TOO_MANY_REQUESTS or self._in_a_row >= self.MOST_IN_A_ROW:
            raise error
        return Rejected("unreachable", f"{where}: {error}")

    def clear(self) -> None:
        """Note an answer."""
        self._in_a_row = 0


async def _save(response: httpx.Response, file: IO[bytes], most_bytes: int) -> None:
    chunks = response.aiter_raw()
    while True:
        async with asyncio.timeout(_CHUNK_SECONDS):
            chunk = await anext(chunks, None)
        if chunk is None:
            return
        if file.tell() + len(chunk) > most_bytes:
            raise FetchError(f"larger than {most_bytes:,} bytes", response.status_code)
        file.write(chunk)


def _is_transient(error: FetchError) -> bool:
    if error.status is None:
        # Without a cause it is we who refuse: an address that is none, or that the guard keeps us from.
        return isinstance(error.__cause__, httpx.TransportError | OSError)
    return error.status in TRANSIENT or error.retry_after is not None
