"""Pairs of news reports of which it is known whether the second is a copy of the first.

Made from reports.txt, always the same ones. A copy is what outlets make of a wire report: trimmed, lightly
edited, under another headline, with a byline or a local paragraph. What is none tells the same event in
other words, in part with the same quotation, or another event with the same local paragraph.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

EDITED = 0.08
"""Share of words that a light edit touches."""

_REPORTS = Path(__file__).with_name("reports.txt")
_SENTENCE = re.compile(r"(?<=[.?!])[\"']? +(?=[A-Z\"'])")
_OTHER_WORDS = {
    "said": ("told reporters", "stated", "explained"),
    "children": ("youngsters", "kids"),
    "council": ("authority", "local authority"),
    "months": ("weeks",),
    "found": ("discovered", "established"),
    "thousand": ("000",),
    "pounds": ("GBP",),
    "social": ("council",),
    "must": ("has to",),
    "began": ("started",),
    "help": ("assist", "aid"),
    "published": ("released",),
    "killed": ("fatally injured",),
    "people": ("residents", "persons"),
    "told": ("informed",),
    "last": ("the previous",),
    "about": ("around", "roughly"),
    "because": ("as", "since"),
    "but": ("however",),
    "which": ("that",),
    "will": ("is to", "would"),
    "two": ("2",),
    "three": ("3",),
    "year": ("twelvemonth",),
}
_ADDED = ("also", "reportedly", "yesterday", "later", "already", "however", "now", "today", "still")
_BYLINES = (
    "By {name}, Press Association social affairs correspondent",
    "{name}, local democracy reporter",
    "By {name} | Published 06:00",
)
_NAMES = ("Harriet Moss", "Dev Anand", "Owen Clegg", "Sally Brook", "Ines Martin", "Tom Hardcastle")
_PLACES = ("Ashby", "Corrwick", "Dunstead", "Elverton", "Fallowfield Park", "Garside", "Hexley", "Ivington")
_LOCAL = (
    "In {place}, the county council said it was looking at the case with care and that its own teams had been"
    " asked to check whether anything of the kind could happen here. A spokesperson said residents who are"
    " worried about a neighbour should ring the duty line at any hour.",
    "The {place} Courier has asked every councillor in the district what they think. Seven had replied by the"
    " time we went to press, and most of them wanted to see the figures for our own area before they would"
    " comment. Write to us with your views at the usual address.",
    "Campaigners from {place} are expected to travel by coach to a meeting about the subject next Thursday."
    " Places can be booked at the community centre on Mill Street, where tea will be served from half past"
    " six and a collection held for the food bank.",
    "It comes after a difficult year for services in {place}, where two day centres have shut and a third is"
    " under review. The town's MP has raised the matter with ministers on four occasions and says that she"
    " will not let it rest.",
)
_FOOTER = (
    "Sign up for our free newsletter to get the latest stories from {place} straight to your inbox every"
    " morning. Follow us on Facebook for breaking news, sport and traffic."
)
_HEADLINES = (
    "What we know so far about {words}",
    "{place} reacts: {words}",
    "'It should never have come to this': {words}",
    "Revealed: {words}",
)


@dataclass(frozen=True, slots=True)
class Report:
    """A headline and the text below it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reports, and what is known of them."""

    kind: str
    copies: bool
    first: Report
    second: Report
    event: int
    """The place of the first report's event in the file."""


def events() -> list[tuple[Report, Report]]:
    """Return the two reports of each event."""
    lines = _REPORTS.read_text("utf-8").splitlines()
    reports: list[list[str]] = []
    for line in lines:
        if line[:2] in ("= ", "- "):
            reports.append([line[2:]])
        elif reports and line:
            reports[-1].append(line)
    told = [Report(title, "\n".join(text)) for title, *text in reports]
    return list(zip(told[::2], told[1::2], strict=True))


def pairs(seed: int = 20261125) -> list[Pair]:
    """Return all pairs, the same ones for a seed; about half are copies."""
    rng = random.Random(seed)
    told = events()
    made = [pair for place in range(len(told)) for pair in _of_event(rng, place, told)]
    return [*made, *_of_two_events(rng, told)]


def _of_event(rng: random.Random, place: int, told: list[tuple[Report, Report]]) -> Iterator[Pair]:
    background = (*told[place - 1], *told[place - 2])
    for report, other in (told[place], told[place][::-1]):
        for kind, copy in _copies(rng, report, "\n".join(before.text for before in background)):
            yield Pair(kind, True, report, copy, place)
        for kind, first, second in _retellings(rng, report, other):
            yield Pair(kind, False, first, second, place)


