"""Setting floors, on a small model: how the gate itself judges is tested where it stands."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.label.corpus import Coded
from monitor.label.gate import CEILINGS, MOST_FRAMELESS_FRAMED, article_figures, read_floors, set_floors
from monitor.label.registry import load_classifier, read_manifest


@pytest.fixture
def own(model_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(model_folder, tmp_path / "own")


def floor_of(folder: Path, kept: Sequence[Coded], articles: Sequence[Coded], *, default: bool) -> float:
    figures: dict[str, Any] = read_manifest(folder)["figures"]
    set_floors(folder, figures, kept, 1, articles, default=default)
    floor: float = read_floors(folder)["articles"]["frameless_framed"]
    return floor


@pytest.mark.parametrize("wrong", [0, 3])
def test_the_default_model_may_give_a_frame_to_one_article_in_twenty_at_most_whatever_was_measured(
    own: Path, coded: list[Coded], wrong: int
) -> None:
    framed = [item for item in coded if item.frames]
    bare = [item for item in coded if not item.frames][:17]
    bare += [replace(item, id=f"{item.id} bare", frames=()) for item in framed[:wrong]]
    articles = [*framed, *bare]
    measured = article_figures(articles, load_classifier(str(own)))["frameless_framed"]
    assert measured is not None
    assert measured == round(wrong / len(bare), 4)
    slack = CEILINGS["frameless_framed"]
    assert floor_of(own, coded, articles, default=False) == round(measured + slack, 3)
    assert floor_of(own, coded, articles, default=True) == MOST_FRAMELESS_FRAMED == 0.05


def test_floors_are_measured_on_the_folder_that_is_named_not_on_another_model_of_its_name(
    own: Path, coded: list[Coded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own.parent)
    Path("models", "own").mkdir(parents=True)
    Path("models", "own", "manifest.json").write_text("{}", "utf-8")
    set_floors(Path("own"), read_manifest(own)["figures"], coded, 1)
    assert read_floors(own)["evaluation"]
