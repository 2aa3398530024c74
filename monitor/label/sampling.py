"""Draw items for people to code, each with a known chance, and plan how many codes are needed.

A stratified random sample without replacement: every item gets a pseudo-random number, and from each stratum
those with the lowest are taken, so that each item of a stratum has the chance drawn / items (Fan, Muller and
Rezucha 1962, Journal of the American Statistical Association 57, 387-402). The number is a hash of the item
under the sample's key: one pass suffices, and the same key draws the same sample from the same items.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from monitor.types import Stratum

SHARES: Mapping[Stratum, float] = {
    "relevant": 0.5,
    "close": 0.25,
    "irrelevant": 0.15,
    "unlabelled": 0.1,
}
"""How codes are spread over the strata: most where the frames are, some wherever a relevant item may hide."""
FEWEST = 2
"""Units of a stratum, where it has them: fewer give no variance."""
Z = 1.959964
"""The standard normal quantile of a 95 % interval."""
LEAST_CODES = 30
"""Coded items on which a plan believes the model's error rather than the worst case."""

Ids = NDArray[np.int64]
Numbers = NDArray[np.uint64]
Places = NDArray[np.int8]


class Lottery:
    """Takes the items in batches and keeps, of each stratum, those with the lowest numbers."""

    def __init__(self, key: int, strata: Sequence[Stratum], most: int) -> None:
        """Keep at most ``most`` items a stratum; memory stays within a few times that."""
        self._key = key
        self._strata = strata
        self._most = most
        self._kept: dict[Stratum, Ids] = {stratum: np.empty(0, np.int64) for stratum in strata}
        self.items: dict[Stratum, int] = dict.fromkeys(strata, 0)

    def add(self, ids: Sequence[int], places: Sequence[int]) -> None:
        """Take some items, each with the place of its stratum."""
        new, of = np.asarray(ids, np.int64), np.asarray(places, np.int8)
        for place, stratum in enumerate(self._strata):
            ours = new[of == place]
            self.items[stratum] += len(ours)
            if len(ours):
                self._kept[stratum] = self._lowest(np.concatenate([self._kept[stratum], ours]), self._most)

    def winners(self, wanted: Mapping[Stratum, int]) -> dict[int, Stratum]:
        """Return the items drawn with their strata, in an order of chance of its own.

        Args:
            wanted: how many of each stratum; at most as many as are kept, and as there are.
        """
        drawn = {
            int(item): stratum
            for stratum, count in wanted.items()
            for item in self._lowest(self._kept[stratum], count)
        }
        ids = np.array(sorted(drawn), np.int64)
        order = np.argsort(hashed(ids, self._key ^ 1), kind="stable")
        return {int(item): drawn[int(item)] for item in ids[order]}

    def _lowest(self, ids: Ids, count: int) -> Ids:
        if len(ids) <= count:
            return ids
        numbers = hashed(ids, self._key)
        return ids[np.argpartition(numbers, count - 1)[:count]] if count else ids[:0]


def sample_key(name: str, seed: int) -> int:
    """Return the key of a sample: samples of different names are independent under the same seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest()[:8], "big")


def hashed(ids: Ids, key: int) -> Numbers:
    """Return a number in [0, 2^64) for each item, evenly spread; different for every item of a key.

    Source: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators, OOPSLA: the
    output function of SplitMix64, here with the key added before and once more between two rounds.
    """
    mixed = ids.astype(np.uint64)
    for _ in range(2):
        mixed = (mixed + np.uint64(key & 0xFFFFFFFFFFFFFFFF)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return mixed


def allocate(items: Mapping[Stratum, int], size: int) -> dict[Stratum, int]:
    """Return how many units to draw of each stratum: by SHARES, at least FEWEST, never more than it has.

    What a small stratum cannot give, the others do. The sum is ``size``, or all items where there are fewer;
    with a size below the number of strata, items of some would have no chance.
    """
    drawn = {stratum: 0 for stratum in SHARES if items.get(stratum, 0)}
    for _ in range(min(size, sum(items.values()))):
        open_ones = [stratum for stratum, count in drawn.items() if count < items[stratum]]
        drawn[min(open_ones, key=lambda stratum: _priority(stratum, drawn[stratum]))] += 1
    return drawn


def _priority(stratum: Stratum, drawn: int) -> tuple[int, float]:
    """First one of each, then FEWEST, then by Webster's rule that which is furthest behind its share."""
    return min(drawn, FEWEST), (drawn + 0.5) / SHARES[stratum]


# ---------------------------------------------------------------- how many codes


@dataclass(frozen=True, slots=True)
class Need:
    """How many codes give the share of one frame an interval of a wanted half width."""

    frame: str
    items: int
    """Items that the model judged relevant."""
    share: float | None
    """Of them, by the model."""
    coded: int
    """Of them, those that people have coded already in random samples."""
    wrong: float | None
    """Share of the coded ones on which people and model differ; None without any."""
    variance: float | None
    relevant_codes: int | None
    """Codes needed of items judged relevant, those there are included."""
    codes: int | None
    """Codes needed in all strata together, as `allocate` spreads them."""
    reason: str = ""
    """Why nothing can be planned; else empty."""


def need(
    frame: str, *, hits: int, strata: Mapping[Stratum, int], half_width: float, coded: int = 0, wrong: int = 0
) -> Need:
    """Return how many codes the corrected share of a frame needs for a 95 % interval of ± ``half_width``.

    The interval of a corrected share is that of the mean difference between code and label (Angelopoulos et
    al. 2023, Science 382, 669-674), so that n0 = z² V / d², and with N items n = n0 / (1 + (n0 - 1) / N)
    (Cochran 1977, Sampling Techniques, section 4.4). V is at most the share of items on which the two
    differ: that observed (its upper 95 % Wilson limit) from LEAST_CODES codes on. Before, it is p (1 - p),
    as though the model knew nothing and the codes alone were to give the share p.

    Args:
        frame: its id.
        hits: items that carry it, by the model.
        strata: how many items each stratum holds.
        half_width: in (0, 1), not in points.
        coded: items judged relevant that people have coded.
        wrong: those of them on which model and people differ.
    """
    items = strata.get("relevant", 0)
    if not 0 < hits < items:
        given = "every one" if hits else "none"
        reason = f"the model gives {frame} to {given} of {items} relevant items; code a sample first"
        return Need(frame, items, hits / items if items else None, coded, None, None, None, None, reason)
    share = hits / items
    variance = share * (1 - share)
    if coded >= LEAST_CODES:
        variance = min(variance, wilson(wrong / coded, coded)[1])
    unlimited = Z**2 * variance / half_width**2
    limited = max(ceil(unlimited / (1 + (unlimited - 1) / items)), 1)
    spread = sum(SHARES[stratum] for stratum, count in strata.items() if count)
    return Need(
        frame=frame,
        items=items,
        share=share,
        coded=coded,
        wrong=wrong / coded if coded else None,
        variance=variance,
        relevant_codes=limited,
        codes=ceil(limited * spread / SHARES["relevant"]),
    )


def wilson(share: float, total: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of ``total``, which need not be whole.

    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    centre = share + Z**2 / (2 * total)
    spread = Z * sqrt(share * (1 - share) / total + Z**2 / (4 * total**2))
    return max((centre - spread) / (1 + Z**2 / total), 0.0), min((centre + spread) / (1 + Z**2 / total), 1.0)
