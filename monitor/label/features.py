"""What the linear model sees of a text: words, pieces of words, and who does what.

Three kinds of term, told apart by their first character: ``w`` words and pairs of words, ``c`` pieces of
3 to 5 letters within a word, ``q`` cues (``monitor.label.cues``), each with the actor that its sentence
puts next to it: "police missed" and "social workers missed" must not look alike.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise

from monitor.label import lexicon
from monitor.label.cues import CUES
from monitor.label.lexicon import Mention, mention, normalise

VERSION = "1"
"""Raise it when this module changes what it returns."""

PIECES = (3, 5)
NEAR = 3
"""Words between a negation and what it negates, at most."""

_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[.!?…]+|\n")
_OWN = frozenset({"zworker", "zservices"})
_OTHER = frozenset({"zpolice", "zhealth", "zschool", "zcourt", "zforeign"})
_ACTORS = _OWN | _OTHER | {"zcouncil"}
_DENIALS = frozenset({"not", "no", "never", "nobody", "none", "neither", "nor", "without"})
_NEGATIONS = _DENIALS | {"didn't", "don't", "wasn't", "weren't", "cannot", "can't"}


def terms(text: str) -> list[str]:
    """Return the terms of a text, each as often as it occurs, in no meaningful order."""
    tokens = _TOKEN.findall(normalise(text))
    found = [f"w{word}" for word in tokens]
    found += [f"w{first} {second}" for first, second in pairwise(tokens)]
    for word in tokens:
        found += _pieces(word)
    for sentence in _sentences(tokens):
        found += _claims(sentence)
    found += _marks(text, tokens)
    return found


def fingerprint() -> str:
    """Return a digest of all that ``terms`` depends on: a model trained on others must not be used."""
    words = [sorted(group) for group in (_OWN, _OTHER, _NEGATIONS)]
    parts = [VERSION, repr((PIECES, NEAR, _TOKEN.pattern, words)), repr(sorted(_entries()))]
    parts.append(repr(lexicon.patterns()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=50_000)
def _pieces(word: str) -> tuple[str, ...]:
    if word[0] in ".!?…\n" or word in _ACTORS:
        return ()
    padded = f" {word} "
    low, high = PIECES
    return tuple(
        f"c{padded[start : start + size]}"
        for size in range(low, min(high, len(padded)) + 1)
        for start in range(len(padded) - size + 1)
    )


def _sentences(tokens: Sequence[str]) -> Iterator[list[str]]:
    sentence: list[str] = []
    for token in tokens:
        if token[0] in ".!?…\n":
            if sentence:
                yield sentence
            sentence = []
        else:
            sentence.append(token)
    if sentence:
        yield sentence


def _claims(sentence: Sequence[str]) -> list[str]:
    """Return the cues of one sentence: alone, with their nearest actor, and in pairs.

    A negated cue is another cue."""
    actors = [(place, token) for place, token in enumerate(sentence) if token in _ACTORS]
    found: list[str] = []
    seen: set[str] = set()
    for place, plain in _cues(sentence):
        denied = any(word in _NEGATIONS for word in sentence[max(0, place - NEAR) : place])
        cue = f"not {plain}" if denied else plain
        owner = _owner(place, actors)
        found += [f"q{cue}", f"q{cue}<{_side(owner)}", f"q{cue}<{owner}"]
        seen.add(cue)
    ordered = sorted(seen)
    found += [f"q{one}+{two}" for number, one in enumerate(ordered) for two in ordered[number + 1 :]]
    return found


def _owner(place: int, actors: Sequence[tuple[int, str]]) -> str:
    """Return the actor named last before the place, or else the first one after it, or ``nobody``."""
    before = [actor for at, actor in actors if at < place]
    if before:
        return before[-1]
    return actors[0][1] if actors else "nobody"


def _side(owner: str) -> str:
    if owner in _OWN:
        return "us"
    return "them" if owner in _OTHER else "open"


def _marks(text: str, tokens: Sequence[str]) -> list[str]:
    """Return what holds of the text as a whole: how openly it names social work, who occurs, its form."""
    kind = mention(text)
    found = [f"qmention {grade.name}" for grade in Mention if grade <= kind]
    found += [f"qhas {actor}" for actor in sorted(_ACTORS.intersection(tokens))]
    found += [f"qfirst {actor}" for actor in tokens if actor in _ACTORS][:1]
    found += [f"qsize {min(len(tokens) // 12, 6)}"]
    if any(quote in text for quote in '“”"‘'):
        found.append("qquoted")
    if "zworker" not in tokens and "zservices" not in tokens:
        found.append("qnot named")
    return found


# ---------------------------------------------------------------- cue matching


def _cues(sentence: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield ``(place, cue)`` for every cue word or phrase of a sentence."""
    phrases = _phrases()
    for place, token in enumerate(sentence):
        for cue in _word_cues(token):
            yield place, cue
        for words, cue in phrases.get(token, ()):
            if tuple(sentence[place : place + len(words)]) == words:
                yield place, cue


@cache
def _entries() -> tuple[tuple[str, str], ...]:
    return tuple((entry, cue) for cue, text in CUES.items() for entry in " ".join(text.split()).split(", "))


@cache
def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for entry, cue in _entries():
        words = tuple(entry.split())
        if len(words) > 1:
            found.setdefault(words[0], []).append((words, cue))
    return found


@cache
def _words() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    whole: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for entry, cue in _entries():
        if " " not in entry:
            table = stems if entry.endswith("*") else whole
            table.setdefault(entry.rstrip("*"), set()).add(cue)
    return whole, stems


@lru_cache(maxsize=50_000)
def _word_cues(token: str) -> tuple[str, ...]:
    whole, stems = _words()
    found = set(whole.get(token, ()))
    for size in range(2, len(token) + 1):
        found |= stems.get(token[:size], set())
    return tuple(sorted(found))
