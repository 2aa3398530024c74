"""What models said, and the weekly sums of it."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base, Id, UtcDateTime


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
    needed: Mapped[str | None] = mapped_column(Text)
    """JSON: the probabilities from which its decisions are yes; null until it labels after migration 0012."""


class LabelRow(Base):
    """What one model said of one revision at one depth: a wide row, never overwritten.

    Bit ``k`` of ``hits``, ``unclear`` and ``cautious`` is the model's frame ``k`` (``models.frames``), bytes
    ``2k, 2k+1`` of ``scores`` its probability as a little-endian share of 65,535, byte ``k`` of
    ``frame_mentions`` the passages that carry it (at most 255). ``cautious`` tells which of ``models.needed``
    was asked of a frame; it is null in labels older than the column, whose frames have no known margin.
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
    cautious: Mapped[int | None] = mapped_column(BigInteger)
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
