"""Label stored readings, and lines from anywhere: the same judgement for both."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from monitor.label.aggregate import depth_of, judge_all
from monitor.types import Classifier, Judgement, Label, Reading

BATCH = 256
"""Lines that are judged together."""


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
    """Yield one object per line ``{"id", "title", "text"}``, in order, lazily and in batches.

    A line that cannot be read gives ``{"id", "line", "error"}``; ``line`` counts from ``first``.

    Args:
        lines: with or without their ends.
        classifier: judges them.
        codebook: the version that is named in each answer.
        first: the number of the first of them.
    """
    numbered = enumerate(lines, start=first)
    while batch := [_parse_line(line, number) for number, line in islice(numbered, BATCH)]:
        good = [line for line in batch if line.error is None]
        judgements = iter(
            judge_all([(line.title, line.text, depth_of(line.text)) for line in good], classifier)
        )
        for line in batch:
            if line.error is not None:
                yield {"id": line.id, "line": line.number, "error": line.error}
            else:
                answer = judgement_json(next(judgements), model=classifier.version, codebook=codebook)
                yield {"id": line.id, **answer}


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
    parts = {key: data.get(key) or "" for key in ("title", "text")}
    for key, value in parts.items():
        if not isinstance(value, str):
            return _Line(name, number, error=f"{key} is not a text")
        if _holds_half(value):
            return _Line(name, number, error=f"{key} holds half a character (a lone surrogate)")
    if not any(str(value).strip() for value in parts.values()):
        return _Line(name, number, error="title and text are both missing or empty")
    return _Line(name, number, **parts)


def _read_id(found: object) -> tuple[Id, str | None]:
    """Return the id that an answer can carry, and what is wrong where the one found could not be written."""
    if isinstance(found, str) and _holds_half(found):
        return None, "id holds half a character (a lone surrogate)"
    if isinstance(found, float) and not math.isfinite(found):
        return None, "id is no finite number"
    return (found if isinstance(found, str | int | float) else None), None


def _holds_half(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def judgement_json(judgement: Judgement, *, model: str, codebook: str) -> dict[str, object]:
    """Return a judgement in the shape of the command line's contract."""
    return {
        "relevant": {"p": _rounded(judgement.relevant_p), "label": judgement.relevant},
        "tone": {"score": _rounded(judgement.tone_score), "band": judgement.tone_band},
        "frames": {
            frame: {"p": _rounded(label.p), "label": label.label, "unclear": label.unclear}
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


def _rounded(number: float) -> float:
    return round(number, 4)
