"""One code for each item that several people have coded, where most of them agree."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded

V = TypeVar("V", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Settled:
    """What most coders say of each item, and the items on which they are tied."""

    coded: list[Coded]
    """In the order in which each item first came; ``author`` names its coders."""
    tied: list[str]
    """Ids of items left out: half say one thing of relevance, or of a frame, and half another."""


def settled(coded: Sequence[Coded]) -> Settled:
    """Settle codes by majority: relevance first, the rest between those who agree on it.

    A tie on the band of tone leaves the tone open (None), and the item in.

    Args:
        coded: a code for each item and coder, under the item's id.
    """
    by_item: dict[str, list[Coded]] = defaultdict(list)
    for one in coded:
        by_item[one.id].append(one)
    found = {name: _settled_item(codes) for name, codes in by_item.items()}
    return Settled(
        coded=[one for one in found.values() if one is not None],
        tied=[name for name, one in found.items() if one is None],
    )


def _settled_item(codes: Sequence[Coded]) -> Coded | None:
    relevant = _majority([one.relevant for one in codes])
    heard = [one for one in codes if one.relevant == relevant]
    frames = {frame: _majority([frame in one.frames for one in heard]) for frame in load_codebook().ids}
    if relevant is None or None in frames.values():
        return None
    toned = [one.tone for one in heard if one.tone is not None]
    band = _majority([int(np.sign(tone)) for tone in toned])
    return replace(
        codes[-1],
        relevant=relevant,
        frames=tuple(frame for frame, said in frames.items() if said),
        tone=None if band is None else _commonest([tone for tone in toned if np.sign(tone) == band]),
        status=_commonest([one.status for one in heard if one.status != "none"] or ["none"]),
        target=_commonest([one.target for one in heard if one.target] or [""]),
        author=", ".join(sorted({one.author for one in codes})),
    )


def _majority(values: Sequence[V]) -> V | None:
    """Return what most say; None where two values are said as often, or there is none."""
    counts = Counter(values)
    most = [value for value, count in counts.items() if count == max(counts.values())]
    return most[0] if len(most) == 1 else None


def _commonest(values: Sequence[V]) -> V:
    """Return what is said most; of equals what comes last."""
    counts = Counter(values)
    return next(value for value in reversed(values) if counts[value] == max(counts.values()))
