"""How a report opens: its subject, its three sentences, the notices before them, and the key figures."""

from collections.abc import Iterator, Sequence

from monitor.clock import Week
from monitor.findings import Comparison, Findings
from monitor.report import wording
from monitor.report.data import FrameText, ReportData
from monitor.report.document import KeyFigure, Prose, Strip
from monitor.report.figures import DASH, SMALL_N, number, percent, percent_range, points_range, signed
from monitor.report.palette import colour, ink
from monitor.report.rows import period_points, share_before
from monitor.report.usual import Usual, usual_shares, usual_tone, usual_volume
from monitor.types import SharePoint

LEAST_OBSERVED = 0.5
"""Under this share of the feed-hours, there is no report."""
TOO_FEW_SHARES = f"too few weeks of {SMALL_N} items"


def too_little_observed(data: ReportData) -> bool:
    """Return whether so little was read that a change may be an outage, and nothing is to be reported."""
    return data.observed is not None and (data.observed.share or 0.0) < LEAST_OBSERVED


def leading_change(data: ReportData) -> Comparison | None:
    """Return the change that stands out most against the shorter baseline, a core frame before any other."""
    core = {frame.id for frame in data.frames if frame.core}
    known = {frame.id for frame in data.frames}
    moved = [c for c in shortest(data.findings) if c.verdict == "moved" and c.frame in known]
    return min(moved, key=lambda c: (c.frame not in core, c.q, -abs(c.difference or 0)), default=None)


def risen_frames(findings: Findings) -> frozenset[str]:
    """Return the frames whose share rose clearly or perhaps, so that their stories come first."""
    return frozenset(
        c.frame
        for c in shortest(findings)
        if c.verdict in ("moved", "maybe") and c.difference is not None and c.difference > 0
    )


def shortest(findings: Findings) -> list[Comparison]:
    """Return the comparisons with the shortest baseline."""
    weeks = min((c.weeks for c in findings.comparisons), default=0)
    return [c for c in findings.comparisons if c.weeks == weeks]


def leading_frame(data: ReportData) -> tuple[FrameText, Comparison | None]:
    """Return the frame that the report opens with: the one that moved most, else the first core frame."""
    names = {frame.id: frame for frame in data.frames}
    moved = leading_change(data)
    if moved is not None:
        return names[moved.frame], moved
    frame = next((frame for frame in data.frames if frame.core), data.frames[0])
    return frame, next((c for c in shortest(data.findings) if c.frame == frame.id), None)


def subject(data: ReportData) -> str:
    """Return the subject: the number, its range, a verdict, and what the report is."""
    tail = f"{data.title}, {data.name}"
    if too_little_observed(data):
        return f"No report {data.this_period}: too little was read · {tail}"
    frame, comparison = leading_frame(data)
    return f"{wording.subject_figure(period_points(data)[frame.id], frame, comparison)} · {tail}"


def sentences(data: ReportData) -> list[str]:
    """Return what moved, against what, and how sure; fewer where there is nothing to say it of."""
    volume = data.findings.volume
    if volume.labelled == 0:
        return [f"Nothing was read {data.this_period}: no item was collected or labelled."]
    if volume.relevant == 0:
        return [f"No item of coverage {wording.ABOUT} was found {data.this_period}."]
    frame, comparison = leading_frame(data)
    point, usual = period_points(data)[frame.id], usual_shares(data)[frame.id]
    corrected = wording.correction([point])
    if comparison is None or comparison.verdict == "not_estimable":
        first = wording.only_figure_sentence(data, point, frame)
    else:
        first = wording.moved_sentence(data, point, frame, comparison.verdict == "moved")
    names = {one.id: one for one in data.frames}
    also = [
        wording.framing(names[c.frame])
        for c in shortest(data.findings)
        if c.verdict in ("moved", "maybe") and c.frame != frame.id and c.frame in names
    ]
    return [
        first,
        wording.against_sentence(comparison, base_figure(data, comparison), usual, data.weeks),
        wording.sure_sentence(comparison, len(data.frames), also, corrected),
    ]


def base_figure(data: ReportData, comparison: Comparison | None) -> str:
    """Return the share of a comparison's baseline with its n, corrected where its weeks are."""
    if comparison is None:
        return ""
    share, n = share_before(data, comparison)
    return f"{percent(share)} of {n:,}" if n >= SMALL_N else wording.share_of(comparison.base_hits, n)


def strip(data: ReportData) -> Strip:
    """Return the key figures: volume, the core frames, and the net tone."""
    return Strip(
        list(_key_figures(data)),
        mean_label=f"Mean of the four {data.weeks}-week spans before" if data.weeks > 1 else "4-week mean",
        usual_label=wording.upper_first(wording.middle_half_of(data.weeks)),
    )


def _key_figures(data: ReportData) -> Iterator[KeyFigure]:
    points, usual = period_points(data), usual_shares(data)
    yield _volume_figure(data)
    verdicts = {c.frame: c for c in shortest(data.findings)}
    for frame in data.frames:
        if frame.core:
            yield _share_figure(frame, points[frame.id], usual.get(frame.id), verdicts.get(frame.id))
    if data.findings.tone.n >= SMALL_N and data.findings.tone.net is not None:
        yield _tone_figure(data, data.findings.tone.net)


