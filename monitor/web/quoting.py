"""What pages quote of an item, with the names masked that a report masks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.report.masking import doubtful, masked, names_beside
from monitor.report.stories import excerpted, safe_link


@dataclass(frozen=True, slots=True)
class Quoted:
    """An item's words as a page shows them; never its whole text."""

    title: str
    summary: str
    passage: str
    """The one that decided, where it is not the title and summary over again."""
    withheld: bool
    """Whether the passage is left out, since it may name a child or a worker."""
    url: str
    """Empty where it is no web address."""


@lru_cache(maxsize=4_096)
def quoted(title: str, summary: str, passage: str, url: str | None, exempt: Sequence[str] = ()) -> Quoted:
    """Return the words of an item, names masked throughout where one text puts them beside a title or an age.

    Args:
        exempt: texts whose names are public already, such as those of events; hashable.
    """
    names = {name for text in (title, summary, passage) for name in names_beside(text, exempt)}
    said = " ".join(passage.split())
    own = "" if said in " ".join(f"{title} {summary}".split()) else passage.removeprefix(title).lstrip()
    shown = [masked(text, exempt, names) for text in (title, summary, own)]
    withheld = doubtful(shown[2], exempt)
    return Quoted(
        shown[0], excerpted(shown[1]), "" if withheld else excerpted(shown[2]), withheld, safe_link(url)
    )
