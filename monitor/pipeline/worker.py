"""Who holds a lease: a name for a worker that tells, on its own machine, whether it still runs.

``machine/process/start/token``: a lease of a process that was killed is void at once on the same machine,
and elsewhere when its time is up. The start tells a process from a later one of the same number.
"""

import os
import secrets
import socket
from pathlib import Path

_START_FIELD = 19
"""Of /proc/PID/stat, counted behind the name, which may hold spaces: proc(5) calls it field 22."""


def new_worker() -> str:
    """Return a name that no other worker has."""
    pid = os.getpid()
    return f"{socket.gethostname()}/{pid}/{_stat(pid)[1]}/{secrets.token_hex(4)}"


def is_gone(worker: str) -> bool:
    """Tell whether a worker of this machine no longer runs; of another machine nobody can tell."""
    machine, pid, start, _token = worker.rsplit("/", 3)
    if machine != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it runs, as another user
    state, now = _stat(int(pid))
    return state == "Z" or now != start


def _stat(pid: int) -> tuple[str, str]:
    """Return the state of a process and its start in ticks of the kernel; dashes where none is told."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return "-", "-"
    return fields[0], fields[_START_FIELD]
