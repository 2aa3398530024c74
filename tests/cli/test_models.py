"""``monitor models`` and what it says of models that could not be loaded."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run, answer, complaint
from tests.label.conftest import coded, model_folder

__all__ = ["coded", "model_folder"]  # fixtures


@pytest.fixture
def own(folder: Path, model_folder: Path) -> Path:
    """A model of one's own, ``models/own``."""
    return shutil.copytree(model_folder, folder / "models" / "own")


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


def test_an_altered_a_missing_and_a_misfit_model_are_listed_with_what_is_wrong(run: Run, own: Path) -> None:
    for name in ("altered", "missing", "misfit"):
        shutil.copytree(own, own.parent / name)
    (own.parent / "altered" / "weights.npz").write_bytes(b"x")
    (own.parent / "missing" / "weights.npz").unlink()
    rewrite(own.parent / "misfit", codebook="0.1")
    listed = {model["name"]: model["problem"] for model in answer(run("models", "--json"))}
    assert listed["own"] is None
    assert "SHA-256" in listed["altered"]
    assert "weights.npz: No such file" in listed["missing"]
    assert "made for codebook 0.1" in listed["misfit"]
    shown = run("models").stdout
    said = run("doctor").stdout + run("doctor").stderr
    for problem in (listed["altered"], listed["missing"], listed["misfit"]):
        assert problem in shown
        assert problem in said


def test_a_model_with_a_calibration_that_is_no_number_is_not_made_the_active_one(run: Run, own: Path) -> None:
    calibration = json.loads((own / "manifest.json").read_text("utf-8"))["calibration"]
    rewrite(own, calibration=calibration | {"relevant": [float("nan"), 0.0]})
    told = complaint(run("models", "use", "own"))
    assert "models/own/manifest.json: calibration.relevant must be" in told


@pytest.mark.parametrize("words", [("models", "use", "own"), ("label", "--model", "own")])
def test_a_folder_without_its_manifest_is_told_as_that(run: Run, own: Path, words: tuple[str, ...]) -> None:
    run("backfill", "file", "rows.csv")
    (own / "manifest.json").unlink()
    assert complaint(run(*words)).startswith("models/own/manifest.json: is missing")


def test_a_path_is_no_name_of_a_model_to_use(run: Run, own: Path) -> None:
    assert "no model 'models/own'" in complaint(run("models", "use", "models/own"))
