"""Fetch a day of 1,000 stories from each archive, undisturbed and killed with SIGKILL at random moments.

Run in the repository's folder: ``python benchmarks/archives.py --kills 100``. The archives are local servers
that answer by their public documentation (tests/collect/archives); docs/archives.md says what is compared.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest

from tests.collect.archives.cases import ARCHIVES
from tests.collect.archives.kills import Harm, disturb
from tests.crash.databases import running_databases
from tests.crash.starter import Starter, running_starter


def main() -> int:
    """Print a row for each archive; return 1 where something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of each archive")
    parser.add_argument("--archive", action="append", choices=ARCHIVES, help="default: all")
    parser.add_argument("--stories", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    sound = True
    print("| archive | database | stories | seconds | kills | rounds | lost | doubled |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    with running_starter() as starter:
        for kind in kinds:
            try:
                for name in options.archive or ARCHIVES:
                    sound &= disturbed(name, kind, options, starter).sound
            except pytest.skip.Exception as error:
                print(f"{kind}: left out: {error}", file=sys.stderr)
    return 0 if sound else 1


def disturbed(name: str, kind: str, options: argparse.Namespace, starter: Starter) -> Harm:
    """Disturb the backfill of an archive on one kind of database, and print its row."""
    with tempfile.TemporaryDirectory() as folder, running_databases(kind, Path(folder)) as databases:
        plan = (options.stories, options.kills, options.seed)
        harm = disturb(name, *plan, Path(folder), starter, databases)
    numbers = (harm.kills, harm.rounds, harm.lost, harm.doubled)
    cells = (name, kind, f"{options.stories:,}", f"{harm.undisturbed:.1f}", *map(str, numbers))
    print(f"| {' | '.join(cells)} |", flush=True)
    for problem in harm.problems:
        print(f"{name} on {kind}: {problem}", file=sys.stderr)
    return harm


if __name__ == "__main__":
    sys.exit(main())
