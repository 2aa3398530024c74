"""Whether it is our own network that is down, and not the sources."""

from collections.abc import Iterable

import httpcore
import httpx

from monitor.collect.guard import GuardedBackend, host_port
from monitor.errors import FetchError
from monitor.types import Source

MOST_PROBES = 5
_PROBE_SECONDS = 5.0


async def network_is_down(failed: Iterable[Source], others: Iterable[Source]) -> bool:
    """Tell whether nothing can be reached, after no server could be asked for any of ``failed``.

    Where all that failed live on few hosts, some others are connected to, without asking them anything, until
    one answers. A single host says nothing of the network: then it is the host that is down.
    """
    tried = {host for source in failed if (host := _host(source)) is not None}
    probed = 0
    for source in others:
        host = _host(source)
        if host is None or host in tried:
            continue
        if await _connects(source):
            return False
        tried.add(host)
        probed += 1
        if probed >= MOST_PROBES:
            break
    return len(tried) > 1


def _host(source: Source) -> str | None:
    try:
        return host_port(source.url)
    except FetchError:
        return None


async def _connects(source: Source) -> bool:
    url = httpx.URL(source.url)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        stream = await GuardedBackend(trusted=source.trusted).connect_tcp(url.host, port, _PROBE_SECONDS)
    except (FetchError, httpcore.ConnectError, httpcore.ConnectTimeout):
        return False
    await stream.aclose()
    return True
