"""A model of the transformers library, run by torch, for users who have one.

Two kinds: *zero-shot*, an NLI model that is asked whether a passage entails each hypothesis of the codebook
(Yin, Hay and Roth 2019, EMNLP, "Benchmarking zero-shot text classification"), and *classification*, whose
labels stand for frames. Neither is calibrated on our corpus. Weights are safetensors, never pickle, no code
of the model's own is run, and each file is checked against its SHA-256 before it is loaded.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError  # type: ignore[import-not-found,unused-ignore]
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from monitor.errors import ModelError
from monitor.label.classifiers.linear import OFF_TOPIC, RELEVANT, TONES, heads_of
from monitor.label.codebook import load_codebook
from monitor.label.lexicon import Mention, mention
from monitor.label.registry import read_manifest, version_of
from monitor.types import PassageScores

Task = Literal["zero-shot", "classification"]
Chances = NDArray[np.float64]
Reader = Callable[[Sequence[str]], Chances]
"""Returns the probability of each head for texts. *Shape:* (texts, heads)"""

MAX_TOKENS = 256
LONGEST_TEXT = 4_000
BATCH = 32
"""Texts, or pairs of text and hypothesis, that are read at a time."""
_HASHED_AT_ONCE = 1 << 20
LOADING_ERRORS = (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, SafetensorError)
"""What transformers raises where files of a network are cut short, altered or do not belong together."""


@dataclass(frozen=True, slots=True)
class TransformerClassifier:
    """A network and which of its answers stands for which head; made by ``load_transformer``."""

    name: str
    version: str
    frames: tuple[str, ...]
    thresholds: Mapping[str, float]
    heads: tuple[str, ...]
    read: Reader

    def scores(self, texts: Sequence[str]) -> list[PassageScores]:
        """Return one value per text, in order; each distinct text that names social work is read once.

        Where the network has no head for it, a text that names social work is relevant and its tone neutral.
        """
        named = list(dict.fromkeys(text for text in texts if mention(text) > Mention.NONE))
        found = {text: self._passage(row) for text, row in zip(named, self._chances(named), strict=True)}
        nothing = PassageScores(OFF_TOPIC, dict.fromkeys(self.frames, OFF_TOPIC), (0.0, 1.0, 0.0))
        return [found.get(text, nothing) for text in texts]

    def _chances(self, texts: Sequence[str]) -> Chances:
        cut = [text[:LONGEST_TEXT].encode("utf-8", "replace").decode() for text in texts]
        return self.read(cut) if cut else np.empty((0, len(self.heads)))

    def _passage(self, chances: Chances) -> PassageScores:
        of = dict(zip(self.heads, chances.tolist(), strict=True))
        tones = [of.get(f"tone {band}", 0.0) for band in TONES]
        whole = sum(tones)
        negative, neutral, positive = [tone / whole for tone in tones] if whole > 0 else (0.0, 1.0, 0.0)
        frames = {frame: of[frame] for frame in self.frames}
        return PassageScores(of.get(RELEVANT, 1.0), frames, (negative, neutral, positive))


# ---------------------------------------------------------------- networks


@dataclass(frozen=True, slots=True)
class LabelReader:
    """A classifier of its own labels: the label of column ``columns[k]`` is head ``k``."""

    network: Any
    tokenizer: Any
    columns: Sequence[int]
    exclusive: bool
    """Whether its labels exclude each other (softmax), or each stands for itself (sigmoid)."""

    def __call__(self, texts: Sequence[str]) -> Chances:
        """Return the probability of each head. *Shape:* (texts, heads)"""
        logits = run(self.network, self.tokenizer, [(text,) for text in texts])
        chances = _softmax(logits) if self.exclusive else 1 / (1 + np.exp(-logits))
        picked: Chances = chances[:, list(self.columns)]
        return picked


@dataclass(frozen=True, slots=True)
class EntailmentReader:
    """An NLI model: head ``k`` holds as far as a text entails hypothesis ``k`` and does not contradict it."""

    network: Any
    tokenizer: Any
    hypotheses: Sequence[str]
    entails: int
    denies: int
    """Columns of the two answers that are weighed against each other."""

    def __call__(self, texts: Sequence[str]) -> Chances:
        """Return the probability of each head. *Shape:* (texts, heads)"""
        pairs = [(text, hypothesis) for text in texts for hypothesis in self.hypotheses]
        logits = run(self.network, self.tokenizer, pairs)[:, [self.denies, self.entails]]
        chances: Chances = _softmax(logits)[:, 1].reshape(len(texts), len(self.hypotheses))
        return chances


def run(network: Any, tokenizer: Any, inputs: Sequence[tuple[str, ...]]) -> Chances:
    """Return the logits of texts or pairs, in order; they are read in batches of like length."""
    order = sorted(range(len(inputs)), key=lambda place: -sum(map(len, inputs[place])))
    rows: dict[int, NDArray[np.float64]] = {}
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        columns = [list(column) for column in zip(*(inputs[place] for place in places), strict=True)]
        encoded = tokenizer(
            *columns, padding=True, truncation="only_first", max_length=MAX_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode():
            logits = network(**encoded).logits.double().numpy()
        rows |= dict(zip(places, logits, strict=True))
    return np.stack([rows[place] for place in range(len(inputs))])


def _softmax(logits: Chances) -> Chances:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Chances = raised / raised.sum(axis=1, keepdims=True)
    return shares


# ---------------------------------------------------------------- files


def load_transformer(folder: Path) -> TransformerClassifier:
    """Load the model that a manifest of ``monitor models add`` describes.

    Raises:
        ModelError: a file is missing or altered, or the network is not what the manifest says.
    """
    manifest = read_manifest(folder)
    try:
        weights = folder / manifest["weights"]  # an absolute path stays what it is
        for name, digest in manifest["files"].items():
            if file_digest(weights / name) != digest:
                raise ModelError(f"{weights / name}: not what {folder}/manifest.json describes; add it again")
        frames, heads = tuple(manifest["frames"]), tuple(manifest["heads"])
        reader = open_reader(weights, manifest["task"], manifest["heads"])
        thresholds = {head: float(value) for head, value in manifest["thresholds"].items()}
    except LOADING_ERRORS as error:
        raise ModelError(
            f"{folder}: cannot be loaded ({told(error)}); add it again: monitor models add"
        ) from error
    name = folder.resolve().name
    return TransformerClassifier(name, version_of(name, manifest), frames, thresholds, heads, reader)


def told(error: Exception) -> str:
    """Return the first line of an error's text: transformers' run over many."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def open_reader(weights: Path, task: Task, heads: Mapping[str, str]) -> Reader:
    """Return the network of a folder, ready to read.

    Args:
        weights: a folder with config.json, safetensors and a tokenizer.
        task: how its answers are meant.
        heads: for each head its hypothesis (zero-shot) or its label.

    Raises:
        KeyError: the network lacks a label.
    """
    tokenizer = AutoTokenizer.from_pretrained(weights, local_files_only=True)
    network = AutoModelForSequenceClassification.from_pretrained(
        weights, local_files_only=True, use_safetensors=True
    ).eval()
    labels = {str(label): int(place) for label, place in network.config.label2id.items()}
    if task == "zero-shot":
        entails, denies = entailment_columns(labels)
        return EntailmentReader(network, tokenizer, tuple(heads.values()), entails, denies)
    exclusive = network.config.problem_type == "single_label_classification"
    return LabelReader(network, tokenizer, [labels[label] for label in heads.values()], exclusive)


def entailment_columns(labels: Mapping[str, int]) -> tuple[int, int]:
    """Return the columns of "entails" and of its opposite in an NLI model's labels.

    Raises:
        KeyError: no label is called so.
    """
    by_name = {label.lower(): column for label, column in labels.items()}
    entails = next((c for name, c in by_name.items() if name.startswith("entail")), None)
    opposite = ("contra", "not_entail", "not entail")
    denies = next((c for name, c in by_name.items() if name.startswith(opposite)), None)
    if entails is None or denies is None:
        raise KeyError(f"no NLI model: its labels are {', '.join(labels)}")
    return entails, denies


def hypotheses() -> dict[str, str]:
    """Return the codebook's hypothesis for each head, in the order of heads."""
    codebook = load_codebook()
    sentences = (
        codebook.relevance_hypothesis,
        *(frame.hypothesis for frame in codebook.frames),
        *codebook.tone_hypotheses,
    )
    return dict(zip(heads_of(codebook.ids), sentences, strict=True))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_HASHED_AT_ONCE):
            digest.update(part)
    return digest.hexdigest()
