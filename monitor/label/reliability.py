"""How far two coders agree: one binary figure a code, since whole label sets punish partial overlap.

Codebook section 4: alpha of at least .80 to use a code alone, .667 to .80 tentatively. For codes under 5 %
alpha collapses on a few disagreements, so positive agreement and Gwet's AC1 stand beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from monitor.errors import InputError
from monitor.label import metrics
from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded, read_coded
from monitor.label.metrics import Bools

SEED = 1
BANDS = ("negative", "neutral", "positive")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two codings of one code; the interval is a 95 % bootstrap over items."""

    code: str
    n: int
    first: int
    """Items to which the first coder gave it."""
    second: int
    both: int
    alpha: float | None
    """Krippendorff's, nominal; None where neither coder varied."""
    low: float | None
    high: float | None
    positive_agreement: float
    """Share of the items given it by either coder, on average, that both gave it to."""
    ac1: float


def read_agreement(first: Path, second: Path) -> list[Agreement]:
    """Return the agreement of two files of coded items on the ids that both hold.

    Raises:
        InputError: a file cannot be read, or they share no id.
    """
    one, other = (read_coded(path, codes_only=True) for path in (first, second))
    return agreement(one, other, str(second))


def agreement(first: Sequence[Coded], second: Iterable[Coded], name: str = "the second") -> list[Agreement]:
    """Return one figure for relevance, one for each frame, and one for each band of tone.

    Frames and relevance are compared on all shared items, tone on those that both call relevant.
    """
    other = {item.id: item for item in second}
    pairs = [(item, other[item.id]) for item in first if item.id in other]
    if not pairs:
        raise InputError(f"{name}: shares no id with the first file; code the same items")
    toned = [(a, b) for a, b in pairs if a.tone is not None and b.tone is not None]
    return [
        _agreement("relevant", [(a.relevant, b.relevant) for a, b in pairs]),
        *(
            _agreement(frame, [(frame in a.frames, frame in b.frames) for a, b in pairs])
            for frame in load_codebook().ids
        ),
        *(
            _agreement(f"tone {band}", [(_band(a) == band, _band(b) == band) for a, b in toned])
            for band in BANDS
            if toned
        ),
    ]


def differing(first: Sequence[Coded], second: Iterable[Coded]) -> list[str]:
    """Return the ids on which two coders differ in relevance, in any frame, or in the band of tone."""
    other = {item.id: item for item in second}
    return [
        item.id
        for item in first
        if item.id in other
        and (item.relevant, item.frames, _band(item))
        != (other[item.id].relevant, other[item.id].frames, _band(other[item.id]))
    ]


def agreement_json(figures: Sequence[Agreement]) -> list[dict[str, object]]:
    """Return the figures as plain values, rounded to three places."""
    return [
        {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(one).items()}
        for one in figures
    ]


def _band(item: Coded) -> str | None:
    return None if item.tone is None else BANDS[int(np.sign(item.tone)) + 1]


def _agreement(code: str, pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    one, other = (np.array(side, dtype=bool) for side in zip(*pairs, strict=True))
    both, second_only, first_only, _ = metrics.counts(one, other)
    low, high = _alpha_interval(one, other)
    return Agreement(
        code=code,
        n=len(pairs),
        first=int(one.sum()),
        second=int(other.sum()),
        both=both,
        alpha=metrics.binary_alpha(one, other),
        low=low,
        high=high,
        positive_agreement=metrics.f1_of(both, second_only, first_only),
        ac1=gwet_ac1(one, other),
    )


def gwet_ac1(one: Bools, other: Bools) -> float:
    """Return Gwet's AC1 of two coders and two values.

    Source: Gwet (2008), British Journal of Mathematical and Statistical Psychology 61, 29-48.
    """
    share = (float(one.mean()) + float(other.mean())) / 2
    by_chance = 2 * share * (1 - share)
    return float((np.mean(one == other) - by_chance) / (1 - by_chance))


def _alpha_interval(one: Bools, other: Bools) -> tuple[float | None, float | None]:
    draws = np.random.default_rng(SEED).integers(0, len(one), (500, len(one)))
    found = [metrics.binary_alpha(one[draw], other[draw]) for draw in draws]
    alphas = [alpha for alpha in found if alpha is not None]
    if len(alphas) < len(found) / 2:
        return None, None
    low, high = np.percentile(alphas, [metrics.LOW, metrics.HIGH])
    return float(low), float(high)
