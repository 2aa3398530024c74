"""Sentences by rule.

"Coverage", never what anyone thinks; "after", never a cause; a share stands with its n and says that it is
uncorrected; what is not estimable says why.
"""

from collections.abc import Sequence

from monitor.findings import Comparison, Findings, Tone, Verdict, Volume
from monitor.report.data import FrameText, ReportData
from monitor.report.figures import (
    SMALL_N,
    counted,
    number,
    percent,
    percent_range,
    points,
    points_range,
    signed,
)
from monitor.types import Event, SharePoint, SourceHealth

ABOUT = "about social work"
VERDICTS: dict[Verdict, str] = {
    "moved": "stands out",
    "maybe": "may differ",
    "no_clear_change": "no clear change",
    "not_estimable": "not estimable",
}
TONES = {"negative": "critical", "neutral": "neutral or mixed", "positive": "favourable"}
OUTLET_TYPES = {"all": "All outlets", "unknown": "Not known"}


def quoted(frame: FrameText) -> str:
    """Return a frame's name in quotation marks."""
    return f"“{frame.name}”"


def correction(points: Sequence[SharePoint]) -> str:
    """Return ``uncorrected`` unless classifier error is in every interval."""
    return "corrected" if points and all(point.corrected for point in points) else "uncorrected"


def share_figure(hits: int, n: int) -> str:
    """Return ``46%``, ``4 of 9`` where n is small, or ``no items``."""
    if n == 0:
        return "no items"
    return f"{hits} of {n}" if n < SMALL_N else percent(hits / n)


def share_of(hits: int, n: int) -> str:
    """Return the share with its n in one breath: ``46% of 63``, ``4 of 9``, ``no items``."""
    return share_figure(hits, n) if n < SMALL_N else f"{percent(hits / n)} of {n:,}"


def share_interval(point: SharePoint) -> str:
    """Return the interval, or why none is given."""
    if point.n == 0 or point.low is None or point.high is None:
        return "no share without items"
    if point.n < SMALL_N:
        return "too few items for a percentage"
    return f"95% interval {percent_range(point.low, point.high)}"


def change_figure(comparison: Comparison) -> str:
    """Return ``+15 points``; with a small n only the direction, without an estimate nothing."""
    difference = comparison.difference
    if difference is None or comparison.verdict == "not_estimable":
        return ""
    if min(comparison.n, comparison.base_n) >= SMALL_N:
        return points(difference)
    return "higher" if difference > 0 else "lower" if difference < 0 else "the same"


def change_interval(comparison: Comparison) -> str:
    """Return ``+3 to +27``, or nothing where no number is given."""
    if comparison.low is None or comparison.high is None or min(comparison.n, comparison.base_n) < SMALL_N:
        return ""
    return points_range(comparison.low, comparison.high)


def verdict(comparison: Comparison) -> str:
    """Return how sure the change is, with the reason where nothing can be said."""
    word = VERDICTS[comparison.verdict]
    return f"{word}: {comparison.reason}" if comparison.reason else word


def headline(data: ReportData, moved: Comparison | None, frame: FrameText | None) -> str:
    """Return the week in one sentence; ``moved`` is the comparison that stands out most, if any."""
    findings = data.findings
    if findings.volume.labelled == 0:
        return "Nothing was read this week: no item was collected or labelled."
    if findings.volume.relevant == 0:
        return f"No item {ABOUT} was found this week."
    if moved is not None and frame is not None:
        return _moved_headline(moved, frame, findings)
    return _quiet_headline(findings)


def _moved_headline(moved: Comparison, frame: FrameText, findings: Findings) -> str:
    way = "up from" if (moved.difference or 0) > 0 else "down from"
    items = counted(moved.n, "item")
    share = f"{moved.hits} of {items}" if moved.n < SMALL_N else f"{percent(moved.hits / moved.n)} of {items}"
    base = share_of(moved.base_hits, moved.base_n)
    return (
        f"{quoted(frame)} was in {share} {ABOUT} this week, {way} {base} in the {moved.weeks} weeks before "
        f"({correction(findings.shares)})."
    )


def _quiet_headline(findings: Findings) -> str:
    volume = findings.volume
    items = f"{counted(volume.relevant, 'item')} {ABOUT}"
    shortest = [c for c in findings.comparisons if c.weeks == volume.weeks]
    if all(c.verdict == "not_estimable" for c in shortest):
        return f"{items} this week; there is too little before it to compare with."
    if volume.highest is not None and volume.relevant > volume.highest:
        return f"{items}, more than in any of the {volume.covered} weeks before; no frame stands out."
    return f"No frame stands out from the {volume.weeks} weeks before among {items} this week."


def short_headline(data: ReportData, moved: Comparison | None, frame: FrameText | None) -> str:
    """Return a few words for the subject of a mail."""
    if moved is not None and frame is not None:
        way = "up" if (moved.difference or 0) > 0 else "down"
        return f"{quoted(frame)} {way}, {share_of(moved.hits, moved.n)} items"
    relevant = data.findings.volume.relevant
    return f"{counted(relevant, 'item')}, no frame stands out" if relevant else f"no items {ABOUT}"


