"""Backfill: import dated items from a file or from an archive, so that running it again goes on.

A file is a source of its own, and is read from its beginning each time. An archive is read window by window;
a ledger in the database says which are done, so that what was interrupted, or paused since the archive's
host asked for that, is taken up at the first window that is not.
"""

import asyncio
import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import structlog

from monitor.clock import LONDON, Clock, stopwatch
from monitor.collect import loop
from monitor.collect.archives.base import Archive, Entry, OutletsByHost
from monitor.collect.archives.files import WARC, form_of, read_file, suggested_source_id
from monitor.collect.archives.lines import open_binary, read_blocks
from monitor.collect.archives.windows import Window, is_settled
from monitor.config.file import TextPolicy
from monitor.errors import FetchError, InputError, MonitorError, UsageError
from monitor.pipeline.collect import kept_text
from monitor.pipeline.jobs import LEASE, finish_job, keep_job, take_job
from monitor.pipeline.worker import new_worker
from monitor.store.archives import count_calls, ledger_id, mark_read, windows_read
from monitor.store.intake import add_items
from monitor.store.open import Store
from monitor.store.polls import ensure_source, record_poll
from monitor.types import Intake, Item, Outlet, PollRecord, Rejected, Source

log = structlog.get_logger()

BATCH = 1_000
"""Entries in one transaction: what `kill -9` can cost, and is read again by the next run."""
HEAD_BYTES = 4096
MOST_CONTROLS = 0.01
"""Of a text's first bytes, the share of control characters that a slip may have left there; a picture or a
compressed file has some 10 %."""
SETTLED = timedelta(days=2)
"""So long after its end a window may still get more from its archive; until then it is read at each run."""

Warn = Callable[[str], None]
Status = Literal["done", "paused", "planned"]


# ---------------------------------------------------------------- files


def run_backfill_file(
    store: Store,
    path: Path,
    clock: Clock,
    *,
    text: TextPolicy,
    form: str | None = None,
    columns: Mapping[str, str] | None = None,
    date_pattern: str | None = None,
    zone: ZoneInfo = LONDON,
    outlet: Outlet | None = None,
    sources: Sequence[Source] = (),
    warn: Warn = lambda message: None,
    say: Callable[[int], None] = lambda read: None,
) -> Intake:
    """Store every entry of a file that is not stored yet, a batch at a time.

    An import that was interrupted is run again: what it had stored is met as duplicates.

    Args:
        sources: of feeds.yaml; they tell whose the pages of a WARC file are.
        say: hears how many entries have been read and committed so far.

    Raises:
        InputError: the file cannot be read; what was read before stays stored.
        UsageError: a column that it does not have.
    """
    source_id = suggested_source_id(path, outlet.name if outlet else None)
    source = Source(source_id, path.name, outlet or Outlet(source_id.removeprefix("file:")), enabled=False)
    started, seconds = clock(), stopwatch()
    total = Intake()

    def keep(batch: list[Entry]) -> None:
        nonlocal total
        with store.writing() as session:
            total += add_items(session, source, batch, started)
        say(total.read)

    form = form or form_of(path)
    if form == WARC:
        if columns or date_pattern:
            raise UsageError("--map and --date-format serve csv and jsonl; a WARC file holds pages and feeds")
        loop.run(_import_warc(path, source, OutletsByHost(sources), outlet, started, text, keep))
    else:
        _require_text(path, form)
        read = partial(read_file, path, source=source, seen_at=started, form=form, columns=columns)
        for batch in _batches(read(date_pattern=date_pattern, zone=zone, warn=warn), text):
            keep(batch)
    with store.writing() as session:
        ensure_source(session, source)
        record_poll(session, source.id, PollRecord(started, seconds(), "ok", intake=total))
    log.info("file imported", source=source.id, read=total.read, new=total.new, seconds=round(seconds(), 2))
    return total


def _require_text(path: Path, form: str) -> None:
    """Refuse a spreadsheet, picture or archive before its bytes are taken for the names of columns.

    Only csv and jsonl need it: a feed that is none is told by its parser.

    Raises:
        InputError: the file cannot be read, or its beginning is not that of a text.
    """
    if form not in ("csv", "jsonl"):
        return
    with open_binary(path) as stream:
        start = next(read_blocks(stream, path, HEAD_BYTES))[:HEAD_BYTES]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in start)
    if start.startswith(b"%PDF-") or controls > MOST_CONTROLS * len(start):
        raise InputError(
            f"{path}: holds binary data, not the lines of a {form} file; save it as text, or say what it is "
            "with --format"
        )


def _batches(entries: Iterator[Item | Rejected], policy: TextPolicy) -> Iterator[list[Item | Rejected]]:
    """Yield the entries in runs; where the file breaks off, what was read before comes first."""
    batch: list[Item | Rejected] = []
    try:
        for entry in entries:
            batch.append(kept_text(entry, policy))
            if len(batch) == BATCH:
                yield batch
                batch = []
    except InputError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


async def _import_warc(
    path: Path,
    source: Source,
    outlets: OutletsByHost,
    outlet: Outlet | None,
    now: datetime,
    policy: TextPolicy,
    keep: Callable[[list[Entry]], None],
) -> None:
    """Read a WARC file's pages and feeds; fewer in a batch than of a table, since each takes longer."""
    from monitor.collect.archives.warc import WarcReader
    from monitor.collect.extract import Extractor

    batch: list[Entry] = []
    async with Extractor() as extractor:
        reader = WarcReader(source, outlets, extractor, now, outlet, name=str(path))
        with open_binary(path) as stream:
            try:
                async for entries in reader.entries(stream, lambda url: True):
                    batch += [kept_text(entry, policy) for entry in entries]
                    if len(batch) >= BATCH // 10:
                        keep(batch)
                        batch = []
            finally:
                if batch:
                    keep(batch)


