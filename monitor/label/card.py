"""A model's card: its README.md, written from the figures in its manifest."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_CARD = """\
# {name}

{about}

{origin}

## What it is for
Counting how the share of coverage that carries a frame moves from week to week, over many items; finding the
stories behind a change. {speed}

## What it is not for
Judging a single article, a journalist, an outlet or a social worker; any decision about a person; other
countries; languages other than English.

## Figures, each {left_out} judged by a model that had not read that {left_out}
{measured} passages. 95 % intervals by bootstrap over passages.
{caveats}

| figure | value | interval |
|---|---|---|
| macro F1 over frames | {macro} | {macro_interval} |
| F1 of the core frames | {core} | {core_interval} |
| relevance F1 | {relevance} | {relevance_interval} |
| relevance specificity | {specificity} | |
| tone, macro F1 of three bands | {tone} | {tone_interval} |
| calibration error of frames | {ece} | |
{precision}
| frame | threshold | precision | recall | F1 | its interval | average precision | alpha | n |
|---|---|---|---|---|---|---|---|---|
{rows}
{evaluation}{coverage}
## Known failures
{failures}

## Files
`{artefact}`: {files}, SHA-256 `{sha256}`. `manifest.json`:
calibration, thresholds, what it was trained on (SHA-256 `{training}`) and these figures.
"""

_SHIPPED = """\
**Language models wrote and coded the {items:,} passages it learnt from.** No person coded them, and no
passage is taken from a newspaper. The figures say how well the model agrees with that coding, not with the
public, and agreement with people who code real coverage may be lower.
"""
_OWN = """\
**It learnt from {own:,} passages coded by {coders}**{files}{besides}.
Who the coders are, where the passages come from and by what rules they were coded, this program does not
know: add it here. The figures say how well the model agrees with that coding, not with the public.
"""
_BESIDES = ", and from {count:,} that language models wrote and coded (the shipped corpus)"

_FLATTERY = """\
The list of cue words was written by one who had seen part of this corpus, so these figures flatter a little;
floors.json, where there is one, holds what the gate demands on authors kept for evaluation."""
_PARTS = """\
The coders are few, or coded the same texts: instead of leaving one out, their passages were cut at random
into {count} parts, no text in two."""
_EPOCHS = """\
How many epochs to learn for was chosen on the same passages, which flatters."""

_FAILURES = """\
- Whose failing it is: text on police, doctors or courts is at times read as about social work, most where
  both occur in one sentence.
- Claims that are only quoted, denied or refuted are read as made; sarcasm is read as meant.
- A headline that names no actor ("Another review ordered") is judged not relevant.
- Stories from abroad that name no place outside the United Kingdom pass as stories from here.
- Frames under 60 examples have wide intervals: see n above."""
_UNKNOWN_FAILURES = """\
Nobody has looked for them yet. Read what the model gets wrong on coded items of yours before you use it, and
write it down here; frames under 60 examples have wide intervals: see n above."""

_PRECISION = """
Macro F1 is {int8} in 8 bits, as stored, and {single} in single precision.
"""

_EVALUATION = """
## Figures on files kept for evaluation
Nothing was learnt, calibrated or chosen on them.

| file | n | macro F1 | core F1 | relevance F1 | specificity | tone F1 | calibration error |
|---|---|---|---|---|---|---|---|
{rows}
"""

_COVERAGE = """
## The surest items
Share of items whose relevance and frames are all as coded, where only those are kept of which the model is
surest: of which it gives its own decisions, taken together, the highest probability.

| kept | exact agreement | n |
|---|---|---|
{rows}
"""

_ABOUT = {
    "linear": """\
A linear classifier of passages: does a text speak of social work in the United Kingdom, which of {count}
frames does it carry (codebook {codebook}), and how does it stand toward social work. TF-IDF over words,
pieces of words and cue words with the actor beside them; one logistic regression a head; Platt calibration.
""",
    "onnx": """\
