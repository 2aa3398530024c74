"""What ``monitor trend`` prints and refuses; its figures are tested where they are made."""

import pytest

from tests.cli.conftest import Run, answer, complaint


@pytest.fixture
def labelled(run: Run) -> Run:
    assert run("backfill", "file", "rows.csv").exit_code == 0
    assert run("label").exit_code == 0
    return run


def test_each_figure_is_shown_with_its_count_and_why_it_is_uncorrected(labelled: Run) -> None:
    lines = labelled("trend", "--frame", "incompetent", "--period", "month").stdout.splitlines()
    assert "by London ISO month" in lines[0]
    assert lines[2].startswith("2026-11  incompetent")
    assert " of     3 " in lines[2]
    assert lines[2].endswith("uncorrected")
    assert lines[-1] == "uncorrected: no codes by people"


def test_the_image_balance_is_shown_in_place_of_the_frames(labelled: Run) -> None:
    lines = labelled("trend", "--balance", "--period", "year").stdout.splitlines()
    assert lines[2].startswith("2026  ")
    assert "balance" in lines[2]
    assert "failed/over-zealous" in lines[2]


def test_the_answer_in_json_holds_rows_balance_volume_and_the_panel(labelled: Run) -> None:
    found = answer(labelled("trend", "--panel", "--by", "outlet", "--json"))
    assert (found["status"], found["period"], found["panel"]) == ("ok", "week", ["Echo", "Gazette"])
    assert {row["group"] for row in found["rows"]} == {"Echo", "Gazette"}
    assert [row["labelled"] for row in found["volume"]] == [0, 2, 2, 0]
    assert {row["week"] for row in found["balance"]} == {"2026-W45", "2026-W46"}


def test_a_span_without_a_panel_is_not_estimable_and_no_failure(labelled: Run) -> None:
    words = ("trend", "--panel", "--from", "2025-W01", "--to", "2026-W46")
    found = answer(labelled(*words, "--json"))
    assert (found["status"], found["rows"], found["panel"]) == ("not_estimable", [], [])
    assert "no outlet was read in 90 % of the months" in found["reason"]
    assert labelled(*words).stdout.strip() == found["reason"]


def test_before_anything_is_labelled_the_remedy_is_told(run: Run) -> None:
    run("backfill", "file", "rows.csv")
    assert "; run: monitor label --model " in complaint(run("trend"))


def test_a_change_that_is_no_week_is_refused_in_one_line(labelled: Run) -> None:
    said = complaint(labelled("trend", "--change", "2026-W45", "--change", "soon"))
    assert said.startswith("--change: 'soon' is neither a week")


@pytest.mark.parametrize(
    "words", [("--pool", "0"), ("--period", "day"), ("--depth", "body"), ("--copies", "twice")]
)
def test_an_option_that_cannot_be_is_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("trend", *words).exit_code == 2