def _copies(rng: random.Random, report: Report, background: str) -> Iterator[tuple[str, Report]]:
    yield "trimmed to half", trimmed(report, 0.5)
    yield "trimmed to a third", trimmed(report, 0.33)
    yield "edited, long background", _followed(edited(rng, report), background)
    yield "lightly edited", edited(rng, report)
    yield "other headline", headed(rng, edited(rng, report, 0.03))
    yield "local paragraph", headed(rng, with_local(rng, report))
    yield "byline, trimmed", with_byline(rng, trimmed(report, 0.6))
    yield "trimmed and edited", edited(rng, trimmed(report, 0.5))
    yield "trimmed, local paragraph", with_local(rng, trimmed(report, 0.6))
    yield "trimmed, edited, local paragraph", with_local(rng, edited(rng, trimmed(report, 0.5)))


def _retellings(rng: random.Random, report: Report, other: Report) -> Iterator[tuple[str, Report, Report]]:
    yield "same event", report, edited(rng, other)
    yield "same event, trimmed", trimmed(report, 0.5), other
    yield "same event, same quotation", report, with_quotation(report, other)
    yield "same event, trimmed, same headline", report, replace(trimmed(other, 0.5), title=report.title)
    yield (
        "same event, two sentences",
        report,
        with_quotation(trimmed(report, 0.3), with_quotation(report, other)),
    )
    yield "same event, trimmed, same quotation", report, with_quotation(report, trimmed(other, 0.5))
    yield "same event, same headline", report, replace(other, title=report.title)
    yield "same event, same local paragraph", *_alike(rng, report, other)


def _alike(rng: random.Random, report: Report, other: Report) -> tuple[Report, Report]:
    local = rng.choice(_LOCAL).format(place=rng.choice(_PLACES))
    return _followed(report, local), _followed(other, local)


def _of_two_events(rng: random.Random, told: list[tuple[Report, Report]]) -> Iterator[Pair]:
    for place, ((first, one), (second, two)) in enumerate(pairwise(told)):
        local, footer = rng.choice(_LOCAL), _FOOTER
        where = rng.choice(_PLACES)
        for kind, left, right in (("same paragraph", first, second), ("same footer", one, two)):
            added = (local if kind == "same paragraph" else footer).format(place=where)
            yield Pair(kind, False, _followed(left, added), _followed(right, added), place)


def trimmed(report: Report, share: float) -> Report:
    """Cut the end, after the sentence that reaches a share of the words."""
    wanted = share * len(report.text.split())
    kept: list[str] = []
    for sentence in _SENTENCE.split(report.text.replace("\n", " ")):
        if sum(len(one.split()) for one in kept) + len(sentence.split()) / 2 > wanted and kept:
            break
        kept.append(sentence)
    return replace(report, text=" ".join(kept))


def edited(rng: random.Random, report: Report, share: float = EDITED) -> Report:
    """Replace, leave out or add a share of the words."""
    return replace(report, text=" ".join(_edited_words(rng, report.text.split(), share)))


def _edited_words(rng: random.Random, words: list[str], share: float) -> Iterator[str]:
    touched = set(rng.sample(range(len(words)), round(share * len(words))))
    for place, word in enumerate(words):
        if place not in touched:
            yield word
        elif word in _OTHER_WORDS:
            yield rng.choice(_OTHER_WORDS[word])
        elif rng.random() < 0.5:
            yield f"{word} {rng.choice(_ADDED)}"


def headed(rng: random.Random, report: Report) -> Report:
    """Give the report a headline of the outlet's own."""
    words = report.title.split()
    few = " ".join(words[: max(3, len(words) // 2)]).lower()
    return replace(report, title=rng.choice(_HEADLINES).format(words=few, place=rng.choice(_PLACES)))


def with_local(rng: random.Random, report: Report) -> Report:
    """Add a paragraph for the outlet's own readers."""
    return _followed(report, rng.choice(_LOCAL).format(place=rng.choice(_PLACES)))


def with_byline(rng: random.Random, report: Report) -> Report:
    """Put a byline before the text."""
    byline = rng.choice(_BYLINES).format(name=rng.choice(_NAMES))
    return replace(report, text=f"{byline}\n{report.text}")


def with_quotation(report: Report, other: Report) -> Report:
    """Add to another report the sentence of the first that quotes somebody."""
    sentences = _SENTENCE.split(report.text.replace("\n", " "))
    quoting = next((sentence for sentence in sentences if '"' in sentence), sentences[-1])
    return _followed(other, quoting)


def _followed(report: Report, paragraph: str) -> Report:
    return replace(report, text=f"{report.text}\n{paragraph}")
