"""Cut a text into passages: the units that are coded, with their place in ``title + "\\n" + text``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.label.lexicon import Mention, mention

SHORT = 900
"""A title and text of at most so many characters are one passage: headline and summary are written to be
read together, and either alone often names no actor."""

_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Rev|Sir|St|No|vs|Jr|Sgt|Det|Insp|Cllr|Hon|approx|e\.g|i\.e|[A-Z])\.$"
)
LOOK_BACK = 12
"""Characters that any abbreviation fits in; looking no further keeps long texts linear in time."""
_END = re.compile(r"(?:[.!?…]+[\"'”’)\]]*|\n)(?=\s|$)|\n+")


@dataclass(frozen=True, slots=True)
class Passage:
    """``start`` and ``end`` are code points in ``title + "\\n" + text``."""

    text: str
    start: int
    end: int
    mention: Mention


def sentences(text: str, offset: int = 0) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of each sentence, without the white space around it, shifted by ``offset``.

    A rule for news English: full stops after titles, initials and numbers in the middle do not end one.
    """
    start = 0
    for match in _END.finditer(text):
        tail = text[max(start, match.end() - LOOK_BACK) : match.end()]
        if "\n" not in match[0] and _ABBREVIATION.search(tail):
            continue
        yield from _trimmed(text, start, match.end(), offset)
        start = match.end()
    yield from _trimmed(text, start, len(text), offset)


def _trimmed(text: str, start: int, end: int, offset: int) -> Iterator[tuple[int, int]]:
    inner = text[start:end]
    stripped = inner.strip()
    if stripped:
        begin = start + inner.index(stripped[0])
        yield offset + begin, offset + begin + len(stripped)


def passages(title: str, text: str) -> list[Passage]:
    """Return the passages to code: the headline first, then each mention with a sentence either side.

    Short items give one passage, of everything. Windows that touch are joined. An item that names social
    work nowhere gives one passage, marked POSSIBLE or NONE.
    """
    whole = f"{title}\n{text}" if text else title
    if len(whole) <= SHORT:
        return [Passage(whole, 0, len(whole), mention(whole))]
    found = [Passage(title, 0, len(title), mention(title))]
    spans = list(sentences(text, offset=len(title) + 1))
    kinds = [mention(whole[start:end]) for start, end in spans]
    for first, last in _windows([kind >= Mention.BROAD for kind in kinds]):
        start, end = spans[first][0], spans[last][1]
        found.append(Passage(whole[start:end], start, end, max(kinds[first : last + 1])))
    if len(found) == 1 and found[0].mention < Mention.BROAD:
        lead_end = spans[min(2, len(spans) - 1)][1] if spans else len(title)
        return [Passage(whole[:lead_end], 0, lead_end, mention(whole[:lead_end]))]
    return found


LONGEST_WINDOW = 5
"""Sentences in one passage at most; beyond that a frame in one sentence is drowned by the rest."""


def _windows(marked: list[bool]) -> Iterator[tuple[int, int]]:
    """Yield ``(first, last)`` sentence numbers around marked sentences, joined where they overlap."""
    first: int | None = None
    last = 0
    for place, is_marked in enumerate(marked):
        if not is_marked:
            continue
        begin, end = max(0, place - 1), min(len(marked) - 1, place + 1)
        if first is not None and begin <= last and end - first < LONGEST_WINDOW:
            last = end
            continue
        if first is not None and place <= last:
            continue  # already inside; a window of its own would hold nothing but its context
        if first is not None:
            yield first, last
            begin = max(begin, last + 1)
        first, last = begin, max(end, begin)
    if first is not None:
        yield first, last


def excerpt(text: str) -> str:
    """Return only the passages of an article text that are about social work, one a line.

    This is what the text policy ``passages`` stores in place of the article. Empty where there are none.
    """
    spans = list(sentences(text))
    marked = [mention(text[start:end]) >= Mention.BROAD for start, end in spans]
    kept = (text[spans[first][0] : spans[last][1]] for first, last in _windows(marked))
    return "\n".join(passage.replace("\n", " ") for passage in kept)


def worth_reading(title: str, summary: str) -> bool:
    """Tell whether an item's page is fetched: its feed entry names social work, or may be about it."""
    return mention(f"{title}\n{summary}") >= Mention.POSSIBLE
