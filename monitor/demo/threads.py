"""Read the passages: threads of headlines, leads and further sentences that go together.

A line of a passage file is a pattern with slots; any headline of a thread may stand over any of its leads,
and each carries all the frames of the thread.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Generic, TypeVar

import yaml

T = TypeVar("T")

GENRES = ("tabloid", "trade")
"""Outlet types with headlines of their own; the others share ``headlines``."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Patterns for one sort of story, with the codes that a careful reader would give it."""

    kind: str
    frames: tuple[str, ...]
    relevant: bool
    tone: int | None
    """-2 to 2; None where not relevant."""
    headlines: Mapping[str, Sequence[str]]
    """Genre to patterns; ``any`` is never empty."""
    leads: Sequence[str]
    more: Sequence[str]


@dataclass(frozen=True, slots=True)
class Passages:
    """Everything that stories are put together from."""

    threads: Mapping[str, Sequence[Thread]]
    """By kind."""
    on_target: Sequence[str]
    """Sentences on the services that carry no frame."""
    plain: Sequence[str]


class Deck(Generic[T]):
    """Deals all cards in random order before it deals any of them again."""

    def __init__(self, cards: Sequence[T], rng: random.Random) -> None:
        self._cards = cards
        self._rng = rng
        self._left: list[T] = []

    def deal(self) -> T:
        """Return the next card."""
        if not self._left:
            self._left = self._rng.sample(self._cards, len(self._cards))
        return self._left.pop()


@cache
def load_passages() -> Passages:
    """Read all files of the passages folder."""
    folder = resources.files("monitor.demo").joinpath("passages")
    threads: dict[str, list[Thread]] = {}
    context: Mapping[str, str] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        raw = yaml.safe_load(entry.read_text(encoding="utf-8"))
        if entry.name == "context.yaml":
            context = raw
            continue
        for thread in _threads(entry.name.removesuffix(".yaml"), raw):
            threads.setdefault(thread.kind, []).append(thread)
    return Passages(threads, _lines(context["on_target"]), _lines(context["plain"]))


def _threads(stem: str, raw: dict[str, Any]) -> Iterator[Thread]:
    """Yield the threads of a file; what a thread does not say itself, the head of the file says."""
    for entry in raw["threads"]:
        merged = {"relevant": True, "tone": None} | raw | entry
        frames = tuple(merged["frames"])
        yield Thread(
            kind=f"scandal/{(*frames, 'neutral')[0]}" if stem == "scandal" else stem,
            frames=frames,
            relevant=merged["relevant"],
            tone=merged["tone"],
            headlines={"any": _lines(merged["headlines"])}
            | {genre: _lines(merged[genre]) for genre in GENRES if genre in merged},
            leads=_lines(merged["leads"]),
            more=_lines(merged["more"]),
        )


def _lines(block: str) -> list[str]:
    return block.strip().splitlines()
