"""The model gate: the lowest scores that a shipped model may have, kept in its ``floors.json``.

Of calibration error, and of articles given a frame that have none, the floor is the highest that is allowed.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.errors import ModelError
from monitor.label.aggregate import judge_coded
from monitor.label.corpus import Coded, digest_of, evaluation_files, read_coded
from monitor.label.evaluate import compare, evaluate
from monitor.label.registry import load_classifier
from monitor.types import Classifier

Floors = Mapping[str, Any]
"""For ``left_out`` (authors that a fit had not read), ``evaluation`` (authors never trained on) and
``articles`` (whole articles by such authors): figure to floor; ``evaluation_sha256`` and ``articles_sha256``
pin the items that the latter two are of."""

SLACK = 0.02
"""How far below the measured scores floors are set."""
CEILINGS: Mapping[str, float] = {"ece": SLACK, "frameless_framed": 0.05}
"""Figures that may not be above their floor, and how far above the measured ones it is set: three of the 62
articles without a frame are 0.048."""
MOST_FRAMELESS_FRAMED = 0.05
"""What is promised of the default model: its floor is never set above, whatever was measured."""
REQUIRED = ("macro_f1", "core_f1", "relevance_f1", "tone_macro_f1", "ece")
REQUIRED_OF_ARTICLES = ("f1", "frameless_framed")


def headline_figures(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that floors are set on, of what ``evaluate`` returned."""
    return {
        "macro_f1": figures["macro"]["f1"],
        "core_f1": figures["core"]["f1"],
        "relevance_f1": figures["relevance"]["f1"],
        "relevance_specificity": figures["relevance"]["specificity"],
        "tone_macro_f1": figures["tone"]["macro_f1"],
        "ece": figures["ece"],
    }


def below_floors(
    measured: Mapping[str, float | None], floors: Mapping[str, float], required: Sequence[str] = REQUIRED
) -> list[str]:
    """Return one line per problem, empty where the gate is passed.

    Problems are figures that are missing or beyond their floor, and required ones without a floor.

    Args:
        measured: as ``headline_figures`` or ``article_figures`` return them.
        floors: of one series.
        required: what must have a floor.
    """
    problems = [f"{name} has no floor" for name in required if name not in floors]
    for name, floor in floors.items():
        value = measured.get(name)
        if value is None or (value > floor if name in CEILINGS else value < floor):
            beyond = "above the most allowed" if name in CEILINGS else "below its floor"
            problems.append(f"{name} is {value}, {beyond} {floor}")
    return problems


def read_articles(folder: Path) -> list[Coded]:
    """Return the whole articles kept for evaluation.

    Args:
        folder: ``articles`` of a corpus; without ``eval-*.jsonl``, there are none.

    Raises:
        InputError: a line has a problem.
    """
    return [item for path in evaluation_files(folder) for item in read_coded(path)]


def article_figures(articles: Sequence[Coded], classifier: Classifier) -> dict[str, float | None]:
    """Return F1 over all frames, and of the articles without a frame the share that is given one."""
    judgements = judge_coded(articles, classifier)
    bare = [
        any(label.label for label in said.frames.values())
        for one, said in zip(articles, judgements, strict=True)
        if not one.frames
    ]
    figures: Mapping[str, Any] = compare(articles, judgements, classifier.frames, seed=1)
    return {
        "f1": figures["micro"]["f1"],
        "frameless_framed": round(sum(bare) / len(bare), 4) if bare else None,
    }


def read_floors(folder: Path) -> Floors:
    """Return a model's floors.

    Raises:
        ModelError: missing, not JSON, or without a floor for either series.
    """
    path = folder / "floors.json"
    try:
        floors = json.loads(path.read_text("utf-8"))
        complete = all(floors[series] for series in ("left_out", "evaluation"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path}: no floors to be read ({error}); set them with: monitor train --set-floors"
        ) from error
    if not complete:
        raise ModelError(f"{path}: names no floor; set them with: monitor train --set-floors")
    return dict(floors)


def set_floors(
    folder: Path,
    left_out: Mapping[str, Any],
    kept: Sequence[Coded],
    seed: int,
    articles: Sequence[Coded] = (),
    *,
    default: bool = False,
) -> None:
    """Set a model's floors a little under its figures: a decision of a maintainer, not a part of training.

    Args:
        folder: of a model that has just been trained.
        left_out: its figures by leaving out authors.
        kept: the evaluation items, on which it is measured now.
        seed: of the bootstrap.
        articles: those kept for evaluation, if there are any.
        default: whether this is the model that is used where none is named, of which more is promised.
    """
    classifier = load_classifier(str(folder.resolve()))  # a bare name might be that of another model
    floors: dict[str, object] = {
        "left_out": _floors_under(headline_figures(left_out)),
        "evaluation": _floors_under(headline_figures(evaluate(kept, classifier, seed))),
        "evaluation_sha256": digest_of(kept),
    }
    if articles:
        floors["articles"] = _floors_under(article_figures(articles, classifier), promised=default)
        floors["articles_sha256"] = digest_of(articles)
    (folder / "floors.json").write_text(json.dumps(floors, indent=1) + "\n", "utf-8")


def _floors_under(measured: Mapping[str, float | None], *, promised: bool = False) -> dict[str, float]:
    floors = {
        figure: round(value + CEILINGS[figure] if figure in CEILINGS else value - SLACK, 3)
        for figure, value in measured.items()
        if value is not None
    }
    if promised and "frameless_framed" in floors:
        floors["frameless_framed"] = min(floors["frameless_framed"], MOST_FRAMELESS_FRAMED)
    return floors
