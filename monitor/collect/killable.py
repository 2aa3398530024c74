"""Work in a process that can be killed: some input makes any parser hang or eat the machine.

The process is a module of ours, run as ``python -m MODULE SECONDS BYTES``: see `serve`.
"""

import asyncio
import os
import resource
import signal
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Self

REQUEST = struct.Struct(">II")
ANSWER = struct.Struct(">I")
READY = b"\x06"

_START_SECONDS = 60.0
_MOST_MEMORY = 1_500_000_000


def serve(
    seconds: int, most_memory: int, prepare: Callable[[], object], work: Callable[[bytes, bytes], bytes]
) -> None:
    """Answer requests on standard input until it ends; the process's side.

    One byte says that the process is ready; then each frame ``length of head, length of body, head, body``
    is answered with ``length, answer``; lengths are 4 bytes, big-endian. The process ends with its input,
    after ``seconds`` on one request, or beyond ``most_memory`` bytes, so that it cannot outlive its parent
    for long nor eat the machine.
    """
    resource.setrlimit(resource.RLIMIT_AS, (most_memory, most_memory))
    prepare()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # what a library prints must not end up among the answers
    answers.write(READY)
    answers.flush()
    while (request := _read_request(sys.stdin.buffer)) is not None:
        signal.alarm(seconds)
        answer = work(*request)
        signal.alarm(0)
        answers.write(ANSWER.pack(len(answer)) + answer)
        answers.flush()


def _read_request(frames: BinaryIO) -> tuple[bytes, bytes] | None:
    lengths = frames.read(REQUEST.size)
    if len(lengths) < REQUEST.size:
        return None
    of_head, of_body = REQUEST.unpack(lengths)
    head, body = frames.read(of_head), frames.read(of_body)
    return (head, body) if len(body) == of_body else None


class Killable:
    """Owns one process, started at the first request; use as an async context.

    Attributes:
        failures: requests that were given up, because the process took too long or died.
    """

    def __init__(self, module: str, *, deadline: float, requests_per_process: int = 200) -> None:
        self.failures = 0
        self._module = module
        self._deadline = deadline
        self._requests_per_process = requests_per_process
        self._worker: Process | None = None
        self._requests = 0
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def ask(self, head: bytes, body: bytes) -> bytes | None:
        """Return the process's answer; None where it took longer than the deadline or died."""
        async with self._turn:
            answer = None
            try:
                answer = await self._ask(head, body)
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                self.failures += 1
            finally:
                # Also when cancelled: the next request would be given this one's answer.
                if answer is None or self._requests >= self._requests_per_process:
                    await self._stop()
            return answer

    async def _ask(self, head: bytes, body: bytes) -> bytes:
        worker = await self._running()
        self._requests += 1
        async with asyncio.timeout(self._deadline):
            _stdin(worker).write(REQUEST.pack(len(head), len(body)) + head + body)
            await _stdin(worker).drain()
            (length,) = ANSWER.unpack(await _stdout(worker).readexactly(ANSWER.size))
            return await _stdout(worker).readexactly(length)

    async def _running(self) -> Process:
        if self._worker is None:
            # A session of its own, so that Ctrl-C reaches us alone and we stop it in our own time.
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", self._module, str(int(self._deadline) + 5), str(_MOST_MEMORY)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
            )
            self._requests = 0
            async with asyncio.timeout(_START_SECONDS):
                await _stdout(self._worker).readexactly(len(READY))
        return self._worker

    async def _stop(self) -> None:
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if worker.returncode is None:
            worker.kill()
        _stdin(worker).close()
        await worker.wait()


def _stdin(worker: Process) -> asyncio.StreamWriter:
    assert worker.stdin is not None  # noqa: S101
    return worker.stdin


def _stdout(worker: Process) -> asyncio.StreamReader:
    assert worker.stdout is not None  # noqa: S101
    return worker.stdout
