from monitor.report.anatomy import lay_out, risen_frames
from monitor.report.stories import SHOWN_STORIES, StoryCard, excerpted, safe_link
from monitor.types import Story
from tests.report.conftest import a_story, an_event, report_data


def cards(*stories: Story) -> list[StoryCard]:
    return list(lay_out(report_data(stories=stories)).stories)


def test_stories_of_a_frame_that_rose_come_before_those_that_more_outlets_carried() -> None:
    risen = a_story(1, "Risen", frames={"incompetent": 0.9})
    wide = a_story(2, "Wide", frames={"ideological": 0.9}, outlets=30)
    plain = a_story(3, "Plain", frames={}, outlets=60)
    assert "incompetent" in risen_frames(report_data().findings)
    assert [card.title for card in cards(plain, wide, risen)] == ["Risen", "Wide", "Plain"]


def test_no_more_stories_are_shown_than_can_be_read_in_two_minutes() -> None:
    assert len(cards(*(a_story(number) for number in range(30)))) == SHOWN_STORIES


def test_a_name_beside_a_title_in_the_headline_is_masked_in_the_quotation_too() -> None:
    card = cards(
        a_story(
            title="Social worker Dana Wexley struck off", evidence="Wexley invented visits, a panel heard."
        )
    )[0]
    assert card.title == "Social worker [name] struck off"
    assert card.excerpt == "[name] invented visits, a panel heard."


def test_a_name_of_the_event_list_is_quoted_as_it_is() -> None:
    story = a_story(evidence="Robin Ashe, 6, was known to the council.")
    event = an_event("E", "2026-11-10", "Death of Robin Ashe")
    shown = lay_out(report_data(stories=[story], events=[event])).stories[0]
    assert shown.excerpt == "Robin Ashe, 6, was known to the council."


def test_a_long_passage_is_cut_at_a_word() -> None:
    cut = excerpted("word " * 100, 50)
    assert len(cut) <= 50
    assert cut.endswith("word…")
    assert excerpted("short", 50) == "short"


def test_only_web_addresses_become_links() -> None:
    assert safe_link("https://news.example/a?b=1") == "https://news.example/a?b=1"
    assert [safe_link(url) for url in ("javascript:alert(1)", "data:text/html,x", "", None)] == [""] * 4


def test_an_excerpt_that_only_repeats_the_title_is_left_out() -> None:
    assert cards(a_story(title="Same words", evidence="Same words"))[0].excerpt == ""


def test_a_story_names_its_further_frames_and_how_widely_it_ran() -> None:
    card = cards(a_story(frames={"incompetent": 0.9, "overstretched": 0.7}, outlets=9))[0]
    assert (card.primary, card.others, card.carried) == (
        "Failed to protect",
        ["Overstretched, under-resourced"],
        "9 outlets",
    )
    assert cards(a_story(frames={}))[0].primary == "No frame"
