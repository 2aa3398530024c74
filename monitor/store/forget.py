"""Erasing an item for good, on request."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from monitor.errors import UsageError
from monitor.store.copies import erase_sketches
from monitor.store.dialect import insert
from monitor.store.identity import guid_identity, identities, title_identity, url_identity
from monitor.store.open import ERASED
from monitor.store.quarantine import discharge
from monitor.store.rollups import settle, withdraw
from monitor.store.schema import (
    CodeRow,
    EvidenceRow,
    ItemRow,
    LabelRow,
    MentionRow,
    OutletRow,
    RevisionRow,
    SourceRow,
    TombstoneRow,
    UnitRow,
    table,
)
from monitor.types import DateSource, Item, Outlet, Published


def forget(session: Session, *, url: str | None = None, item_id: int | None = None, now: datetime) -> int:
    """Erase an item with all that was stored of it, and leave tombstones so that it never enters again.

    Its wire copies in other outlets stay; the first of them takes its place in the weekly sums.

    Args:
        url: canonical. One that is not stored leaves a tombstone as well.

    Returns:
        How many items were erased, 0 or 1.

    Raises:
        UsageError: no item has this id.
    """
    identity = url_identity(url) if url is not None else None
    wanted = ItemRow.id == item_id if url is None else ItemRow.identity == identity
    item = session.scalars(select(ItemRow).where(wanted).with_for_update()).one_or_none()
    if item is None and identity is None:
        raise UsageError(f"no item {item_id} is stored; name its address instead with --url")
    erased = [] if item is None else _identities_of(session, item)
    names = {*erased, *([identity] if identity else [])}
    _put_tombstones(session, names, now)
    discharge(session, sorted(names))
    if item is None:
        return 0
    withdraw(session, item.id)
    _pass_on_cluster(session, item.id)
    session.execute(update(SourceRow).where(SourceRow.id == item.source_id).values(marks=None))
    _erase(session, item.id)
    purge_index(session)
    return 1


def first_seen(session: Session, *, url: str | None = None, item_id: int | None = None) -> datetime | None:
    """Return when an item, by its canonical URL or id, was first collected; None where it is not stored."""
    wanted = ItemRow.id == item_id if url is None else ItemRow.identity == url_identity(url)
    return session.scalars(select(ItemRow.first_seen_at).where(wanted)).one_or_none()


def purge_index(session: Session) -> None:
    """Rid the search index, and the write-ahead log after the commit, of text that was erased.

    FTS5 only marks what was deleted, and keeps its words with their places until segments are merged; so
    all are. That reads the whole index: rare commands may do it, and the last batch of a long one.
    """
    session.info[ERASED] = True
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO revisions_fts (revisions_fts) VALUES ('optimize')"))


def _identities_of(session: Session, item: ItemRow) -> list[str]:
    """Return every identity that an item has or had, by all titles that it bore.

    A guid that the source gave to other items too says nothing of this one: it would keep out every later
    item of a feed that gives all the same.
    """
    source = session.scalars(select(SourceRow.key).where(SourceRow.id == item.source_id)).one()
    outlet = session.scalars(select(OutletRow.name).where(OutletRow.id == item.outlet_id)).one()
    titles = session.scalars(select(RevisionRow.title).where(RevisionRow.item_id == item.id)).all()
    collected = _as_collected(item, source, outlet, titles)
    found = [*identities(collected), *(title_identity(collected, title) for title in titles)]
    sharing = select(func.count()).select_from(ItemRow)
    shared = sharing.where(ItemRow.source_id == item.source_id, ItemRow.guid == item.guid)
    if item.guid and item.url and session.scalars(shared).one() > 1:
        found.remove(guid_identity(source, item.guid))
    return found


def _as_collected(item: ItemRow, source: str, outlet: str, titles: Sequence[str]) -> Item:
    date_source: DateSource = "seen" if item.published_source == "seen" else "feed"
    published = Published(item.published_at, item.published_raw, date_source, "second")
    return Item(source, Outlet(outlet), titles[0], published, url=item.url, guid=item.guid)


def _put_tombstones(session: Session, found: set[str], now: datetime) -> None:
    rows = [{"identity": identity, "forgotten_at": now} for identity in sorted(found)]
    statement = insert(session, table(TombstoneRow)).on_conflict_do_nothing(index_elements=["identity"])
    session.execute(statement, rows)


def _pass_on_cluster(session: Session, leader: int) -> None:
    """Make the first of an item's wire copies the one that counts, and tie the others to it."""
    copies = session.scalars(
        select(ItemRow.id)
        .where(ItemRow.cluster_id == leader)
        .order_by(ItemRow.published_at, ItemRow.id)
        .with_for_update()
    ).all()
    if not copies:
        return
    heir = copies[0]
    session.execute(update(ItemRow).where(ItemRow.id == heir).values(cluster_id=None))
    session.execute(update(ItemRow).where(ItemRow.cluster_id == leader).values(cluster_id=heir))
    settle(session, [heir])


def _erase(session: Session, item_id: int) -> None:
    labels = select(LabelRow.revision_id).where(LabelRow.item_id == item_id)
    session.execute(delete(EvidenceRow).where(EvidenceRow.revision_id.in_(labels)))
    session.execute(delete(LabelRow).where(LabelRow.item_id == item_id))
    session.execute(delete(CodeRow).where(CodeRow.item_id == item_id))
    session.execute(delete(UnitRow).where(UnitRow.item_id == item_id))
    session.execute(delete(RevisionRow).where(RevisionRow.item_id == item_id))
    session.execute(delete(MentionRow).where(MentionRow.item_id == item_id))
    erase_sketches(session, [item_id])
    session.execute(delete(ItemRow).where(ItemRow.id == item_id))
