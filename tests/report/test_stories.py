from dataclasses import replace

from monitor.report.anatomy import lay_out
from monitor.report.claims import refutes
from monitor.report.document import Cards, StoryCard
from monitor.report.opening import risen_frames
from monitor.report.stories import CLUSTERS, choose_stories, excerpted, is_on_adults, safe_link
from monitor.report.wording import NOUNS
from monitor.types import Story
from tests.report.conftest import STORIES, a_story, an_event, report_data


def cards(*stories: Story) -> list[StoryCard]:
    data = report_data(stories=stories)
    return list(choose_stories(data, risen_frames(data.findings)).clusters)


def test_stories_of_a_frame_that_rose_come_before_those_that_more_outlets_carried() -> None:
    risen = a_story(1, "Risen", frames={"incompetent": 0.9})
    wide = a_story(2, "Wide", frames={"ideological": 0.9}, outlets=30)
    plain = a_story(3, "Plain", frames={}, outlets=60)
    assert "incompetent" in risen_frames(report_data().findings)
    assert [card.title for card in cards(plain, wide, risen)] == ["Risen", "Wide", "Plain"]


def test_three_clusters_one_positive_story_and_one_on_adult_services_are_shown_and_none_twice() -> None:
    adults = a_story(9, "Care home residents wait for assessments", frames={"bureaucratic": 0.7})
    parts = {part.id: part for part in lay_out(report_data(stories=[*STORIES, adults])).parts}
    shown = [
        story.title
        for id_ in ("stories", "positive", "adults")
        for block in parts[id_].blocks
        if isinstance(block, Cards)
        for story in block.stories
    ]
    assert len(shown) == CLUSTERS + 2 == len(set(shown))
    assert shown[3] == "Foster siblings thank the worker who kept all nine together"
    assert shown[4] == "Care home residents wait for assessments"


def test_a_story_says_what_the_model_said_of_it_by_a_close_call() -> None:
    frames = {"incompetent": 0.9, "positive": 0.6}
    (card,) = cards(replace(a_story(frames=frames), unclear=("relevant", "tone", "positive")))
    assert card.remark == (
        "Close calls, which could easily have gone the other way: that it is about social work, its tone, "
        f"the frame {NOUNS['positive'].capitalize()}."
    )
    (sure,) = cards(a_story(frames=frames))
    assert "Close call" not in sure.remark


def test_where_there_is_no_positive_story_beside_those_shown_the_report_says_so() -> None:
    data = report_data(stories=STORIES[:3])
    assert choose_stories(data, frozenset()).positive == "None was found."
    only = report_data(stories=[a_story(frames={"positive": 0.9})])
    assert choose_stories(only, frozenset()).positive == "No other than the one shown above."


def test_a_refutation_takes_the_third_place_where_none_of_the_first_refutes() -> None:
    claims = [a_story(number, f"Claim {number}", outlets=9) for number in range(1, 6)]
    denial = a_story(
        8, "Inquiry clears social workers: the claims were unfounded", frames={"scapegoated": 0.9}
    )
    shown = cards(*claims, denial)
    assert [card.title for card in shown[:2]] == ["Claim 1", "Claim 2"]
    assert shown[2].title.startswith("Inquiry clears")
    assert "deny, clear or correct" in shown[2].remark
    assert refutes(denial)


def test_a_slur_in_a_quotation_is_attributed_to_the_outlet() -> None:
    card = cards(a_story(title="Child snatchers strike again, say parents", outlet="The Morning Rocket"))[0]
    assert card.remark == "The words are The Morning Rocket’s."
    assert cards(a_story(title="Council plans more posts"))[0].remark == ""


def test_a_passage_that_may_still_name_a_child_is_left_out_and_the_card_says_so() -> None:
    story = a_story(evidence="The girl, remembered by Harriet Bloom as cheerful, had not been seen.")
    card = cards(story)[0]
    assert card.excerpt == ""
    assert "may name a child or a worker" in card.remark


def test_stories_on_adults_are_known_by_their_words() -> None:
    assert is_on_adults(a_story(title="AMHP waited nine hours for a bed"))
    assert is_on_adults(a_story(evidence="Adult social care needs more staff."))
    assert not is_on_adults(a_story())


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
    data = report_data(stories=[story], events=[event])
    assert choose_stories(data, frozenset()).clusters[0].excerpt == "Robin Ashe, 6, was known to the council."


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
    assert (card.primary, card.others, card.carried) == ("Failure", ["Overstretch"], "9 outlets")
    assert cards(a_story(frames={}))[0].primary == "No frame"
