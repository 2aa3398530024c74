"""The address guard: no feed, page or redirect may reach into the network that the monitor runs in.

An address is checked at the moment it is connected to, so a name that resolves differently the second
time (DNS rebinding) gains nothing; every hop of a redirect opens its own connection and is checked too.
Proxies of the environment are not used, since a proxy would resolve the name where nobody checks it.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore
import httpx
from h2.exceptions import H2Error
from httpx._transports.default import map_httpcore_exceptions  # it is what turns one into the other

from monitor.collect.names import look_up
from monitor.collect.streams import connect
from monitor.errors import FetchError

Address = IPv4Address | IPv6Address

_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # EC2, Google, Azure and others
        "168.63.129.16",  # Azure, public by its number
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # EC2
    )
)
"""Where clouds hand out credentials; refused to trusted sources too, as no newsroom lives there."""

# The special-purpose registries of IANA, written out: what Python calls private moves with its version.
_REFUSED_V4 = {
    IPv4Network(network): kind
    for network, kind in {
        "0.0.0.0/8": "unspecified",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "carrier NAT",
        "127.0.0.0/8": "loopback",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "reserved",
        "192.0.2.0/24": "documentation",
        "192.88.99.0/24": "6to4 relay",
        "192.168.0.0/16": "private",
        "198.18.0.0/15": "benchmarking",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
    }.items()
}
_REFUSED_V6 = {
    IPv6Network(network): kind
    for network, kind in {
        "::/128": "unspecified",
        "::1/128": "loopback",
        "64:ff9b:1::/48": "local NAT64",
        "2001::/32": "Teredo",
        "2001::/23": "reserved",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4",
        "3fff::/20": "documentation",
        "fc00::/7": "private",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local",
        "ff00::/8": "multicast",
    }.items()
}
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_MOST_ATTEMPTS = 4


def host_port(url: httpx.URL | str) -> str:
    """Return what we call a host, such as ``news.example:443``; an IPv6 host stands in brackets.

    Raises:
        FetchError: not an address.
    """
    return _host_port(url) if isinstance(url, str) else _named(url)


@lru_cache(4096)
def _host_port(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchError(f"not a web address: {' '.join(str(error).split())}") from error
    return _named(parsed)


def _named(url: httpx.URL) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}"


def refusal(address: Address, *, trusted: bool = False) -> str | None:
    """Return the kind of a refused address, such as ``loopback``, or None where we may connect.

    A trusted source may live anywhere but at a cloud's metadata service.
    """
    inner = _embedded(address)
    if inner in _METADATA:
        return "cloud metadata"
    if trusted:
        return None
    if isinstance(inner, IPv4Address):
        return next((kind for network, kind in _REFUSED_V4.items() if inner in network), None)
    kind = next((kind for network, kind in _REFUSED_V6.items() if inner in network), None)
    return kind or (None if inner in _GLOBAL_V6 else "reserved")


def _embedded(address: Address) -> Address:
    """Return the IPv4 address that a mapped, compatible or NAT64 address leads to, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    low = int(address) & 0xFFFFFFFF
    compatible = int(address) >> 32 == 0 and low > 1
    return IPv4Address(low) if compatible or address in _NAT64 else IPv6Address(int(address))


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name, in the order in which to try them.

    Spellings that the system's resolver takes for an address, such as ``127.1`` and ``0x7f000001``,
    come out as that address.

    Raises:
        FetchError: the name has none.
    """
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = await look_up(host, port)
    except (OSError, UnicodeError) as error:
        message = f"the name {host} does not resolve; check the address"
        raise FetchError(message, unreachable=True) from error
    return list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in found))


async def checked_addresses(host: str, port: int, *, trusted: bool) -> list[Address]:
    """Return the addresses of a name, all of them allowed.

    Raises:
        FetchError: the name has no address, or one that is refused.
    """
    addresses = await resolve(host, port)
    for address in addresses:
        kind = refusal(address, trusted=trusted)
        if kind is not None:
            where = host if host == str(address) else f"{host} at {address}"
            remedy = "" if trusted else "; if that is meant, set trusted: true on the source"
            raise FetchError(f"refused to connect to {where}, a {kind} address{remedy}")
    return addresses


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, *, trusted: bool) -> None:
        self._trusted = trusted

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the name that answers; the time is shared among them."""
        *others, last = (await checked_addresses(host, port, trusted=self._trusted))[:_MOST_ATTEMPTS]
        share = None if timeout is None else timeout / (len(others) + 1)
        for address in others:
            try:
                return await connect(str(address), port, share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await connect(str(last), port, share)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no source lives on one."""
        raise FetchError(f"refused to connect to the socket {path}")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@cache
def _ssl_context() -> ssl.SSLContext:
    """Return the one context: reading the certificates takes as long as thirty polls."""
    return httpx.create_ssl_context()


@contextmanager
def _told_by_httpx() -> Iterator[None]:
    """Turn what httpcore raises into what httpx does; of HTTP/2's own errors httpcore lets some through."""
    try:
        with map_httpcore_exceptions():
            yield
    except (H2Error, httpcore.ConnectionNotAvailable) as error:
        raise httpx.RemoteProtocolError(str(error) or type(error).__name__) from error


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends each request over a connection of its own, to an address that was checked.

    So none that a trusted source opened is ever lent to another; a host is asked every five seconds at most,
    when many servers have just hung up, and a pool's bookkeeping takes as long as a request nearby. A request
    is trusted where its extension ``trusted`` is true, or its ``host:port`` is one of ``trusted_hosts``.
    """

    def __init__(self, trusted_hosts: frozenset[str] = frozenset()) -> None:
        self._hosts = trusted_hosts
        self._backends = {trusted: GuardedBackend(trusted=trusted) for trusted in (False, True)}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        trusted = bool(request.extensions.get("trusted")) or host_port(request.url) in self._hosts
        url = request.url
        asked = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        connection = httpcore.AsyncHTTPConnection(
            asked.origin,
            ssl_context=_ssl_context() if url.scheme == "https" else None,
            http2=True,
            network_backend=self._backends[trusted],
        )
        try:
            with _told_by_httpx():
                response = await connection.handle_async_request(
                    httpcore.Request(
                        request.method,
                        asked,
                        headers=request.headers.raw,
                        content=request.stream,
                        extensions=request.extensions,
                    )
                )
        except BaseException:
            await connection.aclose()
            raise
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response, connection),
            extensions=response.extensions,
        )


class _Body(httpx.AsyncByteStream):
    """What an answer holds; its end ends the connection."""

    def __init__(self, response: httpcore.Response, connection: httpcore.AsyncHTTPConnection) -> None:
        self._response = response
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _told_by_httpx():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        with _told_by_httpx():
            try:
                await self._response.aclose()
            finally:  # also where it is cancelled meanwhile
                await self._connection.aclose()
