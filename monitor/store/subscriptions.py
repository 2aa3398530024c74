"""Recipients who have left a list: nothing is queued for them, and nothing that was queued goes out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from monitor.store.dialect import insert
from monitor.store.schema import DeliveryRow, MessageRow, UnsubscribedRow, table


def unsubscribe(session: Session, list_name: str, recipient: str, now: datetime) -> bool:
    """Record that a recipient leaves a list, and take out what waits for them; again, it changes nothing.

    A mail that is being sent at this moment goes on; see `withdraw_if_left`.

    Returns:
        Whether they had not left before.
    """
    row = {"list_name": list_name, "recipient": recipient.lower(), "at": now}
    keys = ["list_name", "recipient"]
    statement = insert(session, table(UnsubscribedRow)).on_conflict_do_nothing(index_elements=keys)
    is_new = not has_left(session, list_name, recipient)
    session.execute(statement, [row])
    messages = select(MessageRow.id).where(MessageRow.list_name == list_name)
    session.execute(
        delete(DeliveryRow)
        .where(
            DeliveryRow.message_id.in_(messages),
            func.lower(DeliveryRow.recipient) == recipient.lower(),
            DeliveryRow.state.in_(("queued", "failed")),
        )
        .execution_options(synchronize_session=False)
    )
    return is_new


def resubscribe(session: Session, recipient: str, list_name: str | None = None) -> list[str]:
    """Let a recipient have a list again, or every list that they had left; return which those are."""
    gone = [UnsubscribedRow.recipient == recipient.lower()]
    if list_name is not None:
        gone.append(UnsubscribedRow.list_name == list_name)
    lists = session.scalars(
        select(UnsubscribedRow.list_name).where(*gone).order_by(UnsubscribedRow.list_name)
    )
    found = list(lists)
    session.execute(delete(UnsubscribedRow).where(*gone))
    return found


def has_left(session: Session, list_name: str, recipient: str) -> bool:
    """Tell whether a recipient has left a list."""
    return session.get(UnsubscribedRow, (list_name, recipient.lower())) is not None


def still_subscribed(session: Session, list_name: str, recipients: Sequence[str]) -> list[str]:
    """Return those recipients who have not left a list, in their order."""
    query = select(UnsubscribedRow.recipient).where(UnsubscribedRow.list_name == list_name)
    gone = set(session.scalars(query))
    return [recipient for recipient in recipients if recipient.lower() not in gone]


def withdraw_if_left(session: Session, delivery_id: int) -> bool:
    """Take out a delivery whose recipient has left its list while it was under way; return whether it was."""
    query = select(MessageRow.list_name, DeliveryRow.recipient).join(
        MessageRow, MessageRow.id == DeliveryRow.message_id
    )
    found = session.execute(query.where(DeliveryRow.id == delivery_id)).one()
    if not has_left(session, found.list_name, found.recipient):
        return False
    session.execute(delete(DeliveryRow).where(DeliveryRow.id == delivery_id))
    return True


def count_unsubscribed(session: Session) -> int:
    """Return how many have left a list; who left two counts twice."""
    return session.scalars(select(func.count()).select_from(UnsubscribedRow)).one()
