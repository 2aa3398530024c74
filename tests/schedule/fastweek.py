"""A daemon on a fast clock, as a process: ``python -m tests.schedule.fastweek FOLDER START PACE``.

It works in the folder, which holds feeds.yaml, and ends on SIGTERM. What it is to send, and where, stands in
the environment.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from monitor.cli.logs import set_up_logs
from monitor.clock import fast_clock
from monitor.schedule.daemon import Daemon


def main(folder: Path, start: datetime, pace: float) -> None:
    set_up_logs("info", machine=True)
    url, clock = f"sqlite:///{folder / 'monitor.db'}", fast_clock(start, pace)
    daemon = Daemon(url, folder / "feeds.yaml", clock, os.environ, folder / "reports", pace=pace)
    ended = daemon.run(None)
    os._exit(0 if ended else 3)


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), float(sys.argv[3]))
