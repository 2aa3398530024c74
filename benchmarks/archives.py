"""Fetch a day of 1,000 stories from each archive, undisturbed and killed with SIGKILL at random moments.

Run in the repository's folder: ``python benchmarks/archives.py --kills 100``. The archives are local servers
that answer by their public documentation (tests/collect/archives); docs/archives.md says what is compared.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.collect.archives.cases import ARCHIVES
from tests.collect.archives.kills import disturb
from tests.crash.starter import running_starter


def main() -> int:
    """Print a row for each archive; return 1 where something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of each archive")
    parser.add_argument("--archive", action="append", choices=ARCHIVES, help="default: all")
    parser.add_argument("--stories", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sound = True
    print("| archive | stories | seconds | kills | databases | lost | doubled |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with running_starter() as starter:
        for name in options.archive or ARCHIVES:
            with tempfile.TemporaryDirectory() as folder:
                harm = disturb(name, options.stories, options.kills, options.seed, Path(folder), starter)
            sound &= harm.sound
            numbers = (harm.kills, harm.rounds, harm.lost, harm.doubled)
            told = " | ".join(map(str, numbers))
            print(f"| {name} | {options.stories:,} | {harm.undisturbed:.1f} | {told} |", flush=True)
            for problem in harm.problems:
                print(f"{name}: {problem}", file=sys.stderr)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
