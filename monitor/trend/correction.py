"""A share that people's codes of a random sample correct, with an interval that holds both errors.

A classifier has read every item; people have coded a random sample of them, each with a known chance of being
drawn. The estimate is the classifier's figure over all items plus what the sample says it is off by:

    share = A(numerator) / A(denominator),  A(v) = sum_c P_c v(c) + sum_g P_g mean_g(v(coded) - v(said))

``P`` are the parts of all items, by what the classifier said (*cells* c) and by groups g of cells; means
weigh each code by 1 / its inclusion probability. Where every cell is a group of its own, A takes the best
coefficient for each answer of the classifier and the classifier's values cancel: that is prediction-powered
inference with power tuning (``PPI``; Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023, Science 382,
669-674; Angelopoulos, Duchi and Zrnic 2023, arXiv:2311.01453), which for a classifier of few answers is
post-stratification. With groups of found and not found alone, A takes the coefficient 1: design-based
supervised learning (``DSL``; Egami, Hinck, Stewart and Wei 2023, NeurIPS 36, arXiv:2306.04746). Neither
assumes anything of the classifier, and both are right whether its error changes within the pool or not.

The variance is that of the linearised ratio (Särndal, Swensson and Wretman 1992, section 5.6), the weights'
cost by Kish (1965); the interval is Wilson's at the effective size that gives this variance (Korn and
Graubard 1998, Survey Methodology 24, 193-201), so that it stays within its bounds at low shares.
Items are treated as independent draws: the truth that is covered is the rate behind the items.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.trend.shares import Z_95

Array = NDArray[np.float64]

PSEUDO_FOUND = 0.2
"""Codes added, for the variance alone, to each category of a cell that was found relevant: a cell whose few
codes all agree is not free of error."""
PSEUDO_MISSED = 0.01
"""The same for each relevant category of a cell that was not found, times the items found over those not."""
CHANGE = 0.2
"""By what part of it the classifier may find more or less of a thing in other items than in those coded."""
BLINDNESS = 0.4
"""What a true shift may exceed the classifier's by: one that finds 75 % and raises 3 % of false alarms
shows 72 % of a shift."""


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio of two sums over items, each with a value for every category that an item may be coded as."""

    numerator: tuple[float, ...]
    denominator: tuple[float, ...]
    lowest: float
    """The ratio's bounds are ``lowest`` and 1."""


SHARE = Target((0, 0, 1), (0, 1, 1), 0)
"""Categories: not relevant; relevant without the frame; with it."""
BALANCE = Target((0, -1, 0, 1), (0, 1, 1, 1), -1)
"""Categories: not relevant; negative; neutral; positive."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Arrays of one shape: a ratio with its 95 % interval."""

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Codes:
    """What people said of sampled items, summed by cell; the leading axes are any.

    A cell is what the classifier said, its first category maybe in several cells by stratum.
    """

    said: tuple[int, ...]
    """The category that each cell stands for, ascending."""
    weights: Array
    """``(..., cells, categories)``: sums of 1 / inclusion probability."""
    squares: Array
    """``(..., cells)``: sums of its square."""

    def split(self, counts: Array) -> Array:
        """Return counts by category, ``(..., categories)``, as counts by cell.

        Cells of one category share it as the weights of their codes do.
        """
        totals = self.weights.sum(-1)
        parts = np.zeros(np.broadcast_shapes(totals.shape, (*counts.shape[:-1], totals.shape[-1])))
        for category in set(self.said):
            cells = [cell for cell, said in enumerate(self.said) if said == category]
            own = totals[..., cells]
            whole = own.sum(-1, keepdims=True)
            share = np.where(whole > 0, own / np.where(whole > 0, whole, 1), 1 / len(cells))
            parts[..., cells] = counts[..., [category]] * share
        return parts


def estimate(counts: Array, codes: Codes, target: Target = SHARE, *, tuned: bool = True) -> Estimate:
    """Return the corrected ratio of a pool of items with its 95 % interval.

    Args:
        counts: ``(..., categories)``, all items of the pool by what the classifier said.
        codes: those of the same pool; a cell without a code must be one without items.
        target: the ratio.
        tuned: by PPI; else by DSL.
    """
    cells = codes.split(counts)
    groups = tuple(range(len(codes.said))) if tuned else _found_groups(codes.said)
    value, _ = _ratio(cells, codes, codes.weights, target, groups)
    smooth, variance = _ratio(cells, codes, _smoothed(cells, codes), target, groups)
    return score_interval(value, effective_size(smooth, variance, target), target)


def effective_size(value: Array, variance: Array, target: Target = SHARE) -> Array:
    """Return how many independent draws would give a ratio this variance."""
    part = (value - target.lowest) / (1 - target.lowest)
    spread = np.clip(part * (1 - part), 1e-9, None) * (1 - target.lowest) ** 2
    return np.asarray(spread / np.maximum(variance, 1e-15))


def score_interval(value: Array, n: Array, target: Target = SHARE, z: float = Z_95) -> Estimate:
    """Return Wilson's interval of a ratio of ``n`` draws, maybe endlessly many; value and interval in bounds.

    Source: Wilson (1927), JASA 22, 209-212.
    """
    width = 1 - target.lowest
    part = np.clip((value - target.lowest) / width, 0, 1)
    per = z * z / np.maximum(n, 1e-12)
    spread = np.sqrt(part * (1 - part) * per + per * per / 4)
    low = np.where(part == 0, 0, (part + per / 2 - spread) / (1 + per))
    high = np.where(part == 1, 1, (part + per / 2 + spread) / (1 + per))
    return Estimate(*(target.lowest + width * np.clip(one, 0, 1) for one in (part, low, high)))


