"""Raw answers: kept as they come where feeds.yaml says so, erased and deleted with what was made of them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from monitor.collect.poll import Collected
from monitor.collect.rawfile import Erased, RawArchive, erase_raw, raw_files, without_erased
from monitor.store.open import Store
from monitor.store.tombstones import forgotten, is_forgotten_url
from monitor.types import Item, Rejected


def keep_answers(store: Store, archive: RawArchive | None, batch: Sequence[Collected]) -> None:
    """Write what some polls were answered, before anything of it is stored.

    A process that dies between the two leaves an answer that the next poll gets again. Feeds may go on
    listing what was erased on request: it is left out.
    """
    if archive is None:
        return
    with store.reading() as session:
        polls = [_allowed(session, collected) for collected in batch if collected.raw]
    archive.append(polls)


def erase_answers(store: Store, folder: Path, since: date | None) -> int:
    """Erase from the raw answers whatever has a tombstone, and return how many files were rewritten.

    Args:
        since: the day on which it first came; None for an unknown one.

    Raises:
        StoreError: a file cannot be rewritten.
    """
    if not folder.is_dir():
        return 0
    with store.reading() as session:
        erased = _erased(session)
        return sum(erase_raw(path, erased) for path in raw_files(folder, since))


def _allowed(session: Session, collected: Collected) -> bytes:
    found = [entry.item if isinstance(entry, Rejected) else entry for entry in collected.entries]
    items = [item for item in found if item is not None]
    if not any(forgotten(session, items)):
        return collected.raw
    return without_erased(collected.raw, _erased(session))


def _erased(session: Session) -> Erased:
    def among(items: Sequence[Item]) -> list[bool]:
        return forgotten(session, items)

    def at(url: str) -> bool:
        return is_forgotten_url(session, url)

    return Erased(among, at)
