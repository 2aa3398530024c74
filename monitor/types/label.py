"""What models are given, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from monitor.types.margin import Band, Needed, close_or_unknown, tone_margin


class Depth(StrEnum):
    """How much of an item a label was read from.

    An item has a *headline* reading, of its title and, if any, its summary (``title`` or ``summary``),
    and a ``full`` reading where an article text is stored. Trends read the headline readings; the full
    ones are a second series, since a paywall must not look like a change of framing.
    """

    TITLE = "title"
    SUMMARY = "summary"
    FULL = "full"


HEADLINE_DEPTHS = (Depth.TITLE, Depth.SUMMARY)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model is given of one stored revision: ``title + "\\n" + text``."""

    revision_id: int
    item_id: int
    depth: Depth
    title: str
    text: str


class Classifier(Protocol):
    """Scores passages; see ``monitor.label.registry`` for those there are."""

    @property
    def name(self) -> str:
        """The folder under ``models/``."""

    @property
    def version(self) -> str:
        """``name@digest``, stored with every label."""

    @property
    def frames(self) -> Sequence[str]:
        """The frame ids it scores, in the order of the codebook."""

    def scores(self, texts: Sequence[str]) -> Sequence["PassageScores"]:
        """Return one value per text, in order."""


@dataclass(frozen=True, slots=True)
class PassageScores:
    """Calibrated probabilities for one passage: relevance, each frame, and the three bands of tone."""

    relevant: float
    frames: Mapping[str, float]
    tone: tuple[float, float, float]
    """(negative, neutral, positive), summing to 1."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passage that decided a frame; ``start`` and ``end`` are code points in ``title + "\\n" + text``."""

    frame: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FrameLabel:
    """One frame of one reading: probability, decision, and whether the decision is a close one."""

    p: float
    label: bool
    unclear: bool
    mentions: int = 0
    """Passages of the reading that carry the frame."""
    margin: float | None = None
    """How far the probability is above the one needed, below 0 where the label is no; None where it was read
    from a database in which it is not known what was needed."""
    cautious: bool = False
    """Whether what was needed is what a full text needs whose headline does not carry the frame."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says of one text (title and body); nothing in it depends on a database."""

    depth: Depth
    relevant_p: float
    relevant: bool
    strict: bool
    """The text names social work or social workers (strict series), not only the services (broad)."""
    tone_score: float
    """-1 (negative) to 1 (positive), toward social work only; 0 where not relevant."""
    tone_band: Band | None
    frames: Mapping[str, FrameLabel]
    primary: str | None
    """A frame id, ``NEUTRAL``, or None where not relevant."""
    mentions: int
    """Passages about social work."""
    evidence: Sequence[Evidence]
    relevant_margin: float | None = None
    """As the margin of a frame."""

    @property
    def relevant_unclear(self) -> bool | None:
        """Whether relevance is a close decision; None where its margin is not known."""
        return close_or_unknown(self.relevant_margin)

    @property
    def tone_margin(self) -> float | None:
        """How far the score of tone lies inside its band, from 0 on; None where there is no band."""
        return None if self.tone_band is None else tone_margin(self.tone_score, self.tone_band)

    @property
    def tone_unclear(self) -> bool | None:
        """Whether the band of tone is a close decision, another thing than neutral; None without a band."""
        return close_or_unknown(self.tone_margin)


@dataclass(frozen=True, slots=True)
class Label:
    """A judgement bound to the revision that it was made on."""

    revision_id: int
    item_id: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model that has made labels, as the store knows it."""

    id: int
    version: str
    """``name@digest``."""
    name: str
    codebook: str
    frames: tuple[str, ...]
    """In the order of the codebook at the time."""
    first_used_at: datetime
    needed: Needed | None = field(default=None, hash=False)
    """None where it labelled before this was stored, and not since."""
