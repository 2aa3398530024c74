"""One bounded, guarded, conditional GET.

Bounded in size, before and after decompression, in total time and in redirects. `open_client` gives the
only client that collect uses: its transport is the address guard of `monitor.collect.guard`.
"""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import httpx

from monitor.clock import utc_now
from monitor.collect.guard import GuardedTransport
from monitor.errors import FetchError
from monitor.types import Validators

PRODUCT = "social-work-monitor"
"""Our name in the User-Agent and in robots.txt."""

ACCEPT_FEED = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9,"
    " text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
ACCEPT_PAGE = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

_ENCODINGS = "gzip, deflate, br"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_MOST_REDIRECTS = 5
_CONNECT_SECONDS = 10.0
_TIMEOUT = httpx.Timeout(None, connect=_CONNECT_SECONDS).as_dict()
_GZIP_BITS = zlib.MAX_WBITS | 16
_ZLIB_HEAD = 2
"""Bytes after which zlib knows whether the wrapping is there."""

_SECONDS = re.compile(r"[0-9]{1,9}")
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,9})")

CheckHop = Callable[[str], Awaitable[None]]
"""Is given the address of each redirect before it is followed; raises FetchError to stop there."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of status 200, or 304 with an empty body.

    ``url`` is where the redirects ended, ``moved_to`` where those that came first and said to be permanent
    did; None where the first was not. The validators are those to send next time: a 304 that names none
    leaves those that were sent. ``headers`` has lower-case names.
    """

    status: int
    url: str
    body: bytes
    content_type: str | None
    validators: Validators
    headers: Mapping[str, str] = field(default_factory=dict)
    moved_to: str | None = None

    @property
    def max_age(self) -> float:
        """Seconds for which the server calls the answer fresh (RFC 9111, 4.2), 0 where it does not say."""
        return fresh_seconds(self.headers)


def open_client(contact: str | None, *, trusted_hosts: frozenset[str] = frozenset()) -> httpx.AsyncClient:
    """Return a client to use as an async context.

    Args:
        contact: an address or page that tells whom to complain to; part of the User-Agent.
        trusted_hosts: ``host:port`` that any request may connect to, wherever they live.
    """
    return _Client(
        transport=GuardedTransport(trusted_hosts),
        headers={"User-Agent": user_agent(contact), "Accept-Encoding": _ENCODINGS},
        # Nothing is logged in to, and a jar would follow readers about and grow for years.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        trust_env=False,
    )


class _Client(httpx.AsyncClient):
    """Sends what `fetch` asks past httpx's own cookies, authentication and redirects, half of its time."""

    @asynccontextmanager
    async def answer(
        self, url: httpx.URL, headers: Mapping[str, str], trusted: bool
    ) -> AsyncIterator[httpx.Response]:
        named = {"User-Agent": self.headers["User-Agent"], "Accept-Encoding": _ENCODINGS, **headers}
        extensions = {"trusted": trusted, "timeout": _TIMEOUT}
        request = httpx.Request("GET", url, headers=named, extensions=extensions)
        response = await self._transport.handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()


def user_agent(contact: str | None) -> str:
    """Return our User-Agent, in ASCII and without line breaks."""
    name = f"{PRODUCT}/{version('social-work-monitor')}"
    plain = " ".join((contact or "").split()).encode("ascii", "replace").decode()
    return f"{name} (+{plain})" if plain else name


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    *,
    validators: Validators | None = None,
    trusted: bool = False,
    most_bytes: int = 10_000_000,
    deadline: float = 30.0,
    accept: str = ACCEPT_FEED,
    check_hop: CheckHop | None = None,
) -> Fetched:
    """Get one address, following at most five redirects.

    Args:
        client: from `open_client`.
        url: http or https.
        validators: where given, the server may answer 304.
        trusted: whether the address may be a private one.
        most_bytes: of the body, both as sent and decompressed.
        deadline: seconds for all of it, redirects included.
        accept: the Accept header.
        check_hop: see `CheckHop`.

    Raises:
        FetchError: any other status, no answer, too large, too late, or an address that is refused.
    """
    try:
        async with asyncio.timeout(deadline):
            request = _Request(validators or Validators(), trusted, most_bytes, accept)
            return await _follow(client, url, request, check_hop)
    except TimeoutError as error:
        raise FetchError(f"no complete answer within {deadline:g} s", unreachable=True) from error
    except httpx.InvalidURL as error:
        raise FetchError(f"not a web address: {_one_line(error)}") from error
    except (httpx.HTTPError, ValueError) as error:  # ValueError: of urllib, on some redirects
        unreachable = isinstance(error, httpx.TransportError) and not isinstance(error, httpx.ProtocolError)
        raise FetchError(f"no usable answer: {_one_line(error)}", unreachable=unreachable) from error


@dataclass(frozen=True, slots=True)
class _Request:
    """What stays the same from hop to hop."""

    validators: Validators
    trusted: bool
    most_bytes: int
    accept: str

    @property
    def conditional(self) -> bool:
        return self.validators != Validators()

    def headers(self) -> dict[str, str]:
        sent = self.validators
        named = {"Accept": self.accept, "If-None-Match": sent.etag, "If-Modified-Since": sent.last_modified}
        return {name: value for name, value in named.items() if value is not None}


async def _follow(
    client: httpx.AsyncClient, url: str, request: _Request, check_hop: CheckHop | None
) -> Fetched:
    here, moved_to, for_good = url, None, True
    for hop in range(_MOST_REDIRECTS + 1):
        if hop and check_hop is not None:
            await check_hop(here)
        answer = await _get(client, here, request)
        if isinstance(answer, Fetched):
            return replace(answer, moved_to=moved_to)
        here, for_good = answer.to, for_good and answer.permanent
        moved_to = here if for_good else moved_to
    raise FetchError(f"more than {_MOST_REDIRECTS} redirects, the last to {here}")


