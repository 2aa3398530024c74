"""How much coverage there is, and which way its tone leans."""

from collections.abc import Sequence
from statistics import median

from monitor.findings import Tone, Volume
from monitor.trend.shares import score_limits
from monitor.types import WeekCount

FAILED, OVER_ZEALOUS = "incompetent", "over_zealous"


def compare_volume(now: WeekCount | None, before: Sequence[WeekCount], weeks: int) -> Volume:
    """Return a week's relevant items beside the median and range of those of the ``weeks`` before.

    Weeks without a count in ``before`` were not read, and do not count as weeks without coverage.
    """
    read = [count.relevant for count in before]
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


def net_interval(negative: int, neutral: int, positive: int) -> tuple[float, float]:
    """Return the interval of (positive - negative) / n, -1 to 1; n = 0 gives (-1, 1).

    The mean of values -1, 0 and 1 is put on 0..1 and given Wilson's interval at the effective size that its
    variance amounts to. Half an item more on either side keeps a tone that nothing speaks against from
    being certain.
    """
    n = negative + neutral + positive
    if n == 0:
        return -1.0, 1.0
    net, smoothed = (positive - negative) / n, (positive - negative) / (n + 1)
    variance = (positive + negative + 1) / (n + 1) - smoothed**2
    part = (1 + smoothed) / 2
    low, high = score_limits((1 + net) / 2, n * 4 * part * (1 - part) / variance)
    return 2 * low - 1, 2 * high - 1


def fail_over_interval(fail_hits: int, over_hits: int) -> tuple[float | None, float | None]:
    """Return the interval of the ratio of the two: (None, None) without any; an upper None is no bound.

    Given their sum, the first is binomial: Wilson's interval of its share is turned into odds. An item
    that says both counts on both sides, which makes the interval wider than need be.
    """
    if fail_hits + over_hits == 0:
        return None, None
    low, high = score_limits(fail_hits / (fail_hits + over_hits), fail_hits + over_hits)
    return low / (1 - low) if low < 1 else None, high / (1 - high) if high < 1 else None


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
