"""Keep what libraries say while they work off a standard error that nobody watches, such as a log."""

import sys


def quieten_bars() -> None:
    """Turn transformers' progress bars off for the rest of the run, unless standard error is a terminal."""
    if sys.stderr.isatty():
        return
    from transformers.utils import logging  # heavy: only when its models are used

    logging.disable_progress_bar()
