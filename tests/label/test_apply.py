import json

import pytest

from monitor.label.apply import FIRST, LARGEST, classify_lines, judgement_json, label_readings
from monitor.label.classifiers.linear import LinearClassifier
from monitor.types import Depth, Reading
from tests.label.conftest import FRAMES, ToldClassifier, say


def test_labels_keep_the_order_and_ids_of_their_readings(small_model: LinearClassifier) -> None:
    readings = [
        Reading(7, 70, Depth.TITLE, "Social workers ignored nine calls", ""),
        Reading(8, 80, Depth.SUMMARY, "Rain", "More rain."),
    ]
    labels = label_readings(readings, small_model)
    assert [(label.revision_id, label.item_id) for label in labels] == [(7, 70), (8, 80)]
    assert [label.judgement.depth for label in labels] == [Depth.TITLE, Depth.SUMMARY]
    assert [label.judgement.relevant for label in labels] == [True, False]


def classify(*lines: str) -> list[dict[str, object]]:
    told = ToldClassifier({"missed": say(incompetent=0.9, tone=(0.8, 0.2, 0.0))})
    return list(classify_lines(lines, told, "0.2"))


def test_a_line_is_answered_in_the_shape_of_the_contract() -> None:
    (answer,) = classify('{"id": "a", "title": "Social workers missed signs", "text": ""}\n')
    assert list(answer) == ["id", "relevant", "tone", "frames", "primary", "evidence", "model", "codebook"]
    assert answer["relevant"] == {"p": 0.9, "label": True, "unclear": False, "margin": 0.4}
    assert answer["tone"] == {"score": -0.9998, "band": "negative", "unclear": False, "margin": 0.7498}
    frames = answer["frames"]
    assert isinstance(frames, dict)
    assert tuple(frames) == FRAMES
    assert frames["incompetent"] == {"p": 0.9, "label": True, "unclear": False, "margin": 0.4}
    assert answer["evidence"] == [
        {"frame": "incompetent", "text": "Social workers missed signs", "start": 0, "end": 27}
    ]
    assert (answer["model"], answer["codebook"]) == ("told@1", "0.2")
    json.dumps(answer)


def test_bad_lines_say_what_is_wrong_and_the_others_are_answered() -> None:
    bad = [
        "{",
        "[]",
        '{"id": 3, "title": 5}',
        '{"id": "e"}',
        "",
        '{"id": "s", "title": "\\ud800"}',
        '{"id": [1]}',
    ]
    answers = classify(*bad, '{"id": "ok", "title": "Social workers"}')
    assert [answer.get("line") for answer in answers] == [1, 2, 3, 4, 5, 6, 7, None]
    assert [answer["id"] for answer in answers] == [None, None, 3, "e", None, "s", None, "ok"]
    assert all(str(answer["error"]) for answer in answers[:-1])
    assert "error" not in answers[-1]


def test_an_id_that_no_answer_could_carry_is_an_error_of_its_line() -> None:
    bad = [f'{{"id": {odd}, "title": "A"}}' for odd in ('"\\ud800"', "NaN", "1e999", "[1]", '{"a": 1}')]
    answers = classify(*bad)
    assert [(answer["id"], answer["line"]) for answer in answers] == [(None, n) for n in range(1, 6)]
    assert all(str(answer["error"]).startswith("id ") for answer in answers)


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it() -> None:
    first, second = classify('\ufeff{"id": "a", "title": "A"}', '\ufeff{"id": "b", "title": "B"}')
    assert first["id"] == "a"
    assert "error" not in first
    assert "error" in second


def test_a_deeply_nested_line_is_an_error_of_its_own() -> None:
    (answer,) = classify("[" * 100_000)
    assert "JSON" in str(answer["error"])


def test_order_is_kept_across_batches() -> None:
    count = LARGEST * 3
    lines = [json.dumps({"id": n, "title": "Social workers"}) if n % 3 else "{" for n in range(count)]
    answers = classify(*lines)
    assert [answer["id"] for answer in answers] == [n if n % 3 else None for n in range(count)]


