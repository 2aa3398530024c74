"""Placebo-in-time: is a difference after an event larger than those after weeks without one?

Every week of a series is treated as if an event had fallen into it: its windows are compared with the year
before it, as the event's own are. The share of those *placebo* differences that are at least as large is the
p-value (Abadie, Diamond and Hainmueller 2010, JASA 105, 493-505, section 2.4, for placebos in space; Heckman
and Hotz 1989, JASA 84, 862-874, for tests on periods before). What varies in ordinary weeks, autocorrelation
included, is thus in the yardstick without a model of it.

Weeks differ in how many items they hold, so differences are ranked in units of their own standard error,
``sqrt(variance + scale^2 tau2)``: the sampling variance, and a variance between weeks that the placebos
themselves show (moments, as DerSimonian and Laird 1986, Controlled Clinical Trials 7, 177-188). Windows of
neighbouring placebos overlap, so that a hundred of them may be worth ten; ranks alone then raise false
alarms in short series. The p is therefore never below that of a t-test against the placebos' root mean
square, with the degrees of freedom that overlap leaves (Bartlett 1946: the variance of a variance sums the
squared autocorrelations), nor below that of sampling alone.

All functions take any leading axes (frames, simulated series) before the last one, of weeks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LEVEL = 0.05
POWER = 0.8
MINIMUM_PLACEBOS = 60
"""Fewer cannot reach 5 % after Holm over three: 3 / (59 + 1) is 5 %, not below it."""
UNEVENTFUL = "no listed event in the placebo's window, and this event's weeks in neither window nor base"
NOT_THIS_EVENT = "this event's weeks in neither the placebo's window nor its base; other events may be"
NOT_IN_WINDOW = "this event's weeks not in the placebo's window; they may be in its base"


@dataclass(frozen=True, slots=True)
class Span:
    """Weeks counted from the event's, which is 0; both ends belong to it."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


BASE = Span(-53, -2)
"""A year; week -1 stays blank, since coverage may begin before the day, with a trial's last days."""
FIRST = Span(0, 3)
LATER = Span(4, 25)
AFFECTED = Span(FIRST.first, LATER.last)
"""The weeks that are taken for this event's, and kept out of its placebos."""


@dataclass(frozen=True, slots=True)
class Differences:
    """A difference from the base at every week, if an event had fallen into it; arrays (..., weeks).

    Of shares in points with ``scale`` p(1 - p) of the base, so that ``tau2`` is on log-odds; of volumes as
    log ratios with scale 1. ``variance`` holds sampling alone, where there is no effect.
    """

    value: Floats
    variance: Floats
    scale: Floats

    def spread(self, tau2: Floats) -> Floats:
        """Return standard errors, with the variance between weeks ``tau2`` (...) added."""
        return np.sqrt(self.variance + self.scale**2 * tau2[..., None])


@dataclass(frozen=True, slots=True)
class PlaceboTest:
    """The outcome of a test for each series; arrays (...)."""

    z: Floats
    p: Floats
    placebos: npt.NDArray[np.int64]
    tau2: Floats
    """Variance between windows beyond sampling, in ordinary weeks; see `_cautious`."""
    width: Floats
    """Standard errors to either side in a 95 % interval; p <= 5 % just where the size of z exceeds it."""
    slack: Floats
    """Standard errors that 80 % of placebo differences, taken with either sign, stay below."""


def window_sums(values: npt.NDArray[Any], span: Span) -> Floats:
    """Return at each week the sum over the span around it; what lies outside the series counts nothing."""
    sums = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)
    weeks = values.shape[-1]
    places = np.arange(weeks)
    starts = np.clip(places + span.first, 0, weeks)
    return np.asarray(sums[..., np.clip(places + span.last + 1, 0, weeks)] - sums[..., starts])


