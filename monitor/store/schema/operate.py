"""What the daemon's jobs came to, and what the user chose."""

from datetime import datetime

from sqlalchemy import Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema.base import Base, UtcDateTime


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


class SettingRow(Base):
    """What the user chose by command, such as the active model."""

    __tablename__ = "settings"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
