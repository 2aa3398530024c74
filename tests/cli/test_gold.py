"""``monitor gold`` as people and scripts call it."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, answer, complaint


@pytest.fixture
def sampled(run: Run) -> Run:
    """Four items, labelled, all of them drawn."""
    run("backfill", "file", "rows.csv")
    run("label")
    answer(run("gold", "sample", "--json"))
    return run


def filled(run: Run, **by_title: str) -> str:
    """Export the sample and fill it in: ``relevant``, and a frame where one is given, by the first word."""
    rows = list(csv.DictReader(io.StringIO(run("gold", "export", "--sample", "random-1").stdout)))
    for row in rows:
        frame = by_title.get(row["title"].split()[0], "no")
        row |= {"relevant": "no"} if frame == "no" else {"relevant": "yes", "frames": frame, "tone": "0"}
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_a_sample_tells_the_chance_of_every_stratum(sampled: Run) -> None:
    drawn = answer(sampled("gold", "sample", "--json", "--size", "2", "--name", "two", "--seed", "4"))

    assert (drawn["name"], drawn["seed"], drawn["units"], drawn["kind"]) == ("two", 4, 2, "random")
    assert {one["stratum"]: (one["items"], one["inclusion"]) for one in drawn["strata"]} == {
        "relevant": (3, pytest.approx(1 / 3)),
        "irrelevant": (1, 1.0),
    }


def test_codes_go_out_and_come_back_once(sampled: Run, folder: Path) -> None:
    (folder / "ann.csv").write_text(filled(sampled, Social="incompetent", Mother="positive"), "utf-8")
    first = answer(sampled("gold", "import", "ann.csv", "--coder", "ann", "--json"))
    again = answer(sampled("gold", "import", "ann.csv", "--coder", "ann", "--json"))

    assert (first["read"], first["new"], first["rejected"], first["coders"]) == (4, 4, 0, ["ann"])
    assert (again["read"], again["new"], again["duplicate"]) == (4, 0, 4)
    rows = sampled("gold", "export", "--sample", "random-1", "--coder", "ann").stdout.splitlines()
    assert len(rows) == 1
    lines = sampled("gold", "export", "--sample", "random-1", "--format", "jsonl").stdout.splitlines()
    assert {line["author"] for line in map(json.loads, lines)} == {"ann"}


def test_every_problem_is_a_line_on_standard_error_and_nothing_is_stored(sampled: Run, folder: Path) -> None:
    text = filled(sampled, Social="lazy", Mother="evil")
    (folder / "ann.csv").write_text(text, "utf-8")
    result = sampled("gold", "import", "ann.csv", "--coder", "ann", "--json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split(": ")[1:3] for line in result.stderr.splitlines()] == [
        ["ann.csv", f"line {number}"]
        for number, line in enumerate(text.splitlines(), 1)
        if "lazy" in line or "evil" in line
    ]


@pytest.mark.parametrize("words", [("--sample", "random-1"), ("--model",)])
def test_agreement_without_codes_is_not_estimable_and_no_failure(
    sampled: Run, words: tuple[str, ...]
) -> None:
    told, shown = sampled("gold", "agreement", "--json", *words), sampled("gold", "agreement", *words)
    found = answer(told)

    assert found["status"] == "not_estimable"
    assert found["reason"]
    assert not found.get("pairs")
    assert not found.get("figures")
    assert (shown.exit_code, shown.stdout) == (0, f"Not estimable: {found['reason']}\n")


def test_two_coders_and_the_model_are_compared(sampled: Run, folder: Path) -> None:
    for coder, frame in (("ann", "incompetent"), ("ben", "reform")):
        (folder / "codes.csv").write_text(filled(sampled, Social=frame, Mother="positive"), "utf-8")
        answer(sampled("gold", "import", "codes.csv", "--coder", coder, "--json"))
    found = answer(sampled("gold", "agreement", "--sample", "random-1", "--json"))
    beside = answer(sampled("gold", "agreement", "--json", "--model"))

    (pair,) = found["pairs"]
    figures = {one["code"]: one for one in pair["figures"]}
    assert (found["sample"], pair["first"], pair["second"]) == ("random-1", "ann", "ben")
    assert (figures["positive"]["n"], figures["positive"]["alpha"], figures["positive"]["ac1"]) == (
        4,
        1.0,
        1.0,
    )
    assert figures["incompetent"]["both"] == 0
    relevant = beside["figures"][0]
    assert (relevant["code"], relevant["units"], relevant["both"]) == ("relevant", 4, 2)
    assert relevant["precision"]["share"] == pytest.approx(2 / 3)
    for words in (("--sample", "random-1"), ("--model",)):
        assert sampled("gold", "agreement", *words).exit_code == 0


def test_a_plan_says_how_many_codes_and_why_not(sampled: Run) -> None:
    plan = answer(sampled("gold", "sample", "--plan", "--half-width", "10", "--json"))

    assert plan["half_width"] == 0.1
    by_frame = {one["frame"]: one for one in plan["frames"]}
    assert list(by_frame) == ["incompetent", "over_zealous", "positive"]
    assert by_frame["over_zealous"]["status"] == "not_estimable"
    assert by_frame["over_zealous"]["codes"] is None
    assert by_frame["incompetent"]["codes"] >= 3
    assert "random-2" in sampled("gold", "sample").stdout


def test_label_studios_interface_needs_no_sample(run: Run, folder: Path) -> None:
    assert run("gold", "export", "--config").stdout.startswith("<View>")
    assert run("gold", "export", "--config", "--out", "config.xml").exit_code == 0
    assert (folder / "config.xml").read_text("utf-8").endswith("</View>\n")


def test_tasks_for_label_studio_are_one_json_document(sampled: Run) -> None:
    result = sampled("gold", "export", "--sample", "random-1", "--format", "labelstudio")

    assert len(json.loads(result.stdout)) == 4


@pytest.mark.parametrize(
    "words",
    [
        ("export",),
        ("agreement",),
        ("agreement", "one.jsonl"),
        ("agreement", "a.jsonl", "b.jsonl", "--sample", "x"),
        ("agreement", "--sample", "x", "--model"),
        ("sample", "--size", "0"),
        ("sample", "--plan", "--half-width", "0"),
        ("import",),
    ],
)
def test_what_is_asked_for_wrongly_ends_with_status_2(run: Run, words: tuple[str, ...]) -> None:
    assert run("gold", *words).exit_code == 2


def test_what_is_not_there_is_named_with_the_remedy(sampled: Run) -> None:
    assert "draw one with" in complaint(sampled("gold", "export", "--sample", "nine"))
    assert "name another file" in complaint(sampled("gold", "import", "nine.csv", "--coder", "ann"))
    assert "is no person" in complaint(sampled("gold", "import", "rows.csv", "--coder", "model:linear"))
    assert "nothing to draw" in complaint(sampled("gold", "sample", "--from", "2001-W01", "--to", "2001-W02"))
