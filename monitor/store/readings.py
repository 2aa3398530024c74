"""The two readings of a revision, and the depths at which each is made."""

from collections.abc import Mapping
from typing import Literal

from monitor.types import HEADLINE_DEPTHS, Depth

ReadingKind = Literal["headline", "full"]

DEPTHS: Mapping[ReadingKind, tuple[Depth, ...]] = {"headline": HEADLINE_DEPTHS, "full": (Depth.FULL,)}


def reading_kind(depth: Depth) -> ReadingKind:
    """Return the reading that a depth belongs to."""
    return "full" if depth == Depth.FULL else "headline"
