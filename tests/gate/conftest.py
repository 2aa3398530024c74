"""`make check` prints how many coded items there are of everything."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from monitor.label.codebook import load_codebook
from monitor.label.corpus import Coded, read_corpus

CORPUS = Path(__file__).parents[2] / "models" / "corpus"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    corpus = read_corpus(CORPUS)
    taught, kept = balance(corpus.training), balance(corpus.evaluation)
    terminalreporter.section("coded items: training, evaluation")
    for name in taught:
        terminalreporter.write_line(f"{name:16} {taught[name]:6,} {kept[name]:6,}")


def balance(coded: Sequence[Coded]) -> dict[str, int]:
    """Return the numbers of items by frame, tone, and of pairs, in a fixed order."""
    frames = Counter(frame for item in coded for frame in item.frames)
    tones = Counter(item.tone for item in coded if item.relevant)
    pairs = Counter((item.author, item.pair) for item in coded if item.pair)
    return {
        "all": len(coded),
        "relevant": sum(item.relevant for item in coded),
        "without a frame": sum(not item.frames for item in coded),
        **{frame: frames[frame] for frame in load_codebook().ids},
        **{f"tone {tone:+}": tones[tone] for tone in (-2, -1, 0, 1, 2)},
        "in minimal pairs": sum(pairs.values()),
    }
