"""The events, and what coverage did after one."""

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from monitor.clock import Week
from monitor.config.events import all_events, chosen_events
from monitor.pipeline.browse import core_frames
from monitor.pipeline.events import event_json, run_event
from monitor.pipeline.trend import TrendQuery, read_trend
from monitor.trend.placebo import AFFECTED, BASE
from monitor.types import Event, SharePoint, StoredModel
from monitor.web.answers import Page, answer
from monitor.web.charts import in_both_widths, share_chart, share_top
from monitor.web.pages import frame_names, labelled_by
from monitor.web.site import STUDY_FOR, Here, Site

VERDICTS = {
    "higher": "higher after",
    "lower": "lower after",
    "maybe_higher": "maybe higher after",
    "maybe_lower": "maybe lower after",
    "no_clear_change": "no clear change",
}


pages = APIRouter()


@pages.get("/events")
def events(request: Request, site: Here) -> Response:
    """Return the list of events, the newest first."""
    found = sorted(all_events(site.config), key=lambda event: event.date, reverse=True)
    return answer(request, Page("events", {"events": found}))


@pages.get("/events/{event_id}")
def event(request: Request, site: Here, event_id: str) -> Response:
    """Return the study of an event."""
    (chosen,) = chosen_events(site.config, [event_id])
    return answer(request, _study(site, chosen))


def _study(site: Site, event: Event) -> Page:
    model = labelled_by(site)
    document = site.kept.get(
        ("study", event.id, model.id),
        STUDY_FOR,
        lambda: event_json(run_event(site.store, model, event, all_events(site.config), site.clock)),
    )
    extra = {
        "names": frame_names(model),
        "core": core_frames(model),
        "verdicts": VERDICTS,
        "charts": _charts(site, model, event) if event.precision == "day" else [],
        "about": event,
    }
    return Page("event", {"study": document}, extra)


def _charts(site: Site, model: StoredModel, event: Event) -> list[tuple[str, object]]:
    """Return the core frames' weeks around an event, as far as they are whole."""
    week = Week.of_date(date.fromisoformat(event.date))
    first, last = week.plus(BASE.first), min(week.plus(AFFECTED.last), Week.of(site.clock()).plus(-1))
    if first > last:
        return []
    query = TrendQuery(core_frames(model), first, last)
    shares = read_trend(site.store, model, query).shares
    if not any(point.n for point in shares):
        return []
    top, names = share_top(shares), frame_names(model)
    found: list[tuple[str, object]] = []
    for frame in core_frames(model):
        points = [point for point in shares if point.frame == frame]
        alt = f"{names[frame]}: weekly share from a year before {event.name} to half a year after"
        found.append((names[frame], _around(points, alt, top, week)))
    return found


def _around(points: Sequence[SharePoint], alt: str, top: float, week: Week) -> Markup:
    return in_both_widths(lambda width: share_chart(points, alt, top=top, event=week, width=width))
