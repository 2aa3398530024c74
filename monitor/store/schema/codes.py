"""What people are asked to code, how it was drawn, and what they said."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base, Id, UtcDateTime


class SampleRow(Base):
    """A sample, with all that is needed to draw it again."""

    __tablename__ = "gold_samples"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    """``random``, or ``uncertain``, which serves no estimation."""
    seed: Mapped[int] = mapped_column(BigInteger)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("models.id"))
    """The model by whose labels the strata were cut; null where nothing was labelled."""
    first_week: Mapped[int | None] = mapped_column(Integer)
    last_week: Mapped[int | None] = mapped_column(Integer)
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StratumRow(Base):
    """How many items a stratum held, and how many of them were drawn; kept when one of them is erased."""

    __tablename__ = "gold_strata"
    sample_id: Mapped[int] = mapped_column(ForeignKey("gold_samples.id"), primary_key=True)
    stratum: Mapped[str] = mapped_column(String(12), primary_key=True)
    items: Mapped[int] = mapped_column(Integer)
    drawn: Mapped[int] = mapped_column(Integer)


class UnitRow(Base):
    """One reading to code: the headline of the revision that was newest when its item was drawn."""

    __tablename__ = "gold_units"
    sample_id: Mapped[int] = mapped_column(ForeignKey("gold_samples.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"))
    depth: Mapped[str] = mapped_column(String(8))
    place: Mapped[int] = mapped_column(Integer)
    """From 1, in an order of its own chance, in which it is handed to coders."""
    stratum: Mapped[str] = mapped_column(String(12))
    inclusion: Mapped[float | None] = mapped_column(Float)
    """The stratum's ``drawn / items``; null in a sample that is not random."""
    __table_args__ = (
        UniqueConstraint("sample_id", "place"),
        Index(None, "item_id"),
        Index(None, "revision_id"),
    )


class CodeRow(Base):
    """What a person said of a reading; never overwritten, the newest of a coder is what that coder says."""

    __tablename__ = "codes"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"))
    depth: Mapped[str] = mapped_column(String(8))
    coder: Mapped[str] = mapped_column(String(80))
    coded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    codebook: Mapped[str] = mapped_column(String(20))
    relevant: Mapped[bool] = mapped_column(Boolean)
    frames: Mapped[str] = mapped_column(Text)
    """Space-separated frame ids, in the order of the codebook."""
    tone: Mapped[int | None] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(Text)
    """Space-separated targets."""
    note: Mapped[str] = mapped_column(Text)
    reply: Mapped[bool | None] = mapped_column(Boolean)
    __table_args__ = (Index(None, "item_id"), Index(None, "revision_id", "coder"))
