"""Article texts out of pages: ours beside trafilatura's, by the texts that people marked.

Run in the repository's folder: ``python benchmarks/extraction.py FOLDER``, where FOLDER is a copy of
https://github.com/scrapinghub/article-extraction-benchmark (181 pages, MIT), no part of this project.
docs/benchmarks.md says what was found.

The metric is that of the set's own evaluate.py: runs of four words, each as often as it occurs; precision and
recall of each page, their means over the pages, and F1 of the means; the standard deviation by bootstrap.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from monitor.clock import stopwatch
from monitor.collect.extract_worker import article_text

Extractor = Callable[[bytes, str], str]
Score = tuple[float | None, float | None]
"""Precision and recall of a page; None where nothing was said, or nothing was to be said."""

_WORD = re.compile(r"\w+")
_WORDS = 4
_RESAMPLES = 1_000


def main() -> None:
    """Print a row for each way of extracting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="show the N pages where ours is worst"
    )
    options = parser.parse_args()
    pages = read_pages(options.folder)
    print(f"{len(pages)} pages\n")
    print("| | F1 | precision | recall | ms a page |")
    print("|---|---:|---:|---:|---:|")
    for name, extract in WAYS.items():
        elapsed = stopwatch()
        texts = [extract(html, url) for _, html, url, _ in pages]
        each = elapsed() / len(pages) * 1_000
        scores = [page_score(wanted, text) for (_, _, _, wanted), text in zip(pages, texts, strict=True)]
        print(f"| {name} | {spread(scores)} | {each:.0f} |")
        if extract is article_text and options.worst:
            show_worst(pages, scores, options.worst)


def read_pages(folder: Path) -> list[tuple[str, bytes, str, str]]:
    """Return name, page, address and marked text of each page."""
    marked = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    return [
        (
            name,
            gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()),
            one["url"],
            one["articleBody"],
        )
        for name, one in sorted(marked.items())
    ]


def trafilatura_defaults(html: bytes, url: str) -> str:
    """trafilatura with nothing chosen."""
    import trafilatura

    return trafilatura.extract(html, url=url) or ""


def trafilatura_there(html: bytes, url: str) -> str:
    """trafilatura as the authors of the set call it."""
    import trafilatura

    return trafilatura.extract(html.decode("utf-8"), include_comments=False) or ""


WAYS: dict[str, Extractor] = {
    "ours": article_text,
    "trafilatura, its defaults": trafilatura_defaults,
    "trafilatura, as the set's authors call it": trafilatura_there,
}

# ---------------------------------------------------------------- the metric


def page_score(wanted: str, text: str) -> Score:
    """Return precision and recall of a page's runs of words."""
    said, should = runs(text), runs(wanted)
    both = (said & should).total()
    if not said and not should:
        return 1.0, 1.0
    precision = both / said.total() if said else None
    return precision, both / should.total() if should else None


def runs(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of four words of a text; of a shorter one, the one that it is."""
    words = _WORD.findall(text)
    if not words:
        return Counter()
    return Counter(tuple(words[start : start + _WORDS]) for start in range(max(1, len(words) - _WORDS + 1)))


def figures(scores: Sequence[Score]) -> tuple[float, float, float]:
    """Return F1, precision and recall over the pages."""
    precision = statistics.mean(one for one, _ in scores if one is not None)
    recall = statistics.mean(one for _, one in scores if one is not None)
    return 2 * precision * recall / (precision + recall), precision, recall


def spread(scores: Sequence[Score]) -> str:
    """Return the three figures with their standard deviations."""
    rng = random.Random(1)
    drawn = [figures(rng.choices(scores, k=len(scores))) for _ in range(_RESAMPLES)]
    deviations = (statistics.stdev(column) for column in zip(*drawn, strict=True))
    return " | ".join(f"{a:.3f} ± {b:.3f}" for a, b in zip(figures(scores), deviations, strict=True))


def show_worst(pages: list[tuple[str, bytes, str, str]], scores: list[Score], number: int) -> None:
    """Print the pages on which least was right."""
    ranked = sorted(range(len(pages)), key=lambda place: sum(one or 0.0 for one in scores[place]))
    for place in ranked[:number]:
        precision, recall = scores[place]
        print(f"  {precision or 0:.2f} {recall or 0:.2f} {pages[place][2]}")


if __name__ == "__main__":
    main()
