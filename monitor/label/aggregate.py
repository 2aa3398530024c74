"""From scores of passages to one judgement of a text, and its evidence.

A frame's probability for the text is not "any passage has it": with that, 15 passages at 2 % each would
make 26 %, and long articles would carry every frame. It is, over the n passages about social work,

    odds = sum of the passages' odds / n ** DAMPING

With DAMPING 0 this is close to "any", with 1 it is the mean of the odds. In between, one clear passage
still decides a long text (0.9 among 15 gives 0.65), several middling ones support each other, and a level
of noise that every passage carries stays noise (15 at 2 % give 6 %, 100 at 2 % give 11 %). At n = 1 it is
the passage's own probability. As equal odds grow with n ** 0.4, a passage that repeats another word for word,
but for capitals and white space, counts once: what is said again is no more evidence.

Passages from inside an article are less often about conduct than the headlines and summaries that models
learn from, so in a full text (``depth_of``) these odds are multiplied by FULL_ODDS, and a frame that its
headline does not carry is said only where they pass the threshold's odds FULL_CAUTION times over. Both were
fitted on articles that no model is trained on (``benchmarks/articles.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from monitor.errors import ModelError
from monitor.label.lexicon import Mention
from monitor.label.passages import BEFORE, LONGEST, LONGEST_WINDOW, LOOK_BACK, SHORT, Passage, passages
from monitor.types import Band, Classifier, Depth, Evidence, FrameLabel, Judgement, Needed, PassageScores
from monitor.types.margin import TONE_EDGE, UNCLEAR, frame_margin, is_unclear

DAMPING = 0.6
FULL_ODDS, FULL_CAUTION = 0.8, 1.5
SHARPNESS = 6
"""From 1 to 6, macro F1 of tone on held-out authors rose by 0.04; more would be a vote of the likeliest."""
HEADLINE_WEIGHT, LEAD_WEIGHT, REST_WEIGHT = 3.0, 2.0, 1.0
"""How much a passage's tone counts (codebook, section 3)."""

THRESHOLD = 0.5
"""For classifiers that name no thresholds of their own."""

RELEVANT = "relevant"
NEUTRAL = "NEUTRAL"


@runtime_checkable
class Decided(Protocol):
    """A classifier that brings its own thresholds: ``relevant`` and each frame, in (0, 1)."""

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The probability from which a decision is yes."""


class Worded(Protocol):
    """Anything with a title and a text: a coded item, a line."""

    @property
    def title(self) -> str:
        """The headline; may be empty."""

    @property
    def text(self) -> str:
        """Summary or article; may be empty."""


@dataclass(frozen=True, slots=True)
class _Scored:
    passage: Passage
    scores: PassageScores
    weight: float


def depth_of(text: str) -> Depth:
    """Return the depth of a title with this text, by its length alone: so it is judged alike everywhere."""
    if not text.strip():
        return Depth.TITLE
    return Depth.SUMMARY if len(text) <= SHORT else Depth.FULL


def judge(title: str, text: str, depth: Depth, classifier: Classifier) -> Judgement:
    """Return what a classifier says of one text; for many, ``judge_all`` is faster."""
    return judge_all([(title, text, depth)], classifier)[0]


def judge_coded(items: Sequence[Worded], classifier: Classifier) -> list[Judgement]:
    """Return one judgement per item, in order, each at the depth of its text.

    Raises:
        ModelError: the classifier's answer is not what the protocol says.
    """
    return judge_all([(item.title, item.text, depth_of(item.text)) for item in items], classifier)


def judge_all(texts: Sequence[tuple[str, str, Depth]], classifier: Classifier) -> list[Judgement]:
    """Return one judgement per ``(title, text, depth)``, in order, asking the classifier once.

    The depth is only written down; what decides is the text.

    Raises:
        ModelError: the classifier's answer is not what the protocol says.
    """
    cut = [_distinct(passages(title, text)) for title, text, _ in texts]
    scores = checked_scores(classifier, [passage.text for found in cut for passage in found])
    thresholds = thresholds_of(classifier)
    judgements: list[Judgement] = []
    start = 0
    for found, (title, text, depth) in zip(cut, texts, strict=True):
        scored = _weigh(found, scores[start : start + len(found)], len(title))
        full = depth_of(text) is Depth.FULL
        judgements.append(_judgement(depth, scored, classifier.frames, thresholds, full=full))
        start += len(found)
    return judgements


def thresholds_of(classifier: Classifier) -> Mapping[str, float]:
    """Return a threshold for ``relevant`` and each frame."""
    own = classifier.thresholds if isinstance(classifier, Decided) else {}
    return {head: own.get(head, THRESHOLD) for head in (RELEVANT, *classifier.frames)}


def needed_by(classifier: Classifier) -> Needed:
    """Return the probabilities that decide: what is kept with stored labels, to tell how close they are."""
    thresholds = thresholds_of(classifier)
    return Needed(
        relevant=thresholds[RELEVANT],
        frames={frame: thresholds[frame] for frame in classifier.frames},
        cautious={frame: with_odds(thresholds[frame], FULL_CAUTION) for frame in classifier.frames},
    )


def rules() -> tuple[float, ...]:
    """Return the numbers that decide, beside a model's own, what is said of a text: part of its version."""
    weights = (HEADLINE_WEIGHT, LEAD_WEIGHT, REST_WEIGHT)
    lengths = (SHORT, LONGEST, BEFORE, LOOK_BACK, LONGEST_WINDOW)
    return (DAMPING, FULL_ODDS, FULL_CAUTION, SHARPNESS, *weights, TONE_EDGE, UNCLEAR, *lengths)