# ---------------------------------------------------------------- archives


@dataclass(frozen=True, slots=True)
class BackfillOutcome:
    """What a run over an archive came to.

    ``calls`` is how many requests were made, or for a plan would be made at least; ``done`` counts the
    windows of this question and span that are read, by whichever run.
    """

    archive: str
    status: Status
    intake: Intake
    done: int
    left: int
    calls: int
    reason: str = ""
    """Why it paused, and when to go on."""

    def as_json(self) -> dict[str, object]:
        """Return the answer of ``monitor backfill ARCHIVE --json``."""
        return {
            "archive": self.archive,
            "status": self.status,
            **self.intake.as_json(),
            "windows": {"done": self.done, "left": self.left},
            "calls": self.calls,
            **({"reason": self.reason} if self.reason else {}),
        }


@dataclass(frozen=True, slots=True)
class Run:
    """How an archive is run over; ``say`` hears how many windows of how many are read."""

    text: TextPolicy
    dry_run: bool = False
    say: Callable[[int, int], None] = lambda done, total: None


def run_archive(
    store: Store, opened: AbstractAsyncContextManager[Archive], clock: Clock, run: Run
) -> BackfillOutcome:
    """Read the windows of an archive that the ledger does not have yet, and store what they hold.

    A window is ticked off after the last of its entries is stored. One process at a time asks an archive.

    Raises:
        SourceError: the archive refuses what is asked; what was read before stays.
        UsageError: another process asks this archive now.
    """
    return loop.run(_run_archive(store, opened, clock, run))


async def _run_archive(
    store: Store, opened: AbstractAsyncContextManager[Archive], clock: Clock, run: Run
) -> BackfillOutcome:
    async with opened as archive:
        if run.dry_run:
            return await _planned(store, archive)
        job, worker = f"backfill {archive.name}", new_worker()
        if not take_job(store, job, worker, clock, alone=True):
            raise UsageError(f"{job}: another process does it now; wait for its end")
        ok, remark = False, "failed; its traceback says why"
        try:
            reading = _Reading(store, archive, clock, run, job, worker)
            outcome = await reading.read_all()
            ok, remark = True, f"{outcome.status}: {outcome.done} windows read, {outcome.left} left"
        except asyncio.CancelledError:
            ok, remark = True, "interrupted; the next run goes on"
            raise
        except MonitorError as error:
            remark = str(error)
            raise
        finally:
            finish_job(store, job, worker, clock, ok=ok, remark=remark, every=None)
    log.info("archive read", archive=outcome.archive, status=outcome.status, new=outcome.intake.new)
    return outcome


async def _planned(store: Store, archive: Archive) -> BackfillOutcome:
    with store.reading() as session:
        known = windows_read(session, archive.name, archive.asked)
    plan = [window async for window in archive.plan()]
    left = [window for window in plan if window.key not in known]
    calls = sum(window.calls for window in left)
    return BackfillOutcome(archive.name, "planned", Intake(), len(plan) - len(left), len(left), calls)


class _Reading:
    """One run over one archive."""

    def __init__(self, store: Store, archive: Archive, clock: Clock, run: Run, job: str, worker: str) -> None:
        self._store = store
        self._archive = archive
        self._clock = clock
        self._run = run
        self._job, self._worker = job, worker
        self._kept_at = clock()
        self._counted = 0
        self._total = Intake()

    async def read_all(self) -> BackfillOutcome:
        """Read every window that is left, and say how far it came."""
        archive = self._archive
        with self._store.writing() as session:
            self._ledger = ledger_id(session, archive.name, archive.asked)
            known = windows_read(session, archive.name, archive.asked)
        plan: list[Window] = []
        read, reason = 0, ""
        status: Status = "done"
        try:
            plan = [window async for window in archive.plan()]
            left = [window for window in plan if window.key not in known]
            read = len(plan) - len(left)
            for window in left:
                self._run.say(read, len(plan))
                await self._read(window)
                read += 1
            self._run.say(read, len(plan))
        except FetchError as error:
            if error.retry_after is None:
                raise
            status, reason = "paused", _pause(error)
        finally:
            self._count_calls()
        return BackfillOutcome(
            archive.name, status, self._total, read, len(plan) - read, archive.calls.made, reason
        )

    async def _read(self, window: Window) -> None:
        intake, calls = Intake(), self._archive.calls.made
        async with aclosing(self._archive.read(window)) as batches:
            async for entries in batches:
                intake += self._keep(window, entries)
        now = self._clock()
        if is_settled(window, now, SETTLED):
            span, calls = (window.start, window.end), self._archive.calls.made - calls
            with self._store.writing() as session:
                mark_read(session, self._ledger, window.key, span, intake=intake, calls=calls, now=now)

    def _keep(self, window: Window, entries: Sequence[Entry]) -> Intake:
        source, now = self._archive.source(window), self._clock()
        kept = [kept_text(entry, self._run.text) for entry in entries]
        with self._store.writing() as session:
            intake = add_items(session, source, kept, now)
        self._total += intake
        self._count_calls()
        if now - self._kept_at > LEASE / 3:
            self._kept_at = now
            keep_job(self._store, self._job, self._worker, self._clock)
        return intake

    def _count_calls(self) -> None:
        """Add the requests since the last time to those of the day: a key may be allowed only so many."""
        calls, self._counted = self._archive.calls.made - self._counted, self._archive.calls.made
        if calls:
            with self._store.writing() as session:
                count_calls(session, self._archive.name, self._clock().date(), calls)


def _pause(error: FetchError) -> str:
    minutes = max(1, round((error.retry_after or 0.0) / 60))
    wait = f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
    return f"{error}; run the same command again in {wait}, and it goes on"