def volume_sentence(volume: Volume) -> str:
    """Say how much coverage there is, beside the weeks before."""
    now = f"{counted(volume.relevant, 'item')} {ABOUT}, of {volume.labelled:,} read."
    if volume.median is None:
        return f"{now} No week before it has been read."
    span = f"{volume.lowest}" if volume.lowest == volume.highest else f"{volume.lowest} to {volume.highest}"
    covered = f"{volume.covered} of the {volume.weeks} weeks before"
    if volume.covered == volume.weeks:
        covered = f"The {volume.weeks} weeks before"
    return f"{now} {covered} had a median of {number(volume.median)} (range {span})."


def after_event(name: str, weeks: int) -> str:
    """Say how long after an event the week lies; after, and no more than that."""
    if weeks == 0:
        return f"“{name}” fell in this week."
    return f"This week is the {_ordinal(weeks)} after “{name}”."


def _ordinal(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")


def tone_sentence(tone: Tone) -> str:
    """Say which way the tone toward social work leans, in items and net points."""
    if tone.n == 0 or tone.net is None:
        return "no items, so no tone"
    parts = f"{tone.negative:,} critical, {tone.neutral:,} neutral or mixed, {tone.positive:,} favourable"
    net = f"; net tone {signed(tone.net)}" if tone.n >= SMALL_N else ""
    return f"{parts} of {tone.n:,}{net}"


def ratio_sentence(tone: Tone, failed: FrameText, over: FrameText) -> str:
    """Say how the two core reproaches stand against each other."""
    counts = f"{tone.fail_hits:,} {quoted(failed)} against {tone.over_hits:,} {quoted(over)}"
    if tone.fail_over is None or tone.n < SMALL_N:
        return counts
    return f"{counts}, {tone.fail_over:.1f} to 1"


def carried_by(outlets: int) -> str:
    """Say how widely a story ran; copies of it are counted once."""
    return "one outlet" if outlets <= 1 else f"{outlets} outlets"


def outlet_type_name(group: str) -> str:
    """Return an outlet type as a reader sees it."""
    return OUTLET_TYPES.get(group, group.replace("_", " ").capitalize())


def event_line(event: Event) -> str:
    """Return an event's name with its nation."""
    return f"{event.name} ({event.nation})" if event.nation else event.name


def ledger_sentence(polled: int, failing: int, silent: int, unpolled: int) -> str:
    """Say how much of what should have been read was read."""
    if polled + unpolled == 0:
        return "No source was polled for this report; its items were imported."
    parts = [f"{polled - failing} of {counted(polled + unpolled, 'source')} answered this week"]
    parts += [f"{failing} failed at every poll"] if failing else []
    parts += [f"{unpolled} {'was' if unpolled == 1 else 'were'} not polled"] if unpolled else []
    parts += [f"{silent} answered but carried nothing new"] if silent else []
    return "; ".join(parts) + "."


def caution(unread: int, sources: int) -> str:
    """Warn where so many sources could not be read that a change may be an outage; else nothing."""
    if sources == 0 or unread / sources < 0.2:
        return ""
    return (
        f"{unread} of {sources} sources could not be read this week: less coverage, or another mix of "
        "frames, may come from that alone."
    )


def source_trouble(source: SourceHealth) -> str:
    """Say what is known of a source that could not be read."""
    if source.polls == 0:
        return "not polled"
    last = f"; last answered {source.last_success_at:%Y-%m-%d}" if source.last_success_at else ""
    return f"{source.last_error or 'no reason recorded'}{last}"


def method_lines(data: ReportData) -> list[str]:
    """Return the method in five lines, then the notes that came with the data."""
    frames = len(data.frames)
    return [
        f"A share is the items {ABOUT} that carry a frame, of all such items of the week; an item may carry "
        "several frames. Wire copies are counted once, in the week and outlet where they were first seen.",
        "Only headlines and summaries are read, so that a paywall does not look like a change.",
        f"Model {data.model}, codebook {data.codebook}. Shares are {correction(data.findings.shares)}: no "
        "random sample of human codes has been set against the model, so the 95% intervals (Wilson) hold "
        "sampling error alone.",
        "Differences have Newcombe's interval, widened by how much a frame varies from week to week. “Stands "
        f"out” holds after Benjamini-Hochberg over the {frames} frames; “may differ” does not. All of it is "
        f"exploratory. Below {SMALL_N} items, counts are given instead of percentages.",
        "This describes coverage in the sources polled. It does not measure what readers think, nor what a "
        "change comes from.",
        *data.notes,
    ]


SAMPLE_NOTICE = (
    "This report was made from invented sample data. Its outlets, places, people and stories do not exist, "
    "and its figures say nothing about real coverage."
)
