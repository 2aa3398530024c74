from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ModelError
from monitor.label.aggregate import band_of, combine, depth_of, judge, judge_all, judge_coded
from monitor.label.corpus import Coded
from monitor.types import Depth
from tests.label.conftest import FRAMES, ToldClassifier, say

FILLER = "The weather on the coast was fine and the ferries ran on time all day long. " * 3
chances = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=30)


def an_article(*mentions: str) -> str:
    """Return a long text in which each mention is a passage of its own."""
    return FILLER * 4 + "".join(f"Social workers {mention}. {FILLER}" for mention in mentions)


def test_fifteen_passages_of_noise_stay_far_below_the_threshold() -> None:
    assert combine([0.02] * 15) < 0.07
    assert 1 - 0.98**15 > 0.26  # what "any passage" would say


def test_one_clear_passage_still_decides_a_long_text() -> None:
    assert combine([0.95] + [0.02] * 14) > 0.6


def test_middling_passages_support_each_other() -> None:
    assert combine([0.6] * 5 + [0.02] * 5) > 0.6


def test_one_passage_speaks_for_itself() -> None:
    assert combine([0.37]) == 0.37


@given(chances)
def test_the_combined_probability_is_one_and_grows_with_each_passage(values: list[float]) -> None:
    p = combine(values)
    assert 0 <= p <= 1
    assert combine([min(value * 1.1, 0.999) for value in values]) >= p


@given(chances)
def test_length_never_turns_noise_below_the_lowest_threshold_into_a_label(values: list[float]) -> None:
    assert combine([min(value, 0.03) for value in values]) < 0.2


def test_a_short_item_is_judged_whole() -> None:
    told = ToldClassifier({"missed": say(incompetent=0.8, tone=(0.9, 0.1, 0.0))})
    judgement = judge("Council", "Social workers missed signs.", Depth.SUMMARY, told)
    assert judgement.relevant
    assert judgement.strict
    assert judgement.frames["incompetent"].label
    assert judgement.frames["incompetent"].p == 0.8
    assert judgement.primary == "incompetent"
    assert judgement.tone_band == "negative"
    assert judgement.mentions == 1
    assert judgement.depth == Depth.SUMMARY


def test_evidence_is_a_slice_of_title_and_text() -> None:
    title, text = "Report out", an_article("were thanked", "missed the signs", "moved on")
    told = ToldClassifier({"missed": say(incompetent=0.9)})
    (evidence,) = judge(title, text, Depth.FULL, told).evidence
    assert evidence.frame == "incompetent"
    assert "missed the signs" in evidence.text
    assert f"{title}\n{text}"[evidence.start : evidence.end] == evidence.text


def test_what_is_not_relevant_carries_nothing() -> None:
    told = ToldClassifier({"Council": say(relevant=0.1, incompetent=0.9, tone=(0.9, 0.1, 0.0))})
    judgement = judge("Council mends road for children", "", Depth.TITLE, told)
    assert not judgement.relevant
    assert judgement.primary is None
    assert judgement.tone_band is None
    assert judgement.tone_score == 0
    assert judgement.mentions == 0
    assert judgement.evidence == []
    assert not any(label.label or label.unclear for label in judgement.frames.values())
    assert judgement.frames["incompetent"].p <= judgement.relevant_p


def test_a_close_decision_is_marked_unclear_and_is_still_a_decision() -> None:
    told = ToldClassifier({"Social": say(incompetent=0.55, reform=0.45, expert=0.9)})
    frames = judge("Social workers", "", Depth.TITLE, told).frames
    assert (frames["incompetent"].label, frames["incompetent"].unclear) == (True, True)
    assert (frames["reform"].label, frames["reform"].unclear) == (False, True)
    assert (frames["expert"].label, frames["expert"].unclear) == (True, False)