def share_differences(hits: Floats, n: Floats, base_hits: Floats, base_n: Floats) -> Differences:
    """Compare shares of windows with those of their bases; the score form needs no hit in a window."""
    base = smoothed_share(base_hits, base_n)
    scale = base * (1 - base)
    at_least_one, base_one = np.maximum(n, 1), np.maximum(base_n, 1)
    variance = scale * (1 / at_least_one + 1 / base_one)
    return Differences(hits / at_least_one - base, variance, scale)


def volume_differences(n: Floats, weeks: Floats, base_n: Floats, base_weeks: Floats) -> Differences:
    """Compare items a week of windows with those of their bases, as log ratios; half an item is added."""
    read, base_read = np.maximum(weeks, 1), np.maximum(base_weeks, 1)
    expected = base_n * read / base_read
    value = np.log((n + 0.5) / read) - np.log((base_n + 0.5) / base_read)
    variance = 1 / (expected + 0.5) + 1 / (base_n + 0.5)
    return Differences(value, variance, np.ones_like(value))


def subtract_differences(ours: Differences, theirs: Differences) -> Differences:
    """Return the difference of two independent log ratios: a difference in differences."""
    return Differences(ours.value - theirs.value, ours.variance + theirs.variance, ours.scale)


def smoothed_share(hits: Floats, n: Floats) -> Floats:
    """Return shares inside (0, 1), half an item added to each side."""
    return np.asarray((hits + 0.5) / (n + 1))


def choose_placebos(usable: Flags, place: int, window: Span, others: list[int]) -> tuple[Flags, str]:
    """Return which weeks serve as placebos of an event, and by which rule.

    The strictest of three rules that leaves sixty; else the loosest. A placebo's window never overlaps with
    the event's weeks 0 to 25.

    Args:
        usable: (weeks), those whose base and window hold enough.
        place: the event's week.
        window: the one that is tested.
        others: the weeks of other listed events, whose first four are kept out where that leaves enough.
    """
    weeks = np.arange(usable.size)
    clear = usable & ~_overlap(weeks, window, place, AFFECTED)
    clean = clear & ~_overlap(weeks, BASE, place, AFFECTED)
    quiet = clean.copy()
    for other in others:
        quiet &= ~_overlap(weeks, window, other, FIRST)
    for mask, rule in ((quiet, UNEVENTFUL), (clean, NOT_THIS_EVENT)):
        if mask.sum() >= MINIMUM_PLACEBOS:
            return mask, rule
    return clear, NOT_IN_WINDOW


def rank_placebos(differences: Differences, place: int, mask: Flags, window: Span) -> PlaceboTest:
    """Test the difference at one week of each series against those at its placebo weeks.

    Args:
        mask: (weeks) or (..., weeks), at least one placebo a series.
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    mask = np.broadcast_to(mask, differences.value.shape)
    placebos = mask.sum(axis=-1)
    tau2 = _cautious(differences, mask, place, len(window))
    spread = differences.spread(tau2)
    z = differences.value / spread
    size, here = np.where(mask, np.abs(z), np.inf), z[..., place]
    above = ((size >= np.abs(here)[..., None]) & mask).sum(axis=-1)
    root = np.sqrt(np.sum(z**2, axis=-1, where=mask) / placebos + 1e-12)
    freedom = independent(placebos, len(window))
    sampling = (np.sqrt(differences.variance) / spread)[..., place]
    p = np.maximum.reduce(
        [
            (1 + above) / (placebos + 1),
            2 * stdtr(freedom, -np.abs(here) / root),
            2 * ndtr(-np.abs(here) / sampling),
        ]
    )
    ordered = np.sort(size, axis=-1)
    width = np.maximum.reduce(
        [
            _ranked(ordered, placebos, 1 - LEVEL),
            root * stdtrit(freedom, 1 - LEVEL / 2),
            sampling * ndtri(1 - LEVEL / 2),
        ]
    )
    # Symmetric noise has its 80th percentile where its size has the 60th.
    slack = _ranked(ordered, placebos, 2 * POWER - 1)
    return PlaceboTest(here, p, placebos, tau2, width, slack)


def independent(placebos: npt.NDArray[np.int64], length: int) -> Floats:
    """Return what so many neighbouring placebos are worth, whose windows are ``length`` weeks long."""
    lags = np.arange(1, length)
    overlap = 1 - lags / length
    within = np.clip(1 - lags / placebos[..., None], 0, 1)
    return np.asarray(placebos / (1 + 2 * (overlap**2 * within).sum(axis=-1)))


def share_limits(
    hits: Floats, n: Floats, base_hits: Floats, base_n: Floats, tau2: Floats, width: Floats
) -> tuple[Floats, Floats]:
    """Return the shares between which no test of that width rejects: Wilson's method, with tau2."""
    base = smoothed_share(base_hits, base_n)
    between = 1 / (base_n * base * (1 - base)) + tau2
    share = hits / n
    bound = np.minimum(width, 1e6) ** 2  # too few placebos have no width at all

    def beyond(supposed: Floats) -> Flags:
        spread = supposed * (1 - supposed)
        return np.asarray((share - supposed) ** 2 > bound * (spread / n + spread**2 * between))

    return _bisect(np.zeros_like(share), share, beyond), _bisect(np.ones_like(share), share, beyond)


