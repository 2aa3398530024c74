"""Coding by people: the next unit of a sample, blind, and how far coders agree.

Nothing that a model said is on these pages, nor the outlet, nor a link to the item.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from monitor.errors import UsageError
from monitor.label.codebook import load_codebook
from monitor.label.coding import LONGEST_NOTE, unit_name
from monitor.pipeline.browse import coded_unit, sample_state, sample_states, unit_of
from monitor.pipeline.gold import coder_of, next_unit, save_code, stored_agreement
from monitor.store.samples import UnitText
from monitor.types import Said
from monitor.web.answers import Page, answer
from monitor.web.site import STATUS_FOR, Here, Site
from monitor.web.visit import Visit, keep_visit, visit_of

SEE_OTHER = 303
UNPROCESSABLE = 422
KEYS = "123456789abc"
"""The key of each frame, in the order of the codebook."""
TONES = {
    -2: "hostile",
    -1: "critical",
    0: "neutral or mixed",
    1: "favourable",
    2: "celebratory",
}
Short = Annotated[str, Form(max_length=200)]
Several = Annotated[list[str], Form(max_length=50)]


pages = APIRouter(prefix="/code")


@pages.get("")
def samples(request: Request, site: Here) -> Response:
    """Return the samples, with how far each is coded."""
    visit = visit_of(site, request)
    found = sample_states(site.store, visit.coder)
    data = {"coder": visit.coder or None, "samples": found}
    page = Page("samples", data, {"token": visit.token(site)})
    return keep_visit(site, request, answer(request, page), visit)


@pages.post("")
def name(request: Request, site: Here, coder: Short = "", token: Short = "", then: Short = "") -> Response:
    """Take the name of a coder, or forget it where it is empty, and go on to a sample."""
    visit = visit_of(site, request)
    visit.require(site, token)
    try:
        named = Visit(visit.nonce, coder_of(site.store, coder) if coder.strip() else "")
    except UsageError as error:
        page = _ask_name(site, visit, then, str(error).removeprefix("--coder: "))
        return answer(request, page, UNPROCESSABLE)
    where = request.url_for("code", sample=then).path if then else "/code"
    return keep_visit(site, request, RedirectResponse(where, SEE_OTHER), named)


@pages.get("/{sample:path}/agreement")
def agreement(request: Request, site: Here, sample: str) -> Response:
    """Return how far the coders of a sample agree."""
    return answer(request, _agreement(site, sample))


@pages.get("/{sample:path}")
def code(
    request: Request, site: Here, sample: str, unit: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """Return the next unit that the coder has not coded, or the one that is asked for."""
    visit = visit_of(site, request)
    if not visit.coder:
        sample_state(site.store, sample, "")  # there must be one
        page = _ask_name(site, visit, sample)
    else:
        page = _unit_page(site, visit, sample, unit)
    return keep_visit(site, request, answer(request, page), visit)


@pages.post("/{sample:path}")
def save(
    request: Request,
    site: Here,
    sample: str,
    unit: Short = "",
    token: Short = "",
    relevant: Short = "",
    frames: Several = [],  # noqa: B006 - FastAPI copies it
    tone: Short = "",
    status: Short = "",
    target: Several = [],  # noqa: B006
    reply: Short = "",
    note: Annotated[str, Form(max_length=4 * LONGEST_NOTE)] = "",
) -> Response:
    """Store a code and go on to the next unit, or show what is wrong with it."""
    visit = visit_of(site, request)
    visit.require(site, token)
    fields = {
        "relevant": relevant,
        "frames": " ".join(frames),
        "tone": tone,
        "status": status,
        "target": " ".join(target),
        "reply": reply,
        "note": note,
    }
    _, problems = save_code(site.store, unit_of(site.store, unit), visit.coder, fields, site.clock)
    if problems:
        page = _unit_page(site, visit, sample, unit, fields, problems)
        return answer(request, page, UNPROCESSABLE)
    return RedirectResponse(request.url_for("code", sample=sample).path, SEE_OTHER)


def _ask_name(site: Site, visit: Visit, sample: str, problem: str = "") -> Page:
    return Page("coder", {"sample": sample}, {"token": visit.token(site), "problem": problem})


def _unit_page(
    site: Site,
    visit: Visit,
    sample: str,
    reference: str,
    fields: Mapping[str, str] | None = None,
    problems: list[str] | None = None,
) -> Page:
    """Return the page of a unit: the one asked for, or the next that the coder has not coded."""
    state = sample_state(site.store, sample, visit.coder)
    shown: UnitText | None
    earlier = None
    if reference:
        shown, earlier = coded_unit(site.store, reference, visit.coder)
    else:
        shown = next_unit(site.store, sample, visit.coder)
    data = {
        "sample": sample,
        "coder": visit.coder,
        "units": state.progress.units,
        "coded": state.progress.coded,
        "unit": unit_name(shown.unit.item_id, shown.unit.revision_id) if shown else None,
        "title": shown.title if shown else None,
        "summary": shown.summary if shown else None,
    }
    said = fields or (_fields(earlier.said) if earlier else {})
    book = load_codebook()
    extra = {
        "token": visit.token(site),
        "said": said,
        "marked": {key: said.get(key, "").split() for key in ("frames", "target")},
        "again": earlier is not None,
        "problems": problems or [],
        "frames": list(zip(KEYS.ljust(len(book.frames)), book.frames, strict=False)),
        "tones": TONES,
        "book": book,
        "last": [(unit_name(item, revision), title) for item, revision, title in state.progress.last],
    }
    return Page("unit", data, extra)


def _fields(said: Said) -> dict[str, str]:
    """Return what a form shows of an earlier code."""
    return {
        "relevant": "yes" if said.relevant else "no",
        "frames": " ".join(said.frames),
        "tone": "" if said.tone is None else str(said.tone),
        "status": said.status,
        "target": " ".join(said.target),
        "reply": {None: "", True: "yes", False: "no"}[said.reply],
        "note": said.note,
    }


def _agreement(site: Site, sample: str) -> Page:
    state = sample_state(site.store, sample, "")
    found = site.kept.get(("agreement", sample), STATUS_FOR, lambda: stored_agreement(site.store, sample))
    data = {
        "sample": sample,
        "status": "not_estimable" if found.reason else "estimated",
        "reason": found.reason or None,
        "pairs": found.pairs,
    }
    return Page("agreement", data, {"state": state})
