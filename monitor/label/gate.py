"""The model gate: the lowest scores that a shipped model may have, kept in its ``floors.json``."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitor.errors import ModelError
from monitor.label.corpus import Coded, digest_of
from monitor.label.evaluate import evaluate
from monitor.label.registry import load_classifier

Floors = Mapping[str, Any]
"""For ``left_out`` (one author at a time) and ``evaluation`` (authors never trained on): figure to floor;
``evaluation_sha256`` pins the items that the latter are of."""

SLACK = 0.02
"""How far below the measured scores floors are set."""


def headline_figures(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that floors are set on, of what ``evaluate`` returned."""
    return {
        "macro_f1": figures["macro"]["f1"],
        "core_f1": figures["core"]["f1"],
        "relevance_f1": figures["relevance"]["f1"],
        "relevance_specificity": figures["relevance"]["specificity"],
        "tone_macro_f1": figures["tone"]["macro_f1"],
    }


def below_floors(figures: Mapping[str, Any], floors: Mapping[str, float]) -> list[str]:
    """Return one line per figure that is missing or under its floor; empty where the gate is passed."""
    measured = headline_figures(figures)
    problems = []
    for name, floor in floors.items():
        value = measured.get(name)
        if value is None or value < floor:
            problems.append(f"{name} is {value}, below its floor {floor}")
    return problems


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


def set_floors(folder: Path, left_out: Mapping[str, Any], kept: Sequence[Coded], seed: int) -> None:
    """Set a model's floors a little under its figures: a decision of a maintainer, not a part of training.

    Args:
        folder: of a model that has just been trained.
        left_out: its figures by leaving out authors.
        kept: the evaluation items, on which it is measured now.
        seed: of the bootstrap.
    """
    evaluation = evaluate(kept, load_classifier(str(folder)), seed)
    series = {"left_out": left_out, "evaluation": evaluation}
    floors: dict[str, object] = {
        name: {
            figure: round(value - SLACK, 3)
            for figure, value in headline_figures(figures).items()
            if value is not None
        }
        for name, figures in series.items()
    }
    floors["evaluation_sha256"] = digest_of(kept)
    (folder / "floors.json").write_text(json.dumps(floors, indent=1) + "\n", "utf-8")
