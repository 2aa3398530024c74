from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.label.lexicon import Mention, mentions
from monitor.label.passages import LONGEST, LONGEST_WINDOW, SHORT, excerpt, passages, sentences

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


@given(
    title=st.text(max_size=1_200),
    parts=st.lists(words | st.just("long " * 150 + "social worker "), max_size=40),
)
def test_no_passage_is_longer_than_a_model_reads_and_each_is_the_slice_it_says(
    title: str, parts: list[str]
) -> None:
    text = "".join(parts)
    whole = f"{title}\n{text}" if text else title
    for passage in passages(title, text):
        assert len(passage.text) <= LONGEST
        assert whole[passage.start : passage.end] == passage.text


@given(
    st.lists(
        st.sampled_from(["alpha ", "beta, ", "a" * 700 + " ", "social workers went ", "Ofsted reports "])
    )
)
def test_every_mention_in_a_sentence_without_end_is_in_a_passage(parts: list[str]) -> None:
    text = "".join(parts)
    found = passages("Title", text)
    if len(text) > SHORT:
        for start, end in mentions(text, 0, len(text)):
            at = len("Title\n")
            assert any(one.start <= at + start and at + end <= one.end for one in found)


def test_a_mention_far_into_a_long_title_is_read_between_whole_words() -> None:
    (passage,) = passages("a" * 5_000 + " social workers failed to protect the girl, who died", "")
    assert passage.text == "social workers failed to protect the girl, who died"
    assert passage.mention is Mention.STRICT
    middle = "word " * 400 + "social workers failed " + "word " * 400
    (passage,) = passages(middle, "")
    assert passage.text.split() == ["word"] * 60 + ["social", "workers", "failed"] + ["word"] * 115
    (passage,) = passages("word " * 400, "")
    assert (passage.start, passage.mention) == (0, Mention.NONE)


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
