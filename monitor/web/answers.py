"""A page as HTML or as JSON, and errors as pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment

from monitor.clock import LONDON, Week
from monitor.report.figures import counted, percent, short_date, signed, week_dates
from monitor.report.render import templates_of
from monitor.report.stories import safe_link
from monitor.report.wording import outlet_type_name, point_range, point_range_of, share_interval

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says (``data``, which is all that JSON has) and what only its HTML needs."""

    template: str
    data: Mapping[str, Any]
    only_html: Mapping[str, Any] = field(default_factory=dict)


def answer(request: Request, page: Page, status: int = 200) -> Response:
    """Return a page as it was asked for: HTML, or JSON with ``format=json``."""
    if request.query_params.get("format") == "json":
        text = json.dumps(plain(page.data), ensure_ascii=False, indent=2)
        return Response(text + "\n", status, media_type=JSON_TYPE)
    template = templates().get_template(f"{page.template}.html.j2")
    query = request.url.include_query_params(format="json").query
    html = template.render(
        **page.data, **page.only_html, here=request.url.path, as_json=f"{request.url.path}?{query}"
    )
    return HTMLResponse(html, status)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: times in UTC with Z, weeks as 2026-W46, spans in seconds."""
    if isinstance(value, Week):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [plain(one) for one in value]
    return value


@cache
def templates() -> Environment:
    """Return the templates; all text is escaped."""
    made = templates_of("monitor.web")
    made.filters |= {
        "percent": percent,
        "signed": signed,
        "counted": counted,
        "week_dates": week_dates,
        "day": lambda moment: short_date(moment.astimezone(LONDON).date()),
        "minute": lambda moment: f"{moment.astimezone(LONDON):%d %b %Y, %H:%M}".lstrip("0"),
        "outlet_type": outlet_type_name,
        "range": point_range,
        "range_of": point_range_of,
        "interval": share_interval,
        "safe_link": safe_link,
    }
    return made
