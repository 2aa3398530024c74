"""How much coverage there is, and which way its tone leans."""

from collections.abc import Sequence
from statistics import median

from monitor.findings import Tone, Volume
from monitor.types import WeekCount

FAILED, OVER_ZEALOUS = "incompetent", "over_zealous"


def compare_volume(now: WeekCount | None, before: Sequence[WeekCount], weeks: int) -> Volume:
    """Return a week's relevant items beside the median and range of the ``weeks`` before.

    Weeks in which nothing was labelled were not read, and do not count as weeks without coverage.
    """
    read = [count.relevant for count in before if count.labelled > 0]
    return Volume(
        labelled=now.labelled if now else 0,
        relevant=now.relevant if now else 0,
        weeks=weeks,
        covered=len(read),
        median=median(read) if read else None,
        lowest=min(read, default=None),
        highest=max(read, default=None),
    )


def fail_over_ratio(counts: Sequence[WeekCount]) -> float | None:
    """Return items that say "failed to protect" for each one that says "over-zealous"; None where none does.

    Source: the core indicators of the codebook, section 3.
    """
    over = _hits(counts, OVER_ZEALOUS)
    return _hits(counts, FAILED) / over if over else None


def sum_tone(counts: Sequence[WeekCount]) -> Tone:
    """Return the tone of several weeks taken together."""
    n = sum(count.relevant for count in counts)
    negative, positive = sum(c.negative for c in counts), sum(c.positive for c in counts)
    return Tone(
        n=n,
        negative=negative,
        neutral=sum(count.neutral for count in counts),
        positive=positive,
        net=(positive - negative) / n if n else None,
        fail_hits=_hits(counts, FAILED),
        over_hits=_hits(counts, OVER_ZEALOUS),
        fail_over=fail_over_ratio(counts),
    )


def _hits(counts: Sequence[WeekCount], frame: str) -> int:
    return sum(count.hits.get(frame, 0) for count in counts)
