"""``monitor train`` and the codes it learns from, as people call them."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from monitor.cli.label import _figure_lines
from monitor.label.corpus import Coded, read_coded
from monitor.label.evaluate import evaluate
from monitor.types import PassageScores
from tests.cli.conftest import Run, answer, complaint
from tests.cli.test_gold import filled, sampled
from tests.label.conftest import ToldClassifier, coded

__all__ = ["coded", "sampled"]  # fixtures


def write_items(path: Path, items: list[Coded]) -> None:
    names = ("id", "title", "relevant", "frames", "tone", "author")
    lines = [json.dumps({name: getattr(item, name) for name in names}) for item in items]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_a_sample_that_two_people_coded_goes_out_settled_and_names_what_they_are_tied_on(
    sampled: Run, folder: Path
) -> None:
    for coder, frame in (("ann", "incompetent"), ("ben", "reform")):
        (folder / "codes.csv").write_text(filled(sampled, Social=frame, Mother="positive"), "utf-8")
        answer(sampled("gold", "import", "codes.csv", "--coder", coder, "--json"))
    words = ("gold", "export", "--sample", "random-1", "--format", "jsonl")
    told = sampled(*words, "--out", "gold.jsonl", "--json")

    assert json.loads(told.stdout)["rows"] == 3
    (tied,) = json.loads(told.stdout)["left_out"]
    assert tied in told.stderr
    items = read_coded(folder / "gold.jsonl")
    assert {item.author for item in items} == {"ann, ben"}
    assert tied not in {item.id for item in items}
    assert answer(sampled("evaluate", "gold.jsonl", "--json"))["n"] == 3
    assert len(sampled(*words, "--each-coder").stdout.splitlines()) == 8


def test_one_file_is_trained_on_and_named_in_the_card(run: Run, folder: Path, coded: list[Coded]) -> None:
    write_items(folder / "ours.jsonl", [item for item in coded if item.author == "one"])
    answer(run("train", "ours.jsonl", "--name", "ours", "--json"))
    card = (folder / "models" / "ours" / "README.md").read_text("utf-8")
    assert "coded by `one`** (`ours.jsonl`)." in card


def test_evaluating_a_model_that_knows_some_frames_names_the_others_with_the_items_coded_so(
    coded: list[Coded],
) -> None:
    scores = PassageScores(0.9, {"incompetent": 0.9, "reform": 0.1}, (0.0, 1.0, 0.0))
    some = ToldClassifier({"": scores}, frames=("incompetent", "reform"))
    (line,) = (line for line in _figure_lines(evaluate(coded, some, seed=1)) if "not scored" in line)
    number = sum("positive" in item.frames for item in coded)
    assert f"positive ({number})" in line
    assert "incompetent" not in line
    every = evaluate(coded, ToldClassifier({}), seed=1)
    assert not any("not scored" in line for line in _figure_lines(every))


def test_floors_put_the_figures_on_every_evaluation_file_into_the_card(
    run: Run, folder: Path, coded: list[Coded]
) -> None:
    (folder / "ours" / "articles").mkdir(parents=True)
    ours = [item for item in coded if item.author == "one"]
    for name in ("author-a", "eval-b", "articles/eval-c"):
        write_items(folder / "ours" / f"{name}.jsonl", ours)
    answer(run("train", "ours", "--name", "ours", "--set-floors", "--json"))
    card = (folder / "models" / "ours" / "README.md").read_text("utf-8")
    for name in ("eval-b", "articles/eval-c"):
        assert f"| `{name}` | {len(ours)} |" in card
    assert json.loads((folder / "models" / "ours" / "floors.json").read_text("utf-8"))["evaluation"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--seed", "-1"), "--seed"),
        (("--base", "x", "--name", "y", "--epochs", "0"), "--epochs"),
        (("--base", "x"), "--base needs --name"),
        (("--name", "../away"), "plain folder name"),
        (("--set-floors",), "needs eval-*.jsonl in"),
    ],
)
def test_what_cannot_be_trained_so_is_refused_before_anything_is_written(
    run: Run, folder: Path, coded: list[Coded], words: tuple[str, ...], says: str
) -> None:
    write_items(folder / "ours.jsonl", coded)
    result = run("train", "ours.jsonl", *words)
    assert result.exit_code == 2 or complaint(result)
    assert says in result.stderr
    assert not (folder / "models").exists()


def test_codes_of_ones_own_that_lack_a_frame_point_to_the_shipped_corpus(
    run: Run, folder: Path, coded: list[Coded]
) -> None:
    write_items(folder / "ours.jsonl", [item for item in coded if "reform" not in item.frames])
    assert "--with-corpus" in complaint(run("train", "ours.jsonl", "--name", "ours"))


def test_a_corpus_that_is_missing_is_told_as_that(run: Run) -> None:
    assert complaint(run("train", "none.jsonl")).startswith("none.jsonl: No such file or directory")


def test_a_base_that_cannot_be_fine_tuned_is_told_before_the_corpus_is_read(run: Run, folder: Path) -> None:
    (folder / "broken.jsonl").write_text("{", "utf-8")
    told = complaint(run("train", "broken.jsonl", "--base", str(folder), "--name", "own"))
    without = any(find_spec(name) is None for name in ("torch", "transformers", "onnx"))
    assert ("training an encoder needs" if without else f"{folder}: no encoder with a tokenizer.json") in told


@pytest.mark.parametrize("base", [(), ("--base", "x")])
def test_a_place_that_cannot_be_written_to_is_told_before_the_corpus_is_read(
    run: Run, folder: Path, base: tuple[str, ...]
) -> None:
    (folder / "broken.jsonl").write_text("{", "utf-8")
    (folder / "file").write_text("", "utf-8")
    told = complaint(run("train", "broken.jsonl", *base, "--name", "own", "--out", "file/models"))
    assert told == "file/models/own: Not a directory; name another place with --out"


def test_how_often_is_an_upper_bound(run: Run) -> None:
    assert "at most" in " ".join(run("train", "--help").stdout.partition("--epochs")[2].split())[:90]
