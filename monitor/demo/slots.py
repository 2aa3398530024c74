"""Fill the slots of a passage: ``{place}`` or, where a capital is due, ``{Place}``.

A slot keeps its value throughout a story. ``a {slot}`` becomes ``an`` where the value asks for it.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

import yaml

_SLOT = re.compile(r"(?:\b([Aa])n? )?\{(\w+)\}")
_OPENING = re.compile(r"^['\"]?[a-z]")
_AN = re.compile(r"(?!one\b|uni|use|eu)[aeiou]|8|1[18]\b", re.IGNORECASE)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Nation:
    """What depends on where a story plays: its places, what a council is called there, who inspects it."""

    name: str
    weight: int
    body: str
    places: Sequence[str]
    values: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Slots:
    """All that slots may hold, as slots.yaml says."""

    choices: Mapping[str, Sequence[str]]
    ranges: Mapping[str, tuple[int, int]]
    linked: Sequence[Sequence[Mapping[str, str]]]
    nations: Mapping[str, Nation]


@cache
def load_slots() -> Slots:
    """Read slots.yaml."""
    text = resources.files("monitor.demo").joinpath("slots.yaml").read_text(encoding="utf-8")
    raw = yaml.safe_load(text)
    return Slots(
        raw["choices"],
        {name: (low, high) for name, (low, high) in raw["ranges"].items()},
        list(raw["linked"].values()),
        {name: Nation(name, **nation) for name, nation in raw["nations"].items()},
    )


class Facts:
    """The values of one story's slots, drawn when first asked for."""

    def __init__(self, rng: random.Random, nation: Nation, place: str, day: date) -> None:
        self._rng = rng
        self._nation = nation
        self._values = {"place": place, "council": f"{place} {nation.body}"} | _days(day)

    def fill(self, pattern: str) -> str:
        """Return the pattern with every slot filled, starting with a capital.

        Raises:
            KeyError: a slot that slots.yaml does not know.
        """
        text = _SLOT.sub(self._replace, pattern)
        return _OPENING.sub(lambda match: match[0].upper(), text)

    def _replace(self, match: re.Match[str]) -> str:
        article, slot = match.groups()
        name = slot[0].lower() + slot[1:]
        if name not in self._values:
            self._values |= self._draw(name)
        value = _SLOT.sub(self._replace, self._values[name])
        if slot != name:
            value = value[0].upper() + value[1:]
        if article is None:
            return value
        return f"{article}n {value}" if _AN.match(value) else f"{article} {value}"

    def _draw(self, name: str) -> Mapping[str, str]:
        slots = load_slots()
        for people in slots.linked:
            if name in people[0]:
                return self._rng.choice(people)
        if name == "place2":
            return {name: self._rng.choice([p for p in self._nation.places if p != self._values["place"]])}
        if name in slots.ranges:
            return {name: str(self._rng.randint(*slots.ranges[name]))}
        values = self._nation.values if name in self._nation.values else slots.choices
        return {name: self._rng.choice(values[name])}


def _days(day: date) -> dict[str, str]:
    """Return the slots that hang on the day of publication; ``weekday2`` is a working day soon after."""
    later = day + timedelta(days=2)
    later += timedelta(days=max(0, 7 - later.weekday()) if later.weekday() > 4 else 0)
    return {
        "weekday": f"{day:%A}",
        "weekday2": f"{later:%A}",
        "month": _MONTHS[day.month - 2],
        "month_next": _MONTHS[day.month % 12],
    }
