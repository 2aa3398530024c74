"""What a model's card says of the files that are kept for evaluation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.label.aggregate import depth_of, judge_coded
from monitor.label.card import SUREST, describe
from monitor.label.corpus import Coded, evaluation_files, read_coded
from monitor.label.evaluate import compare
from monitor.label.registry import load_classifier, read_manifest
from monitor.types import Depth, Judgement

KEPT = ("n", "macro", "core", "relevance", "tone", "ece")
KEPT_INTERVALS = ("macro_f1", "core_f1", "relevance_specificity")

Judged = tuple[Coded, Judgement]


def add_evaluation(folder: Path, corpus: Path, seed: int) -> None:
    """Measure a model on each ``eval-*.jsonl`` of a corpus and of its ``articles``, for its card.

    Args:
        folder: of a model that has just been trained; its manifest and README.md are written anew.
        corpus: the folder that it was trained on.
        seed: of the bootstrap.
    """
    # by its whole path: a bare folder name might be that of another model
    classifier, manifest = load_classifier(str(folder.resolve())), read_manifest(folder)
    judged: list[Judged] = []
    found: dict[str, dict[str, Any]] = {}
    for path in (*evaluation_files(corpus), *evaluation_files(corpus / "articles")):
        items = read_coded(path)
        pairs = list(zip(items, judge_coded(items, classifier), strict=True))
        found[path.relative_to(corpus).with_suffix("").as_posix()] = _figures(pairs, classifier.frames, seed)
        judged += pairs
    manifest["evaluation"] = found
    manifest["depths"] = _by_depth(judged, classifier.frames, seed)
    describe(folder, manifest)


def _figures(judged: Sequence[Judged], frames: Sequence[str], seed: int) -> dict[str, Any]:
    figures = _compared(judged, frames, seed)
    spans = {name: figures["intervals"].get(name) for name in KEPT_INTERVALS}
    return {**{name: figures[name] for name in KEPT}, "intervals": spans}


def _by_depth(judged: Sequence[Judged], frames: Sequence[str], seed: int) -> dict[str, dict[str, Any]]:
    """Return calibration error and exact agreement by depth, of those depths that occur."""
    by_depth = {depth: [pair for pair in judged if depth_of(pair[0].text) is depth] for depth in Depth}
    return {depth.value: _agreement(_compared(own, frames, seed)) for depth, own in by_depth.items() if own}


def _agreement(figures: Mapping[str, Any]) -> dict[str, Any]:
    exact = {point["coverage"]: point["exact"] for point in figures["coverage"]}
    return {"n": figures["n"], "ece": figures["ece"], "exact": exact[1.0], "surest": exact[SUREST]}


def _compared(judged: Sequence[Judged], frames: Sequence[str], seed: int) -> Mapping[str, Any]:
    return compare([item for item, _ in judged], [said for _, said in judged], frames, seed)
