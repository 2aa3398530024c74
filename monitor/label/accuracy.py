"""How far a model agrees with people on random samples of what it labels, as a share of all items.

Items are weighed by one over their chance to be drawn (Horvitz and Thompson 1952, Journal of the American
Statistical Association 47, 663-685), since samples take more of some strata than of others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.label.sampling import wilson
from monitor.types import CodedUnit


@dataclass(frozen=True, slots=True)
class Proportion:
    """A weighted share with its 95 % interval: Wilson's at the effective size of Kish (1965)."""

    n: int
    """Coded items that it is a share of; with 0 there is nothing to estimate."""
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A model beside people on relevance or one frame."""

    code: str
    units: int
    said: int
    """Coded items to which the model gave it."""
    coded: int
    """Those to which people did."""
    both: int
    precision: Proportion
    recall: Proportion


def accuracy(units: Sequence[CodedUnit], frames: Sequence[str]) -> list[Accuracy]:
    """Return one figure for relevance and one for each frame, on coded units of random samples."""
    weights = [1 / unit.inclusion for unit in units]
    sides = {"relevant": [(unit.label.relevant, unit.relevant) for unit in units]}
    for frame in frames:
        sides[frame] = [(_says(unit, frame), frame in unit.frames) for unit in units]
    return [_accuracy(code, pairs, weights) for code, pairs in sides.items()]


def _says(unit: CodedUnit, frame: str) -> bool:
    return unit.label.relevant and unit.label.frames[frame].label


def _accuracy(code: str, pairs: Sequence[tuple[bool, bool]], weights: Sequence[float]) -> Accuracy:
    said = [(coded, weight) for (given, coded), weight in zip(pairs, weights, strict=True) if given]
    coded = [(given, weight) for (given, coded), weight in zip(pairs, weights, strict=True) if coded]
    both = sum(given and coded for given, coded in pairs)
    return Accuracy(code, len(pairs), len(said), len(coded), both, _proportion(said), _proportion(coded))


def _proportion(hits: Sequence[tuple[bool, float]]) -> Proportion:
    if not hits:
        return Proportion(0, None, None, None)
    total = sum(weight for _, weight in hits)
    share = min(sum(weight for hit, weight in hits if hit) / total, 1.0)
    effective = total**2 / sum(weight**2 for _, weight in hits)
    return Proportion(len(hits), share, *wilson(share, effective))
