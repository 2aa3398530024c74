"""Read the passages: threads of headlines, leads and further sentences that go together.

A line of a passage file is a pattern with slots. Letters before a bar ("ab| ...") say which lines of the
thread tell the same story; a line without letters goes with all of them. Each headline and each lead
carries all the frames of its thread.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Generic, TypeVar

import yaml

T = TypeVar("T")

GENRES = ("tabloid", "trade")
"""Outlet types with headlines of their own; the others share ``headlines``."""


_LETTERS = re.compile(r"([a-z]+)\| ")


@dataclass(frozen=True, slots=True)
class Line:
    """A pattern, and the letters of the stories that it fits; none for all."""

    pattern: str
    letters: frozenset[str] = frozenset()

    def goes_with(self, other: "Line") -> bool:
        """Tell whether both may stand in one story."""
        return not self.letters or not other.letters or bool(self.letters & other.letters)


@dataclass(frozen=True, slots=True)
class Thread:
    """Patterns for one sort of story, with the codes that a careful reader would give it."""

    kind: str
    frames: tuple[str, ...]
    relevant: bool
    tone: int | None
    """-2 to 2; None where not relevant."""
    headlines: Mapping[str, Sequence[Line]]
    """Genre to patterns; ``any`` is never empty."""
    leads: Sequence[Line]
    more: Sequence[Line]

    def bodies(self, headline: Line) -> Iterator[tuple[Line, list[Line]]]:
        """Yield each lead that fits a headline, with the further sentences that fit both."""
        for lead in self.leads:
            if lead.goes_with(headline):
                yield lead, [line for line in self.more if line.goes_with(headline) and line.goes_with(lead)]


@dataclass(frozen=True, slots=True)
class Passages:
    """Everything that stories are put together from."""

    threads: Mapping[str, Sequence[Thread]]
    """By kind."""
    on_target: Sequence[Line]
    """Sentences on the services that carry no frame."""
    plain: Sequence[Line]


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


def _lines(block: str) -> list[Line]:
    return [_line(text) for text in block.strip().splitlines()]


def _line(text: str) -> Line:
    letters = _LETTERS.match(text)
    return Line(text[letters.end() :], frozenset(letters[1])) if letters else Line(text)