def checked_scores(classifier: Classifier, texts: Sequence[str]) -> Sequence[PassageScores]:
    """Ask a classifier, and check its answer where it enters.

    Raises:
        ModelError: too few or too many scores, frames missing, or a number that is no probability.
    """
    scores = classifier.scores(texts) if texts else []
    if len(scores) != len(texts):
        count = f"{len(scores)} scores for {len(texts)} texts"
        raise ModelError(f"{classifier.version} gave {count}; use another model")
    frames = set(classifier.frames)
    for answer in {id(answer): answer for answer in scores}.values():
        if set(answer.frames) != frames:
            odd = sorted(frames.symmetric_difference(answer.frames))
            raise ModelError(
                f"{classifier.version} left out or added the frames {', '.join(odd)}; use another model"
            )
        numbers = (answer.relevant, *answer.frames.values(), *answer.tone)
        tone_adds_up = len(answer.tone) == 3 and abs(sum(answer.tone) - 1) < 0.01
        if not (tone_adds_up and all(0 <= number <= 1 for number in numbers)):  # refuses NaN too
            raise ModelError(f"{classifier.version} gave a number that is no probability; use another model")
    return scores


def with_odds(chance: float, factor: float) -> float:
    """Return the probability whose odds are ``factor`` times those of ``chance``, both in [0, 1]."""
    return factor * chance / (1 - chance + factor * chance)


def combine(chances: Sequence[float]) -> float:
    """Return the probability for a text of what its passages carry with these (module docstring).

    Args:
        chances: one probability a passage; at least one.
    """
    if len(chances) == 1:
        return chances[0]
    damping = float(len(chances) ** DAMPING)
    odds = sum(chance / max(1 - chance, 1e-9) for chance in chances) / damping
    return odds / (1 + odds)


# ---------------------------------------------------------------- one text


def _distinct(found: Sequence[Passage]) -> list[Passage]:
    """Return the passages without those that an earlier one says word for word: said twice is not more."""
    first: dict[str, Passage] = {}
    for passage in found:
        first.setdefault(" ".join(passage.text.casefold().split()), passage)
    return list(first.values())


def _weigh(found: Sequence[Passage], scores: Sequence[PassageScores], title_end: int) -> list[_Scored]:
    """Pair passages with their scores and weights: headline, first of the body, rest."""
    weights = []
    lead = LEAD_WEIGHT
    for passage in found:
        if passage.end <= title_end:
            weights.append(HEADLINE_WEIGHT)
        else:
            weights.append(lead)
            lead = REST_WEIGHT
    return [_Scored(*parts) for parts in zip(found, scores, weights, strict=True)]


