"""A small coded corpus, a model trained on it, and a classifier that says what a test tells it to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.label.classifiers.linear import LinearClassifier, load_linear
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded
from monitor.label.train import train_linear
from monitor.types import PassageScores

FRAMES = load_codebook().ids
PLACES = ("Ashworth", "Brinley", "Carrow", "Dunmere", "Eskham", "Farleigh")


@dataclass(frozen=True, slots=True)
class ToldClassifier:
    """Answers by the first of its rules whose words are in the text, else with nothing but relevance."""

    rules: Mapping[str, PassageScores]
    name: str = "told"
    version: str = "told@1"
    frames: Sequence[str] = FRAMES
    thresholds: Mapping[str, float] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    """How many texts each call of ``scores`` held."""

    def scores(self, texts: Sequence[str]) -> list[PassageScores]:
        self.asked.append(len(texts))
        return [self._answer(text) for text in texts]

    def _answer(self, text: str) -> PassageScores:
        return next((scores for words, scores in self.rules.items() if words in text), say())


def say(
    relevant: float = 0.9, tone: tuple[float, float, float] = (0.0, 1.0, 0.0), **frames: float
) -> PassageScores:
    """Return scores with the named frames, all others at 0."""
    return PassageScores(relevant, dict.fromkeys(FRAMES, 0.0) | frames, tone)


@pytest.fixture(scope="session")
def coded() -> list[Coded]:
    """Items by two authors, made from the codebook's examples: enough for every head, and easy to learn."""
    tones = {"positive": 1, "scapegoated": 1, "expert": 0, "reform": 0, "overstretched": 0, "bureaucratic": 0}
    items: list[Coded] = []
    for author in ("one", "two"):
        for frame in load_codebook().frames:
            for number, example in enumerate(frame.examples * 2):
                place = PLACES[number]
                title = f"{place} social workers: {example}"
                name = f"{author}-{frame.id}-{number}"
                items.append(
                    Coded(name, title, "", True, (frame.id,), tones.get(frame.id, -1), author=author)
                )
        for number, place in enumerate(PLACES):
            for off in (
                f"Social worker from {place} wins a marathon",
                f"{place} council repairs playground for children",
            ):
                items.append(Coded(f"{author}-{number}-{off[:6]}", off, "", False, author=author))
    return items


@pytest.fixture(scope="session")
def model_folder(coded: list[Coded], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "small"
    train_linear(coded, seed=1, folder=folder)
    return folder


@pytest.fixture(scope="session")
def small_model(model_folder: Path) -> LinearClassifier:
    return load_linear(model_folder)


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, name: str = "items.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return write
