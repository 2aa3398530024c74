"""Upkeep: erasure on request, and of text whose time is up."""

from monitor.clock import Clock
from monitor.collect.urls import canonical_url
from monitor.config.load import Config
from monitor.errors import UsageError
from monitor.store.forget import forget
from monitor.store.maintain import compact
from monitor.store.open import Store
from monitor.store.retention import blank_older_than

BATCH = 10_000
"""Revisions blanked in one transaction."""


def run_forget(store: Store, clock: Clock, *, url: str | None = None, item_id: int | None = None) -> int:
    """Erase an item by its address or number, and return how many were erased.

    Raises:
        UsageError: the address is none, or no item has that number.
    """
    canonical = canonical_url(url) if url is not None else None
    if url is not None and canonical is None:
        raise UsageError(f"--url: {url!r} is not an http or https address")
    with store.writing() as session:
        erased = forget(session, url=canonical, item_id=item_id, now=clock())
    if erased:
        compact(store)  # overwrites the copies that SQLite made while it moved rows
    return erased


def run_retention(store: Store, config: Config, clock: Clock) -> int:
    """Blank summaries, texts and evidence that are older than ``keep:`` allows; return how many revisions."""
    if config.keep is None:
        return 0
    blanked = 0
    while True:
        with store.writing() as session:
            done = blank_older_than(session, clock() - config.keep, BATCH)
        blanked += done
        if done < BATCH:
            return blanked
