"""The shape of feeds.yaml: its keys, their types, and what each value must be.

docs/feeds.md explains the keys one by one. Messages of the validators read well after "sources[3].url: ".
"""

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from monitor.label.codebook import load_codebook
from monitor.types import Event, Outlet, OutletType, Source

DEFAULT_MODEL = "minilm"
NATIONS = ("UK", "England", "Scotland", "Wales", "Northern Ireland")
TextPolicy = Literal["passages", "full", "none"]
KEEP_FOREVER = "forever"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _http_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "\\" in value or " " in value:
        raise ValueError("must be an http or https address")
    return value


def _web_address(value: str) -> str:
    parts = urlsplit(_http_address(value))
    beside = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if parts.scheme != "https" or any(beside):
        raise ValueError("must be an https address without a path, such as https://monitor.example.org")
    return f"https://{parts.netloc.lower()}"


def _source_id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", value):
        raise ValueError("must be of lower-case letters, digits, '.', '_' and '-'")
    return value


def _nation(value: str) -> str:
    if value not in NATIONS:
        raise ValueError(f"must be one of {', '.join(NATIONS)}")
    return value


_ADDRESS = r"""(?x)
    (?: [^@\s,;<>()"\\\x00-\x1f\x7f]+ | "(?:[^@\s,;<>"\\\x00-\x1f\x7f] | \\["\\])+" )
    @ [^@\s,;<>()"\\\x00-\x1f\x7f]+"""
"""A quoted local part is quoted whole: of ``ann"@council.example`` mail libraries make another recipient."""


def check_address(value: str) -> str:
    """Return an e-mail address as it is; ValueError where it is none."""
    if not re.fullmatch(_ADDRESS, value):
        raise ValueError("must be an e-mail address")
    return value


def _frame(value: str) -> str:
    if value not in load_codebook().ids:
        raise ValueError(f"is no frame of the codebook; there are: {', '.join(load_codebook().ids)}")
    return value


def _checked(value: object) -> date | None:
    if value == "never":
        return None
    if type(value) is not date:
        raise ValueError("must be a date such as 2026-11-25, or never")
    return value


def _when(value: object) -> tuple[date, Literal["day", "month"]]:
    """Return a day, or the first one of a month, and which of both was given."""
    if type(value) is date:
        return value, "day"
    try:
        return date.fromisoformat(f"{value}-01" if re.fullmatch(r"\d{4}-\d{2}", str(value)) else ""), "month"
    except ValueError:
        raise ValueError("must be a day such as 2026-03-02, or a month such as 2026-03") from None


def _keep(value: str) -> str:
    if value != KEEP_FOREVER and not re.fullmatch(r"[1-9]\d{0,4} (?:day|week|month|year)s?", value):
        raise ValueError("must be 'forever' or a time such as '24 months'")
    return value


def _report_at(value: str) -> str:
    if not re.fullmatch(rf"(?:{'|'.join(DAYS)}) (?:[01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError("must be a day and a time such as 'Mon 07:00'")
    return value


Text = Annotated[str, Field(min_length=1)]
Address = Annotated[str, AfterValidator(check_address)]
FrameId = Annotated[str, AfterValidator(_frame)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SourceEntry(_Section):
    """One entry of ``sources:``."""

    id: Annotated[str, AfterValidator(_source_id)]
    name: Text
    outlet: Text | None = None
    url: Annotated[str, AfterValidator(_http_address)]
    outlet_type: Literal[
        "national", "tabloid", "broadcaster", "regional", "trade", "agency", "charity", "blog"
    ]
    nation: Annotated[str, AfterValidator(_nation)]
    enabled: bool = True
    checked: Annotated[Any, AfterValidator(_checked)] = None
    trusted: bool = False
    pages: bool = True

    def source(self) -> Source:
        """Return the source; its outlet has the source's name unless ``outlet`` names another."""
        outlet = Outlet(self.outlet or self.name, OutletType(self.outlet_type), self.nation)
        return Source(self.id, self.url, outlet, self.enabled, self.trusted, self.pages)


class EventEntry(_Section):
    """One entry of ``events:``, the user's own."""

    id: Text
    date: Annotated[Any, AfterValidator(_when)]
    name: Text
    nation: Annotated[str, AfterValidator(_nation)] = "UK"
    type: Text = "own"
    frames: list[FrameId] = []
    note: str = ""

    def event(self) -> Event:
        """Return the event; the user vouches for its day, or for its month where only that is given."""
        day, precision = self.date
        return Event(
            self.id,
            day.isoformat(),
            precision,
            self.name,
            self.nation,
            self.type,
            tuple(self.frames),
            self.note,
            verified=True,
        )


class ListEntry(_Section):
    """One entry of ``lists:``."""

    recipients: Annotated[list[Address], Field(min_length=1)]
    frames: list[FrameId] = []
    outlets: list[Text] = []
    detail: Literal["full", "brief"] = "full"
    alerts: bool = False
    monthly: bool = False


class CodingEntry(_Section):
    """``coding:``, what people are to code."""

    weekly: Annotated[int, Field(ge=10, le=1000)]


class FeedsFile(_Section):
    """The whole file."""

    sources: list[SourceEntry]
    events: list[EventEntry] = []
    lists: dict[str, ListEntry] = {}
    contact: Address | None = None
    web: Annotated[str, AfterValidator(_web_address)] | None = None
    model: Text = DEFAULT_MODEL
    text: TextPolicy = "passages"
    keep: Annotated[str, AfterValidator(_keep)] = KEEP_FOREVER
    raw: Text | None = None
    report_at: Annotated[str, AfterValidator(_report_at)] = "Mon 07:00"
    coding: CodingEntry | None = None