def _tone_figure(data: ReportData, net: float) -> KeyFigure:
    tone, base, usual = data.findings.tone, data.findings.base_tone, usual_tone(data)
    interval = f"95% interval {points_range(*data.tone_interval)}, " if data.tone_interval else ""
    before = (
        f"; {signed(base.net)} in the {data.findings.volume.weeks} weeks before"
        if base.net is not None
        else ""
    )
    return KeyFigure(
        "Net tone",
        signed(net),
        f"{interval}n = {tone.n:,}, uncorrected; favourable less critical items, in points{before}",
        _tone_mean(usual),
        _tone_half(usual),
        _beside_half(net, usual),
        "",
        colour("other"),
        ink("other"),
    )


def _tone_mean(usual: Usual) -> str:
    if usual.mean is None:
        return DASH
    if usual.mean_n < SMALL_N:
        return f"too few items ({usual.mean_n})"
    return f"{signed(usual.mean)} of {usual.mean_n:,}"


def _tone_half(usual: Usual) -> str:
    if usual.low is None or usual.high is None:
        return TOO_FEW_SHARES
    return points_range(usual.low, usual.high)


def _beside_half(value: float, usual: Usual) -> str:
    """Return the verdict on a figure that is compared with its past alone."""
    if usual.low is None or usual.high is None:
        return "too few weeks to compare"
    if usual.low <= value <= usual.high:
        return wording.AS_USUAL
    return "above the middle half" if value > usual.high else "below the middle half"


def _volume_figure(data: ReportData) -> KeyFigure:
    usual, volume = usual_volume(data), data.findings.volume
    half = usual.low is not None and usual.high is not None
    return KeyFigure(
        "Items about social work",
        f"{volume.relevant:,}",
        f"of {volume.labelled:,} read",
        DASH if usual.mean is None else number(round(usual.mean, 1)),
        f"{usual.low:.0f} to {usual.high:.0f}" if half else "too few weeks",
        _beside_half(volume.relevant, usual),
        "",
        colour("other"),
        ink("other"),
    )


def _share_figure(
    frame: FrameText, point: SharePoint, usual: Usual | None, comparison: Comparison | None
) -> KeyFigure:
    return KeyFigure(
        wording.short_name(frame),
        wording.point_figure(point),
        f"{wording.share_interval(point)}, {wording.correction([point])}",
        usual_mean(usual),
        usual_half(usual),
        _strip_verdict(point, usual, comparison),
        comparison.verdict if comparison else "not_estimable",
        colour(frame.id),
        ink(frame.id),
    )


def _strip_verdict(point: SharePoint, usual: Usual | None, comparison: Comparison | None) -> str:
    """Return the verdict; nothing is called usual that stands outside of the usual range beside it."""
    said = wording.short_verdict(comparison)
    if said != wording.AS_USUAL or point.share is None or usual is None:
        return said
    if usual.low is None or usual.high is None or usual.low <= point.share <= usual.high:
        return said
    return wording.VERDICTS["no_clear_change"]


def usual_mean(usual: Usual | None) -> str:
    """Return the recent mean of a share with its n, as a count where that is small."""
    if usual is None or usual.mean is None:
        return DASH
    if usual.mean_n < SMALL_N:
        return f"{round(usual.mean * usual.mean_n)} of {usual.mean_n}"
    return f"{percent(usual.mean)} of {usual.mean_n:,}"


def usual_half(usual: Usual | None) -> str:
    """Return the usual range of a share; weeks of few items have no shares to take it of."""
    if usual is None or usual.low is None or usual.high is None:
        return TOO_FEW_SHARES
    return percent_range(usual.low, usual.high)


def notices(data: ReportData, caution: str) -> list[Prose]:
    """Return what must be read first."""
    found = [Prose(wording.SAMPLE_NOTICE, "box", "Sample.")] if data.sample else []
    return [*found, *([Prose(caution, "box", "Read with care.")] if caution else [])]


def no_report_sentences(data: ReportData, troubled: Sequence[tuple[str, str]]) -> list[str]:
    """Say that there is no report, and why."""
    observed = data.observed
    assert observed is not None  # noqa: S101 - asked only where too little of it was observed
    names = [source for source, _ in troubled[:5]]
    more = f" and {len(troubled) - 5} more" if len(troubled) > 5 else ""
    silent = f" Not read: {', '.join(names)}{more}." if names else ""
    return [
        f"No report {data.this_period}.",
        f"{observed.observed:,.0f} of {observed.expected:,.0f} feed-hours were observed "
        f"({percent(observed.share or 0.0)}), and under half of them a change in coverage cannot be told "
        f"from an outage.{silent}",
    ]


def period_label(data: ReportData, dates: str) -> str:
    """Return what the report is about and its days."""
    if data.event is not None:
        return f"event {data.event.id} · {dates}"
    if data.kind == "monthly":
        return f"month {data.month}, weeks {data.since} to {data.week} · {dates}"
    return f"week {data.week} · {dates}"


def charted_since(data: ReportData, weeks: int) -> Week:
    """Return where charts of so many weeks begin, not before the series does."""
    return max(data.findings.first, data.week.plus(1 - weeks))
