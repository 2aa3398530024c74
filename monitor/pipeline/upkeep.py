"""Upkeep: erasure on request, and of text whose time is up."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

from monitor.clock import Clock
from monitor.collect.rawfile import delete_raw_before
from monitor.collect.urls import canonical_url
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.pipeline.raw import erase_answers
from monitor.store.forget import first_seen, forget
from monitor.store.labels import erase_read_mark, wrong_read_marks
from monitor.store.maintain import compact
from monitor.store.open import Store
from monitor.store.polldays import condense_polls, has_old_polls
from monitor.store.retention import blank_older_than
from monitor.store.unsketched import is_sketching_due, sketch_stored

log = structlog.get_logger()

POLLS_KEPT = timedelta(days=90)
"""How long polls are kept singly; longer than `monitor status` looks back."""
POLLS_AT_ONCE = 5_000
"""Polls condensed in one transaction."""
SKETCHED_AT_ONCE = 500
"""Items that get their sketches in one transaction."""
BATCH = 10_000
"""Revisions blanked in one transaction."""


def run_forget(
    store: Store,
    clock: Clock,
    *,
    url: str | None = None,
    item_id: int | None = None,
    raw: Path | None = None,
) -> int:
    """Erase an item by its address or number, and return how many were erased.

    Args:
        raw: the folder of raw answers, to erase it from there too.

    Raises:
        UsageError: the address is none, or no item has that number.
    """
    canonical = canonical_url(url) if url is not None else None
    if url is not None and canonical is None:
        raise UsageError(f"--url: {url!r} is not an http or https address")
    with store.writing() as session:
        seen_at = first_seen(session, url=canonical, item_id=item_id)
        erased = forget(session, url=canonical, item_id=item_id, now=clock())
    if erased:
        compact(store)  # overwrites the copies that SQLite made while it moved rows
    if raw is not None:
        erase_answers(store, raw, seen_at.date() if seen_at else None)
    return erased


def run_recount(store: Store) -> int:
    """Look at all revisions for unread ones, whatever the marks say, and erase the marks that are wrong.

    None ever should be; return how many were.
    """
    with store.reading() as session:
        wrong = wrong_read_marks(session)
    if wrong:
        with store.writing() as session:
            for model_id in wrong:
                erase_read_mark(session, model_id)
        log.error("marks of what is labelled were wrong", models=len(wrong))
    return len(wrong)


def run_condense(store: Store, clock: Clock, keep: Callable[[], None] = lambda: None) -> None:
    """Keep polls that are older than `POLLS_KEPT` by day and source alone.

    Args:
        keep: is called before each batch; what it raises ends the work, and what was done stays.
    """
    before, last = clock() - POLLS_KEPT, 0
    with store.reading() as session:
        if not has_old_polls(session, before):
            return
    while True:
        keep()
        with store.writing() as session:
            found = condense_polls(session, before, after=last, limit=POLLS_AT_ONCE)
        if found is None:
            return
        last = found


def run_sketches(store: Store, keep: Callable[[], None] = lambda: None) -> None:
    """Find the wire copies among items that were stored before they could be told; see `run_condense`."""
    with store.reading() as session:
        left = is_sketching_due(session)
    while left:
        keep()
        with store.writing() as session:
            left = sketch_stored(session, SKETCHED_AT_ONCE)


def run_retention(store: Store, config: Config, clock: Clock) -> int:
    """Blank summaries, texts and evidence that are older than ``keep:`` allows; return how many revisions."""
    if config.keep is None:
        return 0
    if config.raw is not None:
        delete_raw_before(config.raw, (clock() - config.keep).date())
    blanked = 0
    while True:
        with store.writing() as session:
            done = blank_older_than(session, clock() - config.keep, BATCH)
        blanked += done
        if done < BATCH:
            return blanked
