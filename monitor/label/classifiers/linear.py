"""The linear model: weighted terms of a text, one logistic regression a head, calibrated.

The artefact is a NumPy archive without pickles: the terms as one UTF-8 text, their weights as half floats.
Reading it needs neither scikit-learn nor scipy, so the first label comes soon.
"""

import io
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ModelError, first_line
from monitor.label.features import terms
from monitor.label.lexicon import Mention, mention
from monitor.label.manifest import AGAIN, calibration_of, require_features, thresholds_of
from monitor.label.registry import read_manifest, verified_artefact, version_of
from monitor.types import PassageScores

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

TONES = ("negative", "neutral", "positive")
RELEVANT = "relevant"
OFF_TOPIC = 1e-4
"""The probability of relevance, and of any frame, of a text that names nothing of social work (gate G1)."""

BLOCKS: Mapping[str, float] = {"w": 1.0, "c": 1.0, "q": 0.7}
"""Kinds of term (``monitor.label.features``) with their share in a text's vector."""


def heads_of(frames: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the columns of the weights."""
    return (RELEVANT, *frames, *(f"tone {band}" for band in TONES))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms a model knows, with their inverse document frequency."""

    terms: tuple[str, ...]
    idf: Floats
    """*Shape:* (terms,)"""
    index: Mapping[str, int] = field(repr=False)
    blocks: NDArray[np.int8] = field(repr=False)
    """*Shape:* (terms,); the number of each term's block."""

    @classmethod
    def of(cls, known: Sequence[str], idf: Floats) -> "Vocabulary":
        """Build the look-up tables."""
        numbers = {kind: number for number, kind in enumerate(BLOCKS)}
        return cls(
            terms=tuple(known),
            idf=idf,
            index={term: place for place, term in enumerate(known)},
            blocks=np.array([numbers[term[0]] for term in known], dtype=np.int8),
        )

    def row(self, found: Sequence[str]) -> tuple[Ints, Floats]:
        """Return ``(columns, values)`` of one text, each block of length 1 times its share."""
        index = self.index
        counts = Counter(found)
        places = sorted((index[term], count) for term, count in counts.items() if term in index)
        if not places:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        pairs = np.array(places, dtype=np.int64)
        columns = pairs[:, 0]
        values = (1 + np.log(pairs[:, 1])) * self.idf[columns]
        kinds = self.blocks[columns]
        lengths = np.sqrt(np.bincount(kinds, weights=values**2, minlength=len(BLOCKS)))
        shares = np.array(list(BLOCKS.values())) / np.maximum(lengths, 1e-12)
        return columns, (values * shares[kinds]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """A fitted model; made by ``load_linear`` or ``monitor.label.train``."""

    name: str
    version: str
    frames: tuple[str, ...]
    vocabulary: Vocabulary
    weights: Floats
    """*Shape:* (terms, heads)"""
    intercepts: Floats
    """*Shape:* (heads,)"""
    calibration: NDArray[np.float64]
    """*Shape:* (heads, 2); the slope and offset of Platt's sigmoid."""
    thresholds: Mapping[str, float]
    """The probability from which a head's decision is yes: ``relevant`` and each frame."""

    def scores(self, texts: Sequence[str]) -> list[PassageScores]:
        """Return calibrated probabilities, one value per text, in order."""
        nothing = self._off_topic()
        return [nothing if mention(text) == Mention.NONE else self._score(text) for text in texts]

    def _off_topic(self) -> PassageScores:
        return PassageScores(OFF_TOPIC, dict.fromkeys(self.frames, OFF_TOPIC), (0.0, 1.0, 0.0))

    def _score(self, text: str) -> PassageScores:
        columns, values = self.vocabulary.row(terms(text))
        margins = values @ self.weights[columns] + self.intercepts
        chances = sigmoid(self.calibration[:, 0] * margins + self.calibration[:, 1])
        tones = chances[-len(TONES) :]
        negative, neutral, positive = (tones / tones.sum()).tolist()
        framed = zip(self.frames, chances[1 : -len(TONES)].tolist(), strict=True)
        return PassageScores(float(chances[0]), dict(framed), (negative, neutral, positive))


def sigmoid(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logistic function, safe for any margin."""
    return 1 / (1 + np.exp(-np.clip(margins, -30.0, 30.0)))


# ---------------------------------------------------------------- files


def pack_artefact(vocabulary: Vocabulary, weights: Floats, intercepts: Floats) -> bytes:
    """Return the artefact's bytes: the same for the same model, whenever and wherever written."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        terms=np.frombuffer("\t".join(vocabulary.terms).encode(), dtype=np.uint8),
        idf=vocabulary.idf.astype(np.float16),
        weights=weights.astype(np.float16),
        intercepts=intercepts.astype(np.float32),
    )
    return buffer.getvalue()


def unpack_artefact(data: bytes) -> tuple[Vocabulary, Floats, Floats]:
    """Return ``(vocabulary, weights, intercepts)``.

    Raises:
        ValueError: the bytes are not what ``pack_artefact`` writes.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            known = archive["terms"].tobytes().decode().split("\t")
            idf, weights = archive["idf"].astype(np.float32), archive["weights"].astype(np.float32)
            intercepts = archive["intercepts"].astype(np.float32)
    except (KeyError, OSError, EOFError, BadZipFile, zlib.error) as error:
        raise ValueError(str(error)) from error
    if not (len(known) == len(idf) == len(weights) and weights.ndim == 2 and not any(t == "" for t in known)):
        raise ValueError("terms and weights do not match")
    if not all(np.isfinite(numbers).all() for numbers in (idf, weights, intercepts)):
        raise ValueError("a weight is no finite number")
    return Vocabulary.of(known, idf), weights, intercepts


def load_linear(folder: Path) -> LinearClassifier:
    """Load a model from its folder.

    Raises:
        ModelError: its files are missing, altered, or were made for other features.
    """
    manifest = read_manifest(folder)
    require_features(folder, manifest)
    frames = tuple(manifest["frames"])
    heads = heads_of(frames)
    calibration = np.array(calibration_of(folder, manifest, heads, 2), dtype=np.float64)
    thresholds = thresholds_of(folder, manifest, (RELEVANT, *frames))
    data = verified_artefact(folder, manifest)
    try:
        vocabulary, weights, intercepts = unpack_artefact(data)
        if weights.shape[1] != len(heads):
            raise ValueError(f"{weights.shape[1]} heads, where the manifest names {len(heads)}")
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}: does not hold a linear model ({first_line(error)}); {AGAIN}") from error
    name = folder.resolve().name
    return LinearClassifier(
        name, version_of(name, manifest), frames, vocabulary, weights, intercepts, calibration, thresholds
    )
