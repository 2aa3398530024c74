"""The model gate: the lowest scores that a shipped model may have, kept in its ``floors.json``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.errors import ModelError

Floors = Mapping[str, Mapping[str, float]]
"""For ``left_out`` (one author at a time) and ``evaluation`` (one never trained on): figure to floor."""

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
        raise ModelError(f"{path}: no floors to be read ({error}); write them with write_floors") from error
    if not complete:
        raise ModelError(f"{path}: names no floor; write them with write_floors")
    return dict(floors)


def write_floors(folder: Path, left_out: Mapping[str, Any], evaluation: Mapping[str, Any]) -> None:
    """Set a model's floors a little under its figures; only ever by decision, never by training."""
    series = {"left_out": left_out, "evaluation": evaluation}
    floors = {
        name: {
            figure: round(value - SLACK, 3)
            for figure, value in headline_figures(figures).items()
            if value is not None
        }
        for name, figures in series.items()
    }
    (folder / "floors.json").write_text(json.dumps(floors, indent=1) + "\n", "utf-8")