@dataclass(frozen=True, slots=True)
class Raw:
    """What the classifier alone says: arrays of one shape."""

    value: Array
    n: Array
    """The effective number of items behind it."""


def transfer(pool: Estimate, pool_raw: Raw, part: Raw, common: Array, target: Target = SHARE) -> Estimate:
    """Return what a pool's correction makes of another set of items, such as one week or kind of outlet.

    Its own figure is taken to be off by as much as the pool's. That is an assumption. A shift between the two
    figures may in part be one of the classifier's error, and a true one may be larger than it shows; so a
    shift beyond chance (95 %) widens the interval, by at most CHANGE of the figure toward the pool's, and by
    BLINDNESS of the shift away from it. Where the part is the whole pool, the pool's interval is returned.

    Args:
        pool: the pool's corrected ratio.
        pool_raw: what the classifier says of the pool.
        part: what it says of the other items.
        common: how many items of ``part`` are in the pool as well.
        target: the ratio.

    Source: the parts of the interval are joined by MOVER (Zou and Donner 2008, Statistics in Medicine 27,
    1693-1702), bounds of a bias added as Armstrong and Kolesár do (2020, Quantitative Economics 11, 1-39).
    """
    n, m = np.maximum(part.n, 1e-9), np.maximum(pool_raw.n, 1e-9)
    apart = np.maximum(1 / n + 1 / m - 2 * np.minimum(common, np.minimum(n, m)) / (n * m), 0)
    own = score_interval(part.value, 1 / np.maximum(apart, 1e-12), target)
    width = 1 - target.lowest
    place = (pool_raw.value - target.lowest) / width
    shift = part.value - pool_raw.value
    chance = Z_95**2 * place * (1 - place) * width**2 * apart
    beyond = np.sqrt(np.maximum(0, shift**2 - chance))
    value = pool.value + shift
    back = np.minimum(beyond, CHANGE * np.maximum(value - target.lowest, 0))
    down, up = np.where(shift > 0, (back, BLINDNESS * beyond), (BLINDNESS * beyond, back))
    low = value - np.hypot(pool.value - pool.low, part.value - own.low) - down
    high = value + np.hypot(pool.high - pool.value, own.high - part.value) + up
    return Estimate(*(np.clip(one, target.lowest, 1) for one in (value, low, high)))


def _found_groups(said: Sequence[int]) -> tuple[int, ...]:
    """Return a group for each cell: one for all that were found relevant, and one for each other cell."""
    others = sum(category == 0 for category in said)
    return tuple(cell if category == 0 else others for cell, category in enumerate(said))


def _smoothed(cells: Array, codes: Codes) -> Array:
    """Return the weights with pseudo-codes of each cell's mean weight."""
    missed = np.array([category == 0 for category in codes.said])
    found = cells[..., ~missed].sum(-1)
    ratio = np.minimum(1, found / np.maximum(cells[..., missed].sum(-1), 1))
    pseudo = np.full(codes.weights.shape, PSEUDO_FOUND)
    pseudo[..., missed, 0] = 0
    pseudo[..., missed, 1:] = PSEUDO_MISSED * ratio[..., None, None]
    weight = codes.squares / np.maximum(codes.weights.sum(-1), 1e-12)
    return np.asarray(codes.weights + pseudo * weight[..., None])


def _ratio(
    cells: Array, codes: Codes, weights: Array, target: Target, groups: Sequence[int]
) -> tuple[Array, Array]:
    """Return the ratio that some weights give, and the variance of its linearised form."""
    numerator, denominator = np.array(target.numerator), np.array(target.denominator)
    said = list(codes.said)
    parts = cells / np.maximum(cells.sum(-1, keepdims=True), 1)
    top = _amount(parts, weights, numerator, said, groups)
    bottom = _amount(parts, weights, denominator, said, groups)
    ratio = top / np.where(bottom > 0, bottom, 1)
    coded = numerator - ratio[..., None] * denominator
    answered = coded[..., said]
    errors = coded[..., None, :] - answered[..., None]
    variance = np.zeros_like(ratio)
    behind = np.zeros_like(cells)
    for group in set(groups):
        own = [cell for cell, of in enumerate(groups) if of == group]
        part = parts[..., own].sum(-1)
        whole = np.maximum(weights[..., own, :].sum((-1, -2)), 1e-12)
        rates = weights[..., own, :] / whole[..., None, None]
        mean = (rates * errors[..., own, :]).sum((-1, -2))
        spread = (rates * (errors[..., own, :] - mean[..., None, None]) ** 2).sum((-1, -2))
        size = codes.weights[..., own, :].sum((-1, -2)) ** 2 / np.maximum(
            codes.squares[..., own].sum(-1), 1e-12
        )
        variance += part**2 * spread / np.maximum(size, 1e-12) * (part > 0)
        behind[..., own] = answered[..., own] + mean[..., None]
    items = np.maximum(cells.sum(-1), 1)
    variance += ((parts * behind**2).sum(-1) - (parts * behind).sum(-1) ** 2) / items
    return ratio, np.asarray(variance / np.where(bottom > 0, bottom, 1) ** 2)


def _amount(parts: Array, weights: Array, values: Array, said: Sequence[int], groups: Sequence[int]) -> Array:
    """Return A(values), the mean over all items."""
    total = (parts * values[list(said)]).sum(-1)
    errors = values - values[list(said)][:, None]
    for group in set(groups):
        own = [cell for cell, of in enumerate(groups) if of == group]
        whole = np.maximum(weights[..., own, :].sum((-1, -2)), 1e-12)
        error = (weights[..., own, :] * errors[own]).sum((-1, -2)) / whole
        total = total + parts[..., own].sum(-1) * error
    return np.asarray(total)
