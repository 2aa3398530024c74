"""Values for tests of the store; each builder names only what a test cares about."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from monitor.clock import Week
from monitor.store.intake import add_items
from monitor.store.labels import add_labels, readings_to_label
from monitor.store.models import register_model
from monitor.types import (
    Band,
    Depth,
    Evidence,
    FrameLabel,
    Intake,
    Item,
    Judgement,
    Label,
    Needed,
    Outlet,
    OutletType,
    Published,
    Reading,
    Source,
    StoredModel,
)

NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
WEEK = Week.of(NOW)
FRAMES = ("incompetent", "over_zealous", "positive")


def an_outlet(name: str = "Daily Post", outlet_type: OutletType = OutletType.NATIONAL) -> Outlet:
    return Outlet(name, outlet_type, "England")


def a_source(key: str = "post", outlet: Outlet | None = None) -> Source:
    return Source(key, f"https://{key}.example/feed", outlet or an_outlet())


def an_item(
    url: str | None = "https://post.example/1",
    *,
    title: str = "Social workers are praised",
    summary: str = "",
    text: str = "",
    guid: str | None = None,
    source: Source | None = None,
    at: datetime = NOW,
) -> Item:
    source = source or a_source()
    published = Published(at, at.isoformat(), "feed", "second")
    return Item(source.id, source.outlet, title, published, url=url, guid=guid, summary=summary, text=text)


def put(session: Session, *items: Item, source: Source | None = None, seen_at: datetime = NOW) -> Intake:
    return add_items(session, source or a_source(), items, seen_at)


def a_model(
    session: Session, name: str = "linear", frames: Sequence[str] = FRAMES, needed: Needed | None = None
) -> StoredModel:
    return register_model(
        session,
        version=f"{name}@1",
        name=name,
        codebook="0.2",
        frames=frames,
        now=NOW - timedelta(days=1),
        needed=needed,
    )


def half(relevant: float = 0.5, frames: float = 0.5) -> Needed:
    """Return what a model needs whose frames are said from one half, and from 0.6 in a full text."""
    return Needed(relevant, dict.fromkeys(FRAMES, frames), dict.fromkeys(FRAMES, 0.6))


def a_judgement(
    depth: Depth = Depth.TITLE,
    *,
    hits: Mapping[str, float] | None = None,
    relevant: bool = True,
    strict: bool = True,
    band: Band | None = "negative",
    mentions: int = 1,
    frames: Sequence[str] = FRAMES,
    evidence: Sequence[Evidence] = (),
) -> Judgement:
    """``hits``: the frames that the text carries, with their probabilities."""
    hits = hits or {}
    return Judgement(
        depth=depth,
        relevant_p=0.9 if relevant else 0.1,
        relevant=relevant,
        strict=strict,
        tone_score=-0.5,
        tone_band=band if relevant else None,
        frames={
            frame: FrameLabel(hits.get(frame, 0.0), frame in hits, False, mentions if frame in hits else 0)
            for frame in frames
        },
        primary=max(hits, key=lambda frame: hits[frame]) if hits else "NEUTRAL" if relevant else None,
        mentions=mentions,
        evidence=evidence,
    )


def unread(session: Session, model: StoredModel) -> list[Reading]:
    return readings_to_label(session, model.id, after=0, limit=1_000)


def label_all(session: Session, model: StoredModel, **judgement: object) -> None:
    """Label all that the model has not read, each reading alike."""
    labels = [
        Label(r.revision_id, r.item_id, a_judgement(r.depth, **judgement))  # type: ignore[arg-type]
        for r in unread(session, model)
    ]
    add_labels(session, model, labels, NOW)
