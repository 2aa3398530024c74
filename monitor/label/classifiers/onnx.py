"""A fine-tuned encoder, run by ONNX Runtime, with the linear model's margins beside it.

Each head's probability is a sigmoid over two margins: the encoder's, which reads meaning, and the linear
model's, which reads who does what (``monitor.label.features``). The weights between them were fitted on
authors that neither had read. Needs onnxruntime, tokenizers and NumPy only.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import ModelError, first_line
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
from monitor.label.features import terms
from monitor.label.lexicon import Mention, mention
from monitor.label.manifest import AGAIN, calibration_of, require_features, thresholds_of
from monitor.label.registry import read_manifest, verified_artefact, version_of
from monitor.types import PassageScores

Margins = NDArray[np.float64]
Source = Callable[[Sequence[str]], Margins]
"""Returns the margins of texts. *Shape:* (texts, heads)"""

MAX_TOKENS = 192
"""Longer passages are cut; short items (``passages.SHORT``) have under 250 tokens, mostly under 80."""
LONGEST_TEXT = 4_000
"""Characters that the tokenizer is given: more than MAX_TOKENS tokens ever need, so time is bounded."""
THREADS = 2
"""Texts that are read at a time."""


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
    """The encoder: texts to margins.

    One text a run. An 8-bit network scales its inner values over all that it is given, so in a batch a
    text's margins would hang on its neighbours (7 % of items got another label). It is faster too.
    """

    session: Any
    tokenizer: Any

    def __call__(self, texts: Sequence[str]) -> Margins:
        """Return margins, one row a text."""
        with ThreadPoolExecutor(THREADS) as threads:
            return np.array(list(threads.map(self._run, encode(self.tokenizer, texts))), dtype=np.float64)

    def _run(self, ids: Sequence[int]) -> Margins:
        margins: Margins = self.session.run(None, padded([ids]))[0][0]
        return margins


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
    """Return an inference session over a network's bytes, on the processor.

    Raises:
        ValueError: they are no network.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except _runtime_errors() as error:
        raise ValueError(first_line(error)) from error


def _runtime_errors() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises: classes of its own that share no base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = (value for value in vars(state).values() if isinstance(value, type))
    return tuple(value for value in found if issubclass(value, Exception))


def load_onnx(folder: Path) -> EncoderClassifier:
    """Load a model from its folder.

    Raises:
        ModelError: its files are missing, altered, or were made for other features.
    """
    manifest = read_manifest(folder)
    require_features(folder, manifest)
    linear = verified_artefact(folder, manifest, "files", "linear")
    words = verified_artefact(folder, manifest, "files", "tokenizer")
    network = verified_artefact(folder, manifest)
    try:
        net = OnnxNet(open_session(network), read_tokenizer(words))
        classifier = _assemble(folder, manifest, (net, LinearNet(*unpack_artefact(linear))))
        _probe(classifier)
        return classifier
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelError(f"{folder}: does not hold an encoder ({first_line(error)}); {AGAIN}") from error


def _probe(classifier: EncoderClassifier) -> None:
    """Ask each source once, so that what cannot answer is refused before it labels.

    Raises:
        ValueError: the answer is none, has another number of heads, or is no finite number.
    """
    for source in classifier.sources:
        try:
            margins = source(["Social workers."])
        except _runtime_errors() as error:
            raise ValueError(first_line(error)) from error
        if margins.shape != (1, len(classifier.calibration)):
            raise ValueError(
                f"margins of shape {margins.shape}, where there are {len(classifier.calibration)} heads"
            )
        if not np.isfinite(margins).all():
            raise ValueError("margins that are no finite numbers")


def _assemble(folder: Path, manifest: Mapping[str, Any], sources: tuple[Source, ...]) -> EncoderClassifier:
    frames, name = tuple(manifest["frames"]), folder.resolve().name
    calibration = np.array(
        calibration_of(folder, manifest, heads_of(frames), len(sources) + 1), dtype=np.float64
    )
    thresholds = thresholds_of(folder, manifest, (RELEVANT, *frames))
    return EncoderClassifier(name, version_of(name, manifest), frames, sources, calibration, thresholds)
