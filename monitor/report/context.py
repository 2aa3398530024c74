"""What stands beside coverage: published indicators with the day that they are of, and outbreaks."""

from collections.abc import Sequence
from datetime import date, timedelta

from monitor.findings import Indicator, IndicatorPoint, Outbreak
from monitor.report import wording
from monitor.report.data import FrameText, ReportData
from monitor.report.document import Part, Prose, Table
from monitor.report.figures import number, percent, short_date

SIDE_BY_SIDE = "Side by side, not cause: nothing here says that coverage moves these figures, or they it."
MOST_INDICATORS = 6
SURELY_PUBLISHED = timedelta(days=365)
"""After its period a figure that does not say when is taken to be published: yearly ones take months."""
VOLUME = "volume"


def indicators_part(data: ReportData) -> Part | None:
    """Return the newest figure of the published series, each with its period and the day that it is as of."""
    newest = newest_points(data.indicators, data.week.plus(1).monday())
    if not newest:
        return None
    rows = [
        (
            _named(indicator),
            f"{number(round(point.value, 1))} {indicator.unit}".strip(),
            point.period,
            short_date(date.fromisoformat(point.as_of)) if point.as_of else "not stated",
            point.source,
        )
        for indicator, point in newest
    ]
    head = ("Indicator", "Figure", "Period", "As of", "Source")
    return Part(
        "indicators", "Indicators", [Prose(SIDE_BY_SIDE), Table("The newest figure of each.", head, rows)]
    )


def _named(indicator: Indicator) -> str:
    segment = f" ({indicator.segment})" if indicator.segment else ""
    return f"{indicator.label}{segment}, {indicator.geography}"


def newest_points(indicators: Sequence[Indicator], end: date) -> list[tuple[Indicator, IndicatorPoint]]:
    """Return the newest points before a day, one of each series, those of the newest periods first.

    A point without the day that it was published is taken to have been so a year after its period.
    """
    found: dict[str, tuple[Indicator, IndicatorPoint]] = {}
    for indicator in indicators:
        for point in indicator.points:
            period = date.fromisoformat(point.date)
            published = date.fromisoformat(point.as_of) if point.as_of else period + SURELY_PUBLISHED
            held = found.get(indicator.series)
            if max(period, published) < end and (held is None or held[1].date < point.date):
                found[indicator.series] = (indicator, point)
    newest = sorted(found.values(), key=lambda pair: (pair[1].date, pair[0].series), reverse=True)
    return newest[:MOST_INDICATORS]


def outbreak_sentences(data: ReportData) -> list[str]:
    """Say what broke out of the last year, volume or a core frame."""
    names = {frame.id: frame for frame in data.frames}
    return [_outbreak(one, names.get(one.about)) for one in data.outbreaks if one.verdict == "outbreak"]


def _outbreak(one: Outbreak, frame: FrameText | None) -> str:
    if frame is None:
        usual = f"{one.median:.0f}" if one.median is not None else "unknown"
        return (
            f"Outbreak of coverage: {one.n:,} items about social work, against a median of {usual} in "
            f"{one.weeks} weeks."
        )
    share = wording.share_of(round((one.value or 0.0) * one.n), one.n)
    usual = percent(one.median) if one.median is not None else "unknown"
    return (
        f"Outbreak of {wording.framing(frame)}: {share} items, against a median of {usual} in "
        f"{one.weeks} weeks (uncorrected)."
    )
