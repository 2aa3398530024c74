"""``monitor train`` and the codes it learns from, as people call them."""

import json
from pathlib import Path

import pytest

from monitor.label.corpus import Coded, read_coded
from tests.cli.conftest import Run, answer, complaint
from tests.cli.test_gold import filled, sampled
from tests.label.conftest import coded

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
