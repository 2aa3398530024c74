"""Looking names up, each in a thread that whoever asked may leave behind.

A resolver may take half a minute over a dead name, and nothing can interrupt it. The event loop's own way
shares few threads among all, waits for them when it ends, and so would one dead name hold up the others.
"""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

Found = list[tuple[Any, ...]]


async def look_up(host: str, port: int) -> Found:
    """Return what ``socket.getaddrinfo`` does for a stream.

    Raises:
        OSError: the name has no address.
        UnicodeError: it can be no name.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def settle(found: Found | Exception) -> None:
        if answer.done():  # given up meanwhile
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: Found | Exception
        try:
            found = list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    return await answer
