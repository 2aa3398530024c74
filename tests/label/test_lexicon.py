import pytest

from monitor.label.lexicon import Mention, mention, normalise


@pytest.mark.parametrize(
    "text",
    [
        "Social workers praised",
        "Social-work degree scrapped",
        "She is a SOCIAL WORKER",
        "the social worker's report",
        "a career in social work",
    ],
)
def test_a_text_that_names_social_work_is_strict(text: str) -> None:
    assert mention(text) == Mention.STRICT


@pytest.mark.parametrize(
    "text",
    [
        "Children’s services rated good",
        "Children's social care in crisis",
        "AMHPs are leaving",
        "Head of children's services quits",
        "Looked-after children moved",
        "Adoption panel turned them down",
        "Children's director resigns",
        "Short-staffed adults' team closed cases early",
        "Head of fostering suspended",
        "ADCS calls for more money",
    ],
)
def test_a_text_that_names_only_the_services_is_broad(text: str) -> None:
    assert mention(text) == Mention.BROAD


@pytest.mark.parametrize(
    "text",
    [
        "Council sorry for taking baby",
        "Forced adoptions are rising",
        "CHILD-SNATCHERS AT DAWN",
        "Bradbury Council whistleblower speaks",
        "Mother wins care case against council",
        "Councils look after 83,840 under-18s",
        "Family court grants council a placement order",
        "What Munro said of forms, and what became of it",
        "HCPC strikes off worker who borrowed from client's widow",
        "Sacked director wins her appeal",
        "Practitioners carry thirty cases each",
    ],
)
def test_a_text_that_may_be_about_social_work_is_possible(text: str) -> None:
    assert mention(text) == Mention.POSSIBLE


@pytest.mark.parametrize(
    "text",
    [
        "Council adopts new flood plan",
        "Rain ends play at Lord's",
        "",
        "antisocial working hours",
        "The old social workhouse",
        "Adult care homes raise their fees",
        "The Department of Transport replies",
    ],
)
def test_a_text_about_something_else_is_no_mention(text: str) -> None:
    assert mention(text) == Mention.NONE


def test_actors_become_one_word_each() -> None:
    assert normalise("Social workers, the police and Docs").split() == [
        "zworker",
        ",",
        "the",
        "zpolice",
        "and",
        "docs",
    ]


@pytest.mark.parametrize(
    "text", ["Perth and Kinross Council", "the CPS said", "the HSE inspected the site", "Docs erred"]
)
def test_british_names_that_look_foreign_are_not(text: str) -> None:
    assert "zforeign" not in normalise(text)


@pytest.mark.parametrize("text", ["Queensland minister", "in the US", "Tusla said", "Oranga Tamariki"])
def test_places_abroad_become_one_word(text: str) -> None:
    assert "zforeign" in normalise(text)


def test_give_us_back_is_not_america() -> None:
    assert "zforeign" not in normalise("Give the children back to us")


def test_no_pattern_is_slow_on_a_long_text() -> None:
    # 400 kB of near misses; a pattern that backtracks would take minutes and hit the suite's time limit
    assert mention("council review minister trust " * 13_000) == Mention.NONE
