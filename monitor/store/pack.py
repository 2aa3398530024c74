"""How a judgement lies in a label row: bits and bytes in the order of the model's frames."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from struct import pack as to_bytes
from struct import unpack as from_bytes

from monitor.errors import ModelError
from monitor.types import FrameLabel, Needed
from monitor.types.margin import frame_margin

MOST_FRAMES = 62
"""The bits of a signed 64-bit integer, less one for the sign and one to spare."""
SCALE = 65_535
MOST_MENTIONS = 255


@dataclass(frozen=True, slots=True)
class Packed:
    """The columns of a label row that hold its frames."""

    hits: int
    unclear: int
    scores: bytes
    frame_mentions: bytes
    cautious: int | None = None
    """None where it is not known of any."""


def packed(labels: Mapping[str, FrameLabel], frames: Sequence[str]) -> Packed:
    """Pack a label of every frame; probabilities keep 1/65,535, mentions stop at 255.

    Raises:
        ModelError: the labels are not exactly those of the model's frames.
    """
    if labels.keys() != set(frames):
        odd = ", ".join(sorted(labels.keys() ^ set(frames)))
        raise ModelError(f"a label has other frames than its model was stored with: {odd}; train it again")
    in_order = [labels[frame] for frame in frames]
    return Packed(
        hits=sum(1 << bit for bit, label in enumerate(in_order) if label.label),
        unclear=sum(1 << bit for bit, label in enumerate(in_order) if label.unclear),
        scores=to_bytes(f"<{len(frames)}H", *(round(label.p * SCALE) for label in in_order)),
        frame_mentions=bytes(min(label.mentions, MOST_MENTIONS) for label in in_order),
        cautious=sum(1 << bit for bit, label in enumerate(in_order) if label.cautious),
    )


def unpacked(columns: Packed, frames: Sequence[str]) -> dict[str, FrameLabel]:
    """Return the labels, in the order of the frames, without margins."""
    cautious = columns.cautious or 0
    scores = from_bytes(f"<{len(frames)}H", columns.scores)
    return {
        frame: FrameLabel(
            p=scores[bit] / SCALE,
            label=bool(columns.hits >> bit & 1),
            unclear=bool(columns.unclear >> bit & 1),
            mentions=columns.frame_mentions[bit],
            cautious=bool(cautious >> bit & 1),
        )
        for bit, frame in enumerate(frames)
    }


def with_margins(
    labels: Mapping[str, FrameLabel], needed: Needed, relevant_margin: float
) -> dict[str, FrameLabel]:
    """Return labels with their margins, which keep the side of the label whatever packing rounded."""
    found: dict[str, FrameLabel] = {}
    for frame, label in labels.items():
        asked = needed.cautious if label.cautious else needed.frames
        margin = frame_margin(label.p, asked[frame], relevant_margin)
        found[frame] = replace(label, margin=max(margin, 0.0) if label.label else min(margin, 0.0))
    return found


def score(scores: bytes, bit: int) -> float:
    """Return the probability of one frame, by its place among the model's frames."""
    return int.from_bytes(scores[2 * bit : 2 * bit + 2], "little") / SCALE


def carried(hits: int, frames: Sequence[str]) -> Iterator[str]:
    """Yield the frames whose bits are set."""
    return (frame for bit, frame in enumerate(frames) if hits >> bit & 1)
