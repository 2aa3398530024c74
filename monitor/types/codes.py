"""What people say of items, and how these were drawn."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.clock import Week
from monitor.types.label import Depth, Judgement

SampleKind = Literal["random", "uncertain"]
"""``random`` samples serve estimation; ``uncertain`` ones (close calls of a model) teach, and never do."""

Stratum = Literal["relevant", "close", "irrelevant", "unlabelled"]
"""What a model had said of an item when a sample was drawn; ``close``: irrelevant, but hardly."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a text, by the codebook."""

    relevant: bool
    frames: tuple[str, ...] = ()
    """In the order of the codebook; empty where not relevant."""
    tone: int | None = None
    """-2 to 2, toward social work; None where not relevant or not coded."""
    status: str = "none"
    target: tuple[str, ...] = ()
    note: str = ""
    reply: bool | None = None
    """Whether those whom it reproaches are heard in it (right of reply); None where not coded."""


@dataclass(frozen=True, slots=True)
class Code:
    """What one person said of one reading of a revision."""

    revision_id: int
    depth: Depth
    coder: str
    said: Said
    coded_at: datetime | None = None
    """None where a file does not tell; it is then stored with the time of its import."""


@dataclass(frozen=True, slots=True)
class CodedUnit:
    """An item of a random sample with what people and a model said of the same reading of it.

    An item has one of these at most, however many samples drew it; items that are wire copies of another
    have none.
    """

    item_id: int
    revision_id: int
    depth: Depth
    week: Week
    outlet: str
    outlet_type: str
    nation: str
    sample: str
    """The name of the oldest sample that drew it."""
    stratum: Stratum
    """Of that sample; within a stratum of one sample every item had the same chance."""
    inclusion: float
    """The chance, in (0, 1], that any sample drew it and it was coded; weigh by ``1 / inclusion``."""
    label: Judgement
    """The model's, without evidence. Its frames count only where it is relevant, as in the weekly sums."""
    relevant: bool
    """The people's: settled between coders by majority, a tie by the latest code."""
    frames: frozenset[str]
    tone: int | None
    coders: int
