"""What every form of a report is set from: an opening, then parts made of a few kinds of block.

The page, the mail, the plain text and the PDF hold the same blocks in the same order; a template says only
how each kind looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Manner = Literal["plain", "note", "box"]


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph; ``label`` stands before it in bold."""

    text: str
    manner: Manner = "plain"
    label: str = ""
    kind: Literal["prose"] = "prose"


@dataclass(frozen=True, slots=True)
class Lines:
    """A list of short lines."""

    items: Sequence[str]
    numbered: bool = False
    kind: Literal["lines"] = "lines"


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column heads its rows."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = False
    """On the page it is opened by a click, since a chart beside it shows the same."""
    mailed: bool = True
    """False where only the other forms have it, as the mail's chart leaves out the same."""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure of the strip, beside what is usual."""

    name: str
    figure: str
    interval: str
    """Its 95 % interval and n, or what else must stand beside it."""
    mean: str
    """Empty, as ``usual`` is, where the figure has none."""
    usual: str
    verdict: str
    verdict_kind: str
    """``moved``, ``maybe`` or other; for emphasis."""
    colour: str
    ink: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The key figures; the two labels say what ``mean`` and ``usual`` of each are."""

    figures: Sequence[KeyFigure]
    mean_label: str
    usual_label: str
    kind: Literal["strip"] = "strip"


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart by its id; its figures follow it in a table."""

    chart: str
    caption: str
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class StoryCard:
    """A story as it is shown; its texts are masked, its link is safe to follow or empty."""

    title: str
    url: str
    outlet: str
    outlet_type: str
    day: str
    primary: str
    colour: str
    ink: str
    others: Sequence[str]
    """The further frames."""
    tone: str
    excerpt: str
    """The passage that decided; empty where there is none, or where quoting it is doubtful."""
    carried: str
    claim: str = ""
    """Whether it is a claim or a finding, whom it is aimed at and whether they are heard, as far as known."""
    remark: str = ""
    """Said beneath: whose words a slur is, that the story refutes, or why a quotation is left out."""


@dataclass(frozen=True, slots=True)
class Cards:
    """Stories, each as a card."""

    stories: Sequence[StoryCard]
    kind: Literal["cards"] = "cards"


Block = Prose | Lines | Table | Strip | Picture | Cards


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands under it; ``id`` is its anchor on the page."""

    id: str
    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Document:
    """A report before it is set in type."""

    name: str
    """``2026-W46``, ``2026-10`` or ``event-E01``: its folder and the stem of its files."""
    title: str
    period: str
    """``week 2026-W46 · 9–15 November 2026``."""
    subject: str
    sentences: Sequence[str]
    """What moved, against what, how sure."""
    notices: Sequence[Prose]
    """Said before anything else: that it is a sample, that little was read."""
    parts: Sequence[Part]
    foot: Sequence[str]
    sample: bool = False
