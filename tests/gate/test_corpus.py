"""What the corpus promises: its size, its balance, its splits, and that it does not repeat itself."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from monitor.label.codebook import load_codebook
from monitor.label.corpus import read_corpus

CORPUS = Path(__file__).parents[2] / "models" / "corpus"
SHINGLE = 4
MOST_SHARED = 0.8
"""Of the shorter passage's runs of four words."""
CODEBOOK = load_codebook()
TARGETS = {*CODEBOOK.targets_counted, *CODEBOOK.targets_recorded, "NONE"}
VALUES = {
    "status": set(CODEBOOK.statuses),
    "target": TARGETS,
    "domain": {"children_protection", "looked_after_adoption", "adults", "mental_health", "other"},
    "voice": {
        *("journalist", "headline", "judge_inquiry", "politician", "family_member"),
        *("social_worker_union", "employer", "expert", "campaigner"),
    },
    "genre": {"news", "court", "opinion", "feature", "letter", "data"},
    "style": {"tabloid", "broadsheet", "broadcaster", "regional", "trade"},
}
"""The values of each key; only lines of off-topic items may lack the key."""


def lines(pattern: str) -> Iterable[tuple[str, dict[str, Any]]]:
    for path in sorted(CORPUS.glob(pattern)):
        for line in path.read_text("utf-8").splitlines():
            yield path.stem, json.loads(line)


def shingles(row: dict[str, Any]) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", f"{row['title']} {row['text']}".lower())
    return {tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1))}


def test_every_line_has_the_values_of_the_datasheet() -> None:
    odd = [
        f"{name} {row['id']}: {key} {row.get(key)!r}"
        for name, row in lines("*.jsonl")
        for key, known in VALUES.items()
        if not _is_of(row.get(key), known, needed=row["relevant"])
    ]

    assert odd == []


def _is_of(value: object, known: set[str], *, needed: bool) -> bool:
    if value is None:
        return not needed
    return all(one in known for one in value) if isinstance(value, list) else value in known


def test_there_are_six_thousand_passages_and_three_hundred_of_every_frame() -> None:
    corpus = read_corpus(CORPUS)
    everything = (*corpus.training, *corpus.evaluation)
    frames = Counter(frame for item in everything for frame in item.frames)

    assert len(everything) >= 6_000
    assert min(frames[frame] for frame in load_codebook().ids) >= 300
    assert sum(not item.frames for item in everything) >= 1_200


def test_the_evaluation_has_sixty_positives_of_every_frame_by_authors_who_taught_nothing() -> None:
    corpus = read_corpus(CORPUS)
    frames = Counter(frame for item in corpus.evaluation for frame in item.frames)

    assert len(corpus.evaluation) >= 900
    assert min(frames[frame] for frame in load_codebook().ids) >= 60
    assert {item.author for item in corpus.training}.isdisjoint(item.author for item in corpus.evaluation)


def test_there_are_full_length_articles_for_training_and_for_evaluation() -> None:
    counts = Counter(name for name, _ in lines("articles/*.jsonl"))

    assert sum(counts.values()) >= 240
    assert counts["eval-m"] >= 120


def test_the_passages_coded_within_an_article_stand_in_it() -> None:
    for name, row in lines("articles/*.jsonl"):
        for passage in row["passages"]:
            assert passage["text"] in row["text"], f"{name} {row['id']}"


def test_no_two_authors_wrote_nearly_the_same_passage() -> None:
    rows = list(lines("*.jsonl"))
    parts = [shingles(row) for _, row in rows]
    where: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, part in enumerate(parts):
        for shingle in part:
            where[shingle].append(number)
    shared = Counter(
        (one, other)
        for found in where.values()
        if len(found) < 40
        for place, one in enumerate(found)
        for other in found[place + 1 :]
        if rows[one][0] != rows[other][0]
    )
    alike = [
        (rows[one][1]["id"], rows[other][1]["id"])
        for (one, other), count in shared.items()
        if count / min(len(parts[one]), len(parts[other])) > MOST_SHARED
    ]

    assert alike == []


def test_nothing_of_the_development_items_is_in_it() -> None:
    # Hashes of their runs of four words, since the items themselves are kept outside this repository.
    apart = set((CORPUS / "kept_apart.txt").read_text("ascii").split())
    copied = []
    for _, row in lines("*.jsonl"):
        digests = {blake2b(" ".join(part).encode(), digest_size=5).hexdigest() for part in shingles(row)}
        if len(digests) > 3 and len(digests & apart) > len(digests) / 2:
            copied.append(row["id"])

    assert len(apart) > 4_000
    assert copied == []
