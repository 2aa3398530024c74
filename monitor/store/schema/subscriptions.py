"""Who has left which list."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base, UtcDateTime


class UnsubscribedRow(Base):
    """A recipient who wants nothing more from a list, whatever feeds.yaml says."""

    __tablename__ = "unsubscribed"
    list_name: Mapped[str] = mapped_column(Text, primary_key=True)
    recipient: Mapped[str] = mapped_column(Text, primary_key=True)
    """In lower case, so that the address in another spelling stays out too."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
