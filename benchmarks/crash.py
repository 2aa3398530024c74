"""Kill every stage at random moments with SIGKILL, and count what is lost and what is doubled.

Run in the repository's folder: ``python benchmarks/crash.py --kills 100``. docs/benchmarks.md says what is
compared, and what was found.
"""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pytest

from tests.crash.databases import running_databases
from tests.crash.harness import Damage, Trial
from tests.crash.site import running_site
from tests.crash.stages import KILLED

ROWS = 2_500
"""Of the file that is imported and labelled: three transactions each."""
RECIPIENTS = 20
"""Of each of two lists."""


def main() -> int:
    """Print a row for each stage and database; return 1 where something was lost or doubled."""
    options = parse_options()
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    sound = True
    print("| stage | database | kills | rounds | lost | doubled | of these explained | seconds |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name, running_site(Path(name), options.rows, RECIPIENTS) as site:
        for kind in kinds:
            try:
                with running_databases(kind, Path(name)) as databases:
                    trial = Trial(site, databases)
                    for stage in options.stage or KILLED:
                        damage = trial.disturb(stage, options.kills, options.seed, show)
                        sound &= damage.sound
                        print_row(damage)
            except pytest.skip.Exception as error:
                print(f"{kind}: left out: {error}", file=sys.stderr)
    return 0 if sound else 1


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of each stage on each database")
    parser.add_argument("--stage", action="append", choices=KILLED, help="default: all")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rows", type=int, default=ROWS, help="to import and label, at most 4,557")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def show(damage: Damage) -> None:
    """Say on a terminal how far a stage is."""
    if sys.stderr.isatty():
        print(f"\r{damage.stage} on {damage.database}: {damage.kills} kills", end="\r", file=sys.stderr)


def print_row(damage: Damage) -> None:
    """Print the row of a stage, and what is wrong with it."""
    numbers = (damage.kills, damage.rounds, damage.lost, damage.doubled, damage.explained)
    cells = (damage.stage, damage.database, *map(str, numbers), f"{damage.seconds:.0f}")
    print(f"| {' | '.join(cells)} |", flush=True)
    for problem in damage.problems:
        print(f"{damage.stage} on {damage.database}: {problem}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
