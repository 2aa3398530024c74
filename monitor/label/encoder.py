"""Fit an encoder on coded passages with torch and transformers, and turn it into an int8 ONNX file.

Mean-pooled tokens; one linear layer for all heads, and beside it layers that guess whose conduct the
passage is about, the field of work and the standing of the claim. These are dropped afterwards: learning
them keeps "police missed" and "social workers missed" apart.
"""

import io
import logging
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel

from monitor.errors import InputError, first_line
from monitor.label.classifiers.linear import TONES
from monitor.label.classifiers.onnx import encode, padded, read_tokenizer
from monitor.label.classifiers.transformer import LOADING_ERRORS
from monitor.label.corpus import Coded
from monitor.label.sheet import Sheet, pairs_of

Say = Callable[[str], None]
"""Takes a line of progress."""

BATCH = 32
WARM_UP = 0.1
"""Share of the steps in which the rates rise; over the rest they fall to nothing."""
POOL = 16
"""Batches that are cut from one pool of passages sorted by length."""
RELEVANCE_WEIGHT, ASIDE_WEIGHT = 2.0, 0.3
LEAST = 15
"""A value of an aside (``ASIDES``) with fewer passages is not learnt."""
ASIDES: tuple[Callable[[Coded], str], ...] = (
    lambda item: item.target,
    lambda item: item.domain,
    lambda item: item.status,
)
PATIENCE = 2
"""Epochs in a row without a gain on the passages kept apart, after which a fit ends."""
IGNORED = -100
OPSET = 17
THREADS = 2
HALF = bool(torch.cpu.get_capabilities().get("amx_bf16"))
"""Whether 16 bits are fast here; without AMX they are slower than 32."""


@dataclass(frozen=True, slots=True)
class Teaching:
    """How a network is taught; ``benchmarks/recipes.py`` compares what else was tried."""

    rate: float = 2e-4
    """Learning rate of the last layer."""
    layer_decay: float = 0.9
    """Share of the rate from each layer to the one below."""
    head_rate: float = 1e-3
    word_rate: float = 0.0
    """Of the word embeddings; at 0 they stay as they are."""
    balance: float = 0.5
    """Exponent on the ratio of no to yes that weighs a frame's yes; 1 would balance fully."""
    smoothing: float = 0.05
    """No answer is taught as surer than this from 0 and 1 (Szegedy et al. 2016): coders differ as often."""
    focus: float = 0.0
    """Exponent of focal loss, which passes over what is easy (Lin et al. 2017); 0 is cross-entropy."""


TAUGHT = Teaching()


@dataclass(frozen=True, slots=True)
class EncoderFit:
    """What a fit came to."""

    network: bytes
    """int8 ONNX."""
    exact: bytes
    """The same in single precision."""
    epochs: int
    """After how many epochs it was best on the passages kept apart; all of them where none were."""


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
    teaching: Teaching


