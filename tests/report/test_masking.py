import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.report.masking import masked, names_beside


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


@given(st.text(max_size=300))
def test_any_text_can_be_masked(text: str) -> None:
    assert isinstance(masked(text), str)
