"""Whether a week's coverage, or the share of a frame in it, breaks out of the year before.

The distance of the week from the median of the last 52 weeks, in scaled median absolute deviations (Iglewicz
and Hoaglin 1993, How to detect and handle outliers): a year with an outbreak in it then still shows the next
one. Numbers of items are compared as ``2 * sqrt(items + 3/8)``, which has variance 1 where items come
independently, and the deviation is never taken below that; shares on the arcsine scale, where the week's own
sampling variance is added to what the year varies beyond sampling (Anscombe 1948, Biometrika 35, 246-254).

Two things keep shares from crying wolf. What the year varies beyond sampling may come from stories that fill
several items, and then weighs the more the fewer items there are: in a week with fewer than usual, such as
the running one, that variance is enlarged as sampling's is. And where weeks have few items the median
deviation may be zero although one week in ten is high: the deviation is then never less than the upper
tail's, which the 85th percentile tells.

An alarm from z = 4 on. How many are false is measured by benchmarks/trend_breaks.py for weeks that are over,
and by benchmarks/alerts.py for a running week that is looked at after every item. Only rises are told: a
quiet week is none of coverage.
"""

from collections.abc import Sequence
from math import asin, ceil, sqrt
from statistics import median

from monitor.clock import Week
from monitor.findings import Outbreak
from monitor.types import WeekCount

VOLUME = "volume"
BASE_WEEKS = 52
MINIMUM_BASE_WEEKS = 26
MINIMUM_ITEMS = 5
"""Of which a share is looked at."""
THRESHOLD = 4.0
MAD_TO_SD = 1.4826
"""Of a normal distribution."""
UPPER, UPPER_SD = 0.85, 1.0364
"""A quantile of the year's shares, and how many standard deviations above the median it lies in a normal one:
low enough that an outbreak of seven weeks in the year before does not raise it."""
FEW_ITEMS = 20
"""A year whose median week has fewer is held to that quantile."""


def check_outbreaks(counts: Sequence[WeekCount], frames: Sequence[str], week: Week) -> list[Outbreak]:
    """Return what volume, then the share of each frame, are in a week against the year before.

    Args:
        counts: of one group. Weeks in which nothing was labelled were not read, and are no baseline.
    """
    by_week = {count.week: count for count in counts if count.labelled > 0}
    now = by_week.get(week, WeekCount(week, "all", 0, 0, 0, 0, 0, {}))
    base = [count for count in by_week.values() if week.plus(-BASE_WEEKS) <= count.week < week]
    return [_volume(now, base), *(_share(now, base, frame) for frame in frames)]


def robust_scale(values: Sequence[float]) -> tuple[float, float]:
    """Return the median, and the standard deviation that the median absolute deviation stands for."""
    middle = median(values)
    return middle, MAD_TO_SD * median(abs(value - middle) for value in values)


def _volume(now: WeekCount, base: Sequence[WeekCount]) -> Outbreak:
    reason = _obstacle(now, len(base))
    value = float(now.relevant) if now.labelled else None
    if reason:
        return _outbreak(now, VOLUME, value, len(base), reason=reason)
    middle, scale = robust_scale([_root(count.relevant) for count in base])
    z = (_root(now.relevant) - middle) / max(scale, 1.0)
    return _outbreak(now, VOLUME, value, len(base), median(count.relevant for count in base), z)


def _share(now: WeekCount, base: Sequence[WeekCount], frame: str) -> Outbreak:
    base = [count for count in base if count.relevant]
    value = now.hits.get(frame, 0) / now.relevant if now.relevant else None
    reason = _obstacle(now, len(base))
    if not reason and now.relevant < MINIMUM_ITEMS:
        reason = f"the week has {now.relevant} relevant items; {MINIMUM_ITEMS} are needed"
    if reason:
        return _outbreak(now, frame, value, len(base), reason=reason)
    angles = [_angle(count, frame) for count in base]
    middle, scale = robust_scale(angles)
    if median(count.relevant for count in base) < FEW_ITEMS:
        scale = max(scale, (_upper(angles) - middle) / UPPER_SD)
    usual_sampling = median(_sampling(count) for count in base)
    beyond = max(0.0, scale**2 - usual_sampling) * max(1.0, _sampling(now) / usual_sampling)
    z = (_angle(now, frame) - middle) / sqrt(beyond + _sampling(now))
    usual = median(count.hits.get(frame, 0) / count.relevant for count in base)
    return _outbreak(now, frame, value, len(base), usual, z)


def _obstacle(now: WeekCount, weeks: int) -> str:
    """Say what keeps a week from being compared, or nothing."""
    if now.labelled == 0:
        return "nothing of the week has been read"
    if weeks < MINIMUM_BASE_WEEKS:
        return f"only {weeks} of the {BASE_WEEKS} weeks before can be used; {MINIMUM_BASE_WEEKS} are needed"
    return ""


def _outbreak(
    now: WeekCount,
    about: str,
    value: float | None,
    weeks: int,
    usual: float | None = None,
    z: float | None = None,
    reason: str = "",
) -> Outbreak:
    verdict = "not_estimable" if z is None else "outbreak" if z >= THRESHOLD else "usual"
    return Outbreak(now.week, about, now.relevant, value, weeks, usual, z, verdict, reason)  # type: ignore[arg-type]


def _root(items: int) -> float:
    return 2 * sqrt(items + 0.375)


def _angle(count: WeekCount, frame: str) -> float:
    return asin(sqrt((count.hits.get(frame, 0) + 0.375) / (count.relevant + 0.75)))


def _upper(values: Sequence[float]) -> float:
    """Return the least value that so many of a hundred do not exceed."""
    return sorted(values)[ceil(UPPER * len(values)) - 1]


def _sampling(count: WeekCount) -> float:
    return 1 / (4 * count.relevant + 2)
