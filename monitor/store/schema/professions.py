"""How often items name social work and the professions that it is held against."""

from sqlalchemy import Boolean, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base


class MentionRow(Base):
    """How often the first revision of an item names a profession; no row where it does not."""

    __tablename__ = "mentions"
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    profession: Mapped[str] = mapped_column(String(20), primary_key=True)
    mentions: Mapped[int] = mapped_column(Integer)
    counted: Mapped[bool] = mapped_column(Boolean)
    """Whether it is in the weekly sums: where the item is the first member of its story cluster."""
    __table_args__ = ({"sqlite_with_rowid": False},)


class WeeklyProfessionRow(Base):
    """How many items of a week and outlet name a profession, and how often; no row where none does."""

    __tablename__ = "weekly_professions"
    week: Mapped[int] = mapped_column(Integer, primary_key=True)
    outlet_id: Mapped[int] = mapped_column(ForeignKey("outlets.id"), primary_key=True)
    profession: Mapped[str] = mapped_column(String(20), primary_key=True)
    items: Mapped[int] = mapped_column(Integer)
    mentions: Mapped[int] = mapped_column(Integer)
    __table_args__ = ({"sqlite_with_rowid": False},)
