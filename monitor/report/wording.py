"""Sentences by rule.

"Coverage", never what anyone thinks; "after", never a cause; a share stands with its n and an interval, and
says whether it is corrected; few items are counted; what is not estimable says why. Frames have plain names
here, since some of the codebook's quote slurs.
"""

from collections.abc import Sequence

from monitor.findings import Comparison, Tone, Verdict, Volume
from monitor.report.data import FrameText, ReportData
from monitor.report.figures import (
    SMALL_N,
    count_range,
    counted,
    number,
    percent,
    percent_range,
    points,
    points_range,
    signed,
    with_range,
)
from monitor.report.usual import Usual
from monitor.types import Event, SharePoint

ABOUT = "about social work"
NOUNS = {
    "incompetent": "failure",
    "over_zealous": "over-reach",
    "blamed": "blame",
    "misconduct": "misconduct",
    "secretive": "secrecy",
    "ideological": "ideology",
    "bureaucratic": "bureaucracy",
    "overstretched": "overstretch",
    "scapegoated": "scapegoating",
    "positive": "positive",
    "expert": "authority",
    "reform": "reform",
}
"""What the frames of the shipped codebook are called in a report."""
VERDICTS: dict[Verdict, str] = {
    "moved": "stands out",
    "maybe": "may differ",
    "no_clear_change": "no clear change",
    "not_estimable": "not estimable",
}
AS_USUAL = "as usual"
TONES = {"negative": "critical", "neutral": "neutral or mixed", "positive": "favourable"}
OUTLET_TYPES = {"all": "All outlets", "unknown": "Not known"}


def short_name(frame: FrameText) -> str:
    """Return ``Failure``; a frame that users added keeps the name of their codebook."""
    return NOUNS.get(frame.id, frame.name).capitalize() if frame.id in NOUNS else frame.name


def framing(frame: FrameText) -> str:
    """Return ``failure framing``, as it stands inside a sentence."""
    return f"{NOUNS[frame.id]} framing" if frame.id in NOUNS else f"“{frame.name}” framing"


def upper_first(text: str) -> str:
    """Return the text as a sentence begins."""
    return text[:1].upper() + text[1:]


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


def point_figure(point: SharePoint) -> str:
    """Return a point's share, corrected where it is; a count where n is small."""
    if point.n < SMALL_N or point.share is None:
        return share_figure(point.hits, point.n)
    return percent(point.share)


def point_range(point: SharePoint) -> str:
    """Return a point with its interval: ``31% (24–39)``, ``4 of 9 (1–7)``, ``no items``."""
    if point.n == 0 or point.share is None or point.low is None or point.high is None:
        return share_figure(point.hits, point.n)
    if point.n < SMALL_N:
        low, high = count_range(point.low, point.high, point.n)
        return f"{point.hits} of {point.n} ({low}–{high})"
    return with_range(point.share, point.low, point.high)


def point_range_of(point: SharePoint) -> str:
    """Return a point with its interval and n: ``31% (24–39) of 143``."""
    return point_range(point) if point.n < SMALL_N else f"{point_range(point)} of {point.n:,}"


def share_interval(point: SharePoint) -> str:
    """Return the interval with n, or why none is given."""
    if point.n == 0 or point.low is None or point.high is None:
        return "no share without items"
    if point.n < SMALL_N:
        low, high = count_range(point.low, point.high, point.n)
        return f"95% interval {low}–{high} of {point.n}"
    return f"95% interval {percent_range(point.low, point.high)}, n = {point.n:,}"


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


def change_with_interval(comparison: Comparison) -> str:
    """Return ``+15 (+3 to +27)`` points, a direction, or nothing."""
    figure = change_figure(comparison).removesuffix(" points").removesuffix(" point")
    interval = change_interval(comparison)
    return f"{figure} ({interval})" if interval else figure


def verdict(comparison: Comparison) -> str:
    """Return how sure the change is, with the reason where nothing can be said."""
    word = VERDICTS[comparison.verdict]
    return f"{word}: {comparison.reason}" if comparison.reason else word


def short_verdict(comparison: Comparison | None) -> str:
    """Return the verdict of a subject: ``up``, ``perhaps down``, ``as usual``, or that none is."""
    if comparison is None or comparison.difference is None or comparison.verdict == "not_estimable":
        return "nothing to compare with"
    way = "up" if comparison.difference > 0 else "down"
    return {"moved": way, "maybe": f"perhaps {way}"}.get(comparison.verdict, AS_USUAL)


