"""The period's checks and how to read a report: what was read, copied and coded, the method, and the foot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.report import wording
from monitor.report.data import Coding, ReportData, Restated
from monitor.report.document import Block, Lines, Part, Prose, Table
from monitor.report.figures import SMALL_N, counted, percent
from monitor.types import FeedHours, SourceHealth

CAUTION_SHARE = 0.2
MOST_TROUBLED = 12


@dataclass(frozen=True, slots=True)
class Ledger:
    """How much of the sources was read."""

    sentence: str
    caution: str
    troubled: Sequence[tuple[str, str]]
    """Sources that were not read, each with what is known of it."""
    counts: Mapping[str, int]
    """What the sentence counts, by its name; empty where no source was polled."""


def ledger_of(data: ReportData) -> Ledger:
    """Return the ledger of the report's sources, which is empty where everything was imported."""
    polled = data.observed is not None or any(source.polls for source in data.sources)
    return source_ledger(data.sources if polled else ())


def source_ledger(sources: Sequence[SourceHealth]) -> Ledger:
    """Return how many sources were read, and what is known of those that were not."""
    failing = [source for source in sources if source.polls and not source.good_polls]
    unpolled = [source for source in sources if not source.polls]
    silent = sum(1 for source in sources if source.good_polls and not source.items)
    polled = len(sources) - len(unpolled)
    return Ledger(
        sentence=ledger_sentence(polled, len(failing), silent, len(unpolled)),
        caution=caution(len(failing) + len(unpolled), len(sources)),
        troubled=[(source.source, source_trouble(source)) for source in [*failing, *unpolled]],
        counts={
            "sources": len(sources),
            "sources that answered": polled - len(failing),
            "sources that failed at every poll": len(failing),
            "sources not polled": len(unpolled),
            "sources that carried nothing new": silent,
        }
        if sources
        else {},
    )


def ledger_sentence(polled: int, failing: int, silent: int, unpolled: int) -> str:
    """Say how much of what should have been read was read."""
    if polled + unpolled == 0:
        return "No source was polled for this report; its items were imported."
    parts = [f"{polled - failing} of {counted(polled + unpolled, 'source')} answered"]
    parts += [f"{failing} failed at every poll"] if failing else []
    parts += [f"{unpolled} {'was' if unpolled == 1 else 'were'} not polled"] if unpolled else []
    parts += [f"{silent} answered but carried nothing new"] if silent else []
    return "; ".join(parts) + "."


def caution(unread: int, sources: int) -> str:
    """Warn where so many sources could not be read that a change may be an outage; else nothing."""
    if sources == 0 or unread / sources < CAUTION_SHARE:
        return ""
    return (
        f"{unread} of {sources} sources could not be read: less coverage, or another mix of frames, may come "
        "from that alone."
    )


def source_trouble(source: SourceHealth) -> str:
    """Say what is known of a source that could not be read."""
    if source.polls == 0:
        return "not polled"
    last = f"; last answered {source.last_success_at:%Y-%m-%d}" if source.last_success_at else ""
    return f"{source.last_error or 'no reason recorded'}{last}"


def checks_part(data: ReportData, ledger: Ledger) -> Part:
    """Return what a reader needs to judge the figures by."""
    shown, more = ledger.troubled[:MOST_TROUBLED], len(ledger.troubled) - MOST_TROUBLED
    blocks: list[Block] = [Lines([ledger.sentence, *_check_lines(data)])]
    if shown:
        blocks.append(Table("Sources that were not read.", ("Source", "What is known"), shown))
    blocks += [Prose(f"And {more} more; see: monitor doctor.", "note")] if more > 0 else []
    if data.restated:
        blocks.append(_restated_table(data))
    return Part("checks", {"weekly": "The week’s checks"}.get(data.kind, "Checks"), blocks)


def _check_lines(data: ReportData) -> Iterator[str]:
    if data.observed is not None:
        yield observed_sentence(data.observed)
    if data.copies is not None:
        copies = counted(data.copies, "wire copy", "wire copies")
        yield f"Duplicates: {copies}, counted with the first." if data.copies else "Duplicates: no wire copy."
    yield coding_sentence(data.coding)
    yield f"Model {data.model}, codebook {data.codebook}."
    if data.kind != "event" and not data.restated:
        yield "No figure of the last four reports has changed since, as far as they lie beside this one."


