"""The figures of a report as CSV: the weekly shares, and everything else that it says in numbers."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from monitor.report.checks import ledger_of
from monitor.report.context import newest_points
from monitor.report.data import Coding, ReportData
from monitor.report.rows import NOT_READ, period_points, share_before
from monitor.report.usual import Usual, usual_hits, usual_shares, usual_tone, usual_volume
from monitor.types import SharePoint

SHARE_COLUMNS = ("week", "group", "frame", "n", "hits", "share", "low", "high", "corrected", "model")
FIGURE_COLUMNS = ("part", "group", "frame", "measure", "value", "low", "high", "n", "hits", "note", "week")

Cells = Sequence[object]


def share_table(data: ReportData) -> str:
    """Return every weekly share as CSV; shares are 0 to 1, and empty where a week has no item."""
    rows = (
        (p.week, p.group, p.frame, p.n, p.hits, *_shares(p), str(p.corrected).lower(), data.model)
        for p in data.findings.shares
    )
    return _written(SHARE_COLUMNS, rows)


def figure_table(data: ReportData) -> str:
    """Return the figures of the period as CSV, one a row, and the series of weeks that charts are drawn from.

    Differences, shares and tone are -1 to 1; only a row of a series names its week.
    """
    parts = (_period, _tone, _comparisons, _groups, _studies, _beside, _checks)
    whole = ((*row, "") for part in parts for row in part(data))
    return _written(FIGURE_COLUMNS, chain(whole, _weekly(data), _pooled(data)))


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


def _point(part: str, point: SharePoint, measure: str = "share") -> Cells:
    corrected = "corrected" if point.corrected else "uncorrected"
    return (part, point.group, point.frame, measure, *_shares(point), point.n, point.hits, corrected)


def _usual(frame: str, measure: str, usual: Usual) -> Cells:
    figures = (_decimal(usual.mean), _decimal(usual.low), _decimal(usual.high))
    return ("usual", "all", frame, measure, *figures, usual.mean_n, "", "mean of four, quartiles of 52 weeks")


def _period(data: ReportData) -> Iterator[Cells]:
    volume = data.findings.volume
    yield ("period", "all", "", "items", volume.relevant, "", "", volume.labelled, "", "n: items read")
    yield ("period", "all", "", f"items a week, median of {volume.weeks} weeks before", volume.median,
           volume.lowest, volume.highest, volume.covered, "",
           "low, high: their range; n: weeks read")  # fmt: skip
    yield _usual("", "items", usual_volume(data))
    for frame, point in period_points(data).items():
        yield _point("period", point)
        yield _usual(frame, "items", usual_hits(data, frame))
    for frame, usual in usual_shares(data).items():
        yield _usual(frame, "share", usual)
    yield _usual("", "net tone", usual_tone(data))


def _tone(data: ReportData) -> Iterator[Cells]:
    """Yield the tone of the period and of the weeks before, and the two ways of failing."""
    findings = data.findings
    before = f", {findings.volume.weeks} weeks before"
    spans = (
        ("", findings.tone, data.tone_interval or (None, None)),
        (before, findings.base_tone, (None, None)),
    )
    for span, tone, (low, high) in spans:
        net = (_decimal(tone.net), _decimal(low), _decimal(high))
        yield ("tone", "all", "", f"net{span}", *net, tone.n, "", "uncorrected")
        for band in ("negative", "neutral", "positive"):
            count = getattr(tone, band)
            yield ("tone", "all", "", f"{band}{span}", count, "", "", tone.n, count, "")
    if {"incompetent", "over_zealous"} <= set(findings.frames):
        note = f"hits: incompetent, against {findings.tone.over_hits} over_zealous"
        figures = (_decimal(findings.tone.fail_over), "", "", findings.tone.n, findings.tone.fail_hits, note)
        yield ("tone", "all", "", "incompetent for each over_zealous", *figures)


def _comparisons(data: ReportData) -> Iterator[Cells]:
    for c in data.findings.comparisons:
        figures = (_decimal(c.difference), _decimal(c.low), _decimal(c.high), c.n, c.hits)
        note = f"{c.verdict}{f'; q {c.q:.4f}' if c.q is not None else ''}; base {c.base_hits} of {c.base_n}"
        yield ("comparison", c.group, c.frame, f"difference to {c.weeks} weeks before", *figures, note)
        share, n = share_before(data, c)
        base = (_decimal(share if n else None), "", "", n, c.base_hits, "hits: uncorrected")
        yield ("comparison", c.group, c.frame, f"share of {c.weeks} weeks before", *base)


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


def _weekly(data: ReportData) -> Iterator[Cells]:
    """Yield the items of every week of the span; a week that was not read has no number."""
    for week, items in data.findings.weekly_relevant:
        note = NOT_READ if items is None else ""
        yield ("weekly", "all", "", "items", items, "", "", "", "", note, week)


def _pooled(data: ReportData) -> Iterator[Cells]:
    """Yield the lines of the charts: each frame's share in the weeks that end with the week named."""
    weeks = data.findings.rolling_weeks
    for point in data.findings.rolling:
        yield (*_point("pooled", point, f"share of {weeks} weeks together"), point.week)


def _checks(data: ReportData) -> Iterator[Cells]:
    for name, count in ledger_of(data).counts.items():
        yield ("checks", "all", "", name, count, "", "", "", "", "")
    if data.observed is not None:
        yield ("checks", "all", "", "feed-hours observed", f"{data.observed.observed:.1f}", "", "",
               f"{data.observed.expected:.1f}", "", "")  # fmt: skip
    if data.copies is not None:
        yield ("checks", "all", "", "wire copies", data.copies, "", "", "", "", "")
    if data.coding is not None:
        yield from _coding(data.coding)
    for one in data.restated:
        yield ("corrections", one.report, one.frame, "items", one.new_hits, "", "", one.new_n, one.hits,
               f"was {one.hits} of {one.n}")  # fmt: skip


def _coding(coding: Coding) -> Iterator[Cells]:
    counts = {
        "items coded by people": coding.items,
        "items coded by people, of the period": coding.in_period,
        "coders": coding.coders,
    }
    for name, count in counts.items():
        yield ("checks", "all", "", name, count, "", "", "", "", "")
    agreement = _decimal(coding.agreement)
    yield ("checks", "all", "", "agreement of the model with people", agreement, "", "", coding.items, "",
           "share of the core frames' decisions")  # fmt: skip
