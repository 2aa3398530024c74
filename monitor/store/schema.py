"""The tables. Alembic's migrations make them; this module says what they are now.

Portable over SQLite and PostgreSQL: only generic column types, and no JSON where SQL must count.

    outlets ─< sources ─< polls            how collection went
    outlets ─< items ─< revisions          what was published, and every change to it
    models ─< labels >─ revisions          what a model said; append-only
    labels ─< evidence                     the passage that decided each frame
    weekly_totals, weekly_frames           rollups over the labels that count
    messages ─< deliveries                 the outbox: what is sent, and to whom
    jobs                                   what the daemon's jobs came to

A label *counts* (``labels.counted``) where it stands on the newest labelled revision of its item for
that model and reading (headline or full), and the item is the first-seen member of its story cluster.
The rollups are sums over the labels that count, kept in the transaction that adds labels.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

VERSIONS = ("0001", "0002", "0003")
"""Every version of the schema, oldest first: those of migrations/versions, known without Alembic."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite drops offsets, so they are put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times, and store the others in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the stored time, aware."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """Compare with times of the same type."""
        return self


# BIGINT on PostgreSQL; on SQLite only INTEGER is an alias of the rowid.
Id = BigInteger().with_variant(Integer(), "sqlite")

# An id must not come again after `forget`: a model may be reading the erased revision at that moment, and
# its label would then stand on another text.
NEVER_AGAIN = {"sqlite_autoincrement": True}


class Base(DeclarativeBase):
    """Holds the metadata that migrations are compared with."""

    metadata = MetaData(naming_convention=NAMING)


def table(row: type[Base]) -> Table:
    """Return the table of a row class, for statements over many rows at once."""
    return Base.metadata.tables[row.__tablename__]


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


class ModelRow(Base):
    """A model that has made labels, by its exact version."""

    __tablename__ = "models"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[str] = mapped_column(String(120), unique=True)
    """``name@digest``."""
    name: Mapped[str] = mapped_column(String(80))
    codebook: Mapped[str] = mapped_column(String(20))
    frames: Mapped[str] = mapped_column(Text)
    """Space-separated frame ids; a frame's place is its bit in the labels."""
    first_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LabelRow(Base):
    """What one model said of one revision at one depth: a wide row, never overwritten.

    Bit ``k`` of ``hits`` and ``unclear`` is the model's frame ``k`` (``models.frames``), bytes ``2k, 2k+1``
    of ``scores`` its probability as a little-endian share of 65,535, byte ``k`` of ``frame_mentions`` the
    passages that carry it (at most 255).
    """

    __tablename__ = "labels"
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True)
    depth: Mapped[str] = mapped_column(String(8), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    labelled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    relevant: Mapped[bool] = mapped_column(Boolean)
    relevant_p: Mapped[float] = mapped_column(Float)
    strict: Mapped[bool] = mapped_column(Boolean)
    tone_score: Mapped[float] = mapped_column(Float)
    tone_band: Mapped[str | None] = mapped_column(String(8))
    primary_frame: Mapped[str | None] = mapped_column(String(40))
    mentions: Mapped[int] = mapped_column(Integer)
    hits: Mapped[int] = mapped_column(BigInteger)
    unclear: Mapped[int] = mapped_column(BigInteger)
    scores: Mapped[bytes] = mapped_column(LargeBinary)
    frame_mentions: Mapped[bytes] = mapped_column(LargeBinary)
    counted: Mapped[bool] = mapped_column(Boolean)
    __table_args__ = (Index(None, "item_id", "model_id"),)


class EvidenceRow(Base):
    """The passage that decided a frame of a label."""

    __tablename__ = "evidence"
    revision_id: Mapped[int] = mapped_column(Id, primary_key=True)
    model_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    depth: Mapped[str] = mapped_column(String(8), primary_key=True)
    frame: Mapped[str] = mapped_column(String(40), primary_key=True)
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        ForeignKeyConstraint(
            ["revision_id", "model_id", "depth"],
            ["labels.revision_id", "labels.model_id", "labels.depth"],
            name="fk_evidence_label",
            ondelete="CASCADE",
        ),
    )


class WeeklyTotalRow(Base):
    """How many items (or mentions) of a week, outlet and depth were relevant, and their tone.

    ``labelled`` counts readings in both units; the other columns weigh a reading by 1 or by its mentions.
    """

    __tablename__ = "weekly_totals"
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(8), primary_key=True)
    unit: Mapped[str] = mapped_column(String(8), primary_key=True)
    depth: Mapped[str] = mapped_column(String(8), primary_key=True)
    week: Mapped[int] = mapped_column(Integer, primary_key=True)
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    labelled: Mapped[int] = mapped_column(Integer)
    relevant: Mapped[int] = mapped_column(Integer)
    negative: Mapped[int] = mapped_column(Integer)
    neutral: Mapped[int] = mapped_column(Integer)
    positive: Mapped[int] = mapped_column(Integer)
    __table_args__ = ({"sqlite_with_rowid": False},)


class WeeklyFrameRow(Base):
    """How many of them carried a frame; no row where none did."""

    __tablename__ = "weekly_frames"
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(8), primary_key=True)
    unit: Mapped[str] = mapped_column(String(8), primary_key=True)
    depth: Mapped[str] = mapped_column(String(8), primary_key=True)
    week: Mapped[int] = mapped_column(Integer, primary_key=True)
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    frame: Mapped[str] = mapped_column(String(40), primary_key=True)
    hits: Mapped[int] = mapped_column(Integer)
    __table_args__ = ({"sqlite_with_rowid": False},)


class TombstoneRow(Base):
    """What was erased on request, so that no backfill restores it; digests only, nothing readable."""

    __tablename__ = "tombstones"
    identity: Mapped[str] = mapped_column(String(32), primary_key=True)
    forgotten_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SettingRow(Base):
    """What the user chose by command, such as the active model."""

    __tablename__ = "settings"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class MessageRow(Base):
    """A mail to a list, without recipients; ``content`` is emptied once everybody has it."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    """``list/kind/2026-W46``: a list gets one mail of a kind and week."""
    list_name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    week: Mapped[int] = mapped_column(Integer)
    subject: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (Index(None, "week"),)


class DeliveryRow(Base):
    """A mail's way to one recipient."""

    __tablename__ = "deliveries"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    recipient: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8))
    """``queued``, ``claimed``, ``sent`` or ``failed`` (for good)."""
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_by: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    """Each claim counts, and each time that the server could not be reached."""
    first_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("message_id", "recipient"), Index(None, "state", "next_attempt_at"))


class JobRow(Base):
    """The last run of one of the daemon's jobs, and who holds it while it runs."""

    __tablename__ = "jobs"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Null while it runs."""
    ok: Mapped[bool] = mapped_column(Boolean)
    """Whether the last run that ended did so without a failure."""
    remark: Mapped[str] = mapped_column(Text)
    """What that run did, or why it failed."""
    failures: Mapped[int] = mapped_column(Integer)
    """Failed runs since the last good one."""
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the daemon looks at it again; null where nobody promised to."""
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_by: Mapped[str | None] = mapped_column(Text)
