"""A model's card: its README.md, written from the figures in its manifest."""

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.label.modelfolder import write_manifest

FAILURES = "failures.md"
"""A file in a model's folder with what a person found wrong of it: it stands in the card from then on."""
RARE = 60
"""Frames with fewer examples are named for their wide intervals."""
WIDTH = 110
SUREST = 0.7
"""The share of items of which the table by depth says how many are right (one of ``coverage.COVERAGES``)."""

_CARD = """\
# {name}

{about}

{origin}
{made_with}
## What it is for
{purpose}

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
| relevance specificity | {specificity} | {specificity_interval} |
| tone, macro F1 of three bands | {tone} | {tone_interval} |
| calibration error of frames | {ece} | |
{precision}
| frame | threshold | precision | recall | F1 | its interval | average precision | alpha | n |
|---|---|---|---|---|---|---|---|---|
{rows}
{evaluation}{depths}{coverage}
## Known failures
{failures}

## Files
{files}
"""

_SHIPPED = """\
**Language models wrote and coded the {items:,} passages it learnt from.** No person coded them, and no
passage is taken from a newspaper. The figures say how well the model agrees with that coding, not with the
public, and agreement with people who code real coverage may be lower.
"""
_OWN = """\
**It learnt from {own:,} passages coded by {coders}**{files}{besides}.
Who the coders are, where the passages come from and by what rules they were coded, this program does not
know: tell it with every figure that you quote. The figures say how well the model agrees with that coding,
not with the public.
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
- Text on police, doctors or courts is at times read as about social work, most where both occur in one
  sentence; so are near misses, such as a social worker who is the victim of a crime.
- Claims that are only quoted or refuted are read as made; sarcasm is read as meant.
- A headline that names no actor ("Another review ordered") is judged not relevant.
- Stories from abroad that name no place outside the United Kingdom pass as stories from here."""
_FAILURES_OF_KIND = {
    "linear": """\
- Who is meant: a failing is put down to whoever stands nearest in the sentence.
- Negation that lies far from what it denies is passed over.
- What is told without the usual words is missed.
- In full texts frames are told too often.""",
    "onnx": """\
- Frames that only irony or a figure of speech carries are missed ("bring back the men in sandals").
- Concealment that is told as a fact, without a word for it, is missed (`secretive`).
- A failing of all agencies together, or one told in a subordinate clause, is missed or put on others.""",
}
_UNKNOWN_FAILURES = """\
Nobody has looked for them yet. Read what the model gets wrong on coded items of yours before you use it, and
write it into failures.md in this folder: every later card has it here."""
_FEW_EXAMPLES = "- Frames with under {least} examples, whose intervals are wide: {frames}."

_PRECISION = """
Macro F1 is {int8} in 8 bits, as stored, and {single} in single precision.
"""

_EVALUATION = """
## Figures on files kept for evaluation
{untouched}

| file | n | macro F1 | 95 % interval | core F1 | 95 % interval | relevance F1 | specificity | 95 % interval \
| tone F1 | calibration error |
|---|---|---|---|---|---|---|---|---|---|---|
{rows}
"""
_UNTOUCHED = "Nothing was learnt, calibrated or chosen on them."
_COMPARED_ON = """\
No weight and no calibration rests on them, and no threshold of a frame. Which recipe to train by (rates,
smoothing, features), which definition of sureness and which least threshold of relevance to use was compared
on them, which flatters these figures a little."""

_DEPTHS = """
## By depth, on the same files
Exact agreement: relevance and all frames as coded.

| depth | n | calibration error of frames | exact agreement | of the surest {surest:.0%} |
|---|---|---|---|---|
{rows}
"""
_DEPTH = {"title": "headline alone", "summary": "with a summary", "full": "full text"}

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
pieces of words and cue words with the actor beside them; one logistic regression a head; Platt calibration.\
""",
    "onnx": """\
