"""Start commands of the monitor as processes of their own, and kill them.

A process that has imported the program already forks for each command. What a kill meets is then the
command's own work, and not the seconds in which Python reads its modules.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
MODULES = (
    "monitor.cli",
    "monitor.cli.logs",
    "monitor.data",
    "monitor.label.classifiers.linear",
    "monitor.pipeline.archives",
    "monitor.pipeline.backfill",
    "monitor.pipeline.collect",
    "monitor.pipeline.deliver",
    "monitor.pipeline.label",
    "monitor.pipeline.report",
    "monitor.pipeline.upkeep",
    "monitor.store.maintain",
    "monitor.deliver.smtp",
    "monitor.config.mail",
    "altair",
    "anyio._backends._asyncio",
    "css_inline",
    "dateparser",
    "feedparser",
    "httpx",
    "numpy",
    "protego",
    "psycopg",
    "vl_convert",
    "warcio.archiveiterator",
)
"""What the commands import, most of it only when they need it."""
LONGEST = 120.0
"""Seconds after which a command that nobody kills counts as hanging."""


class Running:
    """A command that was started."""

    def __init__(self, pid: int, answers: IO[bytes], output: Path) -> None:
        self.pid = pid
        self.output = output
        self._answers = answers

    def wait(self, seconds: float = LONGEST) -> int | None:
        """Return the exit status, negative for a signal; None where it still runs after so long."""
        ready, _, _ = select.select([self._answers], [], [], seconds)
        return int(self._answers.readline()) if ready else None

    def kill(self) -> int:
        """Send SIGKILL, and return the exit status: another than -9 where it had just ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        status = self.wait()
        assert status is not None
        return status


class Starter:
    """Starts one command at a time."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders, self._answers = process.stdin, process.stdout

    def start(self, words: Sequence[str], folder: Path, environment: dict[str, str]) -> Running:
        """Start ``monitor`` with some words, in a folder, where its output goes to ``output.txt``."""
        output = folder / "output.txt"
        order = {"words": [*words], "folder": str(folder), "environment": environment, "output": str(output)}
        self._orders.write(json.dumps(order).encode() + b"\n")
        return Running(int(self._answers.readline()), self._answers, output)


@contextmanager
def running_starter() -> Iterator[Starter]:
    """Run the process that forks; it ends with this one."""
    command = [sys.executable, "-m", "tests.crash.starter"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, bufsize=0) as process:
        yield Starter(process)


def serve(orders: IO[bytes], answers: IO[bytes]) -> None:
    """Fork for each order, and answer with the number of the process, then with its exit status."""
    for module in MODULES:
        import_module(module)
    for line in orders:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            answers.close()
            run(order)
        answers.write(b"%d\n" % pid)
        answers.write(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def run(order: dict[str, object]) -> None:
    """Be the command; ends with SystemExit, as it does."""
    from monitor.cli import main

    os.setsid()
    os.chdir(str(order["folder"]))
    environment = order["environment"]
    assert isinstance(environment, dict)
    os.environ.update(environment)
    output = os.open(str(order["output"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    words = order["words"]
    assert isinstance(words, list)
    main(words, prog_name="monitor")


if __name__ == "__main__":
    serve(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0))
