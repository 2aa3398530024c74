"""The codebook, read from ``monitor/data/codebook.yaml``: frames, their definitions, and its version."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from monitor.errors import UsageError


@dataclass(frozen=True, slots=True)
class Frame:
    """One way of showing social work; ``hypothesis`` is its sentence for zero-shot models."""

    id: str
    name: str
    core: bool
    definition: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    boundary: str
    examples: tuple[str, ...]
    hypothesis: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Codebook:
    """All frames, in the order that every list and report keeps."""

    version: str
    frames: tuple[Frame, ...]
    statuses: tuple[str, ...]
    targets_counted: tuple[str, ...]
    targets_recorded: tuple[str, ...]
    relevance_hypothesis: str
    tone_hypotheses: tuple[str, str, str]
    """Of negative, neutral and positive coverage; as those of relevance and frames, for zero-shot models."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The frame ids, in order."""
        return tuple(frame.id for frame in self.frames)

    @property
    def core(self) -> tuple[str, ...]:
        """The ids of the core frames."""
        return tuple(frame.id for frame in self.frames if frame.core)

    def require(self, frames: Sequence[str]) -> None:
        """Raise UsageError where a frame id is not in the codebook."""
        for frame in frames:
            if frame not in self.ids:
                known = ", ".join(self.ids)
                raise UsageError(f"no frame {frame!r} in codebook {self.version}; there are: {known}")


@cache
def load_codebook() -> Codebook:
    """Return the codebook that comes with the program."""
    data = yaml.safe_load(files("monitor.data").joinpath("codebook.yaml").read_text("utf-8"))
    frames = tuple(_frame(entry) for entry in data["frames"])
    return Codebook(
        version=data["version"],
        frames=frames,
        statuses=tuple(data["status"]),
        targets_counted=tuple(data["targets"]["counted"]),
        targets_recorded=tuple(data["targets"]["recorded"]),
        relevance_hypothesis=data["relevance"]["hypothesis"],
        tone_hypotheses=(
            data["tone"]["hypotheses"]["negative"],
            data["tone"]["hypotheses"]["neutral"],
            data["tone"]["hypotheses"]["positive"],
        ),
    )


def _frame(entry: dict[str, Any]) -> Frame:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Frame(**values)