def test_few_passages_are_judged_before_the_first_answer_however_many_lines_there_are() -> None:
    told = ToldClassifier({})
    article = "Social workers came to the house that day. " + "The weather was fine on the coast. " * 12
    lines = [json.dumps({"id": n, "title": "News", "text": article * 10}) for n in range(200)]
    answers = classify_lines(lines, told, "0.2")
    assert next(answers)["id"] == 0
    assert told.asked[0] <= 3 * FIRST
    assert len(list(answers)) == 199
    assert max(told.asked) <= 3 * LARGEST


def test_margins_are_what_is_above_the_probability_needed_and_close_ones_are_unclear() -> None:
    told = ToldClassifier(
        {"Social": say(relevant=0.55, incompetent=0.3, reform=0.5)}, thresholds={"incompetent": 0.25}
    )
    (answer,) = classify_lines(['{"id": 1, "title": "Social workers"}'], told, "0.2")
    assert answer["relevant"] == {"p": 0.55, "label": True, "unclear": True, "margin": 0.05}
    frames = answer["frames"]
    assert isinstance(frames, dict)
    assert frames["incompetent"] == {"p": 0.3, "label": True, "unclear": True, "margin": 0.05}
    assert frames["reform"] == {"p": 0.5, "label": True, "unclear": True, "margin": 0.0}
    assert frames["expert"] == {"p": 0.0, "label": False, "unclear": False, "margin": -0.5}


def test_a_tone_near_the_edge_of_its_band_is_unclear_and_one_far_inside_neutral_is_not() -> None:
    told = ToldClassifier({"praised": say(tone=(0.0, 0.543, 0.457)), "met": say(tone=(0.0, 1.0, 0.0))})
    lines = [json.dumps({"id": word, "title": f"Social workers {word}"}) for word in ("praised", "met")]
    near, far = (answer["tone"] for answer in classify_lines(lines, told, "0.2"))
    assert near == {"score": 0.2622, "band": "positive", "unclear": True, "margin": 0.0122}
    assert far == {"score": 0.0, "band": "neutral", "unclear": False, "margin": 0.25}


def test_what_is_not_relevant_has_no_tone_to_be_unclear_about() -> None:
    (answer,) = classify_lines(
        ['{"id": 1, "title": "Social workers"}'], ToldClassifier({"Social": say(0.1)}), "0.2"
    )
    assert answer["tone"] == {"score": 0.0, "band": None, "unclear": None, "margin": None}


@pytest.mark.parametrize("depth", Depth)
@pytest.mark.parametrize("words", [3, 80, 200])
def test_a_text_is_labelled_as_it_is_classified_whatever_depth_it_was_stored_at(
    depth: Depth, words: int
) -> None:
    told = ToldClassifier({"missed": say(incompetent=0.55, reform=0.45)})
    text = "Nothing. " * words + "Social workers missed the signs."
    (answer,) = classify_lines([json.dumps({"id": 1, "title": "News", "text": text})], told, "0.2")
    (label,) = label_readings([Reading(1, 1, depth, "News", text)], told)
    assert label.judgement.depth is depth
    assert judgement_json(label.judgement, model="told@1", codebook="0.2").items() <= answer.items()


@pytest.mark.parametrize("value", ["0", "5", "false", "[]", "{}"])
@pytest.mark.parametrize("key", ["title", "text"])
def test_a_title_or_text_of_another_type_is_an_error_even_where_it_is_nothing(key: str, value: str) -> None:
    other = {"title": "text", "text": "title"}[key]
    (answer,) = classify(f'{{"id": 1, "{key}": {value}, "{other}": "Social workers"}}')
    assert answer == {"id": 1, "line": 1, "error": f"{key} is not a text"}


def test_a_title_or_text_that_is_null_is_one_that_is_missing() -> None:
    (answer,) = classify('{"id": 1, "title": "Social workers", "text": null}')
    assert "error" not in answer


def test_spans_are_code_points_of_title_and_text() -> None:
    title, text = "🙂 News", "  Social workers missed it 🙂."
    (answer,) = classify(json.dumps({"id": 1, "title": title, "text": text}))
    evidence = answer["evidence"]
    assert isinstance(evidence, list)
    assert f"{title}\n{text}"[evidence[0]["start"] : evidence[0]["end"]] == evidence[0]["text"]