class _Net(nn.Module):  # type: ignore[misc]
    def __init__(self, base: str, heads: int, asides: Sequence[int]) -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(base)
        # dropout between tokens costs a third of the time; that of the layers stays
        config.attention_probs_dropout_prob = 0.0
        self.encoder = AutoModel.from_pretrained(base, config=config, attn_implementation="eager")
        width = self.encoder.config.hidden_size
        self.drop = nn.Dropout(0.1)
        self.heads = nn.Linear(width, heads)
        self.asides = nn.ModuleList([nn.Linear(width, size) for size in asides])

    def pooled(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the mean of a text's tokens. *Shape:* (texts, width)"""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
        mask = attention_mask[..., None].to(hidden.dtype)
        pooled: Tensor = (hidden * mask).sum(1) / mask.sum(1)
        return pooled

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return margins. *Shape:* (texts, heads)"""
        margins: Tensor = self.heads(self.drop(self.pooled(input_ids, attention_mask)))
        return margins


def fit_encoder(
    sheet: Sheet,
    *,
    base: str,
    tokenizer: bytes,
    seed: int,
    epochs: int,
    say: Say,
    kept: Sheet | None = None,
    teaching: Teaching = TAUGHT,
) -> EncoderFit:
    """Fine-tune ``base`` on a sheet.

    The same seed on the same kind of processor and versions gives the same weights. Where the processor
    multiplies bfloat16 by itself (AMX), the forward pass is made in it: more than twice as fast.

    Args:
        sheet: what to learn.
        base: a folder with the weights, or their name on the Hugging Face hub.
        tokenizer: the base's tokenizer.json.
        seed: of the new layers, the dropout and the order of the passages.
        epochs: how often each passage is read, at most.
        say: is told of each epoch.
        kept: passages that are not learnt; with them the epoch is kept after which they were judged best, and
            the fit ends early where they are judged no better any more (Prechelt 1998, Early stopping).
        teaching: rates and losses.
    """
    torch.manual_seed(seed)
    torch.set_num_threads(THREADS)
    lessons = _lessons_of(sheet, tokenizer, teaching)
    sizes = [max(1, int(values.max()) + 1) for values in lessons.asides]
    net = _Net(base, sheet.targets.shape[1], sizes)
    # by default words stay: too few passages to move those that most do not hold
    net.encoder.embeddings.requires_grad_(teaching.word_rate > 0)
    check = _lessons_of(kept, tokenizer, teaching) if kept is not None else None
    best = _teach(net, lessons, check, np.random.default_rng(seed), epochs, say)
    exact, packed = _exported(net.eval())
    return EncoderFit(packed, exact, best)


# ---------------------------------------------------------------- data


def _lessons_of(sheet: Sheet, tokenizer: bytes, teaching: Teaching) -> _Lessons:
    yes = sheet.targets[:, : -len(TONES)]
    weights = np.ones(yes.shape)
    share = yes.mean(axis=0).clip(1e-6, 1 - 1e-6)
    weights[:, 1:] = np.where(yes[:, 1:], ((1 - share[1:]) / share[1:]) ** teaching.balance, 1.0)
    weights[:, 0] = RELEVANCE_WEIGHT * sheet.taught[:, 0]
    bands = sheet.targets[:, -len(TONES) :].argmax(axis=1)
    return _Lessons(
        ids=encode(read_tokenizer(tokenizer), sheet.texts),
        yes=torch.tensor(yes, dtype=torch.float32),
        weights=torch.tensor(weights, dtype=torch.float32),
        tone=torch.tensor(np.where(sheet.taught[:, -1], bands, IGNORED)),
        asides=[_numbered([aside(item) for item in sheet.coded]) for aside in ASIDES],
        pairs=pairs_of(sheet.coded),
        teaching=teaching,
    )


def _numbered(values: Sequence[str]) -> Tensor:
    common = sorted(value for value, count in Counter(values).items() if value and count >= LEAST)
    return torch.tensor([common.index(value) if value in common else IGNORED for value in values])


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


def _teach(
    net: _Net, lessons: _Lessons, check: _Lessons | None, rng: np.random.Generator, epochs: int, say: Say
) -> int:
    """Fit the weights in place; return the number of epochs after which they were as they are left."""
    plan = [list(_batches(lessons, rng)) for _ in range(epochs)]
    steps = sum(map(len, plan))
    optimiser = torch.optim.AdamW(_rates(net, lessons.teaching), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / (WARM_UP * steps), (steps - step) / ((1 - WARM_UP) * steps))
    )
    precisions: list[float] = []
    state: dict[str, Tensor] = {}
    for epoch, batches in enumerate(plan, start=1):
        said = (
            f"epoch {epoch} of {epochs}: loss {_teach_epoch(net, lessons, batches, optimiser, schedule):.3f}"
        )
        if check is None:
            say(said)
            continue
        precisions.append(_mean_precision(net, check))
        say(f"{said}, average precision {precisions[-1]:.3f}")
        if best_epoch(precisions) == epoch:
            state = {name: values.clone() for name, values in net.state_dict().items()}
        if epoch - best_epoch(precisions) >= PATIENCE:
            break
    net.load_state_dict(state or net.state_dict())
    return best_epoch(precisions) if check is not None else epochs


def best_epoch(precisions: Sequence[float]) -> int:
    """Return which epoch was best, from 1, by the precision after each so far; of equals the first."""
    return int(np.argmax(precisions)) + 1


def _teach_epoch(
    net: _Net, lessons: _Lessons, batches: Sequence[list[int]], optimiser: Any, schedule: Any
) -> float:
    """Return the mean loss of an epoch's batches."""
    net.train()
    total = 0.0
    for rows in batches:
        loss = _loss(net, lessons, rows)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        total += loss.item()
    return total / len(batches)


def _mean_precision(net: _Net, check: _Lessons) -> float:
    """Return the average precision of frames, as a mean over those that occur in what is kept apart."""
    net.eval()
    by_length = sorted(range(len(check.ids)), key=lambda row: len(check.ids[row]))
    yes = check.yes[by_length].numpy()
    with torch.inference_mode():
        parts = [by_length[start : start + BATCH] for start in range(0, len(by_length), BATCH)]
        margins = torch.cat([net(**_tensors(check, rows)) for rows in parts]).numpy()
    found = [column for column in range(1, yes.shape[1]) if yes[:, column].any()]
    return float(np.mean([average_precision_score(yes[:, one], margins[:, one]) for one in found]))


def _rates(net: _Net, teaching: Teaching) -> list[dict[str, Any]]:
    layers = list(_layers(net.encoder))
    groups = [
        {"params": list(layer.parameters()), "lr": teaching.rate * teaching.layer_decay**depth}
        for depth, layer in enumerate(reversed(layers))
    ]
    words = [values for values in net.encoder.embeddings.parameters() if values.requires_grad]
    heads = [*net.heads.parameters(), *net.asides.parameters()]
    groups += [{"params": words, "lr": teaching.word_rate}] if words else []
    return [*groups, {"params": heads, "lr": teaching.head_rate}]


def require_layers(base: str) -> None:
    """Refuse a base that cannot be loaded, or whose parts are not found; it is loaded once for that.

    Raises:
        InputError: so it is.
    """
    try:
        encoder = AutoModel.from_pretrained(base)
    except LOADING_ERRORS as error:
        raise InputError(f"{base}: cannot be loaded ({first_line(error)}); name another") from error
    _layers(encoder)


def _layers(encoder: nn.Module) -> nn.ModuleList:
    """Return the layers, the lowest first, wherever this kind of encoder keeps them.

    Raises:
        InputError: there is no list of as many as its configuration says, or no part ``embeddings``.
    """
    wanted = getattr(encoder.config, "num_hidden_layers", None)
    lists = [part for part in encoder.modules() if isinstance(part, nn.ModuleList) and len(part) == wanted]
    if lists and hasattr(encoder, "embeddings"):
        return lists[0]
    raise InputError(f"an encoder of the kind {encoder.config.model_type} cannot be fine-tuned; name another")


def _loss(net: _Net, lessons: _Lessons, rows: list[int]) -> Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HALF):
        pooled = net.pooled(**_tensors(lessons, rows))
    pooled = net.drop(pooled)
    margins = net.heads(pooled)
    yes, smoothing = lessons.yes[rows], lessons.teaching.smoothing
    split = yes.shape[1]
    wrong = functional.binary_cross_entropy_with_logits(
        margins[:, :split],
        yes * (1 - 2 * smoothing) + smoothing,
        weight=lessons.weights[rows] * hardness(margins[:, :split].detach(), yes, lessons.teaching.focus),
        reduction="none",
    )
    loss = wrong.sum(1).mean() + _choice_loss(margins[:, split:], lessons.tone[rows], 2 * smoothing)
    for layer, values in zip(net.asides, lessons.asides, strict=True):
        loss = loss + ASIDE_WEIGHT * _choice_loss(layer(pooled), values[rows])
    return loss


