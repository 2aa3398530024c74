"""The models that have made labels, each by its exact version."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.errors import ModelError
from monitor.store.dialect import insert
from monitor.store.pack import MOST_FRAMES
from monitor.store.schema import ModelRow, table
from monitor.types import StoredModel


def register_model(
    session: Session, *, version: str, name: str, codebook: str, frames: Sequence[str], now: datetime
) -> StoredModel:
    """Return a model as it is stored, adding it where its version is new.

    Raises:
        ModelError: the version is stored with other frames, or there are too many, or one holds white space.
    """
    if len(frames) > MOST_FRAMES:
        raise ModelError(f"{version}: has {len(frames)} frames; at most {MOST_FRAMES} can be stored")
    if any(frame.split() != [frame] for frame in frames):
        raise ModelError(f"{version}: a frame's id is empty or holds white space; train it again")
    row = {
        "version": version,
        "name": name,
        "codebook": codebook,
        "frames": " ".join(frames),
        "first_used_at": now,
    }
    session.execute(
        insert(session, table(ModelRow)).on_conflict_do_nothing(index_elements=["version"]), [row]
    )
    stored = _stored(session.scalars(select(ModelRow).where(ModelRow.version == version)).one())
    if stored.frames != tuple(frames):
        raise ModelError(f"{version}: is stored with other frames than it has now; train it again")
    return stored


def stored_models(session: Session) -> list[StoredModel]:
    """Return every model that has made labels, the newest last."""
    rows = session.scalars(select(ModelRow).order_by(ModelRow.first_used_at, ModelRow.id))
    return [_stored(row) for row in rows]


def newest_model(session: Session, name: str) -> StoredModel | None:
    """Return the version of a model that was used first most recently, or None where none was used."""
    query = select(ModelRow).where(ModelRow.name == name)
    newest = query.order_by(ModelRow.first_used_at.desc(), ModelRow.id.desc()).limit(1)
    row = session.scalars(newest).one_or_none()
    return None if row is None else _stored(row)


def _stored(row: ModelRow) -> StoredModel:
    return StoredModel(
        id=row.id,
        version=row.version,
        name=row.name,
        codebook=row.codebook,
        frames=tuple(row.frames.split()),
        first_used_at=row.first_used_at,
    )
