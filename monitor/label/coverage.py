"""How right a model is on the items of which it is surest: the coverage-accuracy curve.

A newsroom need not count what a model is unsure of. The curve says what is gained by leaving the least sure
items to a person, or out.

Source: El-Yaniv and Wiener (2010), On the foundations of noise-free selective classification, JMLR 11,
1605-1641; Geifman and El-Yaniv (2017), Selective classification for deep neural networks, NeurIPS 30.
"""

import math
from collections.abc import Sequence

import numpy as np

from monitor.label.corpus import Coded
from monitor.label.metrics import Bools, Floats
from monitor.types import Judgement

COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Shares of the items that are kept, the surest first."""


def sureness(judgement: Judgement) -> float:
    """Return the chance, 0 to 1, that relevance and all frames are right, frames taken as independent.

    Of an item judged relevant, the chance that it is, times that of each decision on a frame given that it
    is. On the evaluation files this orders items better than the least distance from a
    threshold (in probability; in log-odds it is level on short items and behind on articles) and than the
    least sure decision alone (docs/models.md), and it needs no thresholds.
    """
    if not judgement.relevant:
        return 1 - judgement.relevant_p
    if not judgement.relevant_p:
        return 0.0
    chance = judgement.relevant_p
    for frame in judgement.frames.values():
        carried = min(frame.p / judgement.relevant_p, 1.0)
        chance *= carried if frame.label else 1 - carried
    return chance


def is_exact(coded: Coded, judgement: Judgement) -> bool:
    """Tell whether relevance and the whole set of frames are as coded; tone plays no part."""
    said = {frame for frame, label in judgement.frames.items() if label.label}
    return judgement.relevant == coded.relevant and said == set(coded.frames)


def coverage_curve(exact: Bools, sure: Floats) -> list[dict[str, float | int]]:
    """Return for each of ``COVERAGES`` the share of the items kept that are exact, 100 % first.

    Items that are equally sure stand for each other: where the cut runs through them each counts with the
    mean of all, so the order of the items plays no part.

    Args:
        exact: whether all codes of an item were met; at least one item.
        sure: how sure the judgement is, in any unit that rises.
    Returns:
        ``coverage`` (share asked for), ``n`` (items kept, rounded up) and ``exact`` (share, 0 to 1).
    """
    _, group = np.unique(-sure, return_inverse=True)
    means = np.bincount(group, exact.astype(float)) / np.bincount(group)
    hits = np.cumsum(means[np.sort(group)])
    kept = [(share, math.ceil(round(share * len(exact), 6))) for share in COVERAGES]
    return [{"coverage": share, "n": n, "exact": round(float(hits[n - 1] / n), 4)} for share, n in kept]


def coverage_of(coded: Sequence[Coded], judgements: Sequence[Judgement]) -> list[dict[str, float | int]]:
    """Return the curve of judgements, one per coded item, in order."""
    pairs = list(zip(coded, judgements, strict=True))
    exact = np.array([is_exact(item, said) for item, said in pairs])
    return coverage_curve(exact, np.array([sureness(said) for said in judgements], dtype=np.float64))
