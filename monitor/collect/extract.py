"""Article text out of HTML, in a process that can be killed: some pages make any extractor hang."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from types import TracebackType
from typing import Self

from monitor.collect.extract_worker import ANSWER, READY, REQUEST

_START_SECONDS = 60.0
_MOST_MEMORY = 1_500_000_000


class Extractor:
    """Owns one worker process, started at the first page; use as an async context.

    Attributes:
        failures: pages that were given up, because the worker took too long or died.
    """

    def __init__(self, *, deadline: float = 10.0, pages_per_process: int = 200) -> None:
        self.failures = 0
        self._deadline = deadline
        self._pages_per_process = pages_per_process
        self._worker: Process | None = None
        self._pages = 0
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def text_of(self, html: bytes, url: str) -> str:
        """Return the article as plain text, one paragraph a line.

        Empty where there is none, and where the worker took longer than the deadline or died.
        """
        async with self._turn:
            text = None
            try:
                text = await self._ask(html, url)
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                self.failures += 1
            finally:
                # Also when cancelled: the next page would be given this one's answer.
                if text is None or self._pages >= self._pages_per_process:
                    await self._stop()
            return text or ""

    async def _ask(self, html: bytes, url: str) -> str:
        worker = await self._running()
        self._pages += 1
        async with asyncio.timeout(self._deadline):
            address = url.encode("utf-8", "replace")
            _stdin(worker).write(REQUEST.pack(len(address), len(html)) + address + html)
            await _stdin(worker).drain()
            (length,) = ANSWER.unpack(await _stdout(worker).readexactly(ANSWER.size))
            return (await _stdout(worker).readexactly(length)).decode("utf-8", "replace")

    async def _running(self) -> Process:
        if self._worker is None:
            # A session of its own, so that Ctrl-C reaches us alone and we stop it in our own time.
            self._worker = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "monitor.collect.extract_worker", str(int(self._deadline) + 5), str(_MOST_MEMORY)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
            )
            self._pages = 0
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
