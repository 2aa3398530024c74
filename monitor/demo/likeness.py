"""How much of a story others have printed in the weeks around it.

Stories of one template share sentences. Where they share as much as wire copies do, the store takes them for
copies, as it should; so the composer sees to it that they do not.
"""

import re
from collections import Counter, defaultdict

from monitor.store.copies import COPY_WINDOW
from monitor.types import Item

MOST_SHARED = 0.36
"""The part of the shorter story's runs that two may share; the store takes 0.42 and more for a copy."""
_RUN = 3
_WORD = re.compile(r"[^\W_]+")


class Archive:
    """The stories composed so far, by their runs of three words."""

    def __init__(self) -> None:
        self._stories: list[tuple[Item, int]] = []
        self._holders: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))

    def add(self, item: Item, week: int) -> None:
        """Remember a story of a week."""
        runs = _runs(item)
        for run in runs:
            self._holders[week][run].append(len(self._stories))
        self._stories.append((item, len(runs)))

    def shared(self, item: Item, week: int) -> float:
        """Return the largest part that a story shares with one of another outlet around that week."""
        runs = _runs(item)
        common: Counter[int] = Counter()
        for near in (week - 1, week, week + 1):
            holders = self._holders[near]
            common.update(place for run in runs if run in holders for place in holders[run])
        return max(
            (count / min(len(runs), self._stories[place][1]) for place, count in common.items()
             if self._competes(item, self._stories[place][0])),
            default=0.0,
        )  # fmt: skip

    @staticmethod
    def _competes(item: Item, other: Item) -> bool:
        near = abs(item.published.at - other.published.at) <= COPY_WINDOW
        return near and item.outlet != other.outlet


def _runs(item: Item) -> set[str]:
    words = _WORD.findall(re.sub(r"['’]", "", f"{item.title} {item.summary} {item.text}".casefold()))
    return {" ".join(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)}
