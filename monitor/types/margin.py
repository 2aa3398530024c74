"""How close a decision is: the margins of what models say, when it is made and when it is read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Band = Literal["negative", "neutral", "positive"]

UNCLEAR = 0.1
"""A decision is close where what it was made on lies so near the edge."""

TONE_EDGE = 0.25
"""Scores of tone beyond it are negative or positive; it is neutral itself (codebook, section 3)."""


@dataclass(frozen=True, slots=True)
class Needed:
    """The probabilities from which the decisions of a model are yes, each in (0, 1)."""

    relevant: float
    frames: Mapping[str, float]
    cautious: Mapping[str, float]
    """Of frames in a full text whose headline does not carry them."""


def is_unclear(margin: float) -> bool:
    """Tell whether a decision with this margin is a close one."""
    return abs(margin) < UNCLEAR


def close_or_unknown(margin: float | None) -> bool | None:
    """Tell whether a decision is a close one; None where its margin is not known."""
    return None if margin is None else is_unclear(margin)


def tone_margin(score: float, band: Band) -> float:
    """Return how far a score of tone, -1 to 1, lies inside its band: from 0, where the next begins."""
    return TONE_EDGE - abs(score) if band == "neutral" else abs(score) - TONE_EDGE


def frame_margin(p: float, needed: float, relevant_margin: float) -> float:
    """Return the margin of a frame: a text that is not relevant carries none, however likely it is.

    Args:
        p: the frame's probability.
        needed: that from which it is said of a relevant text.
        relevant_margin: that of relevance; below 0 where the text is not relevant.
    """
    own = p - needed
    return own if relevant_margin >= 0 else min(own, relevant_margin)