A small encoder and a linear classifier of passages, weighed against each other: does a text speak of social
work in the United Kingdom, which of {count} frames does it carry (codebook {codebook}), and how does it stand
toward social work. The encoder was fine-tuned from `{base}`{base_sha256}{notice} with mean-pooled tokens and
is stored in 8 bits; the linear part is the kind `linear`. One sigmoid a head over both margins, fitted on
{left_out}s that neither had read.\
""",
}
_PURPOSE = """\
Counting how the share of coverage that carries a frame moves from week to week, over many items; finding the
stories behind a change."""
_SPEED = {
    "linear": "It needs no extra parts and labels over a thousand passages in a second; docs/models.md gives "
    "its speed.",
    "onnx": "It runs on two cores by ONNX Runtime, without torch; docs/models.md gives its speed.",
}
_FILES = {
    "linear": "`{artefact}`: vocabulary and weights, a NumPy archive without pickles, SHA-256 `{sha256}`.",
    "onnx": "`{artefact}`: the encoder, SHA-256 `{sha256}`; `tokenizer.json`; `linear.npz`: the linear part; "
    "the digests of both stand in the manifest.",
}
_MANIFEST = """\
`manifest.json`: calibration, thresholds, what it was trained on (SHA-256 `{training}`) and these figures."""


def keep_failures(old: Path, new: Path) -> None:
    """Copy ``FAILURES`` of a model's folder, if there, to where the model is written anew, with its card."""
    if (old / FAILURES).is_file():
        shutil.copy2(old / FAILURES, new)


def noted_failures(folder: Path) -> str:
    """Return what a person wrote into ``FAILURES`` of a model's folder; empty where there is nothing."""
    path = folder / FAILURES
    # a note in another encoding must not undo hours of training
    return path.read_text("utf-8-sig", "replace").strip() if path.is_file() else ""


