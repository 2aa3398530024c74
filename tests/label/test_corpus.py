import json
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.label.corpus import digest_of, read_coded, read_corpus

Write = Callable[..., Path]


def a_line(**changes: object) -> str:
    line = {"id": "x1", "title": "Council took baby", "text": "", "relevant": True, "frames": [], "tone": 0}
    return json.dumps(line | changes)


def test_a_line_is_read_whatever_else_it_holds(write_lines: Write) -> None:
    path = write_lines(
        a_line(title="Two\nlines", date="unknown", outlet="A", frames=["reform", "incompetent"], tone=-1)
    )
    (coded,) = read_coded(path)
    assert coded.title == "Two\nlines"
    assert coded.frames == ("incompetent", "reform")
    assert coded.tone == -1
    assert coded.author == "items"


def test_an_articles_summary_is_read_before_its_text(write_lines: Write) -> None:
    (coded,) = read_coded(write_lines(a_line(summary="In short.", text="At length.")))
    assert coded.text == "In short.\nAt length."


def test_a_line_separator_inside_a_string_does_not_end_the_line(write_lines: Write) -> None:
    (coded,) = read_coded(write_lines('{"id": "a", "title": "one\u2028two", "relevant": false}'))
    assert coded.title == "one\u2028two"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "Expecting"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "recursion"),
        (a_line(relevant="yes"), "relevant must be true or false"),
        (a_line(frames=["sacked"]), "no frame 'sacked'"),
        (a_line(frames="incompetent"), "frames must be a list"),
        (a_line(tone=3), "tone must be -2 to 2"),
        (a_line(tone=True), "tone must be -2 to 2"),
        (a_line(id=None), "id is missing"),
        (a_line(title=" "), "both empty"),
        (a_line(title=5), "title must be a text"),
        (a_line(relevant=False, frames=["reform"]), "not relevant"),
    ],
)
def test_a_problem_names_file_and_line(write_lines: Write, line: str, says: str) -> None:
    path = write_lines(a_line(id="ok"), line)
    with pytest.raises(InputError) as raised:
        read_coded(path)
    assert f"{path}:2: " in str(raised.value)
    assert says in str(raised.value)


def test_many_problems_are_listed_up_to_twenty(write_lines: Write) -> None:
    with pytest.raises(InputError, match="and 5 more"):
        read_coded(write_lines(*["{"] * 25))


def test_an_id_that_occurs_twice_is_a_problem(write_lines: Write) -> None:
    with pytest.raises(InputError, match="'x1' occurs 2 times"):
        read_coded(write_lines(a_line(), a_line()))


def test_a_missing_or_empty_file_is_an_input_error(write_lines: Write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_coded(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match="no coded item"):
        read_coded(write_lines(""))


def test_evaluation_files_are_kept_apart_from_training(write_lines: Write, tmp_path: Path) -> None:
    write_lines(a_line(id="t"), name="author-a.jsonl")
    write_lines(a_line(id="e"), name="eval-d.jsonl")
    corpus = read_corpus(tmp_path)
    assert [coded.id for coded in corpus.training] == ["t"]
    assert [coded.id for coded in corpus.evaluation] == ["e"]
    assert digest_of(corpus.training) != digest_of(corpus.evaluation)


def test_a_folder_without_training_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="to train on"):
        read_corpus(tmp_path)
