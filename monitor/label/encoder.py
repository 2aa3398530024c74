"""Fit an encoder on coded passages with torch and transformers, and turn it into an int8 ONNX file.

Mean-pooled tokens; one linear layer for all heads, and beside it layers that guess whose conduct the
passage is about, the field of work and the standing of the claim. These are dropped afterwards: learning
them keeps "police missed" and "social workers missed" apart.
"""

import io
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from monitor.label.classifiers.linear import TONES
from monitor.label.classifiers.onnx import encode, padded, read_tokenizer
from monitor.label.corpus import Coded
from monitor.label.sheet import Sheet

Say = Callable[[str], None]
"""Takes a line of progress."""

EPOCHS = 4
BATCH = 32
RATE, LAYER_DECAY, HEAD_RATE = 2e-4, 0.9, 1e-3
"""Learning rates: of the last layer, its share from each layer to the one below, of the heads."""
WARM_UP = 0.1
"""Share of the steps in which the rates rise; over the rest they fall to nothing."""
POOL = 16
"""Batches that are cut from one pool of passages sorted by length."""
BALANCE = 0.5
"""Exponent on the ratio of no to yes that weighs a frame's yes; 1 would balance fully."""
RELEVANCE_WEIGHT, ASIDE_WEIGHT = 2.0, 0.3
LEAST = 15
"""A value of an aside (``ASIDES``) with fewer passages is not learnt."""
ASIDES: tuple[Callable[[Coded], str], ...] = (
    lambda item: item.target,
    lambda item: item.domain,
    lambda item: item.status,
)
IGNORED = -100
OPSET = 17
THREADS = 2


@dataclass(frozen=True, slots=True)
class _Lessons:
    """A sheet as the network reads it; rows are passages."""

    ids: list[list[int]]
    yes: Tensor
    """*Shape:* (rows, 1 + frames), 0 or 1"""
    weights: Tensor
    """*Shape:* as ``yes``"""
    tone: Tensor
    """The number of the band, or IGNORED."""
    asides: list[Tensor]
    """For each aside the number of its value, or IGNORED."""
    pairs: list[list[int]]
    """Rows that are learnt in one batch: minimal pairs together, the others alone."""


class _Net(nn.Module):  # type: ignore[misc]
    def __init__(self, base: str, heads: int, asides: Sequence[int]) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(base)
        width = self.encoder.config.hidden_size
        self.drop = nn.Dropout(0.1)
        self.heads = nn.Linear(width, heads)
        self.asides = nn.ModuleList([nn.Linear(width, size) for size in asides])

    def pooled(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the mean of a text's tokens. *Shape:* (texts, width)"""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask[..., None].to(hidden.dtype)
        pooled: Tensor = (hidden * mask).sum(1) / mask.sum(1)
        return pooled

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return margins. *Shape:* (texts, heads)"""
        margins: Tensor = self.heads(self.drop(self.pooled(input_ids, attention_mask)))
        return margins


def fit_encoder(sheet: Sheet, *, base: str, tokenizer: bytes, seed: int, epochs: int, say: Say) -> bytes:
    """Fine-tune ``base`` on a sheet and return the int8 ONNX network's bytes.

    The same seed on the same machine and versions gives the same weights.

    Args:
        sheet: what to learn.
        base: a folder with the weights, or their name on the Hugging Face hub.
        tokenizer: the base's tokenizer.json.
        seed: of the new layers, the dropout and the order of the passages.
        epochs: how often each passage is read.
        say: is told of each epoch.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(THREADS)
    lessons = _lessons_of(sheet, tokenizer)
    sizes = [max(1, int(values.max()) + 1) for values in lessons.asides]
    net = _Net(base, sheet.targets.shape[1], sizes)
    net.encoder.embeddings.requires_grad_(False)  # too few passages to move words that most do not hold
    net.train()
    _teach(net, lessons, np.random.default_rng(seed), epochs, say)
    return _exported(net.eval())


# ---------------------------------------------------------------- data


def _lessons_of(sheet: Sheet, tokenizer: bytes) -> _Lessons:
    yes = sheet.targets[:, : -len(TONES)]
    weights = np.ones(yes.shape)
    share = yes.mean(axis=0).clip(1e-6, 1 - 1e-6)
    weights[:, 1:] = np.where(yes[:, 1:], ((1 - share[1:]) / share[1:]) ** BALANCE, 1.0)
    weights[:, 0] = RELEVANCE_WEIGHT * sheet.taught[:, 0]
    bands = sheet.targets[:, -len(TONES) :].argmax(axis=1)
    return _Lessons(
        ids=encode(read_tokenizer(tokenizer), sheet.texts),
        yes=torch.tensor(yes, dtype=torch.float32),
        weights=torch.tensor(weights, dtype=torch.float32),
        tone=torch.tensor(np.where(sheet.taught[:, -1], bands, IGNORED)),
        asides=[_numbered([aside(item) for item in sheet.coded]) for aside in ASIDES],
        pairs=_pairs_of(sheet.coded),
    )


def _numbered(values: Sequence[str]) -> Tensor:
    common = sorted(value for value, count in Counter(values).items() if value and count >= LEAST)
    return torch.tensor([common.index(value) if value in common else IGNORED for value in values])


def _pairs_of(coded: Sequence[Coded]) -> list[list[int]]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, item in enumerate(coded):
        groups[(item.author, item.pair or f"row {row}")].append(row)
    return list(groups.values())


def _batches(lessons: _Lessons, rng: np.random.Generator) -> Iterator[list[int]]:
    """Yield the rows of each batch of one epoch: of like length, in random order."""
    order = rng.permutation(len(lessons.pairs))
    batches: list[list[int]] = []
    for start in range(0, len(order), BATCH * POOL):
        pool = [lessons.pairs[place] for place in order[start : start + BATCH * POOL]]
        pool.sort(key=lambda rows: max(len(lessons.ids[row]) for row in rows))
        rows = [row for pair in pool for row in pair]
        batches += [rows[first : first + BATCH] for first in range(0, len(rows), BATCH)]
    for place in rng.permutation(len(batches)):
        yield batches[place]


# ---------------------------------------------------------------- learning


def _teach(net: _Net, lessons: _Lessons, rng: np.random.Generator, epochs: int, say: Say) -> None:
    plan = [list(_batches(lessons, rng)) for _ in range(epochs)]
    steps = sum(map(len, plan))
    optimiser = torch.optim.AdamW(_rates(net), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM_UP * steps), (steps - step) / ((1 - WARM_UP) * steps))
    )
    for epoch, batches in enumerate(plan, start=1):
        total = 0.0
        for rows in batches:
            loss = _loss(net, lessons, rows)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        say(f"epoch {epoch} of {epochs}: loss {total / len(batches):.3f}")


