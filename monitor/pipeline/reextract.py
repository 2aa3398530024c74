"""Make the items anew from the raw answers that were kept, without a network."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby, islice
from pathlib import Path

import structlog

from monitor.collect import loop
from monitor.collect.extract import Extractor
from monitor.collect.pages import article_text, with_text
from monitor.collect.parse import Parser
from monitor.collect.rawfile import RawPoll, day_of, raw_files, raw_polls
from monitor.config.load import Config
from monitor.errors import SourceError, UsageError
from monitor.pipeline.collect import release_kept_back, take_in
from monitor.store.open import Store
from monitor.store.polls import ensure_sources
from monitor.types import Intake, Item, Rejected

log = structlog.get_logger()

BATCH = 20
"""Polls whose items are stored in one transaction."""

Read = tuple[RawPoll, list[Item | Rejected] | None]
"""A poll and its entries; None where they cannot be read."""


@dataclass(frozen=True, slots=True)
class Reextracted:
    """What became of the answers of some polls."""

    polls: int = 0
    failed: int = 0
    """Polls of which nothing can be read, as when they were made, or since a reader changed."""
    intake: Intake = field(default_factory=Intake)


def run_reextract(
    store: Store,
    config: Config,
    *,
    first: date | None = None,
    last: date | None = None,
    say: Callable[[int], None] = lambda polls: None,
) -> Reextracted:
    """Read the raw answers again and store what comes of them, in the order in which they first came.

    Into an empty database that makes the items, revisions and texts that collecting made; where items are
    stored already, what is read otherwise today becomes a revision of them. Nothing is polled, and what
    polling knows of the sources stays as it is.

    Args:
        first, last: days (UTC) on which the answers were written; None for an open end.
        say: hears how many polls have been read and stored so far.

    Raises:
        UsageError: feeds.yaml keeps no raw answers.
        InputError: their folder, or a file in it, cannot be read.
    """
    if config.raw is None:
        name = config.path or "feeds.yaml"
        raise UsageError(f"{name}: no raw: folder is named there, so there are no answers to read again")
    total = loop.run(_reextract(store, config, raw_files(config.raw, first, last), say))
    log.info("answers read again", polls=total.polls, failed=total.failed, new=total.intake.new)
    return total


async def _reextract(
    store: Store, config: Config, files: list[Path], say: Callable[[int], None]
) -> Reextracted:
    sources = {source.id: source for source in config.sources}
    total = Reextracted()
    async with Extractor() as extractor, Parser() as parser:
        polls = _in_order(files)
        while batch := list(islice(polls, BATCH)):
            read: list[Read] = []
            for poll in batch:
                own = replace(poll, source=sources.get(poll.source.id, poll.source))
                read.append((own, await _entries(parser, extractor, own)))
            total = _store(store, config, read, total)
            say(total.polls)
    return total


def _in_order(files: list[Path]) -> Iterator[RawPoll]:
    """Yield the polls of all files; those of one day that several processes wrote by their times."""
    for _, of_day in groupby(files, key=day_of):
        yield from heapq.merge(*map(raw_polls, of_day), key=lambda poll: poll.started_at)


async def _entries(parser: Parser, extractor: Extractor, poll: RawPoll) -> list[Item | Rejected] | None:
    """Return what a poll gives; None where that cannot be read."""
    entries: list[Item | Rejected] = []
    try:
        for feed, read_at in poll.feeds:
            entries += (await parser.read(feed, poll.source, read_at)).entries
    except SourceError as error:
        log.warning("answer not read", source=poll.source.id, at=poll.started_at, error=str(error))
        return None
    return [await _with_page(extractor, poll, entry) for entry in entries]


async def _with_page(extractor: Extractor, poll: RawPoll, entry: Item | Rejected) -> Item | Rejected:
    page = poll.pages.get(entry.url or "") if isinstance(entry, Item) else None
    if page is None or isinstance(entry, Rejected):
        return entry
    return with_text(entry, await article_text(extractor, page))


def _store(store: Store, config: Config, read: Sequence[Read], total: Reextracted) -> Reextracted:
    with store.writing() as session:
        ensure_sources(session, list({poll.source.id: poll.source for poll, _ in read}.values()))
        for poll, entries in read:
            release_kept_back(session, poll.started_at)
            intake = take_in(session, config, poll.source, entries, poll.started_at) if entries else Intake()
            failed = total.failed + (entries is None)
            total = Reextracted(total.polls + 1, failed, total.intake + intake)
    return total
