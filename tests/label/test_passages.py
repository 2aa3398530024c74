from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.label.lexicon import Mention
from monitor.label.passages import LONGEST_WINDOW, SHORT, excerpt, passages, sentences

FILLER = "The weather on the coast was fine and the ferries ran on time all day long. "
MENTION = "Social workers visited the family twice that week. "
words = st.sampled_from(
    [FILLER, MENTION, "Mr. J. Smith spoke.\n", "\n\n", "“Why?” she asked. ", "No stop here "]
)
texts = st.lists(words, max_size=60).map("".join)


@given(title=st.text(max_size=80), text=texts)
def test_every_passage_is_the_slice_it_says(title: str, text: str) -> None:
    whole = f"{title}\n{text}"
    for passage in passages(title, text):
        assert whole[passage.start : passage.end] == passage.text


@given(texts)
def test_sentences_do_not_overlap_and_lose_nothing_but_white_space(text: str) -> None:
    spans = list(sentences(text))
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())


@given(st.lists(st.sampled_from([FILLER, MENTION]), min_size=20, max_size=60))
def test_every_mention_of_a_long_text_is_in_a_passage_and_no_passage_is_without_one(parts: list[str]) -> None:
    text = "".join(parts)
    found = passages("A title of no matter", text)[1:]
    if len(text) > SHORT and MENTION in parts and found:
        assert sum(passage.text.count(MENTION.strip()) for passage in found) == parts.count(MENTION)
        assert all(passage.mention >= Mention.BROAD for passage in found)
        assert all(len(list(sentences(passage.text))) <= LONGEST_WINDOW + 1 for passage in found)


def test_a_short_item_is_one_passage() -> None:
    (passage,) = passages("Title", "Social workers came.")
    assert passage.text == "Title\nSocial workers came."


def test_titles_and_initials_do_not_end_a_sentence() -> None:
    text = "Mr. Smith met Dr. J. Jones. They spoke."
    assert [text[start:end] for start, end in sentences(text)] == [
        "Mr. Smith met Dr. J. Jones.",
        "They spoke.",
    ]


def test_a_long_text_of_initials_is_cut_in_linear_time() -> None:
    assert len(list(sentences("J. " * 200_000))) == 1


def test_an_excerpt_keeps_only_what_is_about_social_work() -> None:
    text = FILLER * 6 + MENTION + FILLER * 6
    assert MENTION.strip() in excerpt(text)
    assert excerpt(text).count("ferries") == 2
    assert excerpt(FILLER * 6) == ""
