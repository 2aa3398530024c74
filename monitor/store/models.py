"""The models that have made labels, each by its exact version."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from monitor.errors import ModelError
from monitor.store.dialect import insert
from monitor.store.pack import MOST_FRAMES
from monitor.store.schema import ModelRow, table
from monitor.types import Needed, StoredModel


def register_model(
    session: Session,
    *,
    version: str,
    name: str,
    codebook: str,
    frames: Sequence[str],
    now: datetime,
    needed: Needed | None = None,
) -> StoredModel:
    """Return a model as it is stored, adding it where its version is new.

    Args:
        session: its transaction is the caller's.
        version: ``name@digest``.
        name: the folder under ``models/``.
        codebook: the version that its labels are stamped with.
        frames: in the order of the codebook.
        now: when it is first used, if it is new.
        needed: kept where none is stored for this version; None where it is not known.

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
        "needed": None if needed is None else json.dumps(asdict(needed)),
    }
    session.execute(
        insert(session, table(ModelRow)).on_conflict_do_nothing(index_elements=["version"]), [row]
    )
    unknown = update(ModelRow).where(ModelRow.version == version, ModelRow.needed.is_(None))
    if needed is not None:
        session.execute(unknown.values(needed=row["needed"]))
    stored = stored_model(session.scalars(select(ModelRow).where(ModelRow.version == version)).one())
    if stored.frames != tuple(frames):
        raise ModelError(f"{version}: is stored with other frames than it has now; train it again")
    return stored


def stored_models(session: Session) -> list[StoredModel]:
    """Return every model that has made labels, the newest last."""
    rows = session.scalars(select(ModelRow).order_by(ModelRow.first_used_at, ModelRow.id))
    return [stored_model(row) for row in rows]


def newest_model(session: Session, name: str) -> StoredModel | None:
    """Return the version of a model that was used first most recently, or None where none was used."""
    query = select(ModelRow).where(ModelRow.name == name)
    newest = query.order_by(ModelRow.first_used_at.desc(), ModelRow.id.desc()).limit(1)
    row = session.scalars(newest).one_or_none()
    return None if row is None else stored_model(row)


def stored_model(row: ModelRow) -> StoredModel:
    """Return a row as a model."""
    return StoredModel(
        id=row.id,
        version=row.version,
        name=row.name,
        codebook=row.codebook,
        frames=tuple(row.frames.split()),
        first_used_at=row.first_used_at,
        needed=None if row.needed is None else Needed(**json.loads(row.needed)),
    )