def test_a_margin_is_below_nought_exactly_where_the_label_is_no() -> None:
    told = ToldClassifier({"Social": say(incompetent=0.55, reform=0.45), "Council": say(0.4, expert=0.9)})
    near = judge("Social workers", "", Depth.TITLE, told)
    far = judge("Council repairs road for children", "", Depth.TITLE, told)
    margins = [label.margin for label in (near.frames["incompetent"], near.frames["reform"])]
    assert margins == pytest.approx([0.05, -0.05])
    assert near.relevant_margin == pytest.approx(0.4)
    assert far.relevant_margin == far.frames["expert"].margin == pytest.approx(-0.1)


def test_a_frame_of_what_is_just_short_of_relevant_is_unclear_as_its_margin_says() -> None:
    told = ToldClassifier({"Social": say(0.4997, incompetent=0.9, reform=0.2)})
    short = judge("Social workers", "", Depth.TITLE, told)
    frame = short.frames["incompetent"]
    assert (frame.label, frame.unclear) == (False, True)
    assert frame.margin == short.relevant_margin == pytest.approx(-0.0003)
    assert short.relevant_unclear
    assert not short.frames["reform"].unclear


def test_the_margin_of_tone_is_the_distance_from_the_edge_of_its_band() -> None:
    judgement = judge("Social workers", "", Depth.TITLE, ToldClassifier({"Social": say()}))
    scored = [
        replace(judgement, tone_score=score, tone_band=band_of(score))
        for score in (-0.3, -0.25, -0.1, 0.0, 0.25, 0.6)
    ]
    assert [one.tone_margin for one in scored] == pytest.approx([0.05, 0.0, 0.15, 0.25, 0.0, 0.35])
    assert [one.tone_unclear for one in scored] == [True, True, False, False, True, False]


def test_what_a_text_repeats_word_for_word_counts_once() -> None:
    told = ToldClassifier({"social": replace(say(), frames=dict.fromkeys(FRAMES, 0.15))})
    long = judge("News", "social worker " * 71_000, Depth.FULL, told)
    assert not any(label.label for label in long.frames.values())
    assert long.mentions <= 3

    missed = ToldClassifier({"missed": say(incompetent=0.3)})
    once, often = an_article("missed it"), an_article(*["missed it", "MISSED  it"] * 40)
    assert judge("News", once, Depth.FULL, missed).frames["incompetent"].p == pytest.approx(
        judge("News", often, Depth.FULL, missed).frames["incompetent"].p, abs=0.02
    )


def test_coded_items_are_judged_at_the_depth_of_their_text() -> None:
    told = ToldClassifier({"missed": say(incompetent=0.9)})
    texts = ("", "Social workers missed it.", an_article("missed it"))
    items = [Coded(str(n), "News", text, True) for n, text in enumerate(texts)]
    found = judge_coded(items, told)
    assert [one.depth for one in found] == [Depth.TITLE, Depth.SUMMARY, Depth.FULL]
    assert found == [judge(item.title, item.text, depth_of(item.text), told) for item in items]


def test_a_full_text_needs_more_than_a_summary_and_its_margin_says_so() -> None:
    told = ToldClassifier({"missed": say(incompetent=0.55)})
    short, long = "Social workers missed it.", an_article("missed it")
    assert judge("News", short, Depth.FULL, told).frames["incompetent"].margin == pytest.approx(0.05)
    margin = judge("News", long, Depth.SUMMARY, told).frames["incompetent"].margin
    assert margin is not None
    assert margin < -0.1


def test_a_headline_that_is_too_long_still_weighs_as_one() -> None:
    told = ToldClassifier({"shame": say(tone=(1.0, 0.0, 0.0)), "thanked": say(tone=(0.0, 0.0, 1.0))})
    title = "a" * 1_000 + " social workers: shame"
    judgement = judge(title, an_article("were thanked"), Depth.FULL, told)
    assert judgement.tone_score == pytest.approx((3 * -1 + 2 * 1) / 5)


def test_a_classifier_may_bring_its_own_thresholds() -> None:
    told = ToldClassifier({"Social": say(incompetent=0.3)}, thresholds={"incompetent": 0.25})
    assert judge("Social workers", "", Depth.TITLE, told).frames["incompetent"].label


