"""What becomes of collected entries: a new item, a new revision, a duplicate, or a rejection."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.copies import tie_copies
from monitor.store.dialect import Row, chunks, execute_rows, insert
from monitor.store.identity import Content, identity, story, url_identity
from monitor.store.outlets import outlet_ids
from monitor.store.polls import source_row_id
from monitor.store.professions import add_mentions
from monitor.store.schema import ItemRow, RevisionRow, table
from monitor.store.tombstones import forgotten
from monitor.types import Intake, Item, Rejected, Source


@dataclass(slots=True)
class _Thread:
    """An item with all that it is known to have said, and the revisions that a batch adds to it."""

    row: Row | None
    """The row to insert, for an item that is new."""
    id: int = 0
    known: list[Content] = field(default_factory=list)
    added: list[Item] = field(default_factory=list)

    def take(self, item: Item) -> None:
        """Add a revision if the item says what no revision of it has said."""
        content = Content.of(item)
        if any(content.says_nothing_new(known) for known in self.known):
            return
        self.known.append(content.after(self.known[-1] if self.known else None))
        self.added.append(item)


def add_items(
    session: Session, source: Source, entries: Sequence[Item | Rejected], seen_at: datetime
) -> Intake:
    """Store a batch of entries of one source.

    An entry whose content equals that of *any* revision of its item is a duplicate, not only of the
    newest: a feed that lists one story twice under two headlines would otherwise revise it at every poll,
    and a file imported again would store its old headlines anew. An empty summary or text keeps the
    stored one.
    """
    reasons = Counter(entry.reason for entry in entries if isinstance(entry, Rejected))
    readable = [entry for entry in entries if isinstance(entry, Item) and _is_storable(entry)]
    reasons["bad-text"] += len(entries) - len(readable) - reasons.total()
    gone = forgotten(session, readable)
    items = [item for item, is_gone in zip(readable, gone, strict=True) if not is_gone]
    reasons["forgotten"] += len(readable) - len(items)

    threads = _stored_threads(session, items)
    rows_for = _RowsFor(session, source, items, seen_at)
    for item in items:
        key = identity(item)
        if key not in threads:
            threads[key] = _Thread(rows_for.item(key, item))
        threads[key].take(item)
    _insert_items(session, threads.values())
    told = [thread for thread in threads.values() if thread.added and thread.id]
    _insert_revisions(session, told, seen_at)
    add_mentions(session, {thread.id: thread.added[0] for thread in told if thread.row is not None})
    new = sum(thread.row is not None for thread in told)
    revised = sum(len(thread.added) for thread in told) - new
    return Intake(
        new=new,
        revised=revised,
        duplicate=len(items) - new - revised,
        rejected=reasons.total(),
        reasons={reason: count for reason, count in sorted(reasons.items()) if count},
    )


def known_urls(session: Session, urls: Iterable[str]) -> set[str]:
    """Return those of the canonical URLs whose items are stored, under http or https."""
    by_identity: dict[str, set[str]] = {}
    for url in urls:
        by_identity.setdefault(url_identity(url), set()).add(url)
    return {
        url
        for some in chunks(list(by_identity))
        for found in session.scalars(select(ItemRow.identity).where(ItemRow.identity.in_(some)))
        for url in by_identity[found]
    }


def _is_storable(item: Item) -> bool:
    # Half a surrogate pair (JSON can carry one) has no UTF-8, and PostgreSQL stores no NUL.
    said = (item.title, item.summary, item.text, item.url or "", item.guid or "")
    about = (item.published.raw, item.outlet.name, item.outlet.nation)
    try:
        return b"\x00" not in "".join((*said, *about)).encode()
    except UnicodeEncodeError:
        return False


def _stored_threads(session: Session, items: Iterable[Item]) -> dict[str, _Thread]:
    threads: dict[str, _Thread] = {}
    for some in chunks(list({identity(item) for item in items})):
        rows = session.execute(
            select(ItemRow.id, ItemRow.identity, RevisionRow.title, RevisionRow.content_hash)
            .join(RevisionRow, RevisionRow.item_id == ItemRow.id)
            .where(ItemRow.identity.in_(some))
            .order_by(ItemRow.id, RevisionRow.number)
        )
        for item_id, key, title, content_hash in rows:
            thread = threads.setdefault(key, _Thread(None, item_id))
            thread.known.append(Content.stored(title, content_hash))
    return threads


class _RowsFor:
    """Makes the rows of new items of one batch."""

    def __init__(self, session: Session, source: Source, items: Sequence[Item], seen_at: datetime) -> None:
        self._source_id = source_row_id(session, source)
        self._outlets = outlet_ids(session, {item.outlet for item in items})
        self._seen_at = seen_at

    def item(self, key: str, item: Item) -> Row:
        """Return the row of an item."""
        published = item.published
        return {
            "identity": key,
            "source_id": self._source_id,
            "outlet_id": self._outlets[item.outlet.name],
            "url": item.url or None,
            "guid": item.guid or None,
            "published_at": published.at,
            "published_raw": published.raw,
            "published_source": published.source,
            "published_precision": published.precision,
            "week": Week.of(published.at).key,
            "first_seen_at": self._seen_at,
            "story": story(item),
        }


def _insert_items(session: Session, threads: Iterable[_Thread]) -> None:
    """Insert the new items and give each thread its id; it stays 0 where another process was first."""
    by_identity = {thread.row["identity"]: thread for thread in threads if thread.row is not None}
    if not by_identity:
        return
    statement = insert(session, table(ItemRow)).on_conflict_do_nothing(index_elements=["identity"])
    rows = [thread.row for thread in by_identity.values() if thread.row is not None]
    returning = statement.returning(ItemRow.id, ItemRow.identity)
    for item_id, key in execute_rows(session, returning, rows):
        by_identity[key].id = item_id
    new = (thread for thread in by_identity.values() if thread.id and thread.added)
    tie_copies(session, {thread.id: (thread.row, thread.added[0]) for thread in new if thread.row})


def _insert_revisions(session: Session, threads: Sequence[_Thread], seen_at: datetime) -> None:
    kept = _newest_bodies(session, [thread.id for thread in threads if thread.row is None])
    rows: list[Row] = []
    for thread in threads:
        summary, text = kept.get(thread.id, ("", ""))
        before = len(thread.known) - len(thread.added)
        for place, item in enumerate(thread.added, start=before):
            summary, text = item.summary or summary, item.text or text
            rows.append(
                {
                    "item_id": thread.id,
                    "number": place + 1,
                    "seen_at": seen_at,
                    "content_hash": thread.known[place].digest,
                    "title": item.title,
                    "summary": summary,
                    "text": text,
                }
            )
    if rows:
        execute_rows(session, insert(session, table(RevisionRow)), rows)


def _newest_bodies(session: Session, item_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return the summary and text of the newest revision of each item."""
    bodies: dict[int, tuple[str, str]] = {}
    for some in chunks(item_ids):
        query = select(RevisionRow.item_id, RevisionRow.summary, RevisionRow.text)
        stored = query.where(RevisionRow.item_id.in_(some)).order_by(RevisionRow.item_id, RevisionRow.number)
        bodies |= {item_id: (summary, text) for item_id, summary, text in session.execute(stored)}
    return bodies
