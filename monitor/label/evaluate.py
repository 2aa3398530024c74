"""Measure a classifier against coded items, in the shape of the command line's contract."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.errors import InputError
from monitor.label import metrics
from monitor.label.aggregate import judge_coded
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded
from monitor.label.coverage import coverage_of
from monitor.label.metrics import Bools, Floats
from monitor.types import Band, Classifier, Judgement

BANDS: tuple[Band, ...] = ("negative", "neutral", "positive")

Figures = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Gold and model side by side; rows are items, columns frames or bands of tone."""

    frames: tuple[str, ...]
    relevant: Bools
    said_relevant: Bools
    gold: Bools
    said: Bools
    chances: Floats
    tone: Bools
    """Only of items that are relevant and have a tone."""
    said_tone: Bools


def evaluate(coded: Sequence[Coded], classifier: Classifier, seed: int) -> Figures:
    """Return all figures for a classifier on coded items; ``seed`` draws the bootstrap samples.

    Those of frames are of the frames that it knows; ``not_scored`` names the others of the codebook.

    Raises:
        InputError: there is no coded item.
        ModelError: the classifier's answer is not what the protocol says.
    """
    figures = compare(coded, judge_coded(coded, classifier), classifier.frames, seed)
    return {"model": classifier.version, "not_scored": _not_scored(coded, classifier.frames), **figures}


def _not_scored(coded: Sequence[Coded], known: Sequence[str]) -> dict[str, int]:
    """Return the frames that a model does not know, with how many items are coded so."""
    frames = [frame for frame in load_codebook().ids if frame not in known]
    return {frame: sum(frame in item.frames for item in coded) for frame in frames}


def compare(
    coded: Sequence[Coded], judgements: Sequence[Judgement], frames: Sequence[str], seed: int
) -> Figures:
    """Return the figures for judgements that were already made, one per coded item, in order.

    F1 is 0 where a frame has support but was never said; figures that nothing defines are None.
    """
    if not coded:
        raise InputError("no coded item to measure on; name a file that holds some")
    sheet = _sheet(coded, judgements, tuple(frames))
    weights = metrics.resamples(len(coded), seed)
    by_frame = {frame: _frame_figures(sheet, column) for column, frame in enumerate(sheet.frames)}
    present: Bools = np.any(sheet.gold, axis=0)
    core: Bools = present & np.array([frame in load_codebook().core for frame in sheet.frames])
    scores = np.array([figures["f1"] for figures in by_frame.values()], dtype=float)
    return {
        "n": len(coded),
        "frames": by_frame,
        "macro": {"f1": _mean(scores[present])},
        "micro": {"f1": _round(metrics.f1_of(*metrics.counts(sheet.gold.ravel(), sheet.said.ravel())[:3]))},
        "core": {"f1": _mean(scores[core])},
        "relevance": _relevance(sheet),
        "tone": _tone(sheet),
        "ece": _round(metrics.calibration_error(sheet.gold.ravel(), sheet.chances.ravel())),
        "coverage": coverage_of(coded, judgements),
        "intervals": _intervals(sheet, weights, present, core, seed),
    }


def _sheet(coded: Sequence[Coded], judgements: Sequence[Judgement], frames: tuple[str, ...]) -> _Sheet:
    pairs = list(zip(coded, judgements, strict=True))
    toned = [(item, said) for item, said in pairs if item.relevant and item.tone is not None]
    tones = [[_band(item.tone or 0) == band for band in BANDS] for item, _ in toned]
    said_tones = [[said.tone_band == band for band in BANDS] for _, said in toned]
    return _Sheet(
        frames=frames,
        relevant=np.array([item.relevant for item, _ in pairs]),
        said_relevant=np.array([said.relevant for _, said in pairs]),
        gold=np.array([[frame in item.frames for frame in frames] for item, _ in pairs]),
        said=np.array([[said.frames[frame].label for frame in frames] for _, said in pairs]),
        chances=np.array([[said.frames[frame].p for frame in frames] for _, said in pairs]),
        tone=np.array(tones, dtype=bool).reshape(-1, len(BANDS)),
        said_tone=np.array(said_tones, dtype=bool).reshape(-1, len(BANDS)),
    )


def _band(tone: int) -> Band:
    return BANDS[int(np.sign(tone)) + 1]


def _frame_figures(sheet: _Sheet, column: int) -> Figures:
    gold, said = sheet.gold[:, column], sheet.said[:, column]
    hits, false, missed, _ = metrics.counts(gold, said)
    return {
        "precision": _round(metrics.ratio(hits, hits + false)),
        "recall": _round(metrics.ratio(hits, hits + missed)),
        "f1": _round(metrics.f1_of(hits, false, missed)),
        "average_precision": _round(metrics.average_precision(gold, sheet.chances[:, column])),
        "support": int(gold.sum()),
        "alpha": _round(metrics.binary_alpha(gold, said)),
    }


def _relevance(sheet: _Sheet) -> Figures:
    hits, false, missed, rest = metrics.counts(sheet.relevant, sheet.said_relevant)
    return {
        "precision": _round(metrics.ratio(hits, hits + false)),
        "recall": _round(metrics.ratio(hits, hits + missed)),
        "f1": _round(metrics.f1_of(hits, false, missed)),
        "specificity": _round(rest / (rest + false)) if rest + false else None,
        "support": hits + missed,
    }


def _tone(sheet: _Sheet) -> Figures:
    scores = [
        metrics.f1_of(*metrics.counts(sheet.tone[:, column], sheet.said_tone[:, column])[:3])
        for column in range(len(BANDS))
    ]
    present = sheet.tone.any(axis=0)
    return {
        "macro_f1": _mean(np.array(scores)[present]),
        "f1": {band: _round(score) for band, score in zip(BANDS, scores, strict=True)},
        "support": len(sheet.tone),
    }


def _intervals(
    sheet: _Sheet, weights: NDArray[np.int64], present: Bools, core: Bools, seed: int
) -> dict[str, object]:
    """Return 95 % bootstrap intervals, items drawn with replacement."""
    frames = metrics.resampled_f1(sheet.gold, sheet.said, weights)
    relevance = metrics.resampled_f1(sheet.relevant[:, None], sheet.said_relevant[:, None], weights)
    found: dict[str, object] = {
        "macro_f1": _row_interval(frames[:, present]),
        "core_f1": _row_interval(frames[:, core]),
        "relevance_f1": _row_interval(relevance),
        "relevance_specificity": metrics.interval(
            metrics.resampled_specificity(sheet.relevant, sheet.said_relevant, weights)
        ),
        "frames": {frame: metrics.interval(frames[:, column]) for column, frame in enumerate(sheet.frames)},
    }
    if len(sheet.tone):
        drawn = metrics.resamples(len(sheet.tone), seed)
        found["tone_macro_f1"] = _row_interval(metrics.resampled_f1(sheet.tone, sheet.said_tone, drawn))
    return found


def _row_interval(values: Floats) -> list[float] | None:
    """Return the interval of the means of rows, columns without support in a sample left out."""
    if not values.size:
        return None
    defined = np.isfinite(values)
    sums = np.where(defined, values, 0).sum(axis=1)
    return metrics.interval(np.where(defined.any(axis=1), sums / np.maximum(defined.sum(axis=1), 1), np.nan))


def _mean(scores: Floats) -> float | None:
    return _round(float(scores.mean())) if len(scores) else None


def _round(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