def _judgement(
    depth: Depth,
    scored: Sequence[_Scored],
    frames: Sequence[str],
    thresholds: Mapping[str, float],
    *,
    full: bool,
) -> Judgement:
    named = [part for part in scored if part.passage.mention > Mention.NONE] or scored[:1]
    relevant_p = combine([part.scores.relevant for part in named])
    margin = relevant_p - thresholds[RELEVANT]
    relevant = margin >= 0
    on_target = [part for part in named if part.scores.relevant >= thresholds[RELEVANT]]
    if relevant and not on_target:
        on_target = [max(named, key=lambda part: part.scores.relevant)]
    read = on_target if relevant else named
    labels = {
        frame: _frame_label(frame, read, relevant_p, margin, thresholds[frame], full=full) for frame in frames
    }
    carried = [frame for frame in frames if labels[frame].label]
    tone = _tone(on_target) if relevant else 0.0
    primary = _primary(carried, on_target, labels, thresholds) if relevant else None
    return Judgement(
        depth=depth,
        relevant_p=relevant_p,
        relevant=relevant,
        strict=any(part.passage.mention == Mention.STRICT for part in scored),
        tone_score=tone,
        tone_band=band_of(tone) if relevant else None,
        frames=labels,
        primary=primary,
        mentions=len(on_target) if relevant else 0,
        evidence=[
            _evidence(frame, on_target) for frame in sorted(carried, key=lambda frame: frame != primary)
        ],
        relevant_margin=margin,
    )


def _frame_label(
    frame: str, read: Sequence[_Scored], relevant_p: float, margin: float, threshold: float, *, full: bool
) -> FrameLabel:
    """Decide one frame; it implies relevance, so it is never likelier than that.

    Args:
        margin: of relevance.
    """
    chances = [part.scores.frames[frame] for part in read]
    chance, needed = combine(chances), threshold
    if full:
        chance, needed = with_odds(chance, FULL_ODDS), with_odds(threshold, FULL_CAUTION)
        headline = max((part.scores.frames[frame] for part in read if _is_headline(part)), default=0.0)
        if headline >= threshold:  # headlines are what models learn from: no caution there
            chance, needed = max(chance, headline), threshold
    p = min(chance, relevant_p)
    own = frame_margin(p, needed, margin)
    carrying = sum(chance >= threshold for chance in chances)
    return FrameLabel(
        p=p,
        label=own >= 0,
        unclear=is_unclear(own),
        mentions=max(carrying, 1) if own >= 0 else 0,
        margin=own,
        cautious=needed != threshold,
    )


def _is_headline(part: _Scored) -> bool:
    return part.weight == HEADLINE_WEIGHT


def _tone(on_target: Sequence[_Scored]) -> float:
    total = sum(part.weight for part in on_target)
    return sum(part.weight * passage_tone(part.scores.tone) for part in on_target) / total


def passage_tone(chances: tuple[float, float, float]) -> float:
    """Return the tone of one passage, -1 to 1.

    A coder gives a passage one code, and the bands of the codebook are cut on means of such codes. The
    mean of the probabilities themselves would lie between the bands wherever two of them compete, so
    they are sharpened first.
    """
    negative, neutral, positive = (chance**SHARPNESS for chance in chances)
    return (positive - negative) / (negative + neutral + positive)


def band_of(tone: float) -> Band:
    """Return the band of a tone score: the edges themselves are neutral."""
    if tone < -TONE_EDGE:
        return "negative"
    return "positive" if tone > TONE_EDGE else "neutral"


def _primary(
    carried: Sequence[str],
    on_target: Sequence[_Scored],
    labels: Mapping[str, FrameLabel],
    thresholds: Mapping[str, float],
) -> str:
    """Return the headline's frame if it has any, else the frame with most passages, ties to the earlier.

    Where that leaves several, the likeliest. ``NEUTRAL`` where no frame is carried.
    """
    if not carried:
        return NEUTRAL
    headline = on_target[0].scores.frames if _is_headline(on_target[0]) else {}
    of_headline = [frame for frame in carried if headline.get(frame, 0.0) >= thresholds[frame]]
    if of_headline:
        return max(of_headline, key=lambda frame: headline[frame])

    def rank(frame: str) -> tuple[int, int, float]:
        first = _decider(frame, on_target).passage.start
        return labels[frame].mentions, -first, labels[frame].p

    return max(carried, key=rank)


def _decider(frame: str, on_target: Sequence[_Scored]) -> _Scored:
    return max(on_target, key=lambda part: part.scores.frames[frame])


def _evidence(frame: str, on_target: Sequence[_Scored]) -> Evidence:
    passage = _decider(frame, on_target).passage
    return Evidence(frame, passage.text, passage.start, passage.end)
