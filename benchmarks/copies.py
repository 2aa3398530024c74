"""How well wire copies are told from other reports of the same event, beside other ways of telling them.

Run in the repository's folder: ``python benchmarks/copies.py``. The pairs are those of tests/store/pairs.py.
Every other way is given the threshold at which its F1 on these very pairs is highest; ours has the one that
the program uses. datasketch and rensa take part where they are installed. docs/benchmarks.md says what was
found.
"""

import re
import sys
from collections.abc import Callable
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from monitor.clock import stopwatch
from monitor.store.copies import LEAST_SHARED
from monitor.store.sketches import containment, sketch
from tests.store.builders import an_item
from tests.store.pairs import Pair, Report, pairs

Judge = Callable[[Report, Report], float]
"""Says how alike two reports are; more is more alike."""

_WORD = re.compile(r"\w+")
_WORDS = 3
_PERMUTATIONS = 128


def main() -> None:
    """Print a row for each way."""
    made = pairs()
    copies = sum(pair.copies for pair in made)
    print(f"{len(made)} pairs: {copies} copies, {len(made) - copies} that are none\n")
    print("| way | threshold | precision | recall | microseconds a pair |")
    print("|---|---:|---:|---:|---:|")
    for name, judge, threshold in ways():
        elapsed = stopwatch()
        scores = [judge(pair.first, pair.second) for pair in made]
        cost = elapsed() / len(made) * 1e6
        chosen = best_threshold(made, scores) if threshold is None else threshold
        precision, recall = figures(made, scores, chosen)
        print(f"| {name} | {chosen:.2f} | {precision:.3f} | {recall:.3f} | {cost:.0f} |")
    print("\nOurs by kind of pair (share that is called a copy):\n")
    for kind in dict.fromkeys(pair.kind for pair in made):
        own = [ours(pair.first, pair.second) >= LEAST_SHARED for pair in made if pair.kind == kind]
        print(f"| {kind} | {len(own)} | {sum(own) / len(own):.3f} |")


def ways() -> list[tuple[str, Judge, float | None]]:
    """Return each way with its threshold, None for the best in hindsight."""
    found: list[tuple[str, Judge, float | None]] = [
        ("ours: containment of sketches", ours, LEAST_SHARED),
        ("containment of all runs of 3 words", exact_containment, None),
        ("Jaccard of all runs of 3 words", jaccard, None),
        ("Jaccard, at the customary .5", jaccard, 0.5),
        ("Simhash of 64 bits, distance at most 3", simhash, 1 - 3 / 64),
        ("Simhash of 64 bits", simhash, None),
    ]
    if find_spec("datasketch"):
        found.append(("datasketch MinHash, 128 permutations", datasketch_jaccard, None))
    if find_spec("rensa"):
        found.append(("rensa R-MinHash, 128 permutations", rensa_jaccard, None))
    return found


def best_threshold(made: list[Pair], scores: list[float]) -> float:
    """Return the score from which calling a pair a copy gives the highest F1."""

    def f1(threshold: float) -> float:
        precision, recall = figures(made, scores, threshold)
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    return max(sorted(set(scores)), key=f1)


def figures(made: list[Pair], scores: list[float], threshold: float) -> tuple[float, float]:
    """Return precision and recall."""
    found = [pair.copies for pair, score in zip(made, scores, strict=True) if score >= threshold]
    copies = sum(pair.copies for pair in made)
    return (sum(found) / len(found) if found else 1.0), sum(found) / copies


# ---------------------------------------------------------------- the ways


def ours(first: Report, second: Report) -> float:
    """The store's own."""
    one, other = (sketch(an_item(title=report.title, text=report.text)) for report in (first, second))
    return containment(one, other)


def runs(report: Report) -> set[str]:
    """Return all runs of three words of a report."""
    words = _WORD.findall(f"{report.title} {report.text}".casefold())
    return {" ".join(words[start : start + _WORDS]) for start in range(len(words) - _WORDS + 1)}


def exact_containment(first: Report, second: Report) -> float:
    """Share of the shorter one's runs that the other has."""
    one, other = runs(first), runs(second)
    return len(one & other) / min(len(one), len(other))


def jaccard(first: Report, second: Report) -> float:
    """Share of all runs that both have."""
    one, other = runs(first), runs(second)
    return len(one & other) / len(one | other)


def datasketch_jaccard(first: Report, second: Report) -> float:
    """The same, estimated by datasketch."""
    from datasketch import MinHash

    one, other = MinHash(_PERMUTATIONS), MinHash(_PERMUTATIONS)
    one.update_batch([run.encode() for run in runs(first)])
    other.update_batch([run.encode() for run in runs(second)])
    return float(one.jaccard(other))


def rensa_jaccard(first: Report, second: Report) -> float:
    """The same, estimated by rensa."""
    from rensa import RMinHash

    one, other = (RMinHash(num_perm=_PERMUTATIONS, seed=1) for _ in range(2))
    one.update(list(runs(first)))
    other.update(list(runs(second)))
    return float(one.jaccard(other))


def simhash(first: Report, second: Report) -> float:
    """Share of the 64 bits that agree (Charikar 2002)."""
    differing = (simhash_of(first) ^ simhash_of(second)).bit_count()
    return 1 - differing / 64


def simhash_of(report: Report) -> int:
    """Return the Simhash of a report's runs."""
    votes = [0] * 64
    for run in runs(report):
        bits = int.from_bytes(blake2b(run.encode(), digest_size=8).digest())
        for place in range(64):
            votes[place] += 1 if bits >> place & 1 else -1
    return sum(1 << place for place, vote in enumerate(votes) if vote > 0)


if __name__ == "__main__":
    main()
