"""What a model's card says of the files that are kept for evaluation."""

import json
from pathlib import Path
from typing import Any

from monitor.label.card import write_card
from monitor.label.corpus import evaluation_files, read_coded
from monitor.label.evaluate import evaluate
from monitor.label.registry import load_classifier, read_manifest

KEPT = ("n", "macro", "core", "relevance", "tone", "ece")


def add_evaluation(folder: Path, corpus: Path, seed: int) -> None:
    """Measure a model on each ``eval-*.jsonl`` of a corpus and of its ``articles``, for its card.

    Args:
        folder: of a model that has just been trained; its manifest and README.md are written anew.
        corpus: the folder that it was trained on.
        seed: of the bootstrap.
    """
    classifier, manifest = load_classifier(str(folder)), read_manifest(folder)
    found: dict[str, dict[str, Any]] = {}
    for path in (*evaluation_files(corpus), *evaluation_files(corpus / "articles")):
        figures = evaluate(read_coded(path), classifier, seed)
        found[path.relative_to(corpus).with_suffix("").as_posix()] = {key: figures[key] for key in KEPT}
    manifest["evaluation"] = found
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_card(folder, manifest)
