"""A fine-tuned encoder, run by ONNX Runtime, with the linear model's margins beside it.

Each head's probability is a sigmoid over two margins: the encoder's, which reads meaning, and the linear
model's, which reads who does what (``monitor.label.features``). The weights between them were fitted on
authors that neither had read. Needs onnxruntime, tokenizers and NumPy only.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ModelError
from monitor.label.classifiers.linear import (
    OFF_TOPIC,
    RELEVANT,
    TONES,
    Floats,
    Vocabulary,
    heads_of,
    sigmoid,
    unpack_artefact,
)
from monitor.label.features import fingerprint, terms
from monitor.label.lexicon import Mention, mention
from monitor.label.registry import read_manifest, verified_bytes, version_of
from monitor.types import PassageScores

Margins = NDArray[np.float64]
Source = Callable[[Sequence[str]], Margins]
"""Returns the margins of texts. *Shape:* (texts, heads)"""

MAX_TOKENS = 192
"""Longer passages are cut; short items (``passages.SHORT``) have under 250 tokens, mostly under 80."""
LONGEST_TEXT = 4_000
"""Characters that are given to the tokenizer: more than MAX_TOKENS tokens ever need, so that time is bounded."""
BATCH = 32
THREADS = 2


@dataclass(frozen=True, slots=True)
class EncoderClassifier:
    """Sources of margins under one calibration; made by ``load_onnx`` or ``monitor.label.finetune``."""

    name: str
    version: str
    frames: tuple[str, ...]
    sources: tuple[Source, ...]
    calibration: NDArray[np.float64]
    """*Shape:* (heads, sources + 1); a slope for each source, and last the offset."""
    thresholds: Mapping[str, float]
    """The probability from which a head's decision is yes: ``relevant`` and each frame."""

    def scores(self, texts: Sequence[str]) -> list[PassageScores]:
        """Return calibrated probabilities, one value per text, in order; each distinct text is read once."""
        named = list(dict.fromkeys(text for text in texts if mention(text) > Mention.NONE))
        found = dict(zip(named, self._score(named), strict=True)) if named else {}
        nothing = PassageScores(OFF_TOPIC, dict.fromkeys(self.frames, OFF_TOPIC), (0.0, 1.0, 0.0))
        return [found.get(text, nothing) for text in texts]

    def _score(self, texts: Sequence[str]) -> list[PassageScores]:
        margins = np.stack([source(texts) for source in self.sources], axis=-1)
        summed = (margins * self.calibration[:, :-1]).sum(axis=-1) + self.calibration[:, -1]
        return [self._passage(chances) for chances in sigmoid(summed)]

    def _passage(self, chances: Margins) -> PassageScores:
        tones = chances[-len(TONES) :]
        negative, neutral, positive = (tones / tones.sum()).tolist()
        framed = zip(self.frames, chances[1 : -len(TONES)].tolist(), strict=True)
        return PassageScores(float(chances[0]), dict(framed), (negative, neutral, positive))


@dataclass(frozen=True, slots=True)
class OnnxNet:
    """The encoder: texts to margins."""

    session: Any
    tokenizer: Any

    def __call__(self, texts: Sequence[str]) -> Margins:
        """Return margins, one row a text; texts of like length are run together, so little is padded."""
        ids = encode(self.tokenizer, texts)
        order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
        rows: list[Margins | None] = [None] * len(ids)
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            (margins,) = self.session.run(None, padded([ids[place] for place in places]))
            for place, row in zip(places, margins, strict=True):
                rows[place] = row
        return np.array(rows, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LinearNet:
    """The linear model's part: texts to margins."""

    vocabulary: Vocabulary
    weights: Floats
    intercepts: Floats

    def __call__(self, texts: Sequence[str]) -> Margins:
        """Return margins, one row a text."""
        rows = (self.vocabulary.row(terms(text)) for text in texts)
        margins = [values @ self.weights[columns] + self.intercepts for columns, values in rows]
        return np.array(margins, dtype=np.float64)


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Return the tokens of each text, at most MAX_TOKENS; half characters are read as a question mark."""
    whole = [text[:LONGEST_TEXT].encode("utf-8", "replace").decode() for text in texts]
    return [encoding.ids for encoding in tokenizer.encode_batch(whole)]


def padded(ids: Sequence[Sequence[int]]) -> dict[str, NDArray[np.int64]]:
    """Return the network's inputs for texts of unequal length. *Shapes:* (texts, longest)"""
    lengths = np.array([len(row) for row in ids])
    mask = np.arange(lengths.max()) < lengths[:, None]
    tokens = np.zeros(mask.shape, dtype=np.int64)
    tokens[mask] = [token for row in ids for token in row]
    return {"input_ids": tokens, "attention_mask": mask.astype(np.int64)}


# ---------------------------------------------------------------- files


def read_tokenizer(data: bytes) -> Any:
    """Return a tokenizer from tokenizer.json, set to cut at MAX_TOKENS and to leave padding to ``padded``."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(data)
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def open_session(data: bytes) -> Any:
    """Return an inference session over a network's bytes, on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def load_onnx(folder: Path) -> EncoderClassifier:
    """Load a model from its folder.

    Raises:
        ModelError: its files are missing, altered, or were made for other features.
    """
    manifest = read_manifest(folder)
    if manifest.get("features") != fingerprint():
        raise ModelError(f"{folder}: was trained for another version of the features; train the model again")
    files = {part: verified_bytes(folder, manifest, part) for part in ("", "tokenizer", "linear")}
    try:
        net = OnnxNet(open_session(files[""]), read_tokenizer(files["tokenizer"]))
        return _assemble(folder, manifest, (net, LinearNet(*unpack_artefact(files["linear"]))))
    except Exception as error:  # noqa: BLE001 - onnxruntime and tokenizers raise bare or private classes
        raise ModelError(f"{folder}: does not hold an encoder ({error}); train the model again") from error
