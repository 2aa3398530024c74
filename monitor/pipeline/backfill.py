"""Backfill: import dated items from a file, as a source of their own."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from monitor.clock import LONDON, Clock, stopwatch
from monitor.collect.archives.files import read_file, suggested_source_id
from monitor.config.file import TextPolicy
from monitor.errors import InputError
from monitor.pipeline.collect import kept_text
from monitor.store.intake import add_items
from monitor.store.open import Store
from monitor.store.polls import ensure_source, record_poll
from monitor.types import Intake, Item, Outlet, PollRecord, Rejected, Source

log = structlog.get_logger()

BATCH = 1_000
"""Entries in one transaction: what `kill -9` can cost, and is read again by the next run."""


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
    warn: Callable[[str], None] = lambda message: None,
    say: Callable[[int], None] = lambda read: None,
) -> Intake:
    """Store every entry of a file that is not stored yet, a batch at a time.

    An import that was interrupted is run again: what it had stored is met as duplicates.

    Args:
        say: hears how many entries have been read and committed so far.

    Raises:
        InputError: the file cannot be read; what was read before stays stored.
        UsageError: a column that it does not have.
    """
    source_id = suggested_source_id(path, outlet.name if outlet else None)
    source = Source(source_id, path.name, outlet or Outlet(source_id.removeprefix("file:")), enabled=False)
    started, seconds = clock(), stopwatch()
    entries = read_file(
        path,
        source=source,
        seen_at=started,
        form=form,
        columns=columns,
        date_pattern=date_pattern,
        zone=zone,
        warn=warn,
    )
    total = Intake()
    for batch in _batches(entries, text):
        with store.writing() as session:
            total += add_items(session, source, batch, started)
        say(total.read)
    with store.writing() as session:
        ensure_source(session, source)
        record_poll(session, source.id, PollRecord(started, seconds(), "ok", intake=total))
    log.info("file imported", source=source.id, read=total.read, new=total.new, seconds=round(seconds(), 2))
    return total


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
