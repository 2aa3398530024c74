"""How fast models label, each in a process of its own, on the same distinct passages of 64 tokens.

    python benchmarks/label_speed.py [--passages 1000] [--base FOLDER] [MODEL]...

MODEL is a folder under models/; by default all that are shipped. Where torch and transformers are installed
and ``--base`` names an encoder, its transformers pipeline is timed too, at the best of several batch sizes:
the encoder alone, in single precision, with as many outputs as our models have; and, where it is installed,
sentence-transformers, which only embeds. Two threads everywhere.
Prints a Markdown table: passages a second (best of three), seconds from start to the first label, and peak
memory of the process.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from monitor.clock import stopwatch
from monitor.label.classifiers.onnx import read_tokenizer
from monitor.label.corpus import read_corpus
from monitor.label.lexicon import Mention, mention
from monitor.label.registry import find_models, load_classifier, shipped_models

TOKENS = 64
THREADS = 2
ROUNDS = 3
BATCHES = (1, 8, 16, 32, 64)
PIPELINE = "transformers pipeline"
EMBEDDING = "sentence-transformers"

Run = Callable[[Sequence[str]], object]


def passages(count: int, base: str | None) -> list[str]:
    """Return distinct passages that name social work, each cut at 64 tokens."""
    paths = [Path(base, "tokenizer.json")] if base else sorted(shipped_models().glob("*/tokenizer.json"))
    if not paths:
        sys.exit("no tokenizer to count tokens with: name an encoder's folder by --base")
    tokenizer = read_tokenizer(paths[0].read_bytes())
    texts = [f"{item.title}\n{item.text}" for item in read_corpus(shipped_models() / "corpus").training]
    found: dict[str, None] = {}
    for first in range(len(texts)):
        whole = " ".join(texts[(first + step * 37) % len(texts)] for step in range(4))
        encoding = tokenizer.encode(whole)
        if len(encoding.ids) >= TOKENS:
            cut = whole[: encoding.offsets[TOKENS - 2][1]]
            if mention(cut) > Mention.NONE:
                found[cut] = None
        if len(found) == count:
            break
    return list(found)


def measure(name: str, base: str | None, batch: int, texts: list[str]) -> dict[str, float]:
    """Return the figures of one model in this process."""
    since_start = stopwatch()
    peers = {PIPELINE: _pipeline, EMBEDDING: _embedding}
    run = peers[name](str(base), batch) if name in peers else load_classifier(name).scores
    run(texts[:1])
    first = since_start()
    seconds = []
    for _ in range(ROUNDS):
        elapsed = stopwatch()
        run(texts)
        seconds.append(elapsed())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rate": len(texts) / min(seconds), "first": first, "peak_mb": peak}


def _pipeline(base: str, batch: int) -> Run:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    torch.set_num_threads(THREADS)
    network = AutoModelForSequenceClassification.from_pretrained(base, num_labels=16)
    network.config.problem_type = "multi_label_classification"
    tokenizer = AutoTokenizer.from_pretrained(base)
    asked = pipeline("text-classification", model=network, tokenizer=tokenizer, top_k=None)
    return lambda texts: asked(list(texts), batch_size=batch)


def _embedding(base: str, batch: int) -> Run:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(THREADS)
    encoder = SentenceTransformer(base, device="cpu", local_files_only=True)
    return lambda texts: encoder.encode(list(texts), batch_size=batch, show_progress_bar=False)


def in_own_process(name: str, base: str | None, batch: int, file: Path) -> dict[str, float]:
    """Return ``measure`` of a fresh process, so that peak memory is this model's alone."""
    command = [sys.executable, __file__, "--one", name, "--texts", str(file), "--batch", str(batch)]
    done = subprocess.run(command + (["--base", base] if base else []), capture_output=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--base")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--texts", type=Path, default=Path("passages.json"), help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, default=32, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        texts = json.loads(asked.texts.read_text("utf-8"))
        print(json.dumps(measure(asked.one, asked.base, asked.batch, texts)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "passages.json")
        texts = passages(asked.passages, asked.base)
        file.write_text(json.dumps(texts), "utf-8")
        print(f"{len(texts)} distinct passages of {TOKENS} tokens, {THREADS} threads\n")
        print("| model | passages/s | first label, s | peak memory, MB |\n|---|---|---|---|")
        for name in asked.models or sorted(find_models()):
            _print_row(name, in_own_process(name, None, 0, file))
        for peer in _peers(asked.base):
            runs = {batch: in_own_process(peer, asked.base, batch, file) for batch in BATCHES}
            best = max(runs, key=lambda batch: runs[batch]["rate"])
            _print_row(f"{peer}, batch {best}", runs[best])


def _peers(base: str | None) -> list[str]:
    known = {PIPELINE: "transformers", EMBEDDING: "sentence_transformers"}
    return [peer for peer, library in known.items() if base and find_spec(library)]


def _print_row(name: str, figures: dict[str, float]) -> None:
    print(
        f"| {name} | {figures['rate']:.0f} | {figures['first']:.1f} | {figures['peak_mb']:.0f} |", flush=True
    )


if __name__ == "__main__":
    main()
