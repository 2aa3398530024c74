"""A model of the transformers library, run by torch, for users who have one.

Two kinds: *zero-shot*, an NLI model that is asked whether a passage entails each hypothesis of the codebook
(Yin, Hay and Roth 2019, EMNLP, "Benchmarking zero-shot text classification"), and *classification*, whose
labels stand for frames. Neither is calibrated on our corpus. Weights are safetensors, never pickle, no code
of the model's own is run, and each file is checked against its SHA-256 before it is loaded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from numpy.typing import NDArray
from safetensors import SafetensorError  # type: ignore[import-not-found,unused-ignore]
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from monitor.errors import ModelError, first_line
from monitor.label.classifiers.linear import OFF_TOPIC, RELEVANT, TONES, heads_of
from monitor.label.codebook import load_codebook
from monitor.label.lexicon import Mention, mention
from monitor.label.manifest import again, described_files, require_file, text_of, thresholds_of, value_of
from monitor.label.quiet import quieten_bars
from monitor.label.registry import read_manifest, version_of
from monitor.types import PassageScores

Task = Literal["zero-shot", "classification"]
Chances = NDArray[np.float64]
Reader = Callable[[Sequence[str]], Chances]
"""Returns the probability of each head for texts. *Shape:* (texts, heads)"""

MAX_TOKENS = 256
"""What is read of a text, or less where the network has places for fewer."""
LONGEST_TEXT = 4_000
BATCH = 32
"""Texts, or pairs of text and hypothesis, that are read at a time."""
TONE_HEADS = tuple(f"tone {band}" for band in TONES)
LOADING_ERRORS = (
    OSError,
    ImportError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
    SafetensorError,
    StrictDataclassError,
)
"""What transformers raises where files of a network are cut short, altered or do not belong together, or
where a library that its tokenizer needs is missing."""


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
        tones = [of.get(head, 0.0) for head in TONE_HEADS]
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
    longest = _longest(network, tokenizer)
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        columns = [list(column) for column in zip(*(inputs[place] for place in places), strict=True)]
        encoded = tokenizer(
            *columns, padding=True, truncation="only_first", max_length=longest, return_tensors="pt"
        )
        with torch.inference_mode():
            logits = network(**encoded).logits.double().numpy()
        rows |= dict(zip(places, logits, strict=True))
    return np.stack([rows[place] for place in range(len(inputs))])


def _longest(network: Any, tokenizer: Any) -> int:
    """Return how many tokens the network may be given; a tokenizer without a limit names a huge number."""
    places = getattr(network.config, "max_position_embeddings", None) or 0
    for name, part in network.named_modules():
        if name.endswith("position_embeddings") and getattr(part, "padding_idx", None) is not None:
            places -= part.padding_idx + 1  # RoBERTa and its kin count from behind the padding
    limits = (places, tokenizer.model_max_length)
    return min(MAX_TOKENS, *(limit for limit in limits if limit > 0))


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
    weights = folder / text_of(folder, manifest, "weights")  # an absolute path stays what it is
    frames, heads = tuple(manifest["frames"]), _heads(folder, manifest)
    thresholds = thresholds_of(folder, manifest, [head for head in heads if head not in TONE_HEADS])
    task = _task(folder, manifest)
    _require_files(folder, weights, manifest)
    try:
        reader = open_reader(weights, task, heads)
    except LOADING_ERRORS as error:
        raise ModelError(f"{folder}: cannot be loaded ({first_line(error)}); {again(manifest)}") from error
    name = folder.resolve().name
    return TransformerClassifier(name, version_of(name, manifest), frames, thresholds, tuple(heads), reader)


def _heads(folder: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return for each head its hypothesis or its label; every frame must have one."""
    for frame in manifest["frames"]:
        value_of(folder, manifest, "heads", frame)
    return {head: text_of(folder, manifest, "heads", head) for head in value_of(folder, manifest, "heads")}


def _task(folder: Path, manifest: Mapping[str, Any]) -> Task:
    task = text_of(folder, manifest, "task")
    if task in ("zero-shot", "classification"):
        return cast("Task", task)
    raise ModelError(
        f"{folder}/manifest.json: task must be zero-shot or classification, not {task!r}; {again(manifest)}"
    )


def _require_files(folder: Path, weights: Path, manifest: Mapping[str, Any]) -> None:
    """Check each file that the manifest names, and that it names what decides."""
    described = dict(described_files(folder, manifest))
    for path in (weights / "config.json", *sorted(weights.glob("*.safetensors"))):
        if path not in described:
            raise ModelError(f"{folder}/manifest.json: lacks files.{path.name}; {again(manifest)}")
    if not any(path.suffix == ".safetensors" for path in described):
        raise ModelError(f"{folder}/manifest.json: files names no *.safetensors; {again(manifest)}")
    for path, digest in described.items():
        require_file(path, digest, folder, manifest)


def open_reader(weights: Path, task: Task, heads: Mapping[str, str]) -> Reader:
    """Return the network of a folder, ready to read.

    Args:
        weights: a folder with config.json, safetensors and a tokenizer.
        task: how its answers are meant.
        heads: for each head its hypothesis (zero-shot) or its label.

    Raises:
        ValueError: the network lacks a label, or its answers are no probabilities.
    """
    quieten_bars()
    tokenizer = AutoTokenizer.from_pretrained(weights, local_files_only=True)
    network = AutoModelForSequenceClassification.from_pretrained(
        weights, local_files_only=True, use_safetensors=True
    ).eval()
    # the one of the two maps that transformers itself reads answers by; a config may lack label2id
    labels = {str(label): int(place) for place, label in network.config.id2label.items()}
    if task == "zero-shot":
        entails, denies = entailment_columns(labels)
        return EntailmentReader(network, tokenizer, tuple(heads.values()), entails, denies)
    if absent := [label for label in heads.values() if label not in labels]:
        raise ValueError(f"it has no label {absent[0]!r}; its labels are {', '.join(labels)}")
    return LabelReader(
        network, tokenizer, [labels[label] for label in heads.values()], _are_exclusive(network.config)
    )


def label_names(weights: Path) -> list[str]:
    """Return a network's labels, in the order of its columns; ``LABEL_0`` and so on where it names none."""
    config = AutoConfig.from_pretrained(weights, local_files_only=True)
    return [str(label) for _, label in sorted(config.id2label.items())]


def _are_exclusive(config: Any) -> bool:
    """Say whether a network's labels exclude each other, as transformers' text-classification pipeline does.

    Raises:
        ValueError: it was made for regression, so its answers are no probabilities.
    """
    if config.problem_type == "regression":
        raise ValueError("it is a network for regression, whose answers are no probabilities")
    return bool(config.problem_type != "multi_label_classification" and config.num_labels > 1)


def entailment_columns(labels: Mapping[str, int]) -> tuple[int, int]:
    """Return the columns of "entails" and of its opposite in an NLI model's labels.

    Raises:
        ValueError: no label is called so.
    """
    by_name = {label.lower(): column for label, column in labels.items()}
    entails = next((c for name, c in by_name.items() if name.startswith("entail")), None)
    opposite = ("contra", "not_entail", "not entail")
    denies = next((c for name, c in by_name.items() if name.startswith(opposite)), None)
    if entails is None or denies is None:
        raise ValueError(f"no NLI model: its labels are {', '.join(labels)}")
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
