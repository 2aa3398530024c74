"""What was erased on request, and must not come back."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.store.dialect import chunks
from monitor.store.identity import identities, url_identity
from monitor.store.schema import TombstoneRow
from monitor.types import Item


def forgotten(session: Session, items: Sequence[Item]) -> list[bool]:
    """Tell of each item whether it was erased under any identity that it has."""
    if session.scalars(select(TombstoneRow.identity).limit(1)).first() is None:
        return [False] * len(items)
    keys = [identities(item) for item in items]
    buried = _buried(session, {key for own in keys for key in own})
    return [not buried.isdisjoint(own) for own in keys]


def is_forgotten_url(session: Session, url: str) -> bool:
    """Tell whether the item at a canonical URL was erased."""
    return bool(_buried(session, {url_identity(url)}))


def _buried(session: Session, keys: Collection[str]) -> set[str]:
    return {
        found
        for some in chunks(sorted(keys))
        for found in session.scalars(select(TombstoneRow.identity).where(TombstoneRow.identity.in_(some)))
    }
