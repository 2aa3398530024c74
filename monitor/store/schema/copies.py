"""By what wire copies are found that are not word for word."""

from sqlalchemy import ForeignKey, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base, Id


class SketchRow(Base):
    """The sketch of an item's first revision; none where that was too short. No word can be read from it."""

    __tablename__ = "sketches"
    item_id: Mapped[int] = mapped_column(
        Id, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sketch: Mapped[bytes] = mapped_column(LargeBinary)
    """See monitor.store.copies."""


class SketchKeyRow(Base):
    """The lowest hashes of a sketch, by the week of its item: where copies are looked for."""

    __tablename__ = "sketch_keys"
    week: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[int] = mapped_column(Integer, primary_key=True)
    item_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    """No foreign key: that would need an index as large as the table. Its keys follow from its sketch."""
    __table_args__ = ({"sqlite_with_rowid": False},)
