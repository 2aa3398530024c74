"""Read the dates that UK sources write.

The common forms are read by the expressions here; dateparser is asked only for the rest. A form that is
recognised but holds no calendar date (``2023-13-45``) is None: nothing is ever rolled over.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.clock import LONDON
from monitor.errors import UsageError
from monitor.types import DateSource, Published

FIRST_YEAR = 1900
FUTURE = timedelta(hours=24)
"""How far ahead a date may lie: clocks differ, and a day without a time stands at noon."""
MAX_CHARACTERS = 100

Precision = Literal["second", "minute", "day"]

# Minutes east of Greenwich, as the abbreviations are meant in the United Kingdom and Ireland: IST is Irish
# Standard Time there, not Indian. Others go to dateparser, which knows many more.
_ZONES = {"": 0, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "ist": 60, "west": 60, "cet": 60,
          "cest": 120, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
          "pst": -480, "pdt": -420}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s+)?"
_TIME = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?:\s?(?P<half>[ap])\.?m\.?)?"
)
_OFFSET = r"(?:\s?(?P<zone>(?:[a-z]{2,4})?[+-]\d{1,2}:?(?:\d{2})?|[a-z]{1,4})(?:\s?\([a-z ]+\))?)?"
_AT = rf"(?:(?:\s?t\s?|,?\s+(?:at\s+)?){_TIME}{_OFFSET})?"
_DAY = r"(?P<day>\d{1,2})"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE | re.ASCII)
    for form in (
        rf"(?P<year>\d{{4}})([-/])(?P<month>\d{{1,2}})\2{_DAY}{_AT}",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"
        rf"(?:t?(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_OFFSET})?",
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th)?(?:\s+of)?[\s-]+{_MONTH},?[\s-]+(?P<year>\d{{4}}|\d{{2}}){_AT}",
        rf"{_WEEKDAY}{_DAY}([/.-])(?P<month>\d{{1,2}})\2(?P<year>\d{{4}}|\d{{2}}){_AT}",
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_AT}",
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_TIME}{_OFFSET}\s+(?P<year>\d{{4}})",
        rf"{_TIME}{_OFFSET},?\s+(?:on\s+)?{_WEEKDAY}{_DAY}(?:st|nd|rd|th)?\s+{_MONTH},?\s+(?P<year>\d{{4}})",
    )
)
_EPOCH = re.compile(r"(1\d{9})(?:\.\d+|\d{3})?", re.ASCII)


def read_date(
    raw: str | None,
    *,
    source: DateSource,
    now: datetime,
    zone: ZoneInfo = LONDON,
    pattern: str | None = None,
) -> Published | None:
    """Return the moment that a text names, or None where it names none between 1900 and next year.

    Days stand before months (``19/02/2003``); BST is an hour ahead, and so is IST, which is Irish here. A
    day without a time is put at noon in ``zone``, where no other zone moves it to its neighbour.

    Args:
        raw: as the source wrote it; it is kept.
        source: what the text was found in.
        now: the present, which bounds the year and decides the century of years with two digits.
        zone: of times that name none; an hour that the clocks repeat is taken as the first of the two.
        pattern: a ``strptime`` format, checked by ``check_pattern``, that alone decides.
    """
    text = " ".join((raw or "").split())
    if not text or len(text) > MAX_CHARACTERS:
        return None
    try:
        found = _by_pattern(text, zone, pattern) if pattern else _by_form(text, now, zone)
        if found is None or not FIRST_YEAR <= found[0].year <= now.year + 1:
            return None
        return Published(found[0].astimezone(UTC), text, source, found[1])
    except (ValueError, OverflowError):  # no such day, hour or offset
        return None


def is_future(published: Published, now: datetime) -> bool:
    """Tell whether an item is dated more than a day ahead, which no published item can be."""
    return published.at - now > FUTURE


def check_pattern(pattern: str) -> None:
    """Raise UsageError where a ``strptime`` format is not one, or leaves out a part of the date."""
    specimen = datetime(2008, 11, 29, 13, 45, 59, tzinfo=UTC)
    try:
        # Without a year, newer versions of Python warn at every row.
        complete = re.search("%[YyGcx]", pattern) and (
            datetime.strptime(specimen.strftime(pattern), pattern).date() == specimen.date()  # noqa: DTZ007
        )
    except ValueError as error:
        raise UsageError(f"date format {pattern!r} cannot be used: {error}") from error
    if not complete:
        raise UsageError(f"date format {pattern!r} must give year, month and day, like '%d/%m/%Y'")


Found = tuple[datetime, Precision]


def _by_pattern(text: str, zone: ZoneInfo, pattern: str) -> Found:
    if "%Z" in pattern:  # strptime knows only UTC, GMT and the names of this machine's zone
        pattern = pattern.replace("%Z", "%z")
        text = re.sub(r"\b[A-Za-z]{1,4}$|(?<=\d )[A-Z]{3,4}\b", lambda match: _iso_offset(match[0]), text)
    moment = datetime.strptime(text, pattern)  # noqa: DTZ007
    precision = _precision_of(pattern)
    if precision == "day":
        return _noon(moment.date(), zone), precision
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)), precision


def _precision_of(pattern: str) -> Precision:
    if re.search("%[STcXsr]", pattern):
        return "second"
    return "minute" if re.search("%[HIR]", pattern) else "day"


def _by_form(text: str, now: datetime, zone: ZoneInfo) -> Found | None:
    for form in _FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            offset = _zone(parts.get("zone"), zone)
            return _by_dateparser(text, zone) if offset is None else _assembled(parts, offset, now, zone)
    if match := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(match[1]), UTC), "second"
    return _by_dateparser(text, zone)


def _assembled(parts: dict[str, str | None], offset: tzinfo, now: datetime, zone: ZoneInfo) -> Found:
    day = date(_year(parts["year"] or "", now), _month(parts["month"] or ""), int(parts["day"] or ""))
    if parts["hour"] is None:
        return _noon(day, zone), "day"
    second = "59" if parts["second"] == "60" else parts["second"]  # a leap second
    hour = _hour(int(parts["hour"]), parts.get("half"))
    moment = datetime.combine(day, time(hour, int(parts["minute"] or 0), int(second or 0)), offset)
    return moment, "second" if second else "minute"


def _noon(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(12), zone)


def _year(digits: str, now: datetime) -> int:
    if len(digits) == 4:
        return int(digits)
    year = now.year // 100 * 100 + int(digits)
    return year if year <= now.year + 1 else year - 100


def _month(name: str) -> int:
    return int(name) if name.isdigit() else _MONTHS.index(name[:3].lower()) + 1


def _hour(hour: int, half: str | None) -> int:
    if half is None or hour > 12:  # some write 15:46pm
        return hour
    return hour % 12 + (12 if half.lower() == "p" else 0)


def _zone(name: str | None, zone: ZoneInfo) -> tzinfo | None:
    """Return what a zone or offset stands for, ``zone`` where there is none, None where it is unknown."""
    if not name:
        return zone
    match = re.fullmatch(r"([a-z]*)(?:([+-])(\d{1,2}):?(\d{2})?)?", name.lower())
    minutes = _ZONES.get(match[1]) if match else None
    if match is None or minutes is None:
        return None
    if match[2]:
        ahead = int(match[3]) * 60 + int(match[4] or 0)
        minutes += ahead if match[2] == "+" else -ahead
    return UTC if minutes == 0 else timezone(timedelta(minutes=minutes))


def _iso_offset(name: str) -> str:
    minutes = _ZONES.get(name.lower())
    if minutes is None:
        return name
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


_Parse = Callable[..., datetime | None]


def _by_dateparser(text: str, zone: ZoneInfo) -> Found | None:
    import dateparser

    parse: _Parse = dateparser.parse
    settings = {"DATE_ORDER": "DMY", "STRICT_PARSING": True, "PARSERS": ["absolute-time"]}
    moment = parse(text, languages=["en"], settings=settings)
    if moment is None or not _says(text, moment.year) or not _says(text, moment.day):
        return None
    if not re.search(r"\d[:.]\d\d|\d\s?[ap]m\b|\bnoon\b|\bmidnight\b", text, re.IGNORECASE):
        return _noon(moment.date(), zone), "day"
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)), "minute"


def _says(text: str, number: int) -> bool:
    """Tell whether a number stands in the text, so that a part was read there and not made up."""
    return number in map(int, re.findall(r"\d{1,4}", text))