def observed_sentence(observed: FeedHours) -> str:
    """Say how many feed-hours were observed, of how many."""
    hours = f"{observed.observed:,.0f} of {observed.expected:,.0f}"
    return f"Feed-hours observed: {hours} ({percent(observed.share or 0.0)})."


def coding_sentence(coding: Coding | None) -> str:
    """Say how much of this people have coded, and how far they and the model agree."""
    if coding is None or coding.items == 0:
        return "Human codes: none yet, so that neither agreement nor a correction can be told."
    coders = counted(coding.coders, "coder")
    said = (
        f"Human codes: {counted(coding.items, 'item')} by {coders}, {coding.in_period} of them of this period"
    )
    if coding.agreement is None:
        return f"{said}."
    if coding.items < SMALL_N:
        return f"{said}; too few to tell how far the model agrees."
    return f"{said}; the model agrees in {percent(coding.agreement)} of the core frames’ decisions."


def _restated_table(data: ReportData) -> Table:
    names = {frame.id: wording.short_name(frame) for frame in data.frames}
    rows = [(one.report, names.get(one.frame, one.frame), *_restated_figures(one)) for one in data.restated]
    return Table("Corrections to earlier reports.", ("Report", "Frame", "Was given as", "Is now"), rows)


def _restated_figures(one: Restated) -> tuple[str, str]:
    return wording.share_of(one.hits, one.n), wording.share_of(one.new_hits, one.new_n)


def method_part(data: ReportData) -> Part:
    """Return the method, the frames' names, and the notes that came with the data."""
    rows = [
        (wording.short_name(frame), f"“{frame.name}”. {frame.definition}".strip()) for frame in data.frames
    ]
    return Part(
        "method",
        "Method",
        [
            Lines(method_lines(data), numbered=True),
            Table("The frames, by the names of the codebook.", ("Here", "Codebook"), rows, folded=True),
        ],
    )


def method_lines(data: ReportData) -> list[str]:
    """Return the method in a few lines, then the notes that came with the data."""
    corrected = wording.correction(data.findings.shares)
    errors = {
        "corrected": "Shares are corrected by a random sample of human codes, and their intervals hold both "
        "sampling error and the model’s. Differences, outbreaks and event studies are of what the model "
        "labels, uncorrected.",
        "uncorrected": "Shares are uncorrected: no random sample of human codes is set against the model, so "
        "that the 95% intervals (Wilson) hold sampling error alone.",
    }[corrected]
    return [
        f"A share is the items {wording.ABOUT} that carry a frame, of all such items; an item may carry "
        "several frames. Wire copies are counted once, in the week and outlet that published them first.",
        "Only headlines and summaries are read, so that a paywall does not look like a change.",
        errors,
        "Differences have Newcombe’s interval, widened by how much a frame varies from week to week. “Stands "
        f"out” holds after Benjamini-Hochberg over the {len(data.frames)} frames; “may differ” does not. All "
        f"of it is exploratory. Below {SMALL_N} items, counts are given instead of percentages.",
        *([] if data.kind == "event" else [_middle_half_line(data)]),
        "Stories are chosen by rule: those of frames that rose, then those that most outlets carried; a "
        "refutation is shown where there is one. Names beside a worker’s title or a child’s age are masked, "
        "and passages that may still name one are left out.",
        "The model tells neither whether a reproach is a claim or a finding, nor whom it is aimed at, whose "
        "voices are heard, or whether there was a right of reply. Where people have coded a story, "
        "the report says what they found of these. By rule only “a finding” is told, where the words quote a "
        "court, an inspector, a review or the like; of every ten so marked about one is none.",
        "This describes coverage in the sources polled. It does not measure what readers think, nor what a "
        "change comes from.",
        *data.notes,
    ]


def _middle_half_line(data: ReportData) -> str:
    return (
        f"The {wording.middle_half_of(data.weeks)} is what lies between its quartiles. A mean is of all "
        "items of its weeks together."
    )


def contest_part(data: ReportData) -> Part:
    """Say how to contest a label, and how to leave the list."""
    to = data.contact or "whoever sends you this report"
    lines = [
        f"A label is wrong? Write to {to} with the link of the story and the frame. A person codes it by the "
        "codebook; what that changes is shown among the corrections of a later report.",
        "To leave this list, use the unsubscribe button of your mail program, or write to "
        f"{to} with the subject “unsubscribe”.",
    ]
    return Part("contest", "Contest a label, leave the list", [Lines(lines)])
