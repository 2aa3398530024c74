"""How fast models label, each in a process of its own, on the same distinct passages of 64 tokens.

    python -m benchmarks.label_speed [--passages 1000] [--base FOLDER] [MODEL]...

MODEL is a folder under models/; by default all that are shipped. Where torch and transformers are installed
and ``--base`` names the encoder that ours was fine-tuned from, a transformers pipeline is timed too, at the
best of several batch sizes. Our own weights are kept in 8 bits only, so it runs a network of the same
architecture and size, in single precision, with the base's weights and a layer of as many outputs as ours,
drawn at random: as fast as ours would be there, and nothing that it answers means anything. It is the encoder
alone, without our linear part. Where it is installed, sentence-transformers, which only embeds, is timed as
well. Two threads everywhere.

Prints a Markdown table: passages a second (best of three); seconds from before the process begins, so with
interpreter and imports, to the first label; and the peak memory of the process (VmHWM of Linux).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
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
PIPELINE = "transformers pipeline, same architecture and size"
EMBEDDING = "sentence-transformers, which only embeds"
OUTPUTS = 16
FIRST = "first label"
"""What a process says when it has one."""

Figures = Mapping[str, float]
"""``rate`` in passages a second, ``first`` in seconds, ``peak_mb``."""
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
    """Return ``rate`` and ``peak_mb`` of one model in this process; says so when it has the first label."""
    peers = {PIPELINE: _pipeline, EMBEDDING: _embedding}
    run = peers[name](str(base), batch) if name in peers else load_classifier(name).scores
    run(texts[:1])
    print(FIRST, flush=True)
    seconds = []
    for _ in range(ROUNDS):
        elapsed = stopwatch()
        run(texts)
        seconds.append(elapsed())
    return {"rate": len(texts) / min(seconds), "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return the most memory that this program has held, in MB; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def _pipeline(base: str, batch: int) -> Run:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    torch.set_num_threads(THREADS)
    network = AutoModelForSequenceClassification.from_pretrained(base, num_labels=OUTPUTS)
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


def in_own_process(name: str, base: str | None, batch: int, file: Path) -> Figures:
    """Return the figures of a fresh process: memory and time to the first label are this model's alone."""
    words = ["--one", name, "--texts", str(file), "--batch", str(batch), *(["--base", base] if base else [])]
    command = [sys.executable, __file__, *words]
    elapsed = stopwatch()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        said = any(line.strip() == FIRST for line in lines)
        first = elapsed()
        last = "".join(lines).strip().splitlines()[-1:]
    if process.returncode or not said or not last:
        raise SystemExit(f"{name}: could not be timed (status {process.returncode})")
    return {"first": first, **json.loads(last[0])}


def timed(models: Sequence[str], base: str | None, count: int) -> dict[str, Figures]:
    """Return the figures of models, and of the peers that can run, by name, each in a process of its own.

    Args:
        models: names or folders.
        base: of the peers; without it there are none.
        count: how many passages to read.
    """
    found: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        file, texts = Path(folder, "passages.json"), passages(count, base)
        file.write_text(json.dumps(texts), "utf-8")
        print(f"{len(texts)} distinct passages of {TOKENS} tokens, {THREADS} threads", file=sys.stderr)
        for name in models:
            found[name] = in_own_process(name, None, 0, file)
        for peer in _peers(base):
            runs = {batch: in_own_process(peer, base, batch, file) for batch in BATCHES}
            best = max(runs, key=lambda batch: runs[batch]["rate"])
            found[f"{peer}, batch {best}"] = runs[best]
    return found


def print_speeds(found: Mapping[str, Figures]) -> None:
    """Print what ``timed`` returned."""
    print("| model | passages/s | first label, s | peak memory, MB |\n|---|---|---|---|")
    for name, one in found.items():
        print(f"| {name} | {one['rate']:.0f} | {one['first']:.1f} | {one['peak_mb']:.0f} |", flush=True)


def _peers(base: str | None) -> list[str]:
    known = {PIPELINE: "transformers", EMBEDDING: "sentence_transformers"}
    return [peer for peer, library in known.items() if base and find_spec("torch") and find_spec(library)]


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
    print_speeds(timed(asked.models or sorted(find_models()), asked.base, asked.passages))


if __name__ == "__main__":
    main()