A small encoder and a linear classifier of passages, weighed against each other: does a text speak of social
work in the United Kingdom, which of {count} frames does it carry (codebook {codebook}), and how does it stand
toward social work. The encoder was fine-tuned from `{base}`{base_sha256}{notice} with mean-pooled tokens and
is stored in 8 bits; the linear part is the kind `linear`. One sigmoid a head over both margins, fitted on
authors that neither had read.
""",
}
_SPEED = {
    "linear": "It needs no extra parts and labels thousands of headlines in a second.",
    "onnx": "It runs on two cores by ONNX Runtime, without torch; docs/models.md gives its speed.",
}
_FILES = {
    "linear": "vocabulary and weights, a NumPy archive without pickles",
    "onnx": "the encoder; `tokenizer.json`; `linear.npz`: the linear part; each named with its digest in the "
    "manifest; the encoder's",
}


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write README.md beside the manifest."""
    figures, training = manifest["figures"], manifest["training"]
    intervals = figures["intervals"]
    kind = manifest["kind"]
    text = _CARD.format(
        name=folder.resolve().name,
        about=_about(manifest),
        origin=_origin(training),
        speed=_SPEED[kind],
        files=_FILES[kind],
        measured=f"{figures['n']:,}",
        left_out="part or author" if training.get("parts") else "author",
        caveats=_caveats(kind, training),
        macro=_number(figures["macro"]["f1"]),
        macro_interval=_interval(intervals["macro_f1"]),
        core=_number(figures["core"]["f1"]),
        core_interval=_interval(intervals["core_f1"]),
        relevance=_number(figures["relevance"]["f1"]),
        relevance_interval=_interval(intervals["relevance_f1"]),
        specificity=_number(figures["relevance"]["specificity"], 3),
        tone=_number(figures["tone"]["macro_f1"]),
        tone_interval=_interval(intervals.get("tone_macro_f1")),
        ece=_number(figures["ece"], 3),
        precision=_precision(figures.get("precision")),
        rows="\n".join(_row(frame, manifest) for frame in manifest["frames"]),
        evaluation=_evaluation(manifest.get("evaluation", {})),
        coverage=_coverage(figures.get("coverage", [])),
        failures=_UNKNOWN_FAILURES if training.get("own") else _FAILURES,
        artefact=manifest["artefact"],
        sha256=manifest["sha256"],
        training=training["sha256"],
    )
    (folder / "README.md").write_text(text, "utf-8")


def _about(manifest: Mapping[str, Any]) -> str:
    training = manifest["training"]
    digest = training.get("base_sha256")
    about = _ABOUT[manifest["kind"]].format(
        count=len(manifest["frames"]),
        codebook=manifest["codebook"],
        base=training.get("base"),
        base_sha256=f" (model.safetensors of SHA-256 `{digest}`)" if digest else "",
        notice="" if training.get("own") else ", see NOTICE,",
    )
    return about.rstrip()


def _origin(training: Mapping[str, Any]) -> str:
    """Return who wrote and coded the passages: the shipped ones, where the manifest names no others."""
    own = training.get("own")
    if not own:
        return _SHIPPED.format(items=training["items"]).rstrip()
    shipped = training["items"] - own["items"]
    return _OWN.format(
        own=own["items"],
        coders=", ".join(f"`{coder}`" for coder in own["coders"]),
        files=f" ({', '.join(f'`{name}`' for name in own['files'])})" if own["files"] else "",
        besides=_BESIDES.format(count=shipped) if shipped else "",
    ).rstrip()


def _caveats(kind: str, training: Mapping[str, Any]) -> str:
    said = [] if training.get("own") else [_FLATTERY]
    said += [_PARTS.format(count=training["parts"])] if training.get("parts") else []
    said += [_EPOCHS] if kind == "onnx" else []
    return "\n".join(said)


def _precision(compared: Mapping[str, Any] | None) -> str:
    """Return what 8 bits cost; empty for models that were made before it was measured, or without them."""
    if compared is None:
        return ""
    return _PRECISION.format(**{bits: _number(compared[bits]["f1"], 3) for bits in ("int8", "single")})


def _evaluation(measured: Mapping[str, Any]) -> str:
    rows = [
        f"| `{name}` | {one['n']:,} | {_number(one['macro']['f1'])} | {_number(one['core']['f1'])} | "
        f"{_number(one['relevance']['f1'])} | {_number(one['relevance']['specificity'], 3)} | "
        f"{_number(one['tone']['macro_f1'])} | {_number(one['ece'], 3)} |"
        for name, one in measured.items()
    ]
    return _EVALUATION.format(rows="\n".join(rows)) if rows else ""


def _row(frame: str, manifest: Mapping[str, Any]) -> str:
    figures = manifest["figures"]["frames"][frame]
    span = manifest["figures"]["intervals"]["frames"].get(frame)
    cells = [
        _number(manifest["thresholds"][frame]),
        *(_number(figures[key]) for key in ("precision", "recall", "f1")),
        _interval(span),
        *(_number(figures[key]) for key in ("average_precision", "alpha")),
    ]
    return f"| `{frame}` | {' | '.join(cells)} | {figures['support']} |"


def _coverage(curve: Sequence[Mapping[str, float]]) -> str:
    """Return the section on the surest items; empty for figures that were made before there was one."""
    rows = [f"| {point['coverage']:.0%} | {point['exact']:.2f} | {point['n']} |" for point in curve]
    return _COVERAGE.format(rows="\n".join(rows)) if rows else ""


def _number(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _interval(bounds: list[float] | None) -> str:
    return "–" if bounds is None else f"{bounds[0]:.2f} to {bounds[1]:.2f}"
