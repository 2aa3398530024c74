"""The peers of ``benchmarks.label``, each tuned on held-out authors in the same way."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.held_out import SEED, Floats, Split
from benchmarks.keywords import keyword_margins, keyword_stance
from monitor.label import metrics
from monitor.label.calibrate import calibrate, chances_of
from monitor.label.classifiers.linear import OFF_TOPIC, RELEVANT, TONES
from monitor.label.classifiers.onnx import EncoderClassifier, Source
from monitor.label.codebook import load_codebook
from monitor.label.sheet import Sheet
from monitor.types import Classifier, PassageScores

THREADS = 2
BATCH = 32
FRAMES = load_codebook().ids
STRENGTHS = (1.0, 3.0, 10.0, 30.0)
"""Inverse strengths of regularisation that are tried for each peer that learns."""
STEPS = 60
"""Quantiles of a stance among which the two edges of the neutral band are sought."""

Fit = Callable[[Sheet, float], Source]
"""Learns from a sheet, with a strength; returns what gives margins of texts."""
Stance = Callable[[Sequence[str]], Floats]
"""Returns one number a text, the more favourable the higher."""


# ---------------------------------------------------------------- tuning, the same for every peer


def tuned(name: str, split: Split, fit: Fit, strengths: Sequence[float] = STRENGTHS) -> EncoderClassifier:
    """Fit a peer, its strength, calibration and thresholds chosen on held-out authors, then on everybody."""
    margins = {strength: fit(split.fitted, strength)(split.held.texts)[:, :, None] for strength in strengths}
    best = max(strengths, key=lambda strength: _mean_precision(split.held, margins[strength]))
    ways = (_house_thresholds, _own_thresholds)
    way = max(ways, key=lambda way: _cross_f1(split.held, margins[best], way))
    platt, thresholds = way(split.held, margins[best])
    print(f"{name}: strength {best}, {way.__name__.strip('_').replace('_', ' ')}", file=sys.stderr)
    return EncoderClassifier(name, name, FRAMES, (fit(split.whole, best),), platt, thresholds)


def _mean_precision(sheet: Sheet, margins: Floats) -> float:
    columns = range(1 + len(FRAMES))
    found = [metrics.average_precision(sheet.targets[:, c], margins[:, c, 0]) for c in columns]
    return float(np.mean([value for value in found if value is not None]))


def _house_thresholds(sheet: Sheet, margins: Floats) -> tuple[Floats, Mapping[str, float]]:
    """Calibrate as our models are: thresholds drawn toward each other and kept within bounds."""
    calibration = calibrate(sheet, margins)
    return calibration.platt, calibration.thresholds


def _own_thresholds(sheet: Sheet, margins: Floats) -> tuple[Floats, Mapping[str, float]]:
    """Give each head the threshold of its best F1, wherever that lies: scores with few values need it."""
    platt = calibrate(sheet, margins).platt
    chances = chances_of(margins, platt)
    chances[~sheet.taught[:, 0]] = OFF_TOPIC
    found = [_best_cut(chances[:, c], sheet.targets[:, c]) for c in range(1 + len(FRAMES))]
    return platt, dict(zip((RELEVANT, *FRAMES), found, strict=True))


def _best_cut(chances: Floats, targets: metrics.Bools) -> float:
    values = np.unique(chances)
    said = chances >= values[:, None]
    f1 = 2 * (said & targets).sum(axis=1) / (said.sum(axis=1) + targets.sum())
    best = int(f1.argmax())
    return float(values[best] + values[max(best - 1, 0)]) / 2


def _cross_f1(sheet: Sheet, margins: Floats, way: Callable[..., tuple[Floats, Mapping[str, float]]]) -> float:
    """Return macro F1 over held-out authors, each by what was tuned on the others."""
    authors = np.array([item.author for item in sheet.coded])
    said = np.zeros((len(authors), len(FRAMES)), dtype=bool)
    for author in sorted(set(authors)):
        own, others = np.flatnonzero(authors == author), np.flatnonzero(authors != author)
        platt, thresholds = way(sheet.part(others), margins[others])
        cuts = np.array([thresholds[head] for head in (RELEVANT, *FRAMES)])
        yes = chances_of(margins[own], platt)[:, : len(cuts)] >= cuts
        said[own] = yes[:, 1:] & yes[:, :1] & sheet.taught[own, :1]
    pairs = zip(sheet.targets[:, 1 : 1 + len(FRAMES)].T, said.T, strict=True)
    return float(np.mean([metrics.f1_of(*metrics.counts(gold, own)[:3]) for gold, own in pairs]))


# ---------------------------------------------------------------- tone from one number


@dataclass(frozen=True, slots=True)
class Toned:
    """A classifier whose tone is that of a stance, cut at two edges; without ``inner`` all is relevant."""

    version: str
    stance: Stance
    edges: tuple[float, float]
    inner: EncoderClassifier | None = None
    frames: tuple[str, ...] = FRAMES

    @property
    def name(self) -> str:
        """The peer's name."""
        return self.version

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Those of the classifier within."""
        return self.inner.thresholds if self.inner else {}

    def scores(self, texts: Sequence[str]) -> list[PassageScores]:
        """Return scores with a tone that is certain."""
        nothing = PassageScores(1.0, dict.fromkeys(FRAMES, 0.0), (0.0, 1.0, 0.0))
        found = self.inner.scores(texts) if self.inner else [nothing] * len(texts)
        low, high = self.edges
        tones = [(float(s < low), float(low <= s <= high), float(s > high)) for s in self.stance(texts)]
        return [PassageScores(one.relevant, one.frames, tone) for one, tone in zip(found, tones, strict=True)]


def tuned_edges(sheet: Sheet, stance: Stance) -> tuple[float, float]:
    """Return the edges of the neutral band that give the best macro F1 of tone on held-out authors."""
    rows = np.flatnonzero(sheet.taught[:, -1])
    scores = stance([sheet.texts[row] for row in rows])
    gold = sheet.targets[rows, -len(TONES) :]
    cuts = np.unique(np.quantile(scores, np.linspace(0, 1, STEPS)))
    cuts = np.append(cuts, (cuts[1:] + cuts[:-1]) / 2)

    def macro(edges: tuple[float, float]) -> float:
        said = (scores < edges[0], (scores >= edges[0]) & (scores <= edges[1]), scores > edges[1])
        pairs = zip(gold.T, said, strict=True)
        return float(np.mean([metrics.f1_of(*metrics.counts(real, own)[:3]) for real, own in pairs]))

    return max(((low, high) for low in cuts for high in cuts if low <= high), key=macro)


# ---------------------------------------------------------------- the peers


def keywords(split: Split) -> Classifier:
    """Return rules, the number of matches that makes a yes tuned."""
    padding = ((0, 0), (0, len(TONES)))

    def fit(_sheet: Sheet, _strength: float) -> Source:
        return lambda texts: np.pad(keyword_margins(texts, FRAMES), padding)

    inner = tuned("keyword rules", split, fit, (1.0,))
    return Toned("keyword rules", keyword_stance, tuned_edges(split.held, keyword_stance), inner)


def tfidf(split: Split) -> Classifier:
    """Return scikit-learn's TF-IDF over words and pairs of words, with a logistic regression a head."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    def fit(sheet: Sheet, strength: float) -> Source:
        vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode")
        return _regression(vectors.fit_transform(sheet.texts), vectors.transform, sheet, strength)

    return tuned("TF-IDF, logistic regression", split, fit)


