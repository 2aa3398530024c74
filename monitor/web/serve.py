"""Serving the pages until a signal comes."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from ipaddress import ip_address
from types import FrameType

from monitor.config.configuration import Configuration
from monitor.errors import UsageError
from monitor.web.gate import LOOPBACK, host_name
from monitor.web.site import Site

LARGEST_HEADERS = 16_384
MOST_AT_ONCE = 64
GRACE_SECONDS = 5


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address to listen on."""
    if host in LOOPBACK:
        return True
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return False


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        UsageError: the address is not ours, or the port is taken.
    """
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With the protocol named: asyncio sets TCP_NODELAY on no others, and answers in two parts then wait
        # 40 ms for the client's acknowledgement of the first.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(128)
        except BaseException:
            listener.close()
            raise
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{host} port {port}: {reason}; name another with --host or --port") from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def serve(site: Site, listener: socket.socket, configuration: Configuration, say: Callable[[], None]) -> None:
    """Answer requests until SIGTERM or Ctrl-C; call it from the main thread.

    Args:
        say: called when all is ready.
    """
    import uvicorn

    from monitor.web.app import make_app

    with closing(listener), suppress(KeyboardInterrupt), _on_sigterm(signal.default_int_handler):
        config = uvicorn.Config(
            make_app(site, configuration),
            log_config=None,
            access_log=False,  # addresses of unsubscribe links, which hold recipients
            server_header=False,
            lifespan="off",
            ws="none",
            http="h11",
            h11_max_incomplete_event_size=LARGEST_HEADERS,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = uvicorn.Server(config)

        def stop(_number: int, _frame: FrameType | None) -> None:
            server.should_exit = True

        with _on_sigterm(stop):
            say()
            server.run(sockets=[listener])


@contextmanager
def _on_sigterm(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle SIGTERM, which uvicorn raises once more when it has ended, as it would end the process then."""
    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def host_names(host: str, web: str | None, more: tuple[str, ...]) -> frozenset[str]:
    """Return the names by which the pages may be asked for, beside those of loopback."""
    own = [] if host in ("0.0.0.0", "::") else [host]  # noqa: S104 - compared, not bound
    public = [host_name(web.partition("://")[2])] if web else []
    return frozenset(name.lower() for name in (*own, *public, *more))
