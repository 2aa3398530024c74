"""The outbox: mails to lists, and the way of each to each recipient.

    queued ──claim──▶ claimed ──▶ sent
      ▲  ◀──temporary──┘ └──refused, or too old──▶ failed ──requeue──▶ queued

A claim is committed before the mail goes and lasts for its lease. Where a crash leaves one behind, it stays
visible as overdue, and the next claim takes it up. A claim is known by its number of attempts, so that a
sender who outlived its lease cannot undo what another has done since.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update
from sqlalchemy.orm import Session, defer

from monitor.clock import Week
from monitor.store.dialect import Found, insert
from monitor.store.schema import DeliveryRow, MessageRow, table

State = Literal["queued", "claimed", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class ListMail:
    """A mail to a list; ``content`` is the whole message but for its recipient.

    ``about`` tells several mails of a kind in one week apart, such as a day and a topic; it holds no slash.
    """

    list_name: str
    kind: str
    week: Week
    subject: str
    content: bytes
    about: str = ""

    @property
    def key(self) -> str:
        """``list/kind/2026-W46``, or ``list/kind-about/2026-W46``; there is one mail of each."""
        kind = f"{self.kind}-{self.about}" if self.about else self.kind
        return f"{self.list_name}/{kind}/{self.week}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is the caller's until the lease ends."""

    id: int
    key: str
    recipient: str
    content: bytes
    attempts: int
    """1 at the first."""
    first_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """How many deliveries are due, and the most attempts that one of them has behind it."""

    deliveries: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the delivery of a mail to one recipient stands."""

    key: str
    list_name: str
    kind: str
    week: str
    subject: str
    recipient: str
    state: State
    attempts: int
    claimed_by: str | None
    claimed_until: datetime | None
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """What waits, what is stuck, and what failed."""

    queued: int
    claimed: int
    """Being sent now: within the lease."""
    sent: int
    """Since the moment asked for."""
    overdue: tuple[Delivery, ...]
    """Claims whose lease ran out: their sender crashed."""
    failed: tuple[Delivery, ...]
    """Given up since the moment asked for."""
    retrying: tuple[Delivery, ...]
    """The queued ones that were tried before; each says why it did not go, and when it is tried again."""
    last_sent_at: datetime | None


def enqueue(session: Session, mail: ListMail, recipients: Sequence[str], now: datetime) -> int:
    """Queue a mail for those recipients who have no delivery of it yet; return how many those are.

    Addresses that differ in case alone are one recipient, as they are to who leaves a list.

    A mail that is stored under the key already keeps its content, unless everybody has had it: then a
    recipient who came later gets the content given now.
    """
    row = {
        "key": mail.key,
        "list_name": mail.list_name,
        "kind": mail.kind,
        "week": mail.week.key,
        "subject": mail.subject,
        "created_at": now,
        "content": b"",
    }
    session.execute(insert(session, table(MessageRow)).on_conflict_do_nothing(index_elements=["key"]), [row])
    query = select(MessageRow).where(MessageRow.key == mail.key)
    message = session.scalars(query.with_for_update()).one()
    known = select(DeliveryRow.recipient).where(DeliveryRow.message_id == message.id)
    held = {recipient.lower() for recipient in session.scalars(known)}
    first = {recipient.lower(): recipient for recipient in reversed(recipients)}
    new = [one for one in dict.fromkeys(recipients) if first[one.lower()] == one and one.lower() not in held]
    if new:
        message.content = message.content or mail.content
        session.execute(
            insert(session, table(DeliveryRow)).on_conflict_do_nothing(),
            [_queued(message.id, recipient, now) for recipient in new],
        )
    return len(new)


def due(session: Session, now: datetime) -> Due:
    """Return what could be claimed now."""
    query = select(func.count(), func.max(DeliveryRow.attempts)).where(_is_due(now))
    count, attempts = session.execute(query).one()
    return Due(count, attempts or 0)


def claim(session: Session, worker: str, now: datetime, lease: timedelta) -> Claimed | None:
    """Take one delivery that is due, the longest due first, or None; the caller must commit before it sends.

    Two processes never claim the same one: the row is locked (PostgreSQL passes over locked ones), and is
    only taken where it is still due.
    """
    candidate = (
        select(DeliveryRow.id)
        .where(_is_due(now))
        .order_by(DeliveryRow.next_attempt_at, DeliveryRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(candidate).one_or_none()
    if found is None:
        return None
    taken = {
        "state": "claimed",
        "claimed_until": now + lease,
        "claimed_by": worker,
        "attempts": DeliveryRow.attempts + 1,
        "first_attempt_at": func.coalesce(DeliveryRow.first_attempt_at, now),
    }
    if not _change(session, and_(DeliveryRow.id == found, _is_due(now)), taken):
        return None
    return _claimed(session, found)


def mark_sent(session: Session, claimed: Claimed, now: datetime) -> None:
    """Record that the server took a mail; one statement, since a crash before its commit sends it twice."""
    changes = {"state": "sent", "sent_at": now, "last_error": None, **_UNCLAIMED}
    _change(session, DeliveryRow.id == claimed.id, changes)


def keeps_delivered(session: Session) -> bool:
    """Tell whether a mail that nobody waits for any more still has its content."""
    return session.scalars(select(MessageRow.id).where(_is_delivered()).limit(1)).first() is not None


def erase_delivered(session: Session) -> None:
    """Erase the content of every mail that nobody waits for any more."""
    done = _is_delivered()
    # Locked before the second look, so that no recipient is added between that and the erasure.
    ids = list(session.scalars(select(MessageRow.id).where(done).with_for_update()))
    if ids:
        session.execute(update(MessageRow).where(MessageRow.id.in_(ids), done).values(content=b""))


def mark_failed(session: Session, claimed: Claimed, error: str, next_attempt_at: datetime | None) -> bool:
    """Record why a mail was not sent; None as the time of the next attempt gives it up.

    Returns:
        False where the claim is no longer the caller's, and nothing was changed.
    """
    changes = {"state": "failed", "last_error": error, **_UNCLAIMED}
    if next_attempt_at is not None:
        changes |= {"state": "queued", "next_attempt_at": next_attempt_at}
    own = and_(
        DeliveryRow.id == claimed.id,
        DeliveryRow.state == "claimed",
        DeliveryRow.attempts == claimed.attempts,
    )
    return bool(_change(session, own, changes))


def postpone_due(
    session: Session, now: datetime, error: str, next_attempt_at: datetime, *, give_up_after: timedelta
) -> int:
    """Count an attempt against everything that is due, since the server takes nothing at all.

    Returns:
        How many of them were given up, being tried for too long.
    """
    tried = {"attempts": DeliveryRow.attempts + 1, "last_error": error, **_UNCLAIMED}
    old = DeliveryRow.first_attempt_at <= now - give_up_after
    given_up = _change(session, and_(_is_due(now), old), tried | {"state": "failed"})
    first = func.coalesce(DeliveryRow.first_attempt_at, now)
    later = {"state": "queued", "next_attempt_at": next_attempt_at, "first_attempt_at": first}
    _change(session, _is_due(now), tried | later)
    return given_up


def requeue(session: Session, now: datetime) -> int:
    """Make everything due that failed or waits, as if it had never been tried; return how many."""
    changes = {"state": "queued", "next_attempt_at": now, "first_attempt_at": None, "attempts": 0}
    return _change(session, DeliveryRow.state.in_(("failed", "queued")), changes)


def deliveries(session: Session, states: Sequence[State], since: datetime | None = None) -> list[Delivery]:
    """Return the deliveries in some states, in the order in which they are tried.

    Args:
        since: only those of mails that were made at this moment or later.
    """
    query = (
        select(DeliveryRow, MessageRow)
        .join(MessageRow, MessageRow.id == DeliveryRow.message_id)
        .where(DeliveryRow.state.in_(states))
        .options(defer(MessageRow.content))  # half a megabyte, which would come with every recipient
        .order_by(DeliveryRow.next_attempt_at, DeliveryRow.id)
    )
    if since is not None:
        query = query.where(MessageRow.created_at >= since)
    return [_delivery(found) for found in session.execute(query)]


def contents(session: Session, keys: Collection[str]) -> dict[str, bytes]:
    """Return key to content, which is empty where everybody has the mail."""
    query = select(MessageRow.key, MessageRow.content).where(MessageRow.key.in_(sorted(keys)))
    return {row.key: row.content for row in session.execute(query)}


def outbox_state(session: Session, now: datetime, since: datetime) -> OutboxState:
    """Return how the outbox stands; ``since`` bounds what is told of the past."""
    claims = deliveries(session, ["claimed"])
    overdue = tuple(one for one in claims if one.claimed_until is None or one.claimed_until <= now)
    waiting = deliveries(session, ["queued"])
    count = select(func.count()).select_from(DeliveryRow)
    sent = session.scalars(count.where(DeliveryRow.state == "sent", DeliveryRow.sent_at >= since)).one()
    return OutboxState(
        queued=len(waiting),
        claimed=len(claims) - len(overdue),
        sent=sent,
        overdue=overdue,
        failed=tuple(deliveries(session, ["failed"], since)),
        retrying=tuple(one for one in waiting if one.attempts),
        last_sent_at=session.scalars(select(func.max(DeliveryRow.sent_at))).one(),
    )


def week_mails(session: Session, kind: str, week: Week) -> dict[str, list[Delivery]]:
    """Return how the mails of a kind and week stand: list name to its deliveries."""
    query = (
        select(DeliveryRow, MessageRow)
        .join(MessageRow, MessageRow.id == DeliveryRow.message_id)
        .where(MessageRow.week == week.key, MessageRow.kind == kind)
        .options(defer(MessageRow.content))
        .order_by(DeliveryRow.id)
    )
    found: dict[str, list[Delivery]] = {}
    for row in session.execute(query):
        one = _delivery(row)
        found.setdefault(one.list_name, []).append(one)
    return found


_UNCLAIMED: dict[str, Any] = {"claimed_until": None, "claimed_by": None}


def _queued(message_id: int, recipient: str, now: datetime) -> dict[str, object]:
    return {
        "message_id": message_id,
        "recipient": recipient,
        "state": "queued",
        "attempts": 0,
        "next_attempt_at": now,
    }


def _is_delivered() -> ColumnElement[bool]:
    unsent = select(DeliveryRow.id).where(
        DeliveryRow.message_id == MessageRow.id, DeliveryRow.state != "sent"
    )
    return and_(MessageRow.content != b"", ~unsent.exists())


def _is_due(now: datetime) -> ColumnElement[bool]:
    waiting = and_(DeliveryRow.state == "queued", DeliveryRow.next_attempt_at <= now)
    left_behind = and_(DeliveryRow.state == "claimed", DeliveryRow.claimed_until <= now)
    return or_(waiting, left_behind)


def _change(session: Session, which: ColumnElement[bool], changes: dict[str, Any]) -> int:
    """Update deliveries, and return how many."""
    statement = update(DeliveryRow).where(which).values(changes)
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def _claimed(session: Session, delivery_id: int) -> Claimed:
    query = (
        select(
            MessageRow.key,
            DeliveryRow.recipient,
            MessageRow.content,
            DeliveryRow.attempts,
            DeliveryRow.first_attempt_at,
        )
        .join(MessageRow, MessageRow.id == DeliveryRow.message_id)
        .where(DeliveryRow.id == delivery_id)
    )
    return Claimed(delivery_id, *session.execute(query).one())  # type: ignore[arg-type]


def _delivery(found: Found) -> Delivery:
    delivery, message = found
    return Delivery(
        key=message.key,
        list_name=message.list_name,
        kind=message.kind,
        week=str(Week.from_key(message.week)),
        subject=message.subject,
        recipient=delivery.recipient,
        state=delivery.state,
        attempts=delivery.attempts,
        claimed_by=delivery.claimed_by,
        claimed_until=delivery.claimed_until,
        next_attempt_at=delivery.next_attempt_at,
        sent_at=delivery.sent_at,
        last_error=delivery.last_error,
    )
