"""How often alerts go out where nothing has changed, and how soon where something has.

    python benchmarks/alerts.py [--series 200]

The daemon holds the running week against the year before whenever it has labelled something, so that a week
is looked at as often as it has items; a list hears of volume and of the three core frames. Each series is two
years of weeks; alerts are counted in the second. Items of a week come in a row, in stories of some items that
carry the same frames. The log volume and the log-odds of each frame follow AR(1). The seed was fixed before
the first run. The rule is that of `monitor.trend.outbreaks` and `monitor.pipeline.alerts`, written for whole
arrays; that both say the same of random weeks is checked first. Prints Markdown tables.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.clock import Week
from monitor.trend.outbreaks import (
    FEW_ITEMS,
    MAD_TO_SD,
    MINIMUM_ITEMS,
    THRESHOLD,
    UPPER,
    UPPER_SD,
    check_outbreaks,
)
from monitor.types import WeekCount

Array = NDArray[np.float64]

SEED = 20261126
FRAMES = ("incompetent", "over_zealous", "positive")
SHARES = (0.25, 0.10, 0.15)
WEEKS, BASE = 104, 52
AUTOCORRELATIONS = (0.0, 0.4, 0.7)
VOLUME_SPREAD, SHARE_SPREAD = 0.4, 0.5
FIRST = Week(2020, 1)
DAYS = 7
ITEMS = (5.0, 10.0, 40.0, 150.0)
STORIES = (1.0, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Series:
    """Weeks of items, by series and week; ``path`` also by frame and by how many items have come."""

    n: NDArray[np.int64]
    path: NDArray[np.int64]
    """Hits after each item; constant after the last."""


def autoregressions(shape: tuple[int, ...], phi: float, random: np.random.Generator) -> Array:
    """Return stationary autoregressions of variance 1 along the last axis."""
    values = random.standard_normal(shape)
    for week in range(1, shape[-1]):
        values[..., week] = phi * values[..., week - 1] + np.sqrt(1 - phi**2) * values[..., week]
    return values


def drawn(series: int, items: float, phi: float, story: float, random: np.random.Generator,
          odds: float = 1.0, volume: float = 1.0) -> Series:  # fmt: skip
    """Return unchanged series, or such whose last week has another odds ratio or volume.

    Args:
        items: a week.
        story: the mean number of items of a story, geometric; 1 where each item is one of its own.
    """
    log_volume = VOLUME_SPREAD * autoregressions((series, WEEKS), phi, random) - VOLUME_SPREAD**2 / 2
    mean = items * np.exp(log_volume)
    mean[:, -1] *= volume
    stories = random.poisson(mean / story)
    n = stories + random.negative_binomial(np.maximum(stories, 1), 1 / story) * (stories > 0)
    most = int(n.max())
    first = random.random((series, WEEKS, most)) < 1 / story  # whether an item begins a story
    first[..., 0] = True
    path = np.empty((series, len(FRAMES), WEEKS, most + 1), np.int64)
    place = np.maximum.accumulate(np.where(first, np.arange(most), 0), axis=-1)
    for number, share in enumerate(SHARES):
        logit = np.log(share / (1 - share)) + SHARE_SPREAD * autoregressions((series, WEEKS), phi, random)
        logit[:, -1] += np.log(odds) if number == 0 else 0.0
        told = random.random((series, WEEKS, most)) < (1 / (1 + np.exp(-logit)))[..., None]
        carried = np.take_along_axis(told, place, axis=-1) & (np.arange(most) < n[..., None])
        path[:, number, :, 0] = 0
        np.cumsum(carried, axis=-1, out=path[:, number, :, 1:])
    return Series(n, path)


def baselines(values: Array) -> tuple[Array, Array, Array]:
    """Return median, robust deviation and upper quantile of the 52 weeks before each week of the second year.

    Weeks that are nan were not read; there are to be so few of them that the median hardly minds.
    """
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(values, BASE, axis=-1)[..., :-1, :], axis=-1)
    read = (~np.isnan(windows)).sum(axis=-1)
    middle = _middle(windows, read)
    scale = MAD_TO_SD * _middle(np.sort(np.abs(windows - middle[..., None]), axis=-1), read)
    return middle, scale, _at(windows, np.ceil(UPPER * read).astype(int) - 1)


def _middle(ordered: Array, read: NDArray[np.int64]) -> Array:
    return (_at(ordered, (read - 1) // 2) + _at(ordered, read // 2)) / 2


def _at(ordered: Array, place: NDArray[np.int64]) -> Array:
    return np.take_along_axis(ordered, np.maximum(place, 0)[..., None], axis=-1)[..., 0]


def volume_z(one: Series) -> Array:
    """Return z of volume after each item, by series, week of the second year, and item."""
    middle, scale, _ = baselines(2 * np.sqrt(one.n + 0.375))
    come = np.minimum(np.arange(one.path.shape[-1]), one.n[:, BASE:, None])
    return (2 * np.sqrt(come + 0.375) - middle[..., None]) / np.maximum(scale, 1.0)[..., None]


def share_z(one: Series, number: int, *, old: bool = False) -> Array:
    """Return z of a frame's share after each item, as `volume_z`; of too few items minus infinity.

    Args:
        old: by the rule before this benchmark, with neither the upper tail nor the enlarged variance.
    """
    hits, n = one.path[:, number, :, -1], one.n
    read = n > 0
    angle = np.where(read, np.arcsin(np.sqrt((hits + 0.375) / (n + 0.75))), np.nan)
    middle, scale, upper = baselines(angle)
    usual, _, _ = baselines(np.where(read, 1 / (4 * n + 2), np.nan))
    come = np.minimum(np.arange(one.path.shape[-1]), n[:, BASE:, None])
    sampling = 1 / (4 * come + 2)
    if old:
        beyond = np.maximum(0.0, scale**2 - usual)[..., None]
    else:
        few = baselines(np.where(read, n, np.nan))[0] < FEW_ITEMS
        scale = np.where(few, np.maximum(scale, (upper - middle) / UPPER_SD), scale)
        beyond = np.maximum(0.0, scale**2 - usual)[..., None] * np.maximum(1.0, sampling / usual[..., None])
    now = np.arcsin(np.sqrt((one.path[:, number, BASE:] + 0.375) / (come + 0.75)))
    z = (now - middle[..., None]) / np.sqrt(beyond + sampling)
    return np.where(come >= MINIMUM_ITEMS, z, -np.inf)


def looks(one: Series, how: str) -> NDArray[np.bool_]:
    """Return after which items a week is looked at: each, the last of each day, or the last."""
    come = np.arange(one.path.shape[-1])
    n = one.n[:, BASE:, None]
    if how == "each":
        return come <= n
    ends = n if how == "once" else np.ceil(n * np.arange(1, DAYS + 1) / DAYS).astype(int)
    at_an_end: NDArray[np.bool_] = (come[:, None] == ends[..., None, :]).any(axis=-1)
    return at_an_end


def alarms(zs: Sequence[Array], looked: NDArray[np.bool_]) -> float:
    """Return in how many weeks of a year an alert goes out, added up over topics."""
    return float(sum(((z >= THRESHOLD) & looked).any(axis=-1).sum() for z in zs) / len(looked))


def check_against_the_rule(random: np.random.Generator) -> None:
    """Fail unless whole arrays and `check_outbreaks` say the same of random weeks, whole and running."""
    one = drawn(20, 20.0, 0.4, 2.0, random)
    zs = [volume_z(one), *(share_z(one, number) for number in range(len(FRAMES)))]
    weeks = list(FIRST.until(FIRST.plus(WEEKS - 1)))
    for series in range(len(one.n)):
        week = int(random.integers(BASE, WEEKS))
        come = int(random.integers(0, one.n[series, week] + 1))
        counts = [_count(one, series, place, weeks[place]) for place in range(week)]
        now = _count(one, series, week, weeks[week], come)
        for z, found in zip(zs, check_outbreaks([*counts, now], FRAMES, weeks[week]), strict=True):
            expected = z[series, week - BASE, come]
            assert found.z is None if expected == -np.inf else np.isclose(found.z or 0.0, expected), found


def _count(one: Series, series: int, place: int, week: Week, come: int | None = None) -> WeekCount:
    n = int(one.n[series, place]) if come is None else come
    hits = {frame: int(one.path[series, number, place, n]) for number, frame in enumerate(FRAMES)}
    return WeekCount(week, "all", 2 * n + 1, n, 0, n, 0, hits)


def false_alarms(series: int) -> None:
    """Print alerts a year where nothing changes."""
    print("| items a week | a story | AR(1) | volume | shares, once | daily | each | before, daily | each |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for items in ITEMS:
        for story in STORIES:
            for phi in AUTOCORRELATIONS:
                one = drawn(series, items, phi, story, np.random.default_rng(SEED))
                looked = {how: looks(one, how) for how in ("once", "daily", "each")}
                new = [share_z(one, number) for number in range(len(FRAMES))]
                old = [share_z(one, number, old=True) for number in range(len(FRAMES))]
                rates = [
                    alarms([volume_z(one)], looked["each"]),
                    *(alarms(new, looked[how]) for how in ("once", "daily", "each")),
                    *(alarms(old, looked[how]) for how in ("daily", "each")),
                ]
                said = " | ".join(f"{rate:.2f}" for rate in rates)
                print(f"| {items:.0f} | {story:.0f} | {phi} | {said} |", flush=True)


def found_alarms(series: int) -> None:
    """Print how often, and after what part of the week's items, a change of the last week is told."""
    print(
        "\n| items a week | odds | volume | share told | after | before: told | after | volume told | after |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for items in ITEMS[1:]:
        for odds, volume in ((4.0, 1.0), (4.0, 3.0), (8.0, 10.0)):
            one = drawn(series, items, 0.4, 2.0, np.random.default_rng(SEED), odds, volume)
            cells = [_told(one, z) for z in (share_z(one, 0), share_z(one, 0, old=True), volume_z(one))]
            print(f"| {items:.0f} | {odds:.0f} | {volume:.0f} | {' | '.join(cells)} |", flush=True)


def _told(one: Series, z: Array) -> str:
    found = ((z >= THRESHOLD) & looks(one, "each"))[:, -1]
    told = found.any(axis=-1)
    after = found.argmax(axis=-1)[told] / one.n[told, -1]
    return f"{told.mean():.0%} | {np.median(after):.0%}" if told.any() else "0% | –"


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--series", type=int, default=200)
    chosen = parser.parse_args()
    check_against_the_rule(np.random.default_rng(SEED))
    false_alarms(chosen.series)
    found_alarms(chosen.series)


if __name__ == "__main__":
    main()