@dataclass(frozen=True, slots=True)
class _Redirect:
    to: str
    permanent: bool


async def _get(client: httpx.AsyncClient, url: str, request: _Request) -> Fetched | _Redirect:
    address = httpx.URL(url)
    if address.scheme not in ("http", "https") or not address.host:
        raise FetchError(f"not a web address: {url!r} does not start with http:// or https://")
    if not isinstance(client, _Client):
        raise TypeError("only a client from open_client checks what it connects to")
    async with client.answer(address, request.headers(), request.trusted) as response:
        status, location = response.status_code, response.headers.get("location")
        if status in _REDIRECTS and location:
            to = address.join(location).copy_with(fragment=None)
            return _Redirect(str(to), status in _PERMANENT)
        if status == httpx.codes.NOT_MODIFIED and request.conditional:
            return _fetched(response, url, b"", request.validators)
        if status != httpx.codes.OK:
            raise _status_error(response, url)
        return _fetched(response, url, await _read_body(response, request.most_bytes), Validators())


def _fetched(response: httpx.Response, url: str, body: bytes, kept: Validators) -> Fetched:
    headers = response.headers
    validators = Validators(
        _sendable(headers.get("etag")) or kept.etag,
        _sendable(headers.get("last-modified")) or kept.last_modified,
    )
    return Fetched(
        response.status_code, url, body, headers.get("content-type"), validators, dict(headers.items())
    )


def _sendable(value: str | None) -> str | None:
    """Return what may stand in a header of ours; a server's own may hold bytes that ours may not."""
    return value if value and value.isascii() and value.isprintable() else None


def _status_error(response: httpx.Response, url: str) -> FetchError:
    status = response.status_code
    phrase = httpx.codes.get_reason_phrase(status)
    wait = retry_after(response.headers.get("retry-after"), response.headers.get("date"))
    return FetchError(f"HTTP {status} {phrase}".rstrip(), status, wait, url=url)


def fresh_seconds(headers: Mapping[str, str]) -> float:
    """Return what is left of the ``max-age`` that an answer came with, 0 where it names none."""
    control = headers.get("cache-control", "").lower()
    found = _MAX_AGE.search(control)
    if found is None or "no-cache" in control or "no-store" in control:
        return 0.0
    age = headers.get("age", "").strip()
    return max(0.0, float(found[1]) - (float(age) if _SECONDS.fullmatch(age) else 0.0))


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Return the seconds that a Retry-After asks for, or None where it says nothing readable.

    A date in it is held against the server's own ``date``, so that its clock may be wrong.
    """
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(date) or utc_now())).total_seconds())


def _http_date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value or "")
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


# ---------------------------------------------------------------- bodies


async def _read_body(response: httpx.Response, most_bytes: int) -> bytes:
    """Read and decompress; neither the bytes sent nor those that come of them may exceed the bound.

    httpx's own decoders give all that a chunk expands to at once, so that counting comes too late.
    """
    too_large = FetchError(f"larger than {most_bytes:,} bytes", response.status_code)
    decoder = _decoder(response.headers.get("content-encoding", ""))
    body, sent = bytearray(), 0
    try:
        async for chunk in response.aiter_raw():
            sent += len(chunk)
            body += decoder.decode(chunk, most_bytes + 1 - len(body))
            if max(sent, len(body)) > most_bytes:
                raise too_large
    except (zlib.error, brotli.error) as error:
        raise FetchError(f"the body cannot be decompressed: {_one_line(error)}") from error
    if sent and not decoder.complete:
        raise FetchError("the compressed body ends early")
    return bytes(body)


class _Decoder(Protocol):
    @property
    def complete(self) -> bool:
        """Whether the body may end here."""

    def decode(self, chunk: bytes, room: int) -> bytes:
        """Return what the chunk expands to, or at least ``room`` bytes (1 or more) where it is more."""


def _decoder(encoding: str) -> _Decoder:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _Identity()
    if name in ("gzip", "x-gzip"):
        return _Gzip()
    if name == "deflate":
        return _Deflate()
    if name == "br":
        return _Brotli()
    raise FetchError(f"the body is encoded as {name!r}, which we did not ask for")


class _Identity:
    complete = True

    def decode(self, chunk: bytes, room: int) -> bytes:
        return chunk


class _Gzip:
    """One gzip member after the other, as RFC 1952 allows; what follows that is none is left out."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_BITS)

    @property
    def complete(self) -> bool:
        return self._member.eof

    def decode(self, chunk: bytes, room: int) -> bytes:
        out, rest = b"", chunk
        while rest and len(out) < room:
            if self._member.eof:
                if not rest.startswith(b"\x1f\x8b"):
                    break
                self._member = zlib.decompressobj(_GZIP_BITS)
            out += self._member.decompress(rest, room - len(out))
            rest = self._member.unused_data
        return out


class _Deflate:
    """With the zlib wrapping that RFC 9110 asks for, or without, as some servers send it."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()
        self._head = b""

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def decode(self, chunk: bytes, room: int) -> bytes:
        if self._stream.eof:
            return b""
        try:
            out = self._stream.decompress(chunk, room)
        except zlib.error:
            if len(self._head) >= _ZLIB_HEAD:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            out = self._stream.decompress(self._head + chunk, room)
        self._head = (self._head + chunk)[:_ZLIB_HEAD]
        return out


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def complete(self) -> bool:
        return bool(self._stream.is_finished())

    def decode(self, chunk: bytes, room: int) -> bytes:
        if self.complete:
            return b""
        return bytes(self._stream.process(chunk, output_buffer_limit=room))