def describe(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a model's manifest.json, and its card beside it."""
    write_manifest(folder, manifest)
    write_card(folder, manifest)


def write_card(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write README.md beside the manifest; known failures come from ``FAILURES``, where it is there."""
    training, kind = manifest["training"], manifest["kind"]
    text = _CARD.format(
        name=folder.resolve().name,
        about=_about(manifest),
        origin=_origin(training),
        made_with=_made_with(training.get("made_with")),
        purpose=_filled(f"{_PURPOSE} {_SPEED[kind]}"),
        left_out="part or author" if training.get("parts") else "author",
        caveats=_caveats(kind, training),
        **_headline(manifest["figures"]),
        rows="\n".join(_row(frame, manifest) for frame in manifest["frames"]),
        evaluation=_evaluation(manifest),
        depths=_depths(manifest.get("depths", {})),
        coverage=_coverage(manifest["figures"].get("coverage", [])),
        failures=_failures(folder, manifest),
        files=_files(manifest),
    )
    (folder / "README.md").write_text(text, "utf-8")


def _headline(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the cells of the first table, and what stands around it, by their place in the card."""
    intervals = figures["intervals"]
    return {
        "measured": f"{figures['n']:,}",
        "macro": _number(figures["macro"]["f1"]),
        "macro_interval": _interval(intervals["macro_f1"]),
        "core": _number(figures["core"]["f1"]),
        "core_interval": _interval(intervals["core_f1"]),
        "relevance": _number(figures["relevance"]["f1"]),
        "relevance_interval": _interval(intervals["relevance_f1"]),
        "specificity": _number(figures["relevance"]["specificity"], 3),
        "specificity_interval": _interval(intervals.get("relevance_specificity"), 3),
        "tone": _number(figures["tone"]["macro_f1"]),
        "tone_interval": _interval(intervals.get("tone_macro_f1")),
        "ece": _number(figures["ece"], 3),
        "precision": _precision(figures.get("precision")),
    }


def _filled(text: str, indent: str = "") -> str:
    """Return a paragraph in lines of at most WIDTH, however long the digests and names within are.

    Args:
        indent: of all lines but the first.
    """
    return textwrap.fill(
        " ".join(text.split()),
        WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _about(manifest: Mapping[str, Any]) -> str:
    training = manifest["training"]
    digest = training.get("base_sha256")
    about = _ABOUT[manifest["kind"]].format(
        count=len(manifest["frames"]),
        codebook=manifest["codebook"],
        base=training.get("base"),
        base_sha256=f" (model.safetensors of SHA-256 `{digest}`)" if digest else "",
        notice="" if training.get("own") else ", see NOTICE,",
        left_out="part" if training.get("parts") else "author",
    )
    return _filled(about)


def _made_with(made: Mapping[str, Any] | None) -> str:
    """Return with what it was made, in a paragraph; empty for models that were made before it was noted."""
    if made is None:
        return ""
    versions = ", ".join(f"{name} {number}" for name, number in made["versions"].items())
    bits = {True: ", forward passes in 16 bits", False: ", in 32 bits", None: ""}[made.get("half")]
    said = f"Made with {versions} on {made['processor']}{bits}; elsewhere the same data may give other bytes."
    return f"\n{_filled(said)}\n"


def _failures(folder: Path, manifest: Mapping[str, Any]) -> str:
    """Return what a person wrote down of this model, else what is known of its kind."""
    if own := noted_failures(folder):
        return own
    if manifest["training"].get("own"):
        return _UNKNOWN_FAILURES
    figures = manifest["figures"]["frames"]
    rare = [f"`{frame}`" for frame in manifest["frames"] if figures[frame]["support"] < RARE]
    few = [_filled(_FEW_EXAMPLES.format(least=RARE, frames=", ".join(rare)), "  ")] if rare else []
    return "\n".join([_FAILURES, _FAILURES_OF_KIND[manifest["kind"]], *few])


def _files(manifest: Mapping[str, Any]) -> str:
    files = _FILES[manifest["kind"]].format(artefact=manifest["artefact"], sha256=manifest["sha256"])
    return _filled(f"{files} {_MANIFEST.format(training=manifest['training']['sha256'])}")


def _origin(training: Mapping[str, Any]) -> str:
    """Return who wrote and coded the passages: the shipped ones, where the manifest names no others."""
    own = training.get("own")
    if not own:
        return _SHIPPED.format(items=training["items"]).rstrip()
    shipped = training["items"] - own["items"]
    said = _OWN.format(
        own=own["items"],
        coders=", ".join(f"`{coder}`" for coder in own["coders"]),
        files=f" ({', '.join(f'`{name}`' for name in own['files'])})" if own["files"] else "",
        besides=_BESIDES.format(count=shipped) if shipped else "",
    )
    return _filled(said)


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


def _evaluation(manifest: Mapping[str, Any]) -> str:
    rows = [f"| `{name}` | {_measured(one)} |" for name, one in manifest.get("evaluation", {}).items()]
    untouched = _UNTOUCHED if manifest["training"].get("own") else _COMPARED_ON
    return _EVALUATION.format(untouched=untouched, rows="\n".join(rows)) if rows else ""


def _measured(one: Mapping[str, Any]) -> str:
    """Return a file's figures as cells; those of before there were intervals go without."""
    spans = one.get("intervals", {})
    cells = [
        f"{one['n']:,}",
        _number(one["macro"]["f1"]),
        _interval(spans.get("macro_f1")),
        _number(one["core"]["f1"]),
        _interval(spans.get("core_f1")),
        _number(one["relevance"]["f1"]),
        _number(one["relevance"]["specificity"], 3),
        _interval(spans.get("relevance_specificity"), 3),
        _number(one["tone"]["macro_f1"]),
        _number(one["ece"], 3),
    ]
    return " | ".join(cells)


def _depths(measured: Mapping[str, Mapping[str, float]]) -> str:
    """Return the section on items by their depth; empty where it was not measured."""
    rows = [
        f"| {_DEPTH[depth]} | {one['n']:,} | {_number(one['ece'], 3)} | {_number(one['exact'])} "
        f"| {_number(one['surest'])} |"
        for depth, one in measured.items()
    ]
    return _DEPTHS.format(surest=SUREST, rows="\n".join(rows)) if rows else ""


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


def _interval(bounds: Sequence[float] | None, digits: int = 2) -> str:
    return "–" if bounds is None else f"{bounds[0]:.{digits}f} to {bounds[1]:.{digits}f}"