def detectable_share(
    differences: Differences, test: PlaceboTest, place: int, base: Floats, n: Floats
) -> Floats:
    """Return the share of the window above the base's that 80 % of such tests would find.

    Args:
        base: (...), smoothed shares of the base.
        n: items of the window.
    """
    needed = test.width * differences.spread(test.tau2)[..., place]
    sampled = differences.variance[..., place] - base * (1 - base) / n
    between = sampled / (base * (1 - base)) ** 2 + test.tau2

    def beyond(supposed: Floats) -> Flags:
        spread = supposed * (1 - supposed)
        return np.asarray(supposed - base > needed + test.slack * np.sqrt(spread / n + spread**2 * between))

    return _bisect(np.full_like(base, 1 - 1e-6), base, beyond)


def _bisect(outer: Floats, inner: Floats, beyond: Callable[[Floats], Flags]) -> Floats:
    """Return where ``beyond`` turns false, on the way from outer to inner."""
    for _ in range(60):
        middle = (outer + inner) / 2
        out = beyond(middle)
        outer, inner = np.where(out, middle, outer), np.where(out, inner, middle)
    return inner


def _overlap(weeks: npt.NDArray[np.int64], span: Span, place: int, other: Span) -> Flags:
    """Tell for each week whether its span meets another one around ``place``."""
    return np.asarray((weeks + span.first <= place + other.last) & (weeks + span.last >= place + other.first))


def _cautious(differences: Differences, mask: Flags, place: int, length: int) -> Floats:
    """Return the variance between placebo weeks that sampling does not explain, with one standard error.

    The error is added where the event's own window holds more items than usual, else taken off, so that
    the test never gains by not knowing the variance well.
    """
    gain = differences.scale**2 / differences.variance
    number = mask.sum(axis=-1)
    mean_gain = np.sum(gain, axis=-1, where=mask) / number
    surplus = np.sum(differences.value**2 / differences.variance - 1, axis=-1, where=mask) / number
    between = np.maximum(0.0, surplus / mean_gain)
    error = np.sqrt(2 / independent(number, length)) * (1 / mean_gain + between)
    cautious = between + np.where(gain[..., place] > mean_gain, error, -error)
    return np.asarray(np.maximum(0.0, cautious))


def _ranked(ordered: Floats, placebos: npt.NDArray[np.int64], part: float) -> Floats:
    """Return the smallest size that leaves ``1 - part`` of the ranks above it; infinite where none does."""
    rank = np.ceil(part * (placebos + 1) - 1e-9).astype(int)
    found = np.take_along_axis(ordered, np.minimum(rank, ordered.shape[-1])[..., None] - 1, axis=-1)[..., 0]
    return np.asarray(np.where(rank > placebos, np.inf, found))
