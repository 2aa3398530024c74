"""What was collected: outlets, sources, polls, items and their revisions."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, Integer, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import NEVER_AGAIN, Base, Id, UtcDateTime


class OutletRow(Base):
    """Who publishes."""

    __tablename__ = "outlets"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    outlet_type: Mapped[str] = mapped_column(String(20))
    nation: Mapped[str] = mapped_column(String(40))


class SourceRow(Base):
    """A feed or an imported file, with the state that polling needs."""

    __tablename__ = "sources"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"))
    url: Mapped[str] = mapped_column(Text)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    body_hash: Mapped[str | None] = mapped_column(String(64))
    next_poll_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    """Failed polls since the last good one."""
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_item_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """While a poll is under way: until when it is left to the worker of ``leased_by``."""
    leased_by: Mapped[str | None] = mapped_column(Text)


class PollRow(Base):
    """One attempt to collect a source, or one import of a file."""

    __tablename__ = "polls"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seconds: Mapped[float] = mapped_column(Float)
    outcome: Mapped[str] = mapped_column(String(20))
    """``ok``, ``unchanged`` or ``failed``."""
    status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None] = mapped_column(Text)
    new: Mapped[int] = mapped_column(Integer, default=0)
    revised: Mapped[int] = mapped_column(Integer, default=0)
    duplicate: Mapped[int] = mapped_column(Integer, default=0)
    rejected: Mapped[int] = mapped_column(Integer, default=0)
    reasons: Mapped[str] = mapped_column(Text, default="{}")
    """JSON object: reason to count."""
    __table_args__ = (Index(None, "source_id", "started_at"),)


class ItemRow(Base):
    """A news item; what it says stands in its revisions."""

    __tablename__ = "items"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    identity: Mapped[str] = mapped_column(String(32), unique=True)
    """The first identity that it has (see identity.py); an item with a URL is found by it."""
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"))
    url: Mapped[str | None] = mapped_column(Text)
    guid: Mapped[str | None] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_raw: Mapped[str] = mapped_column(Text)
    published_source: Mapped[str] = mapped_column(String(10))
    published_precision: Mapped[str] = mapped_column(String(10))
    week: Mapped[int] = mapped_column(Integer)
    """London ISO week of ``published_at`` as year * 100 + number."""
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    story: Mapped[str | None] = mapped_column(String(32))
    """Digest that wire copies of one story share."""
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("items.id"))
    """The first-seen copy, where this item is a later copy of it; else null."""
    __table_args__ = (
        Index(None, "week"),
        Index(None, "story"),
        Index(None, "source_id"),
        Index(None, "cluster_id"),
        NEVER_AGAIN,
    )


class RevisionRow(Base):
    """What an item said at one time. ``text`` holds what the text policy allows, nothing more."""

    __tablename__ = "revisions"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    """1 for the first."""
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content_hash: Mapped[str] = mapped_column(String(32))
    """Digests of summary and text, 16 digits each: both stay comparable after ``keep:`` blanked them."""
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (UniqueConstraint("item_id", "number"), NEVER_AGAIN)


class TombstoneRow(Base):
    """What was erased on request, so that no backfill restores it; digests only, nothing readable."""

    __tablename__ = "tombstones"
    identity: Mapped[str] = mapped_column(String(32), primary_key=True)
    forgotten_at: Mapped[datetime] = mapped_column(UtcDateTime)
