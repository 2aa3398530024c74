"""The operator's ``keep:``: how long other people's text is held."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from monitor.store.copies import erase_sketches
from monitor.store.dialect import chunks
from monitor.store.forget import purge_index
from monitor.store.schema import EvidenceRow, RevisionRow


def blank_older_than(session: Session, moment: datetime, limit: int) -> int:
    """Blank the summaries, texts and deciding passages of revisions that were seen before a moment.

    The sketches of their items go too: copies are looked for within days. Titles, labels and content digests
    stay, so that counts do not change and an item that is imported again is still known. The search index is
    purged by the call that leaves nothing to blank.

    Args:
        limit: revisions at most; call again until fewer are blanked.

    Returns:
        How many revisions were blanked.
    """
    said = exists().where(EvidenceRow.revision_id == RevisionRow.id, EvidenceRow.text != "")
    wordy = or_(RevisionRow.summary != "", RevisionRow.text != "", said)
    query = select(RevisionRow.id).where(RevisionRow.seen_at < moment, wordy).order_by(RevisionRow.id)
    found = session.scalars(query.limit(limit + 1)).all()
    _blank(session, found[:limit])
    if found and len(found) <= limit:
        purge_index(session)
    return min(len(found), limit)


def _blank(session: Session, revision_ids: Sequence[int]) -> None:
    for some in chunks(revision_ids):
        revisions = update(RevisionRow).where(RevisionRow.id.in_(some))
        session.execute(revisions.values(summary="", text=""))
        evidence = update(EvidenceRow).where(EvidenceRow.revision_id.in_(some))
        session.execute(evidence.values(text=""))
        items = select(RevisionRow.item_id).where(RevisionRow.id.in_(some)).distinct()
        erase_sketches(session, session.scalars(items).all())
