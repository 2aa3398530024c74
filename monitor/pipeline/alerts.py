"""Alerts: an outbreak of coverage in the running week, queued for the lists that want to hear of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from monitor.clock import LONDON, Clock, Week
from monitor.config.events import all_events
from monitor.config.load import Config, MailingList
from monitor.deliver.message import prepare_for_list, read_message
from monitor.findings import Outbreak
from monitor.label.codebook import load_codebook
from monitor.pipeline.breaks import check_week
from monitor.pipeline.reportdata import NOBODY
from monitor.report.alert import AlertData, write_alert
from monitor.report.data import FrameText
from monitor.store.open import Store
from monitor.store.outbox import ListMail, enqueue
from monitor.store.settings import put_setting, setting
from monitor.store.subscriptions import still_subscribed
from monitor.trend.outbreaks import THRESHOLD, VOLUME
from monitor.trend.shares import share_point
from monitor.types import StoredModel

log = structlog.get_logger()

ALERT = "alert"
TOLD = "alerts"
"""The setting that says of which outbreak of each topic lists heard last."""
GROWTH = 1.5
"""So many times what it was when lists last heard of it must an outbreak be to be told again that week."""


@dataclass(frozen=True, slots=True)
class Told:
    """The last alert on a topic."""

    week: str
    day: str
    value: float


def run_alerts(store: Store, config: Config, model: StoredModel, clock: Clock) -> list[str]:
    """Queue an alert on each topic that breaks out in the running week; return the topics.

    A topic is told at most once a day, in London, and again in the same week only where it has grown by
    half. A list hears of volume and of its own frames, by default the core ones.
    """
    lists = [one for one in config.lists if one.alerts]
    if not lists:
        return []
    now = clock()
    week, today = Week.of(now), now.astimezone(LONDON).date()
    topics = _topics(lists, model)
    found = [one for one in check_week(store, model, week, topics) if one.verdict == "outbreak"]
    with store.reading() as session:
        told = _told(setting(session, TOLD))
    fresh = [one for one in found if _is_news(one, told.get(one.about), today)]
    if not fresh:
        return []
    mails = [mail for one in fresh for mail in _mails(one, lists, config, model, clock)]
    told |= {one.about: Told(str(week), today.isoformat(), one.value or 0.0) for one in fresh}
    with store.writing() as session:
        for one, mail in mails:
            enqueue(session, mail, still_subscribed(session, one.name, one.recipients), now)
        put_setting(session, TOLD, json.dumps({about: _as_json(last) for about, last in told.items()}))
    about = [one.about for one in fresh]
    log.info("alert queued", week=str(week), about=" ".join(about), mails=len(mails))
    return about


def _topics(lists: Sequence[MailingList], model: StoredModel) -> list[str]:
    """Return the frames that any list hears of, in the model's order."""
    wanted = {frame for one in lists for frame in _frames_of(one)}
    return [frame for frame in model.frames if frame in wanted]


def _frames_of(one: MailingList) -> Sequence[str]:
    return one.frames or load_codebook().core


def _is_news(found: Outbreak, last: Told | None, today: date) -> bool:
    if last is None or last.week != str(found.week):
        return last is None or last.day != today.isoformat()
    return last.day < today.isoformat() and (found.value or 0.0) >= GROWTH * last.value


def _mails(
    found: Outbreak, lists: Sequence[MailingList], config: Config, model: StoredModel, clock: Clock
) -> Iterator[tuple[MailingList, ListMail]]:
    content = prepare_for_list(write_alert(_data(found, config, model, clock)), config.contact)
    subject = str(read_message(content)["Subject"] or "")
    about = f"{clock().astimezone(LONDON):%Y-%m-%d}-{found.about}"
    for one in lists:
        if found.about == VOLUME or found.about in _frames_of(one):
            yield one, ListMail(one.name, ALERT, found.week, subject, content, about)


def _data(found: Outbreak, config: Config, model: StoredModel, clock: Clock) -> AlertData:
    frame = next((one for one in load_codebook().frames if one.id == found.about), None)
    share = None
    if frame is not None:
        share = share_point(found.week, "all", frame.id, round((found.value or 0.0) * found.n), found.n)
    return AlertData(
        outbreak=found,
        frame=None if frame is None else FrameText(frame.id, frame.name, frame.definition, frame.core),
        share=share,
        generated_at=clock(),
        model=model.version,
        threshold=THRESHOLD,
        events=all_events(config),
        sender=config.contact or NOBODY,
    )


def _told(stored: str | None) -> dict[str, Told]:
    found: Mapping[str, Any] = json.loads(stored) if stored else {}
    return {
        about: Told(str(one["week"]), str(one["day"]), float(one["value"])) for about, one in found.items()
    }


def _as_json(last: Told) -> dict[str, object]:
    return {"week": last.week, "day": last.day, "value": last.value}
