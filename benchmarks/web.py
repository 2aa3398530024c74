"""How fast the pages of ``monitor serve`` answer over a database of some size.

    python benchmarks/web.py --items 25000 --times 5 [--rounds 40] [--folder DIR]

Fills a SQLite database as benchmarks/store.py does, with the codebook's frames, multiplies it in SQL, draws a
sample and codes half of it, and starts ``monitor serve`` as a process of its own. Each page is asked for
once, which is shown apart since some of it is kept afterwards, then again by addresses that differ where
pages do. One client, one request at a time, whole answers over loopback. Prints a Markdown table.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import sysconf
from pathlib import Path
from statistics import median, quantiles

import httpx

from benchmarks import store as filling
from benchmarks.multiply import multiply
from monitor.clock import utc_now
from monitor.label.codebook import load_codebook
from monitor.pipeline.gold import draw_sample, next_unit, save_code
from monitor.store.open import Store, open_store
from monitor.types import StoredModel

FEEDS = "sources: []\nlists: {}\n"


def filled(url: str, items: int, times: int) -> StoredModel:
    """Fill a database, and return the model that has labelled it."""
    filling.FRAMES = load_codebook().ids
    store = open_store(url, create=True)
    try:
        model = filling.fill(store, items, filling.Times())
        if times > 1:
            multiply(store, times)
        draw_sample(store, model, utc_now, size=300)
        code_half(store)
    finally:
        store.close()
    return model


def code_half(store: Store) -> None:
    """Code half of the sample as a person does, so that shares are corrected."""
    for n in range(150):
        shown = next_unit(store, "random-1", "Ann")
        if shown is None:
            return
        fields = {"relevant": "yes" if n % 2 else "no", "frames": "positive" if n % 4 == 1 else ""}
        save_code(store, shown.unit, "Ann", fields, utc_now)


@contextmanager
def serving(url: str, model: StoredModel, folder: Path) -> Iterator[tuple[httpx.Client, int]]:
    """Run ``monitor serve`` and yield a client of it, and the id of its process."""
    (folder / "feeds.yaml").write_text(FEEDS, "utf-8")
    command = [sys.executable, "-m", "monitor", "serve", "--port", "0", "--db", url, "--model", model.name]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    try:
        said = process.stderr.readline() if process.stderr else ""
        found = re.search(r"http://\S+:\d+", said)
        if found is None:
            raise SystemExit(f"monitor serve did not start: {said}")
        with httpx.Client(base_url=found[0], timeout=120) as client:
            yield client, process.pid
    finally:
        process.terminate()
        process.wait()


def pages(client: httpx.Client) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds of pages, each with the addresses that are asked for in turn."""
    frames = load_codebook().ids
    yield "overview", ["/"]
    yield "trend, 52 weeks", [f"/trend?frame={frame}" for frame in frames]
    yield "trend, 104 weeks", [f"/trend?frame={frame}&weeks=104" for frame in frames]
    yield "items, page after page", following(client, "/items", 12)
    yield "items of a frame, page after page", following(client, "/items?frame=secretive", 12)
    yield "items of a frame and an outlet", [f"/items?frame=reform&outlet=Outlet {n}" for n in range(12)]
    yield "everything stored, page after page", following(client, "/items?all=1", 12)
    yield "search, a word in 1 % of items", [f"/items?q={word}" for word in filling.WORDS[:12]]
    yield (
        "search, a rare pair of words",
        [f"/items?q={one} {filling.WORDS[-7]}" for one in filling.WORDS[:12]],
    )
    yield "search within a frame", [f"/items?frame=reform&q={word}" for word in filling.WORDS[:12]]
    yield "one item", [f"/items/{n * 997 + 1}" for n in range(12)]
    yield "events", ["/events"]
    yield "an event study", ["/events/E49", "/events/E50"]
    yield "status", ["/status"]
    yield "the next unit to code", ["/code/random-1"]


def following(client: httpx.Client, address: str, number: int) -> list[str]:
    """Return the addresses of a list's first pages, as each leads to the next."""
    found = [address]
    while len(found) < number:
        page = client.get(found[-1], params={**httpx.URL(found[-1]).params, "format": "json"}).json()
        if page["next"] is None:
            break
        found.append(f"{address}{'&' if '?' in address else '?'}before={page['next']}")
    return found


def seconds(client: httpx.Client, address: str) -> float:
    """Return how long an answer takes, which must be a page."""
    start = time.perf_counter()
    answer = client.get(address)
    taken = time.perf_counter() - start
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"{address}: {answer.status_code} {answer.text[:200]}")
    return taken


def begin_coding(client: httpx.Client) -> None:
    """Give a coder's name, as the form does."""
    token = re.search(r'name="token" value="(\w+)"', client.get("/code/random-1").text)
    if token is None:
        raise SystemExit("the coding page asks for no name")
    client.post("/code", data={"token": token[1], "coder": "Ann", "then": "random-1"})


def measure(client: httpx.Client, server: int, rounds: int) -> Iterator[str]:
    """Yield the rows of the table."""
    begin_coding(client)
    every: list[float] = []
    for name, addresses in pages(client):
        first, before = seconds(client, addresses[0]), processor_seconds(server)
        taken = [seconds(client, addresses[n % len(addresses)]) for n in range(rounds)]
        spent = (processor_seconds(server) - before) / rounds
        every += taken
        figures = (first, median(taken), p95(taken), spent)
        yield f"| {name} | {' | '.join(f'{1000 * one:,.0f}' for one in figures)} |"
    yield f"| all of them | | {median(every) * 1000:,.0f} | {p95(every) * 1000:,.0f} | |"


def processor_seconds(process: int) -> float:
    """Return the processor time that a process has spent, which no other work stretches."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / sysconf("SC_CLK_TCK")


def p95(taken: list[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(taken, n=20)[-1]


def main() -> None:
    """Fill, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--items", type=int, default=25_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        url = f"sqlite:///{folder / 'web.db'}"
        model = filled(url, asked.items, asked.times)
        print(f"{asked.items * asked.times:,} items\n")
        print("| page | first, ms | median, ms | p95, ms | processor, ms |\n|---|---:|---:|---:|---:|")
        with serving(url, model, folder) as (client, server):
            for row in measure(client, server, asked.rounds):
                print(row, flush=True)


if __name__ == "__main__":
    main()