def subject_figure(point: SharePoint, frame: FrameText, comparison: Comparison | None) -> str:
    """Return a subject's news: ``Failure framing 31% (24–39), as usual``."""
    if point.n == 0:
        return f"No items {ABOUT}"
    return f"{upper_first(framing(frame))} {point_range(point)}, {short_verdict(comparison)}"


def moved_sentence(data: ReportData, point: SharePoint, frame: FrameText, moved: bool) -> str:
    """Say what moved, or that nothing did beyond the usual; the first of the three sentences."""
    said = _was_in(data, point)
    if moved:
        return f"{upper_first(framing(frame))} {said}, which is beyond the usual."
    return f"No change beyond the usual: {framing(frame)} {said}."


def only_figure_sentence(data: ReportData, point: SharePoint, frame: FrameText) -> str:
    """Say what there is where nothing can be compared."""
    return f"{upper_first(framing(frame))} {_was_in(data, point)}."


def _was_in(data: ReportData, point: SharePoint) -> str:
    figure = f"{point_figure(point)} of {point.n:,}" if point.n >= SMALL_N else point_figure(point)
    interval = share_interval(point).partition(",")[0].partition(" of ")[0]
    return f"was in {figure} items of coverage {ABOUT} {data.this_period} ({interval})"


def against_sentence(comparison: Comparison | None, base: str, usual: Usual, weeks: int = 1) -> str:
    """Say against what; the second of the three sentences, of a period of so many weeks."""
    if comparison is None or comparison.verdict == "not_estimable":
        reason = comparison.reason if comparison else "no week before it has been read"
        return f"There is too little to compare it with: {reason}."
    base = f"The {comparison.weeks} weeks before had it in {base} items"
    if usual.low is None or usual.high is None:
        return f"{base}."
    return f"{base}, and the {middle_half_of(weeks)} lies at {percent_range(usual.low, usual.high)}."


def middle_half_of(weeks: int) -> str:
    """Return what a middle half is of: single weeks, or spans of as many as the period has."""
    spans = f"{weeks}-week spans of the " if weeks > 1 else ""
    return f"middle half of the {spans}last 52 weeks"


def sure_sentence(comparison: Comparison | None, frames: int, also: Sequence[str], corrected: str) -> str:
    """Say how sure it is; the third of the three sentences.

    Args:
        also: the other framings that moved, or may have.
    """
    caution = {
        "corrected": "the shares are corrected for the model’s own errors, the difference is not",
        "uncorrected": "the model’s own errors are not in these figures (uncorrected)",
    }[corrected]
    if comparison is None or comparison.verdict == "not_estimable":
        return f"{upper_first(caution)}."
    change = change_figure(comparison)
    interval = change_interval(comparison)
    difference = f"The difference is {change} (95% interval {interval})" if interval else f"That is {change}"
    judged = {
        "moved": f"which stands out among the {frames} frames compared",
        "maybe": f"which may be chance, as {frames} frames are compared",
    }.get(comparison.verdict, "within what chance alone does")
    others = f"; {_listed(also)} may also differ" if also else ""
    return f"{difference}, {judged}{others}; {caution}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def volume_sentence(volume: Volume, weeks: int = 1) -> str:
    """Say how much coverage there is in so many weeks, beside the weeks before."""
    rate = f", {number(round(volume.relevant / weeks, 1))} a week" if weeks > 1 else ""
    now = f"{counted(volume.relevant, 'item')} {ABOUT}{rate}, of {volume.labelled:,} read."
    if volume.median is None:
        return f"{now} No week before it has been read."
    span = f"{volume.lowest}" if volume.lowest == volume.highest else f"{volume.lowest} to {volume.highest}"
    covered = f"{volume.covered} of the {volume.weeks} weeks before"
    if volume.covered == volume.weeks:
        covered = f"The {volume.weeks} weeks before"
    weekly = " a week" if weeks > 1 else ""
    return f"{now} {covered} had a median of {number(volume.median)}{weekly} (range {span})."


def unread_sentence(weeks: int) -> str:
    """Say how many weeks have no bar because they were not read, or nothing, to follow another sentence."""
    if weeks == 0:
        return ""
    return f" {counted(weeks, 'week')} without a bar {'was' if weeks == 1 else 'were'} not read."


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
    counts = f"{framing(failed)} in {counted(tone.fail_hits, 'item')}, {framing(over)} in {tone.over_hits:,}"
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


SAMPLE_NOTICE = (
    "This report was made from invented sample data. Its outlets, places, people and stories do not exist, "
    "and its figures say nothing about real coverage."
)
