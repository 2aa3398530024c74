"""What the user chose by command, such as the active model."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.store.dialect import insert
from monitor.store.schema import SettingRow, table


def setting(session: Session, key: str) -> str | None:
    """Return a setting, or None where it was never chosen."""
    return session.scalars(select(SettingRow.value).where(SettingRow.key == key)).one_or_none()


def put_setting(session: Session, key: str, value: str) -> None:
    """Choose a setting; ``key`` has at most 40 characters."""
    statement = insert(session, table(SettingRow))
    session.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value}),
        [{"key": key, "value": value}],
    )
