"""A model's card: its README.md, written from the figures in its manifest."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_CARD = """\
# {name}

{about}

**Language models wrote and coded the {items} passages it learnt from.** No person coded them, and no passage
is taken from a newspaper. The figures say how well the model agrees with that coding, not with the public,
and agreement with people who code real coverage may be lower.

## What it is for
Counting how the share of coverage that carries a frame moves from week to week, over many items; finding the
stories behind a change. {speed}

## What it is not for
Judging a single article, a journalist, an outlet or a social worker; any decision about a person; other
countries; languages other than English.

## Figures, each author judged by a model that had not read that author
{measured} passages. 95 % intervals by bootstrap over passages. The list of cue words was written by one who
had seen part of this corpus, so these figures flatter a little; floors.json, where there is one, holds what
the gate demands on an author kept for evaluation.

| figure | value | interval |
|---|---|---|
| macro F1 over frames | {macro} | {macro_interval} |
| F1 of the core frames | {core} | {core_interval} |
| relevance F1 | {relevance} | {relevance_interval} |
| relevance specificity | {specificity} | |
| tone, macro F1 of three bands | {tone} | {tone_interval} |
| calibration error of frames | {ece} | |

| frame | threshold | precision | recall | F1 | average precision | alpha | n |
|---|---|---|---|---|---|---|---|
{rows}
{coverage}
## Known failures
- Whose failing it is: text on police, doctors or courts is at times read as about social work, most where
  both occur in one sentence.
- Claims that are only quoted, denied or refuted are read as made; sarcasm is read as meant.
- A headline that names no actor ("Another review ordered") is judged not relevant.
- Stories from abroad that name no place outside the United Kingdom pass as stories from here.
- Frames under 60 examples have wide intervals: see n above.

## Files
`{artefact}`: {files}, SHA-256 `{sha256}`. `manifest.json`:
calibration, thresholds, what it was trained on (SHA-256 `{training}`) and these figures.
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
toward social work. The encoder was fine-tuned from `{base}` (see NOTICE) with mean-pooled tokens and
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
    about = (
        _ABOUT[kind]
        .format(count=len(manifest["frames"]), codebook=manifest["codebook"], base=training.get("base"))
        .rstrip()
    )
    text = _CARD.format(
        name=folder.resolve().name,
        about=about,
        speed=_SPEED[kind],
        files=_FILES[kind],
        items=training["items"],
        measured=figures["n"],
        macro=_number(figures["macro"]["f1"]),
        macro_interval=_interval(intervals["macro_f1"]),
        core=_number(figures["core"]["f1"]),
        core_interval=_interval(intervals["core_f1"]),
        relevance=_number(figures["relevance"]["f1"]),
        relevance_interval=_interval(intervals["relevance_f1"]),
        specificity=_number(figures["relevance"]["specificity"]),
        tone=_number(figures["tone"]["macro_f1"]),
        tone_interval=_interval(intervals.get("tone_macro_f1")),
        ece=_number(figures["ece"]),
        rows="\n".join(_row(frame, manifest) for frame in manifest["frames"]),
        coverage=_coverage(figures.get("coverage", [])),
        artefact=manifest["artefact"],
        sha256=manifest["sha256"],
        training=training["sha256"],
    )
    (folder / "README.md").write_text(text, "utf-8")


def _row(frame: str, manifest: Mapping[str, Any]) -> str:
    figures = manifest["figures"]["frames"][frame]
    keys = ("precision", "recall", "f1", "average_precision", "alpha")
    cells = [_number(manifest["thresholds"][frame]), *(_number(figures[key]) for key in keys)]
    return f"| `{frame}` | {' | '.join(cells)} | {figures['support']} |"


def _coverage(curve: Sequence[Mapping[str, float]]) -> str:
    """Return the section on the surest items; empty for figures that were made before there was one."""
    rows = [f"| {point['coverage']:.0%} | {point['exact']:.2f} | {point['n']} |" for point in curve]
    return _COVERAGE.format(rows="\n".join(rows)) if rows else ""


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _interval(bounds: list[float] | None) -> str:
    return "–" if bounds is None else f"{bounds[0]:.2f} to {bounds[1]:.2f}"
