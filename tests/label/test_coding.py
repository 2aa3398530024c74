"""Files of codes: what is written comes back, and everything that is wrong is named with its place."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from monitor.errors import InputError
from monitor.label.codebook import load_codebook
from monitor.label.coding import FIELDS, Filled, Task, checked_codes, coder_name, parse_unit, unit_name
from monitor.label.labelstudio import labelling_config, read_tasks, write_tasks
from monitor.label.spreadsheet import COLUMNS, harmless, original, read_csv, write_csv
from monitor.types import Said

HEADER = "unit,coder,relevant,frames,tone,status,target,note\n"


def read(tmp_path: Path, text: str, coder: str = "ann") -> Filled:
    path = tmp_path / "codes.csv"
    path.write_text(text, "utf-8")
    return read_csv(path, coder)


def read_json(tmp_path: Path, tasks: object, coder: str = "") -> Filled:
    path = tmp_path / "codes.json"
    path.write_text(json.dumps(tasks), "utf-8")
    return read_tasks(path, coder)


def a_task(
    unit: str = "1r1", *, task: int = 7, by: object = "ann@x.example", **chosen: object
) -> dict[str, Any]:
    """A task as Label Studio exports it, annotated once."""
    result = [
        {"from_name": name, "to_name": "title", "type": "choices", "value": {"choices": value}}
        if name != "note"
        else {"from_name": name, "to_name": "title", "type": "textarea", "value": {"text": value}}
        for name, value in chosen.items()
    ]
    annotation = {"id": 1, "completed_by": by, "result": result, "was_cancelled": False}
    return {"id": task, "data": {"unit": unit}, "annotations": [annotation], "predictions": []}


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"relevant": "no"}, Said(False)),
        ({"relevant": "NO", "tone": "-2", "status": ""}, Said(False)),
        ({"relevant": "1", "tone": "+1"}, Said(True, tone=1)),
        ({"relevant": "True", "tone": "−2"}, Said(True, tone=-2)),
        (
            {"relevant": "yes", "frames": "Positive; incompetent|positive", "tone": "0", "status": "Found"},
            Said(True, ("incompetent", "positive"), 0, "found"),
        ),
        (
            {"relevant": "y", "frames": "blamed", "target": "police, employer", "note": " sure? "},
            Said(True, ("blamed",), None, "none", ("EMPLOYER", "POLICE"), "sure?"),
        ),
        ({"relevant": "yes", "reply": "Yes"}, Said(True, reply=True)),
        ({"relevant": "yes", "reply": "0"}, Said(True, reply=False)),
    ],
)
def test_codes_are_read_as_people_write_them(fields: Mapping[str, str], said: Said) -> None:
    problems: list[str] = []

    assert checked_codes(fields, problems) == said
    assert problems == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "relevant is missing"),
        ({"relevant": "perhaps"}, "'perhaps'"),
        ({"relevant": "yes", "frames": "lazy evil positive"}, "no frame 'lazy', 'evil'"),
        ({"relevant": "no", "frames": "positive"}, "not relevant"),
        ({"relevant": "yes", "tone": "3"}, "-2 to 2"),
        ({"relevant": "yes", "tone": "1.5"}, "-2 to 2"),
        ({"relevant": "yes", "status": "proven"}, "no status 'proven'"),
        ({"relevant": "yes", "target": "mayor"}, "no target 'MAYOR'"),
        ({"relevant": "yes", "frames": "blamed", "target": "police"}, "no target that counts"),
        ({"relevant": "yes", "reply": "perhaps"}, "reply is 'perhaps'"),
        ({"relevant": "yes", "note": "x" * 2_001}, "2,001 characters"),
    ],
)
def test_what_the_codebook_does_not_allow_is_a_problem(fields: Mapping[str, str], words: str) -> None:
    problems: list[str] = []

    assert checked_codes(fields, problems) is None
    assert len(problems) == 1
    assert words in problems[0]


@pytest.mark.parametrize(
    "name", ["model:linear", "Model: gpt", "AI/helper", "llm:x", "bot:1", "", "  ", "a\x07", "x" * 81]
)
def test_programs_and_namelessness_do_not_count_as_coders(name: str) -> None:
    with pytest.raises(ValueError, match="coder"):
        coder_name(name)


def test_a_coder_is_the_same_however_the_name_is_spaced_and_composed() -> None:
    assert coder_name("  Zoë \t Bott ") == coder_name("Zoe\u0308 Bott") == "Zoë Bott"


def test_a_unit_has_a_name_that_no_spreadsheet_takes_for_a_date_and_that_is_read_back() -> None:
    assert unit_name(3, 11) == "3r11"
    assert parse_unit("3r11") == (3, 11)
    assert parse_unit("3") == (3, None)
    for odd in ("", "r1", "3-11", "3r", "3r11x", "²", "-1", "9" * 19):
        with pytest.raises(ValueError, match="unit"):
            parse_unit(odd)


# ---------------------------------------------------------------- spreadsheets


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'=", "''@", "＝"])
def test_a_cell_that_would_run_as_a_formula_is_made_harmless_and_comes_back_as_it_was(start: str) -> None:
    cell = f"{start}HYPERLINK(1)"

    assert harmless(cell)[0] == "'"
    assert original(harmless(cell)) == cell


@pytest.mark.parametrize("cell", ["", "plain", "'quoted' words", "a=b", "'"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert harmless(cell) == cell == original(cell)


def test_no_written_cell_begins_a_formula_and_nothing_is_filled_in() -> None:
    file = io.StringIO()
    count = write_csv([Task("1r1", "=1+1", "@x", "-p"), Task("2r2", 'A, "b"\nc', "")], file, "=ann")
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))

    assert count == len(rows) == 2
    assert tuple(rows[0]) == COLUMNS
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell)
    assert rows[1]["title"] == 'A, "b"\nc'
    assert not any(row[field] for row in rows for field in FIELDS)


def test_a_file_that_is_written_and_filled_in_is_read_back(tmp_path: Path) -> None:
    file = io.StringIO()
    write_csv([Task("1r1", "=Odd", ""), Task("2r2", "Even\nlines", "")], file, "=ann")
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    rows[0] |= {"relevant": "yes", "frames": "positive", "tone": "-1"}
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    filled = read(tmp_path, "\ufeff" + out.getvalue(), coder="=ann")

    assert (filled.problems, filled.blank) == ([], 1)
    (entry,) = filled.entries
    assert (entry.item_id, entry.revision_id, entry.coder) == (1, 1, "=ann")
    assert entry.said == Said(True, ("positive",), -1)


def test_every_problem_of_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    filled = read(
        tmp_path,
        HEADER
        + '1r1,,yes,positive,1,,,"a note\nof two lines"\n'  # lines 2 and 3
        + "x,,perhaps,lazy,9,proven,mayor,\n"  # 4
        + "\n"
        + "2r2,ben,yes,,,,,\n"  # 6
        + "3r3,,yes,,,,,,,surplus\n"
        + "1r1,,no,,,,,\n"
        + "4r4,,,,,,,\n"
        + "5r5,,no\n",
    )

    assert [problem.split(":")[0] for problem in filled.problems] == [
        *["line 4"] * 6,
        "line 6",
        "line 7",
        "line 8",
    ]
    assert "'ben', not by 'ann'" in filled.problems[6]
    assert "10 cells" in filled.problems[7]
    assert "unit 1r1 is coded on line 2 already" in filled.problems[8]
    assert [entry.where for entry in filled.entries] == ["line 2", "line 10"]
    assert filled.blank == 1


def test_a_file_that_breaks_off_within_quotes_is_said_to(tmp_path: Path) -> None:
    filled = read(tmp_path, HEADER + '1r1,,no,,,,,\n2r2,,no,,,,,"half')

    assert [problem.split(":")[0] for problem in filled.problems] == ["line 3"]


def test_rows_without_a_coder_and_without_one_for_all_are_problems(tmp_path: Path) -> None:
    filled = read(tmp_path, HEADER + "1r1,ann,no,,,,,\n2r2,,no,,,,,\n3r3,model:x,no,,,,,\n", coder="")

    assert [entry.coder for entry in filled.entries] == ["ann"]
    missing, program = filled.problems
    assert missing.startswith("line 3: coder is missing")
    assert program.startswith("line 4: coder 'model:x'")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"unit,frames\n", "no column 'relevant'"),
        (b"unit,relevant,unit\n", "two columns 'unit'"),
        (b"unit,relevant\n1r1,yes,\xff", "UTF-8"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(content)

    with pytest.raises(InputError, match=words):
        read_csv(path)


# ---------------------------------------------------------------- Label Studio


def test_written_tasks_are_a_list_of_data_and_hold_nothing_else() -> None:
    file = io.StringIO()
    write_tasks([Task("1r1", 'Tîtle "x"', "s"), Task("2r2", "=T", "", "p")], file)

    assert json.loads(file.getvalue()) == [
        {"data": {"unit": "1r1", "title": 'Tîtle "x"', "summary": "s", "passages": ""}},
        {"data": {"unit": "2r2", "title": "=T", "summary": "", "passages": "p"}},
    ]
    empty = io.StringIO()
    write_tasks([], empty)
    assert json.loads(empty.getvalue()) == []


def test_the_interface_asks_for_every_field_and_offers_every_code_of_the_codebook() -> None:
    root = ElementTree.fromstring(labelling_config(with_passages=True))
    asked = {tag.get("name"): [c.get("value") for c in tag] for tag in root.iter("Choices")}
    book = load_codebook()

    assert {*asked, *(tag.get("name") for tag in root.iter("TextArea"))} == set(FIELDS)
    assert asked["frames"] == list(book.ids)
    assert asked["tone"] == ["-2", "-1", "0", "1", "2"]
    assert asked["target"] == [*book.targets_counted, *book.targets_recorded]
    shown = {tag.get("name") for tag in root.iter("Text")}
    assert shown == {"title", "summary", "passages"}
    assert {tag.get("toName") for tag in root.iter() if tag.get("toName")} <= shown


def test_annotated_tasks_are_read_with_their_coder_and_time(tmp_path: Path) -> None:
    task = a_task(relevant=["yes"], frames=["positive", "reform"], tone=["-1"], note=["one", "two"])
    task["annotations"][0] |= {"created_at": "2026-11-10T10:00:00Z", "updated_at": "2026-11-11T10:00:00.5Z"}
    filled = read_json(
        tmp_path,
        [task, a_task("2r2", by=4, relevant=["no"]), a_task("3r3", by={"email": "b@x"}, relevant=["no"])],
    )

    assert filled.problems == []
    first, second, third = filled.entries
    assert first.said == Said(True, ("positive", "reform"), -1, note="one\ntwo")
    assert first.coded_at == datetime(2026, 11, 11, 10, 0, 0, 500_000, tzinfo=UTC)
    assert [entry.coder for entry in filled.entries] == ["ann@x.example", "labelstudio-user-4", "b@x"]
    assert (second.coded_at, third.where) == (None, "task 7")


def test_skipped_tasks_and_predictions_of_models_are_no_codes(tmp_path: Path) -> None:
    skipped, predicted, empty = a_task(relevant=["yes"]), a_task("2r2"), a_task("3r3")
    skipped["annotations"][0]["was_cancelled"] = True
    predicted["predictions"] = a_task(relevant=["yes"])["annotations"]
    del empty["annotations"]
    filled = read_json(tmp_path, [skipped, predicted, empty])

    assert (filled.entries, filled.problems, filled.blank) == ([], [], 3)


def test_every_problem_of_annotated_tasks_is_named_with_its_task(tmp_path: Path) -> None:
    twice = a_task("4r4", task=4, relevant=["no"])
    twice["annotations"] *= 2
    late = a_task("5r5", task=5, relevant=["no"])
    late["annotations"][0]["updated_at"] = "yesterday"
    odd = a_task("6r6", task=6, relevant=["no"])
    odd["annotations"][0]["result"] = ["x"]
    filled = read_json(
        tmp_path,
        [
            {"id": 1, "unit": "1r1", "relevant": "yes"},
            a_task("2r2", task=2, relevant=["yes"], frames=["lazy"]),
            a_task("3r3", task=3, relevant=["yes"], colour=["red"]),
            twice,
            late,
            odd,
            "seven",
            {"id": 8, "data": {"unit": "8r8"}, "annotations": 5},
            a_task("9r9", task=9, by=None, relevant=["no"]),
            a_task("1r1", task=10, by="model:linear", relevant=["no"]),
        ],
    )

    assert [problem.split(":")[0] for problem in filled.problems] == [f"task {n}" for n in range(1, 11)]
    assert len(filled.entries) == 1


@pytest.mark.parametrize("text", ["{", "{}", '{"a": [1]}', "[" * 100_000])
def test_a_file_that_is_no_list_of_tasks_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "codes.json"
    path.write_text(text, "utf-8")

    with pytest.raises(InputError, match=r"codes\.json"):
        read_tasks(path)
