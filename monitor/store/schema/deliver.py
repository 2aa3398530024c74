"""The outbox."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base, Id, UtcDateTime


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
