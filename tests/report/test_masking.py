import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.events import shipped_events
from monitor.report.masking import doubtful, masked, names_beside


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The social worker Jane Smith said sorry.", "The social worker [name] said sorry."),
        ("Social worker Jane Smith struck off", "Social worker [name] struck off"),
        ("Social Worker Jane Smith Struck Off", "Social Worker [name] Struck Off"),
        ("SOCIAL WORKER JANE SMITH STRUCK OFF", "SOCIAL WORKER [name] STRUCK OFF"),
        ("Social workers Ann Lee and Bo Ek left", "Social workers [name] and [name] left"),
        ("Jane Smith, a senior social worker, said", "[name], a senior social worker, said"),
        ("Jane Smith, 43, a social worker, said", "[name], 43, a social worker, said"),
        ("Smith, who was the social worker, left", "[name], who was the social worker, left"),
        ("Dr Jane Roe (social worker) spoke", "[name] (social worker) spoke"),
        ("suspended social worker Jo-Anne McKenzie", "suspended social worker [name]"),
        ("a social worker named Ali al Hassan.", "a social worker named [name]."),
        ("team manager Sue O’Neill agreed", "team manager [name] agreed"),
        ("Callum’s social worker never came", "[name]’s social worker never came"),
    ],
)
def test_a_name_beside_a_workers_title_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jane Smith, 7, was found.", "[name], 7, was found."),
        ("Robin Ashe, aged 12, spoke", "[name], aged 12, spoke"),
        ("Robin Ashe (9) spoke", "[name] (9) spoke"),
        ("toddler Arthur, two, died", "toddler [name], two, died"),
        ("seven-year-old Tom Brown died", "seven-year-old [name] died"),
        ("A 7-year-old boy, Sam Jones, was", "A 7-year-old boy, [name], was"),
        ("17-month-old Robin Ashe", "17-month-old [name]"),
        ("Robin Ashe, 16 months, died", "[name], 16 months, died"),
        ("Jamie was nine when they came", "[name] was nine when they came"),
        ("Baby Alfie was left", "Baby [name] was left"),
    ],
)
def test_a_name_beside_a_childs_age_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Jane Smith, 43, said the council had failed her.",
        "Social Worker Shortage Hits Council",
        "Social workers in Leeds warned of cuts",
        "Manchester Social Workers Strike",
        "BASW says social workers need time",
        "On Monday, 3, 4 or 5 were absent",
        "In Leeds, 7 children were seen",
        "Social Worker of the Year Awards",
        "The minister, Pat Quill, told MPs",
    ],
)
def test_what_is_no_name_of_a_worker_or_child_stays(text: str) -> None:
    assert masked(text) == text


def test_a_masked_person_stays_masked_where_the_text_names_them_again() -> None:
    text = "Social worker Jane Smith resigned. Smith said Jane had been tired; Ms Smith’s union agreed."
    assert masked(text) == (
        "Social worker [name] resigned. [name] said [name] had been tired; Ms [name]’s union agreed."
    )


def test_names_found_in_another_part_of_a_story_are_masked_too() -> None:
    names = names_beside("Social worker Jane Smith struck off")
    assert masked("Smith invented six visits.", names=names) == "[name] invented six visits."


def test_names_of_the_event_list_may_stand() -> None:
    text = "Peter Marsh, 2, and social worker Jane Smith"
    assert masked(text, exempt=["Death of Peter Marsh"]) == "Peter Marsh, 2, and social worker [name]"
    sister = "Ann Marsh, 4, is the sister of Peter Marsh"
    assert masked(sister, exempt=["Death of Peter Marsh"]) == "[name], 4, is the sister of Peter Marsh"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Peter, two, was found", "[name], two, was found"),
        ("Peter, 2, had the fate of Peter Marsh", "[name], 2, had the fate of Peter Marsh"),
        ("toddler Peter", "toddler [name]"),
        ("Peter Marsh, 2, was seen; Peter had bruises", "Peter Marsh, 2, was seen; Peter had bruises"),
        ("Marsh, 2, was seen", "Marsh, 2, was seen"),
        ("Saltby’s social workers", "Saltby’s social workers"),
        ("Baby P’s social worker", "Baby P’s social worker"),
    ],
)
def test_a_first_name_alone_may_not_stand_because_an_event_holds_it(text: str, shown: str) -> None:
    assert masked(text, exempt=["Death of Peter Marsh", "Marsh SCR", "Saltby Inquiry; Baby P case"]) == shown


def test_a_childs_first_name_beside_an_age_is_masked_though_a_listed_event_is_of_a_namesake() -> None:
    exempt = [text for event in shipped_events() for text in (event.name, event.note)]
    assert any("Arthur Labinjo-Hughes" in text for text in exempt)
    assert masked("Arthur, six, was alone", exempt) == "[name], six, was alone"


@given(st.text(max_size=300))
def test_any_text_can_be_masked(text: str) -> None:
    assert isinstance(masked(text), str)


def names_left(path: str) -> tuple[list[str], list[str], int]:
    """Return the examples in which a name still stands, those of them that would be quoted, and all names."""
    left, quoted, names = [], [], 0
    for line in (Path(__file__).parent / path).read_text("utf-8").splitlines():
        text, found = line.split("\t")
        shown = masked(text)
        for name in filter(None, found.split("|")):
            names += 1
            words = (
                name.removeprefix("Mr ").removeprefix("Mrs ").removeprefix("Ms ").removeprefix("Dr ").split()
            )
            if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", shown) for word in words):
                left.append(text)
                quoted += [] if doubtful(shown) else [text]
    return left, quoted, names


def test_of_200_written_examples_96_names_in_100_are_masked_and_98_masked_or_not_quoted() -> None:
    left, quoted, names = names_left("masking.tsv")
    assert len((Path(__file__).parent / "masking.tsv").read_text("utf-8").splitlines()) == 200
    assert 1 - len(left) / names >= 0.96
    assert 1 - len(quoted) / names >= 0.98


def test_of_60_examples_written_after_the_rules_8_names_in_10_are_masked_and_9_masked_or_not_quoted() -> None:
    left, quoted, names = names_left("masking_held_out.tsv")
    assert 1 - len(left) / names >= 0.80
    assert 1 - len(quoted) / names >= 0.90


@pytest.mark.parametrize(
    "text",
    [
        "The boy was taken to Saltby General Hospital by Marlow County Council.",
        "Judge Alan Crewe said the girl had been failed.",
        "Ministers want more social workers.",
        "The child lived in Mill Lane, Saltby.",
    ],
)
def test_places_bodies_and_offices_do_not_make_a_passage_doubtful(text: str) -> None:
    assert not doubtful(text)


def test_a_passage_with_a_name_that_no_rule_knows_is_doubtful_where_it_speaks_of_a_child() -> None:
    assert doubtful("The girl, remembered by Harriet Bloom as cheerful, had not been seen.")
    assert not doubtful("The minister met Harriet Bloom on Friday.")
