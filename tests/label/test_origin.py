"""Whose passages a model learnt from: how they are cut, and what its card says of them."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.label.card import write_card
from monitor.label.corpus import Coded, read_corpus
from monitor.label.modelfolder import replacing
from monitor.label.origin import PARTS, in_parts, shipped_passages, training_record
from monitor.label.registry import read_manifest, shipped_models
from monitor.label.train import train_linear


def test_shipped_passages_are_cut_by_author_as_they_are() -> None:
    shipped = read_corpus(shipped_models() / "corpus").training
    assert in_parts(shipped, 1) is shipped
    assert "own" not in training_record(shipped, ["any.jsonl"], 1)


def test_four_coders_of_different_texts_are_left_out_by_name(coded: list[Coded]) -> None:
    four = [replace(item, author=f"{number % 4}", title=f"{number}") for number, item in enumerate(coded)]
    assert in_parts(four, 1) is four


@pytest.mark.parametrize("coders", [1, 2, 5])
def test_a_text_that_several_coded_never_stands_in_two_parts(coded: list[Coded], coders: int) -> None:
    own = [replace(item, author=f"coder {number}") for number in range(coders) for item in coded[:60]]
    cut = in_parts(own, seed=1)
    parts = defaultdict(set)
    for item in cut:
        parts[item.title].add(item.author)
    assert all(len(names) == 1 for names in parts.values())
    assert len({item.author for item in cut}) == PARTS
    assert [replace(item, author="") for item in cut] == [replace(item, author="") for item in own]
    assert cut == in_parts(own, seed=1) != in_parts(own, seed=2)


def test_every_part_has_some_of_a_frame_that_occurs_often_enough() -> None:
    own = [
        Coded(f"{n}", f"Text {n}", "", True, ("reform",) if n < PARTS else (), author="ann")
        for n in range(99)
    ]
    assert len({item.author for item in in_parts(own, 1) if item.frames}) == PARTS


def test_own_passages_beside_the_shipped_ones_are_cut_and_the_shipped_ones_are_not(
    coded: list[Coded],
) -> None:
    shipped = sorted(shipped_passages(), key=lambda item: (item.author, item.id))[:50]
    cut = in_parts([*coded, *shipped], seed=1)
    assert list(cut[len(coded) :]) == shipped
    assert all(item.author.startswith("part ") for item in cut[: len(coded)])


def test_the_card_of_a_model_of_ones_own_names_coders_and_files_and_claims_nothing_else(
    coded: list[Coded], tmp_path: Path
) -> None:
    train_linear(coded, seed=1, folder=tmp_path / "own", files=["ours.jsonl"])
    card = (tmp_path / "own" / "README.md").read_text("utf-8")
    assert f"**It learnt from {len(coded)} passages coded by `one`, `two`** (`ours.jsonl`)." in card
    assert "cut at random" in card
    for false in ("anguage models wrote", "No person coded", "cue words was written", "sarcasm", "NOTICE"):
        assert false not in card


def test_the_card_tells_what_was_learnt_besides(model_folder: Path, tmp_path: Path) -> None:
    manifest = read_manifest(model_folder)
    manifest["training"]["items"] += 1000
    write_card(tmp_path, manifest)
    card = " ".join((tmp_path / "README.md").read_text("utf-8").split())
    assert "and from 1,000 that language models wrote and coded (the shipped corpus)" in card


def test_the_card_of_a_shipped_model_says_that_language_models_wrote_and_coded(
    model_folder: Path, tmp_path: Path
) -> None:
    manifest = read_manifest(model_folder)
    del manifest["training"]["own"], manifest["training"]["parts"]
    write_card(tmp_path, manifest)
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "**Language models wrote and coded the" in card
    assert "sarcasm is read as meant" in card
    assert "cut at random" not in card


def test_the_card_gives_intervals_of_frames_and_three_digits_where_two_say_nothing(
    model_folder: Path, tmp_path: Path
) -> None:
    manifest = read_manifest(model_folder)
    figures = manifest["figures"]
    figures |= {"ece": 0.0057, "precision": {"int8": {"f1": 0.7661}, "single": {"f1": 0.7712}}}
    figures["relevance"]["specificity"] = 0.9557
    figures["intervals"]["frames"]["reform"] = [0.63, 0.79]
    manifest["evaluation"] = {"eval-d": {key: figures[key] for key in ("n", "macro", "core", "relevance")}}
    manifest["evaluation"]["eval-d"] |= {"tone": figures["tone"], "ece": 0.0123}
    write_card(tmp_path, manifest)
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "| calibration error of frames | 0.006 |" in card
    assert "| relevance specificity | 0.956 |" in card
    assert "Macro F1 is 0.766 in 8 bits, as stored, and 0.771 in single precision." in card
    (row,) = [line for line in card.splitlines() if line.startswith("| `reform`")]
    assert "| 0.63 to 0.79 |" in row
    (row,) = [line for line in card.splitlines() if line.startswith("| `eval-d`")]
    assert row.endswith("| 0.956 | – | 1.00 | 0.012 |")
    assert "\n\n\n" not in card


def test_a_model_that_cannot_be_written_leaves_the_one_before_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "manifest.json").write_text("old")
    (folder / "floors.json").write_text("floors")
    with pytest.raises(FileNotFoundError), replacing(folder) as new:
        (new / "manifest.json").rename(new / "other")
    assert (folder / "manifest.json").read_text() == "old"
    with replacing(folder) as new:
        (new / "manifest.json").write_text("new")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "manifest.json": "new",
        "floors.json": "floors",
    }
    assert list(tmp_path.iterdir()) == [folder]
