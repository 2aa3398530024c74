"""Hosts that many sources share: what one of them is told about coming back later holds for all."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from monitor.collect.policy import LONGEST_INTERVAL, speaks_for_host
from monitor.collect.poll import Collected, host_of
from monitor.config.load import Config
from monitor.store.open import Store
from monitor.store.polls import due_sources, ensure_sources, last_polls_at, poll_states, put_off
from monitor.types import PollState, Source

log = structlog.get_logger()


def asked_before(session: Session, batch: Sequence[Collected]) -> dict[str, datetime]:
    """Return when those sources of a batch whose hosts ask us to wait were polled before it."""
    return last_polls_at(session, [one.source.id for one in batch if one.busy_host is not None])


def rest_hosts(
    session: Session,
    config: Config,
    batch: Sequence[Collected],
    states: Mapping[str, PollState],
    before: Mapping[str, datetime],
    now: datetime,
) -> None:
    """Put off the other sources of each host that asks us to wait; the polls of the batch are recorded.

    Args:
        session: a writing one.
        config: whose sources are polled; trusted ones are left alone.
        batch: what was collected.
        states: of the sources of the batch, before they were polled.
        before: from `asked_before`.
        now: from when on the servers' waits count.
    """
    busy = [one for one in batch if one.busy_host is not None]
    if not busy:
        return
    shared = [source for source in config.sources if not source.trusted]
    ensure_sources(session, shared)
    known = poll_states(session, [source.id for source in shared])
    hosts = {source.id: host_of(source, known[source.id]) for source in shared}
    for one in busy:
        own = one.source.id
        others = [key for key, host in hosts.items() if host == one.busy_host and key != own]
        if not others or not speaks_for_host(states[own], before.get(own), [known[key] for key in others]):
            continue
        wait = min(timedelta(seconds=one.retry_after or 0.0), LONGEST_INTERVAL)
        put_off(session, others, now + wait)
        log.info("host rests", host=one.busy_host, seconds=wait.total_seconds(), sources=len(others))


def may_still_ask(store: Store, source: Source, now: datetime) -> bool:
    """Tell whether a source that was due still is: another process may have put it off since."""
    with store.reading() as session:
        return bool(due_sources(session, [source.id], now))
