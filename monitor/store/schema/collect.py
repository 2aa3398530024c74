"""What was collected: outlets, sources, polls, items and their revisions."""

from datetime import datetime

from sqlalchemy import (
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
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
    first_poll_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From when on its hours are expected to be observed; null for a file."""
    last_fresh_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The last poll that found an entry which the one before had not, stored anew or not."""
    window: Mapped[int | None] = mapped_column(Integer)
    """Entries that the feed showed last; with the next four, see ``monitor.types.Pace``."""
    rate: Mapped[float | None] = mapped_column(Float)
    peak: Mapped[float | None] = mapped_column(Float)
    gap_seconds: Mapped[float | None] = mapped_column(Float)
    hint_seconds: Mapped[float | None] = mapped_column(Float)
    marks: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Four bytes of a digest for each entry of the last body."""
    gone: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Answers of 410 in a row."""
    moved_to: Mapped[str | None] = mapped_column(Text)
    """The address that is polled in place of ``url``, which has redirected there for long enough."""


class MoveRow(Base):
    """A permanent redirect of a source as it was seen; the history of its address."""

    __tablename__ = "moves"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    from_url: Mapped[str] = mapped_column(Text)
    to_url: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sightings: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10))
    """``seen``, then ``adopted`` or ``dropped``; an adopted one that no longer holds is ``undone``."""
    __table_args__ = (Index(None, "source_id"),)


class QuarantineRow(Base):
    """An entry dated too far ahead: kept out of everything until its date has come."""

    __tablename__ = "quarantine"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    identity: Mapped[str] = mapped_column(String(32))
    """See identity.py."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """The date that it bears."""
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entry: Mapped[str] = mapped_column(Text)
    """The item as JSON, with no more text than the text policy allows."""
    __table_args__ = (UniqueConstraint("source_id", "identity"), Index(None, "due_at"))


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
    fresh: Mapped[int | None] = mapped_column(Integer)
    """Entries that the poll before had not shown."""
    seen_seconds: Mapped[float | None] = mapped_column(Float)
    """Seconds before ``started_at``, since the last good poll at most, of which nothing was missed."""
    __table_args__ = (Index(None, "source_id", "started_at"),)


class PollDayRow(Base):
    """The old polls of a source in one day of London, and what of that day was seen."""

    __tablename__ = "poll_days"
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), primary_key=True, autoincrement=False)
    day: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    """The midnight that it begins with."""
    polls: Mapped[int] = mapped_column(Integer)
    """Those that began in it; the counts are sums over them."""
    good_polls: Mapped[int] = mapped_column(Integer)
    new: Mapped[int] = mapped_column(Integer)
    revised: Mapped[int] = mapped_column(Integer)
    duplicate: Mapped[int] = mapped_column(Integer)
    rejected: Mapped[int] = mapped_column(Integer)
    seen_seconds: Mapped[float] = mapped_column(Float)
    """Seconds of the day of which nothing was missed, by old polls of this day or of later ones."""
    error: Mapped[str | None] = mapped_column(Text)
    """Of the last poll that failed."""


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
    """The copy of its story that was published first, where that is another item; else null."""
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
