"""Cut a text into passages: the units that are coded, with their place in ``title + "\\n" + text``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.label.lexicon import Mention, mention, mentions, names

SHORT = 900
"""A title and text of at most so many characters are one passage: headline and summary are written to be
read together, and either alone often names no actor."""

_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Rev|Sir|St|No|vs|Jr|Sgt|Det|Insp|Cllr|Hon|approx|e\.g|i\.e|[A-Z])\.$"
)
LONGEST = SHORT
"""Characters of a passage at most: models read little more (192 tokens), so more would be cut unseen."""
BEFORE = LONGEST // 3
"""Of these, at most so many before the mention."""
LOOK_BACK = 12
"""Characters that any abbreviation fits in; looking no further keeps long texts linear in time."""
_WORD = re.compile(r"(?<=\s)\S")
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

    Short items give one passage, of everything. Windows that touch are joined; those beyond LONGEST
    characters are cut around their mentions. An item that names social work nowhere gives one passage,
    marked POSSIBLE or NONE.
    """
    whole = f"{title}\n{text}" if text else title
    if len(whole) <= SHORT:
        return [Passage(whole, 0, len(whole), mention(whole))]
    found = list(_bounded(whole, 0, len(title)))
    spans = list(sentences(text, offset=len(title) + 1))
    for first, last in _windows([names(whole[start:end]) for start, end in spans]):
        found += _bounded(whole, spans[first][0], spans[last][1])
    if len(found) == 1 and found[0].mention < Mention.BROAD:
        lead_end = spans[min(2, len(spans) - 1)][1] if spans else len(title)
        return list(_bounded(whole, 0, lead_end))
    return found


def _bounded(whole: str, start: int, end: int) -> Iterator[Passage]:
    """Yield a passage, or where it is longer than LONGEST one around each mention not yet in one.

    They are cut between words where there are any. Without a mention the beginning is kept.
    """
    if end - start <= LONGEST:
        yield _passage(whole, start, end)
        return
    done = start
    for place, stop in mentions(whole, start, end) or [(start, start + 1)]:
        if stop > done:
            low = min(max(done, place - BEFORE), place)
            first = _word_start(whole, low, place) if low > start else start
            done = _word_end(whole, stop, min(first + LONGEST, end))
            yield _passage(whole, first, done)


def _word_start(whole: str, low: int, place: int) -> int:
    """Return where the first word that begins between two places does; ``low`` where none does."""
    found = _WORD.search(whole, low, place + 1)
    return found.start() if found else low


def _word_end(whole: str, low: int, high: int) -> int:
    """Return where the last word that ends between two places does; ``high`` where none does."""
    place = high
    while place > low and place < len(whole) and not whole[place].isspace():
        place -= 1
    ends = place == len(whole) or whole[place].isspace()
    return place if ends else high


def _passage(whole: str, start: int, end: int) -> Passage:
    text = whole[start:end]
    return Passage(text, start, end, mention(text))


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
    marked = [names(text[start:end]) for start, end in spans]
    kept = (text[spans[first][0] : spans[last][1]] for first, last in _windows(marked))
    return "\n".join(passage.replace("\n", " ") for passage in kept)


def worth_reading(title: str, summary: str) -> bool:
    """Tell whether an item's page is fetched: its feed entry names social work, or may be about it."""
    return mention(f"{title}\n{summary}") >= Mention.POSSIBLE
