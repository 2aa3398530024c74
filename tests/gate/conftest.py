"""`make check` prints how many coded items there are of everything."""

import subprocess
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
    _, left_out = gated_models(CORPUS.parent)
    for folder in left_out:
        terminalreporter.write_line(
            f"{folder}: not gated, since git does not track it and it has no floors.json"
        )


def gated_models(models: Path) -> tuple[list[Path], list[Path]]:
    """Return the models that the gate is for, and those that it is not: a user's own in a checkout.

    It is for those that git tracks or that have floors.json; where there is no git, only for the latter.
    """
    try:
        command = ["git", "-C", str(models), "ls-files", "-z", "--", "*/manifest.json"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        listed = ""
    tracked = {models / name for name in listed.split("\0") if name}
    found = sorted(models.glob("*/manifest.json"))
    gated = [path.parent for path in found if path in tracked or (path.parent / "floors.json").exists()]
    return gated, [path.parent for path in found if path.parent not in gated]


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
