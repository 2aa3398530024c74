"""The pages to read: overview, trends, items, events and status."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from monitor.clock import Week
from monitor.errors import UsageError
from monitor.label.codebook import load_codebook
from monitor.pipeline.browse import (
    Recent,
    core_frames,
    read_item,
    read_items,
    read_outlets,
    recent_shares,
)
from monitor.pipeline.trend import share_json, volume_json
from monitor.report.data import FrameText
from monitor.report.wording import short_name
from monitor.store.browse import ItemDetail, ItemFilter, Listed
from monitor.types import Evidence, SharePoint, StoredModel
from monitor.web.answers import Page, answer
from monitor.web.charts import count_chart, in_both_widths, share_chart, share_top
from monitor.web.quoting import Quoted, quoted
from monitor.web.reports import newest_report
from monitor.web.site import STATUS_FOR, Here, Site

YEAR, TWO_YEARS = 52, 104
Text = Annotated[str, Query(max_length=200)]
ItemId = Annotated[int, Path(ge=1, lt=2**62)]


def frame_names(model: StoredModel | None) -> dict[str, str]:
    """Return what a page calls each frame of a model, without the slurs that the codebook quotes."""
    names = {
        frame.id: short_name(FrameText(frame.id, frame.name, "", frame.core))
        for frame in load_codebook().frames
    }
    frames = model.frames if model else load_codebook().ids
    return {frame: names.get(frame, frame.replace("_", " ").capitalize()) for frame in frames}


pages = APIRouter()


@pages.get("/")
def overview(request: Request, site: Here) -> Response:
    """Return the last whole week at a glance."""
    return answer(request, _overview(site))


@pages.get("/trend")
def trend(request: Request, site: Here, frame: Text = "", weeks: int = YEAR) -> Response:
    """Return one frame over a year or two."""
    return answer(request, _trend(site, frame, weeks))


@pages.get("/items")
def items(
    request: Request,
    site: Here,
    frame: Text = "",
    outlet: Text = "",
    week: Text = "",
    q: Text = "",
    all: bool = False,
    before: Text = "",
) -> Response:
    """Return a page of items."""
    wanted = ItemFilter(
        frame or None, outlet or None, Week.parse(week.strip()) if week.strip() else None, q.strip(), all
    )
    return answer(request, _items(site, wanted, before or None))


@pages.get("/items/{item_id}")
def item(request: Request, site: Here, item_id: ItemId) -> Response:
    """Return all that is known of one item but its text."""
    return answer(request, _item(site, item_id))


@pages.get("/status")
def status(request: Request, site: Here) -> Response:
    """Return what `monitor status` says."""
    found = site.status()
    words = list(found.in_words())
    extra = {"words": [line for line in words if not line.startswith("ALARM")], "found": found}
    return answer(request, Page("status", {"status": found.as_json()}, extra))


def labelled_by(site: Site) -> StoredModel:
    """Return the model whose labels are shown.

    Raises:
        UsageError: nothing is labelled yet.
    """
    model = site.labels()
    if model is None:
        raise UsageError("nothing is labelled yet; run: monitor label")
    return model


def _overview(site: Site) -> Page:
    model, found = site.labels(), site.status()
    data: dict[str, object] = {
        "model": model.version if model else None,
        "week": None,
        "shares": [],
        "volume": [],
        "sources": _states(site),
        "alarms": list(found.alarms),
        "items": found.totals.items,
        "unlabelled": found.unlabelled,
        "report": newest_report(site.reports),
    }
    if model is None:
        return Page("overview", data)
    recent = _recent(site, model, YEAR, core_frames(model))
    by_frame = {frame: [p for p in recent.trend.shares if p.frame == frame] for frame in core_frames(model)}
    top = share_top(recent.trend.shares)
    names = frame_names(model)
    counts = [(span.first, count.relevant) for span, count in recent.trend.volume]
    weeks = [volume_json(one) for one in recent.trend.volume]
    data |= {
        "week": recent.week,
        "shares": [share_json(point) for point in recent.trend.shares],
        "volume": weeks,
    }
    cards = [
        (
            frame,
            names[frame],
            points[-1],
            share_chart(points, _alt(names[frame], len(points)), top=top),
        )
        for frame, points in by_frame.items()
        if points
    ]
    alt = f"Items about social work in each of {len(counts)} weeks"
    chart = in_both_widths(lambda width: count_chart(counts, alt, width=width))
    return Page(
        "overview", data, {"cards": cards, "volume_chart": chart if counts else None, "labelled": weeks[-1:]}
    )


def _recent(site: Site, model: StoredModel, weeks: int, frames: tuple[str, ...]) -> Recent:
    return site.kept.get(
        ("shares", model.id, weeks, frames),
        STATUS_FOR,
        lambda: recent_shares(site.store, model, site.clock, weeks, frames),
    )


def _alt(name: str, weeks: int) -> str:
    return f"{name}: share of items about social work in each of {weeks} weeks, with 95% intervals"


def _wide(points: Sequence[SharePoint], name: str) -> Markup:
    alt = _alt(name, len(points))
    return in_both_widths(lambda width: share_chart(points, alt, width=width, height=220))


def _states(site: Site) -> Mapping[str, int]:
    states = [source.state for source in site.status().sources]
    return {state: states.count(state) for state in dict.fromkeys(states)}


def _trend(site: Site, frame: str, weeks: int) -> Page:
    model = labelled_by(site)
    names = frame_names(model)
    frame = frame or (core_frames(model) or model.frames)[0]
    weeks = TWO_YEARS if weeks > YEAR else YEAR
    recent = _recent(site, model, weeks, (frame,))
    points = recent.trend.shares
    data = {
        "model": model.version,
        "frame": frame,
        "weeks": weeks,
        "rows": [share_json(point) for point in points],
    }
    definition = {one.id: one.definition for one in load_codebook().frames}.get(frame, "")
    extra = {
        "names": names,
        "definition": definition,
        "points": list(reversed(points)),
        "chart": _wide(points, names[frame]) if points else None,
    }
    return Page("trend", data, extra)


def _items(site: Site, wanted: ItemFilter, before: str | None) -> Page:
    model = site.labels()
    found = read_items(site.store, model, wanted, before)
    names = frame_names(model)
    rows = [_row(site, listed) for listed in found.items]
    data = {
        "model": model.version if model else None,
        "items": [row["data"] for row in rows],
        "next": found.next,
    }
    extra = {
        "rows": rows,
        "wanted": wanted,
        "names": names,
        "outlets": read_outlets(site.store),
        "is_first": before is None,
    }
    return Page("items", data, extra)


def _exempt(site: Site) -> tuple[str, ...]:
    return tuple(text for event in site.config.events for text in (event.name, event.note))


def _row(site: Site, listed: Listed) -> dict[str, object]:
    item, story = listed.item, listed.story
    said = story or item
    words = quoted(said.title, said.summary, story.evidence if story else "", item.url, _exempt(site))
    data = {
        "id": item.item_id,
        "outlet": item.outlet,
        "outlet_type": item.outlet_type,
        "published_at": item.published_at,
        "url": words.url or None,
        "title": words.title,
        "summary": words.summary,
        "passage": words.passage or None,
        "relevant": listed.relevant,
        "frames": story.frames if story else {},
        "primary": story.primary if story else None,
        "tone": story.tone_band if story else None,
        "outlets": story.outlets if story else None,
        "copy_of": listed.copy_of,
        "unclear": listed.unclear,
    }
    return {"data": data, "item": item, "story": story, "words": words, "listed": listed}


def _item(site: Site, item_id: int) -> Page:
    model = site.labels()
    detail = read_item(site.store, model, item_id)
    readings = [
        {
            "depth": label.judgement.depth,
            "revision": _number(detail, label.revision_id),
            "relevant": label.judgement.relevant,
            "relevant_p": label.judgement.relevant_p,
            "relevant_margin": label.judgement.relevant_margin,
            "relevant_unclear": label.judgement.relevant_unclear,
            "tone": label.judgement.tone_band,
            "tone_score": label.judgement.tone_score,
            "tone_margin": label.judgement.tone_margin,
            "tone_unclear": label.judgement.tone_unclear,
            "primary": label.judgement.primary,
            "frames": label.judgement.frames,
            "evidence": _evidence(site, detail.item.title, label.judgement.evidence),
        }
        for label in detail.labels
    ]
    words = _words(site, detail.item.title, detail.item.summary, detail.item.url)
    data = {
        "id": item_id,
        "model": model.version if model else None,
        "title": words.title,
        "summary": words.summary,
        "url": words.url or None,
        "outlet": detail.item.outlet,
        "outlet_type": detail.item.outlet_type,
        "nation": detail.item.nation,
        "source": detail.source,
        "published_at": detail.item.published_at,
        "published_source": detail.published_source,
        "published_precision": detail.published_precision,
        "first_seen_at": detail.item.first_seen_at,
        "week": detail.week,
        "copy_of": detail.copy_of,
        "copies": [{"id": copy.item_id, "outlet": copy.outlet} for copy in detail.copies],
        "revisions": [_revision(site, detail, number) for number in range(len(detail.revisions))],
        "readings": readings,
        "codes": detail.codes,
        "coders": detail.coders,
        "samples": detail.samples,
    }
    extra = {
        "names": frame_names(model),
        "contact": site.config.contact,
        "codebook": model.codebook if model else "",
    }
    return Page("item", data, extra)


def _words(site: Site, title: str, summary: str, url: str | None = None) -> Quoted:
    return quoted(title, summary, "", url, _exempt(site))


def _evidence(site: Site, title: str, evidence: Sequence[Evidence]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in evidence:
        words = quoted(title, "", one.text, None, _exempt(site))
        left_out = "left out, since it may name a child or a worker"
        found[one.frame] = left_out if words.withheld else words.passage or words.title
    return found


def _number(detail: ItemDetail, revision_id: int) -> int | None:
    return next((one.number for one in detail.revisions if one.revision_id == revision_id), None)


def _revision(site: Site, detail: ItemDetail, place: int) -> dict[str, object]:
    one = detail.revisions[place]
    words = _words(site, one.title, one.summary)
    return {"number": one.number, "seen_at": one.seen_at, "title": words.title, "summary": words.summary}
