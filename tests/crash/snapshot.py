"""What a database says, as countable rows that name things by what they are and not by their numbers.

Left out are moments of our own and numbers of rows: these differ between two runs that nothing disturbed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from monitor.store.maintain import check
from monitor.store.open import open_store
from monitor.store.schema import (
    DeliveryRow,
    EvidenceRow,
    ItemRow,
    LabelRow,
    MessageRow,
    ModelRow,
    OutletRow,
    PollRow,
    RevisionRow,
    SourceRow,
    WeeklyFrameRow,
    WeeklyTotalRow,
)

Rows = Counter[tuple[object, ...]]
Query = Callable[[Session], Iterable[tuple[object, ...]]]


def items(session: Session) -> Iterable[tuple[object, ...]]:
    """Items by identity; one without a date has the moment at which it was seen."""
    dated = case((ItemRow.published_source != "seen", ItemRow.published_at))
    query = select(ItemRow.identity, ItemRow.url, ItemRow.guid, OutletRow.name, dated, ItemRow.story).join(
        OutletRow, OutletRow.id == ItemRow.outlet_id
    )
    return map(tuple, session.execute(query))


def revisions(session: Session) -> Iterable[tuple[object, ...]]:
    """What items said, with every change."""
    query = select(
        ItemRow.identity,
        RevisionRow.number,
        RevisionRow.content_hash,
        RevisionRow.title,
        RevisionRow.summary,
        RevisionRow.text,
    ).join(ItemRow, ItemRow.id == RevisionRow.item_id)
    return map(tuple, session.execute(query))


def clusters(session: Session) -> Iterable[tuple[object, ...]]:
    """The copies of each story by identity, and when the one that leads them came out.

    Which leads of two of one moment depends on which was stored first; and where one has no date, on when
    it was seen.
    """
    query = select(ItemRow.id, ItemRow.cluster_id, ItemRow.identity, ItemRow.published_at)
    rows = session.execute(query.add_columns(ItemRow.published_source == "seen")).all()
    members: defaultdict[int, list[str]] = defaultdict(list)
    dated: dict[int, datetime] = {}
    unknown: set[int] = set()
    for item_id, leader, identity, at, is_seen in rows:
        members[leader or item_id].append(identity)
        dated[item_id] = at
        unknown |= {leader or item_id} if is_seen else set()
    for first, own in members.items():
        yield *sorted(own), None if first in unknown else dated[first]


def good_polls(session: Session) -> Iterable[tuple[object, ...]]:
    """Polls that a source answered, with what they brought."""
    query = (
        select(
            SourceRow.key,
            PollRow.outcome,
            PollRow.new,
            PollRow.revised,
            PollRow.duplicate,
            PollRow.rejected,
            PollRow.reasons,
        )
        .join(SourceRow, SourceRow.id == PollRow.source_id)
        .where(PollRow.outcome != "failed")
    )
    return map(tuple, session.execute(query))


def ended_imports(session: Session) -> Iterable[tuple[object, ...]]:
    """Files that were read to their end; a run that is killed after that is read, and noted, again."""
    query = select(SourceRow.key, PollRow.outcome).join(SourceRow, SourceRow.id == PollRow.source_id)
    return map(tuple, session.execute(query.distinct()))


def sources(session: Session) -> Iterable[tuple[object, ...]]:
    """The state of polling; nothing stays leased."""
    query = select(
        SourceRow.key, SourceRow.etag, SourceRow.last_modified, SourceRow.body_hash, SourceRow.leased_by
    )
    return map(tuple, session.execute(query))


def labels(session: Session) -> Iterable[tuple[object, ...]]:
    """Judgements, by revision, model and depth."""
    query = (
        select(
            *(ItemRow.identity, RevisionRow.number, ModelRow.version, LabelRow.depth, LabelRow.relevant),
            *(LabelRow.relevant_p, LabelRow.strict, LabelRow.tone_score, LabelRow.tone_band),
            *(LabelRow.primary_frame, LabelRow.mentions, LabelRow.hits, LabelRow.unclear, LabelRow.scores),
            *(LabelRow.frame_mentions, LabelRow.cautious, LabelRow.counted),
        )
        .join(RevisionRow, RevisionRow.id == LabelRow.revision_id)
        .join(ItemRow, ItemRow.id == RevisionRow.item_id)
        .join(ModelRow, ModelRow.id == LabelRow.model_id)
    )
    return map(tuple, session.execute(query))


def evidence(session: Session) -> Iterable[tuple[object, ...]]:
    """The passages that decided."""
    query = (
        select(
            *(ItemRow.identity, RevisionRow.number, EvidenceRow.depth, EvidenceRow.frame),
            *(EvidenceRow.start, EvidenceRow.end, EvidenceRow.text),
        )
        .join(RevisionRow, RevisionRow.id == EvidenceRow.revision_id)
        .join(ItemRow, ItemRow.id == RevisionRow.item_id)
    )
    return map(tuple, session.execute(query))


def weekly_sums(session: Session) -> Iterable[tuple[object, ...]]:
    """Both tables of weekly sums, by outlet."""
    for row in (WeeklyTotalRow, WeeklyFrameRow):
        own = [column for column in row.__table__.columns if column.name not in ("model_id", "outlet_id")]
        query = select(OutletRow.name, *own).join(OutletRow, OutletRow.id == row.outlet_id)
        yield from map(tuple, session.execute(query))


def outbox(session: Session) -> Iterable[tuple[object, ...]]:
    """Which mail is on its way to whom, and how far it got."""
    query = select(
        MessageRow.key, MessageRow.subject, DeliveryRow.recipient, DeliveryRow.state, DeliveryRow.claimed_by
    ).join(MessageRow, MessageRow.id == DeliveryRow.message_id)
    return map(tuple, session.execute(query))


def messages(session: Session) -> Iterable[tuple[object, ...]]:
    """Mails, and whether their content is still kept."""
    return map(tuple, session.execute(select(MessageRow.key, MessageRow.content != b"")))


def take_snapshot(url: str, queries: Iterable[Query]) -> Rows:
    """Return the rows of some queries, each with the query's name before it."""
    store = open_store(url)
    try:
        with store.reading() as session:
            return Counter((query.__name__, *row) for query in queries for row in query(session))
    finally:
        store.close()


def find_faults(url: str) -> list[str]:
    """Return what ``monitor db check`` finds."""
    store = open_store(url)
    try:
        return [f"db check: {fault}" for fault in check(store)]
    finally:
        store.close()