def test_the_headlines_frame_is_primary_even_where_the_body_has_more_of_another() -> None:
    told = ToldClassifier({"pledge": say(reform=0.7), "missed": say(incompetent=0.9)})
    body = an_article("missed it", "missed her", "missed him")
    assert judge("Social workers pledge", body, Depth.FULL, told).primary == "reform"
    assert judge("Social workers", body, Depth.FULL, told).primary == "incompetent"


def test_ties_between_frames_go_to_the_earlier_passage() -> None:
    told = ToldClassifier({"thanked": say(positive=0.9), "missed": say(incompetent=0.95)})
    assert judge("Report", an_article("were thanked", "missed it"), Depth.FULL, told).primary == "positive"


def test_no_frame_at_all_is_neutral() -> None:
    assert judge("Social workers", "", Depth.TITLE, ToldClassifier({})).primary == "NEUTRAL"


def test_the_headline_weighs_most_in_tone() -> None:
    told = ToldClassifier({"shame": say(tone=(1.0, 0.0, 0.0)), "thanked": say(tone=(0.0, 0.0, 1.0))})
    judgement = judge("Social workers: shame", an_article("were thanked"), Depth.FULL, told)
    assert judgement.tone_score == pytest.approx((3 * -1 + 2 * 1) / 5)


@pytest.mark.parametrize(
    ("tone", "band"), [(-0.26, "negative"), (-0.25, "neutral"), (0.25, "neutral"), (0.26, "positive")]
)
def test_bands_are_cut_at_a_quarter(tone: float, band: str) -> None:
    assert band_of(tone) == band


def test_mentions_count_the_passages_that_are_about_social_work() -> None:
    told = ToldClassifier({"missed": say(incompetent=0.9), "Report": say(relevant=0.01)})
    judgement = judge("Report", an_article("missed it", "were thanked", "missed her"), Depth.FULL, told)
    assert judgement.mentions == 3
    assert judgement.frames["incompetent"].mentions == 2


def test_a_batch_asks_the_classifier_once_and_keeps_the_order() -> None:
    told = ToldClassifier({"missed": say(incompetent=0.9)})
    texts = [
        ("Social workers missed", "", Depth.TITLE),
        ("Report", an_article("came"), Depth.FULL),
        ("", "", Depth.TITLE),
    ]
    found = judge_all(texts, told)
    assert [judgement.frames["incompetent"].label for judgement in found] == [True, False, False]
    assert len(told.asked) == 1


def test_an_empty_batch_is_not_asked_about() -> None:
    told = ToldClassifier({})
    assert judge_all([], told) == []
    assert told.asked == []


def test_an_answer_with_frames_missing_is_refused() -> None:
    answer = say()
    told = ToldClassifier({"Social": replace(answer, frames={"incompetent": 0.5})})
    with pytest.raises(ModelError, match="over_zealous"):
        judge("Social workers", "", Depth.TITLE, told)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -0.1, 1.1])
def test_an_answer_that_is_no_probability_is_refused(number: float) -> None:
    with pytest.raises(ModelError, match="no probability"):
        judge("Social workers", "", Depth.TITLE, ToldClassifier({"Social": say(incompetent=number)}))


def test_an_answer_of_the_wrong_length_is_refused() -> None:
    class Short(ToldClassifier):
        def scores(self, texts: object) -> list[object]:  # type: ignore[override]
            return []

    with pytest.raises(ModelError, match="0 scores for 1 texts"):
        judge("Social workers", "", Depth.TITLE, Short({}))  # type: ignore[arg-type]


def test_depth_follows_the_length_of_the_text() -> None:
    assert depth_of(" ") == Depth.TITLE
    assert depth_of("A summary.") == Depth.SUMMARY
    assert depth_of(FILLER * 10) == Depth.FULL
    assert len(FRAMES) == 12
