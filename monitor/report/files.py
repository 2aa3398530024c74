"""The figures of a report as CSV: the weekly shares, and everything else that it says in numbers."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from monitor.report.context import newest_points
from monitor.report.data import ReportData
from monitor.report.rows import period_points
from monitor.report.usual import Usual, usual_hits, usual_shares, usual_volume
from monitor.types import SharePoint

SHARE_COLUMNS = ("week", "group", "frame", "n", "hits", "share", "low", "high", "corrected", "model")
FIGURE_COLUMNS = ("part", "group", "frame", "measure", "value", "low", "high", "n", "hits", "note")

Cells = Sequence[object]


def share_table(data: ReportData) -> str:
    """Return every weekly share as CSV; shares are 0 to 1, and empty where a week has no item."""
    rows = (
        (p.week, p.group, p.frame, p.n, p.hits, *_shares(p), str(p.corrected).lower(), data.model)
        for p in data.findings.shares
    )
    return _written(SHARE_COLUMNS, rows)


def figure_table(data: ReportData) -> str:
    """Return the figures of the period as CSV, one a row; differences and shares are -1 to 1."""
    parts = (_period, _comparisons, _groups, _studies, _beside, _checks)
    return _written(FIGURE_COLUMNS, (row for part in parts for row in part(data)))


def _written(columns: Sequence[str], rows: Iterable[Cells]) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return table.getvalue()


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _shares(point: SharePoint) -> tuple[str, str, str]:
    return _decimal(point.share), _decimal(point.low), _decimal(point.high)


def _point(part: str, point: SharePoint) -> Cells:
    corrected = "corrected" if point.corrected else "uncorrected"
    return (part, point.group, point.frame, "share", *_shares(point), point.n, point.hits, corrected)


def _usual(frame: str, measure: str, usual: Usual) -> Cells:
    figures = (_decimal(usual.mean), _decimal(usual.low), _decimal(usual.high))
    return ("usual", "all", frame, measure, *figures, usual.mean_n, "", "mean of four, quartiles of 52 weeks")


def _period(data: ReportData) -> Iterator[Cells]:
    volume, tone = data.findings.volume, data.findings.tone
    yield ("period", "all", "", "items", volume.relevant, "", "", volume.labelled, "", "n: items read")
    yield _usual("", "items", usual_volume(data))
    for frame, point in period_points(data).items():
        yield _point("period", point)
        yield _usual(frame, "items", usual_hits(data, frame))
    for frame, usual in usual_shares(data).items():
        yield _usual(frame, "share", usual)
    for band, count in (("negative", tone.negative), ("neutral", tone.neutral), ("positive", tone.positive)):
        yield ("tone", "all", "", band, count, "", "", tone.n, count, "")


def _comparisons(data: ReportData) -> Iterator[Cells]:
    for c in data.findings.comparisons:
        figures = (_decimal(c.difference), _decimal(c.low), _decimal(c.high), c.n, c.hits)
        note = f"{c.verdict}{f'; q {c.q:.4f}' if c.q is not None else ''}; base {c.base_hits} of {c.base_n}"
        yield ("comparison", c.group, c.frame, f"difference to {c.weeks} weeks before", *figures, note)


def _groups(data: ReportData) -> Iterator[Cells]:
    for point in data.findings.recent:
        yield _point("outlet_type", point)
    for point in data.outlets:
        yield _point("outlet", point)


def _studies(data: ReportData) -> Iterator[Cells]:
    """Yield the effects of event studies: points, then odds ratios; volumes and half-lives as they are."""
    for study in data.studies:
        name = study.event.id
        for e in study.effects:
            p = f"; adjusted p {e.test.p_adjusted:.4f}" if e.test and e.test.p_adjusted is not None else ""
            note = f"{e.verdict}{p}; {e.family}; base {e.base_hits} of {e.base_n}"
            points = (_decimal(e.points), _decimal(e.points_low), _decimal(e.points_high))
            odds = (_decimal(e.odds_ratio), _decimal(e.low), _decimal(e.high))
            yield ("event", name, e.frame, f"points, weeks {e.window}", *points, e.n, e.hits, note)
            yield ("event", name, e.frame, f"odds ratio, weeks {e.window}", *odds, e.n, e.hits, note)
        for v in study.volumes:
            ratio = (_decimal(v.ratio), _decimal(v.low), _decimal(v.high))
            beside = f" beside {v.control}" if v.control else ""
            note = f"{v.verdict}; base {v.base_n} in {v.base_weeks} weeks"
            yield ("event", name, "", f"volume ratio, weeks {v.window}{beside}", *ratio, v.n, "", note)
        for h in study.half_lives.values():
            weeks = (_decimal(h.weeks), _decimal(h.low), _decimal(h.high))
            yield ("event", name, h.frame, "half-life in weeks", *weeks, h.n, "", h.reason)


def _beside(data: ReportData) -> Iterator[Cells]:
    """Yield outbreaks, and the published figures that the report shows."""
    for one in data.outbreaks:
        note = f"{one.verdict}; median {_decimal(one.median)} of {one.weeks} weeks"
        yield ("outbreak", "all", one.about, "value", _decimal(one.value), "", "", one.n, "", note)
    for indicator, point in newest_points(data.indicators, data.week.plus(1).monday()):
        note = f"{indicator.unit}; {point.period}; as of {point.as_of or 'not stated'}; {point.source}"
        yield ("indicator", indicator.geography, "", indicator.series, point.value, "", "", "", "", note)


def _checks(data: ReportData) -> Iterator[Cells]:
    if data.observed is not None:
        yield ("checks", "all", "", "feed-hours observed", f"{data.observed.observed:.1f}", "", "",
               f"{data.observed.expected:.1f}", "", "")  # fmt: skip
    if data.copies is not None:
        yield ("checks", "all", "", "wire copies", data.copies, "", "", "", "", "")
    for one in data.restated:
        yield ("corrections", one.report, one.frame, "items", one.new_hits, "", "", one.new_n, one.hits,
               f"was {one.hits} of {one.n}")  # fmt: skip