def hardness(margins: Tensor, yes: Tensor, focus: float) -> Tensor:
    """Return the weight of each answer by how wrong it still is; 1 for all at a focus of 0."""
    return torch.where(yes > 0, torch.sigmoid(-margins), torch.sigmoid(margins)) ** focus


def _tensors(lessons: _Lessons, rows: Sequence[int]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(values) for name, values in padded([lessons.ids[r] for r in rows]).items()}


def _choice_loss(margins: Tensor, values: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the cross-entropy of a choice of one; 0 where no row of the batch has a value."""
    if not (values != IGNORED).any():
        return margins.sum() * 0
    return functional.cross_entropy(margins, values, ignore_index=IGNORED, label_smoothing=smoothing)


# ---------------------------------------------------------------- export


def _exported(net: _Net) -> tuple[bytes, bytes]:
    """Return the network as ONNX, in single precision and as int8 with weights scaled per channel.

    ``reduce_range`` keeps 7 bits: processors without VNNI would else overflow when they sum.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

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
        with _without_advice():
            quantize_dynamic(exact, packed, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
        return exact.read_bytes(), packed.read_bytes()


@contextmanager
def _without_advice() -> Iterator[None]:
    """Keep the quantiser from advising, on the root logger, a step that would change the bytes."""
    root, nowhere = logging.getLogger(), logging.NullHandler()
    root.addHandler(nowhere)  # where there is none, logging.warning adds one for good
    root.addFilter(_is_no_advice)
    try:
        yield
    finally:
        root.removeFilter(_is_no_advice)
        root.removeHandler(nowhere)


def _is_no_advice(record: logging.LogRecord) -> bool:
    return "pre-processing before quantization" not in record.getMessage()
