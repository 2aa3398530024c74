"""Fine-tuning needs torch and transformers; where they are missing these tests are skipped by name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.label.classifiers.onnx import load_onnx
from monitor.label.corpus import Coded
from monitor.label.finetune import Recipe, train_encoder
from tests.label.conftest import FRAMES
from tests.label.tiny import tiny_config, write_tokenizer

for needed in ("torch", "transformers", "onnx"):
    pytest.importorskip(needed)


@pytest.fixture(scope="module")
def four_authors(coded: list[Coded]) -> list[Coded]:
    return [*coded, *(replace(item, author=f"{item.author} again") for item in coded)]


@pytest.fixture(scope="module")
def tiny_base(coded: list[Coded], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an encoder with random weights over the words of the small corpus."""
    from transformers import BertModel

    folder = tmp_path_factory.mktemp("base")
    write_tokenizer(folder, [item.title for item in coded])
    BertModel(tiny_config()).save_pretrained(folder)
    return folder


def test_a_fine_tuned_model_is_written_whole_and_loads_without_torch(
    four_authors: list[Coded], tiny_base: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    recipe = Recipe(str(tiny_base), seed=1, epochs=2)
    figures = train_encoder(four_authors, recipe, folder=tmp_path / "tiny", say=said.append)
    assert figures["n"] == len(four_authors) / 2  # of the two authors held out
    assert said[-1].startswith("epoch ")
    manifest = json.loads((tmp_path / "tiny" / "manifest.json").read_text("utf-8"))
    assert manifest["training"]["base"] == tiny_base.name
    assert tiny_base.name in (tmp_path / "tiny" / "README.md").read_text("utf-8")
    model = load_onnx(tmp_path / "tiny")
    (scores,) = model.scores(["Brinley social workers: Social workers ignored nine calls from neighbours"])
    assert tuple(scores.frames) == FRAMES
    assert scores.relevant > 0.5


def test_a_fit_ends_where_it_gains_no_more_and_the_second_is_as_long_as_the_best_of_the_first(
    four_authors: list[Coded], tiny_base: Path, tmp_path: Path
) -> None:
    from monitor.label.encoder import PATIENCE, best_epoch

    said: list[str] = []
    train_encoder(
        four_authors, Recipe(str(tiny_base), 1, epochs=6), folder=tmp_path / "tiny", say=said.append
    )
    turn = next(place for place, line in enumerate(said) if line.startswith("second fit"))
    first, second = said[1:turn], said[turn + 1 :]
    best = len(second)
    assert len(first) == min(6, best + PATIENCE)
    assert best_epoch([0.3, 0.5, 0.5, 0.4]) == 2
    assert json.loads((tmp_path / "tiny" / "manifest.json").read_text("utf-8"))["training"]["epochs"] == best


def test_three_authors_are_not_enough(coded: list[Coded], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name four"):
        train_encoder(coded, Recipe("unused", 1, 1), folder=tmp_path / "m", say=print)


def test_a_base_that_is_not_there_is_told(four_authors: list[Coded], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no encoder"):
        train_encoder(four_authors, Recipe(str(tmp_path), 1, 1), folder=tmp_path / "m", say=print)
