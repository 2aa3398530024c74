"""Label stored readings, and lines from anywhere: the same text is given the same judgement."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitor.label.aggregate import judge_all, judge_coded
from monitor.types import Classifier, Judgement, Label, Reading

FIRST, LARGEST = 8, 256
"""Passages that are judged together, about: few at first, so that the first answer comes soon."""
GROWTH = 4
OF_ONE = 700
"""Characters of an article for one passage in it: 5,000 hold seven."""


def label_readings(readings: Sequence[Reading], classifier: Classifier) -> list[Label]:
    """Return one label per reading, in order.

    Raises:
        ModelError: the classifier's answer is not what the protocol says.
    """
    texts = [(reading.title, reading.text, reading.depth) for reading in readings]
    judgements = judge_all(texts, classifier)
    return [
        Label(reading.revision_id, reading.item_id, judgement)
        for reading, judgement in zip(readings, judgements, strict=True)
    ]


# ---------------------------------------------------------------- JSON lines

Id = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class _Line:
    id: Id
    number: int
    title: str = ""
    text: str = ""
    error: str | None = None


def classify_lines(
    lines: Iterable[str], classifier: Classifier, codebook: str, first: int = 1
) -> Iterator[dict[str, object]]:
    """Yield one object per line ``{"id", "title", "text"}``, in order, lazily and in batches that grow.

    A line that cannot be read gives ``{"id", "line", "error"}``; ``line`` counts from ``first``.

    Args:
        lines: with or without their ends.
        classifier: judges them.
        codebook: the version that is named in each answer.
        first: the number of the first of them.
    """
    parsed = (_parse_line(line, number) for number, line in enumerate(lines, start=first))
    for batch in _batches(parsed):
        good = [line for line in batch if line.error is None]
        judgements = iter(judge_coded(good, classifier))
        for line in batch:
            if line.error is not None:
                yield {"id": line.id, "line": line.number, "error": line.error}
            else:
                answer = judgement_json(next(judgements), model=classifier.version, codebook=codebook)
                yield {"id": line.id, **answer}


def _batches(lines: Iterable[_Line]) -> Iterator[list[_Line]]:
    batch: list[_Line] = []
    passages, size = 0, FIRST
    for line in lines:
        batch.append(line)
        passages += 1 + len(line.text) // OF_ONE
        if passages >= size:
            yield batch
            batch, passages, size = [], 0, min(size * GROWTH, LARGEST)
    if batch:
        yield batch


def _parse_line(line: str, number: int) -> _Line:
    try:
        data = json.loads(line.removeprefix("\ufeff") if number == 1 else line)
    except (ValueError, RecursionError) as error:
        return _Line(None, number, error=f"not JSON: {error}" if line.strip() else "the line is empty")
    if not isinstance(data, dict):
        return _Line(None, number, error="not a JSON object")
    name, wrong = _read_id(data.get("id"))
    if wrong:
        return _Line(None, number, error=wrong)
    parts = {key: "" if data.get(key) is None else data[key] for key in ("title", "text")}
    for key, value in parts.items():
        if not isinstance(value, str):
            return _Line(name, number, error=f"{key} is not a text")
        if _holds_half(value):
            return _Line(name, number, error=f"{key} holds half a character (a lone surrogate)")
    if not any(value.strip() for value in parts.values()):
        return _Line(name, number, error="title and text are both missing or empty")
    return _Line(name, number, **parts)


def _read_id(found: object) -> tuple[Id, str | None]:
    """Return the id that an answer can carry, and what is wrong where the one found could not be written."""
    if isinstance(found, str) and _holds_half(found):
        return None, "id holds half a character (a lone surrogate)"
    if isinstance(found, float) and not math.isfinite(found):
        return None, "id is no finite number"
    if found is not None and not isinstance(found, str | int | float):
        return None, "id is no text, number, true, false or null"
    return found, None


def _holds_half(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def judgement_json(judgement: Judgement, *, model: str, codebook: str) -> dict[str, object]:
    """Return a judgement in the shape of the command line's contract."""
    return {
        "relevant": {
            "p": _rounded(judgement.relevant_p),
            "label": judgement.relevant,
            "unclear": judgement.relevant_unclear,
            "margin": _rounded(judgement.relevant_margin),
        },
        "tone": {
            "score": _rounded(judgement.tone_score),
            "band": judgement.tone_band,
            "unclear": judgement.tone_unclear,
            "margin": _rounded(judgement.tone_margin),
        },
        "frames": {
            frame: {
                "p": _rounded(label.p),
                "label": label.label,
                "unclear": label.unclear,
                "margin": _rounded(label.margin),
            }
            for frame, label in judgement.frames.items()
        },
        "primary": judgement.primary,
        "evidence": [
            {"frame": part.frame, "text": part.text, "start": part.start, "end": part.end}
            for part in judgement.evidence
        ],
        "model": model,
        "codebook": codebook,
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
