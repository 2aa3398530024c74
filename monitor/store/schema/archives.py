"""What was read of each archive."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base, UtcDateTime


class ArchiveRow(Base):
    """A question that an archive was asked; its windows are ticked off apart from those of any other."""

    __tablename__ = "archives"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    asked: Mapped[str] = mapped_column(Text)
    """JSON object: the search, the hosts and the like, without the span of time and without keys."""
    __table_args__ = (UniqueConstraint("name", "asked"),)


class ArchiveWindowRow(Base):
    """A window that was read to its end, with what became of its entries at that time."""

    __tablename__ = "archive_windows"
    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
    calls: Mapped[int] = mapped_column(Integer)
    new: Mapped[int] = mapped_column(Integer)
    revised: Mapped[int] = mapped_column(Integer)
    duplicate: Mapped[int] = mapped_column(Integer)
    rejected: Mapped[int] = mapped_column(Integer)
    reasons: Mapped[str] = mapped_column(Text)
    """JSON object: reason to count."""


class ArchiveCallsRow(Base):
    """How many requests an archive was sent on a day in UTC."""

    __tablename__ = "archive_calls"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    """ISO date."""
    calls: Mapped[int] = mapped_column(Integer)
