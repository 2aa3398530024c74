"""Leaving a list by the link in its mails, and coming back. Logs name lists, never recipients."""

import structlog

from monitor.clock import Clock
from monitor.deliver.unsubscribe import Subscription
from monitor.errors import UsageError
from monitor.store.open import Store
from monitor.store.subscriptions import has_left, resubscribe, unsubscribe

log = structlog.get_logger()


def run_unsubscribe(store: Store, subscription: Subscription, clock: Clock) -> None:
    """Let a recipient leave a list, and take out what is queued for them; again, it changes nothing."""
    with store.writing() as session:
        is_new = unsubscribe(session, subscription.list_name, subscription.recipient, clock())
    if is_new:
        log.info("recipient left", list=subscription.list_name)


def run_resubscribe(store: Store, recipient: str, list_name: str | None = None) -> list[str]:
    """Let a recipient have a list again, or all that they had left; return which.

    What was taken out of the outbox does not come back: ``monitor report --queue`` queues it anew.

    Raises:
        UsageError: they have left none.
    """
    with store.writing() as session:
        lists = resubscribe(session, recipient, list_name)
    if not lists:
        which = f"list {list_name!r}" if list_name else "any list"
        raise UsageError(f"--resubscribe: {recipient} has not left {which}; check the address")
    log.info("recipient came back", lists=lists)
    return lists


def is_unsubscribed(store: Store, subscription: Subscription) -> bool:
    """Tell whether a recipient has left a list."""
    with store.reading() as session:
        return has_left(session, subscription.list_name, subscription.recipient)