def _rates(net: _Net) -> list[dict[str, Any]]:
    layers = list(net.encoder.encoder.layer)
    groups = [
        {"params": list(layer.parameters()), "lr": RATE * LAYER_DECAY**depth}
        for depth, layer in enumerate(reversed(layers))
    ]
    heads = [*net.heads.parameters(), *net.asides.parameters()]
    return [*groups, {"params": heads, "lr": HEAD_RATE}]


def _loss(net: _Net, lessons: _Lessons, rows: list[int]) -> Tensor:
    inputs = {name: torch.from_numpy(values) for name, values in _inputs(lessons, rows).items()}
    pooled = net.drop(net.pooled(**inputs))
    margins = net.heads(pooled)
    split = lessons.yes.shape[1]
    wrong = functional.binary_cross_entropy_with_logits(
        margins[:, :split], lessons.yes[rows], weight=lessons.weights[rows], reduction="none"
    )
    loss = wrong.sum(1).mean() + _choice_loss(margins[:, split:], lessons.tone[rows])
    for layer, values in zip(net.asides, lessons.asides, strict=True):
        loss = loss + ASIDE_WEIGHT * _choice_loss(layer(pooled), values[rows])
    return loss


def _inputs(lessons: _Lessons, rows: Sequence[int]) -> dict[str, NDArray[np.int64]]:
    return padded([lessons.ids[row] for row in rows])


def _choice_loss(margins: Tensor, values: Tensor) -> Tensor:
    """Return the cross-entropy of a choice of one; 0 where no row of the batch has a value."""
    if not (values != IGNORED).any():
        return margins.sum() * 0
    return functional.cross_entropy(margins, values, ignore_index=IGNORED)


# ---------------------------------------------------------------- export


def _exported(net: _Net) -> bytes:
    """Return the network as int8 ONNX, weights scaled per channel.

    ``reduce_range`` keeps 7 bits: processors without VNNI would else overflow when they sum.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    net.encoder.set_attn_implementation("eager")  # what the tracer can follow
    sample = torch.ones(2, 8, dtype=torch.int64)
    axes = {name: {0: "texts", 1: "tokens"} for name in ("input_ids", "attention_mask")}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces its successor, which fails here
        exact, packed = Path(folder, "exact.onnx"), Path(folder, "int8.onnx")
        buffer = io.BytesIO()
        torch.onnx.export(
            net,
            (sample, sample),
            buffer,
            input_names=list(axes),
            output_names=["margins"],
            dynamic_axes={**axes, "margins": {0: "texts"}},
            opset_version=OPSET,
            dynamo=False,
        )
        exact.write_bytes(buffer.getvalue())
        quantize_dynamic(exact, packed, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
        return packed.read_bytes()