def _regression(matrix: Any, embed: Callable[[Sequence[str]], Any], sheet: Sheet, strength: float) -> Source:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000, random_state=SEED)
    fits = [
        (model.fit(matrix[taught], targets[taught]).coef_[0].copy(), float(model.intercept_[0]))
        for targets, taught in zip(sheet.targets.T, sheet.taught.T, strict=True)
    ]
    weights = np.stack([weight for weight, _ in fits], axis=1)
    offsets = np.array([offset for _, offset in fits])
    return lambda texts: np.asarray(embed(texts) @ weights + offsets)


def vader(split: Split) -> Classifier:
    """Return VADER's compound score, for tone alone.

    Source: Hutto and Gilbert (2014), VADER: a parsimonious rule-based model for sentiment analysis of social
    media text, ICWSM 8; the package vaderSentiment.
    """
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyser = SentimentIntensityAnalyzer()

    def stance(texts: Sequence[str]) -> Floats:
        return np.array([analyser.polarity_scores(text)["compound"] for text in texts])

    return Toned("VADER (tone only)", stance, tuned_edges(split.held, stance))


def open_encoder(base: str) -> Callable[[Sequence[str]], Floats]:
    """Return sentence-transformers' embedding of texts by the encoder in a folder. *Shape:* (texts, size)"""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(THREADS)
    encoder = SentenceTransformer(base, device="cpu", local_files_only=True)

    def embed(texts: Sequence[str]) -> Floats:
        found = encoder.encode(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, dtype=np.float64)

    return embed


@dataclass(frozen=True, slots=True)
class Embedded:
    """The embeddings of the training passages, made once for both peers and every strength."""

    embed: Callable[[Sequence[str]], Floats]
    known: Mapping[str, Floats]

    @classmethod
    def of(cls, base: str, texts: Sequence[str]) -> "Embedded":
        """Embed the texts."""
        embed, distinct = open_encoder(base), list(dict.fromkeys(texts))
        return cls(embed, dict(zip(distinct, embed(distinct), strict=True)))

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Return embeddings; of texts that are not known they are made, so that timing is honest."""
        if all(text in self.known for text in texts):
            return np.array([self.known[text] for text in texts])
        return self.embed(texts)


def embeddings(split: Split, embedded: Embedded) -> Classifier:
    """Return frozen sentence embeddings, with a logistic regression a head."""

    def fit(sheet: Sheet, strength: float) -> Source:
        return _regression(embedded(sheet.texts), embedded, sheet, strength)

    return tuned("embeddings, logistic regression", split, fit)


def likeness(split: Split, embedded: Embedded) -> Classifier:
    """Return the likeness of embeddings to those of the codebook's hypotheses: cosine, nothing learnt."""
    codebook = load_codebook()
    sentences = [codebook.relevance_hypothesis, *(frame.hypothesis for frame in codebook.frames)]
    likened = embedded.embed([*sentences, *codebook.tone_hypotheses]).T
    once: dict[tuple[str, ...], Floats] = {}

    def read(texts: Sequence[str]) -> Floats:
        """Embed texts once for both, frames and stance, and no more than that: timing stays honest."""
        if (key := tuple(texts)) in once:
            return once.pop(key)
        once.clear()
        once[key] = embedded(texts)
        return once[key]

    def fit(_sheet: Sheet, _strength: float) -> Source:
        return lambda texts: read(texts) @ likened

    def stance(texts: Sequence[str]) -> Floats:
        return np.asarray(read(texts) @ (likened[:, -1] - likened[:, -len(TONES)]))

    name = "likeness to hypotheses"
    return Toned(name, stance, tuned_edges(split.held, stance), tuned(name, split, fit, (1.0,)))


def find_peers(base: str | None, split: Split) -> list[Classifier]:
    """Return the peers whose libraries are there, tuned."""
    wanted: list[tuple[str, Callable[[Split], Classifier]]] = [("numpy", keywords), ("sklearn", tfidf)]
    wanted.append(("vaderSentiment", vader))
    if base and find_spec("sentence_transformers"):
        embedded = Embedded.of(base, split.whole.texts)
        wanted.append(("torch", partial(embeddings, embedded=embedded)))
        wanted.append(("torch", partial(likeness, embedded=embedded)))
    elif base:
        print("left out: sentence-transformers is not installed", file=sys.stderr)
    missing = [library for library, _ in wanted if find_spec(library) is None]
    if missing:
        print(f"left out: {', '.join(missing)} not installed", file=sys.stderr)
    return [make(split) for library, make in wanted if library not in missing]
