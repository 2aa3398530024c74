"""Logs on standard error: words for people, JSON for programs; no article text and no secrets."""

import logging
import os
import sys

import structlog

from monitor.errors import ConfigError

LEVELS = ("debug", "info", "warning", "error")


def set_up_logs(usual: str = "warning", *, machine: bool = False) -> None:
    """Send logs of the level ``MONITOR_LOG``, or else ``usual``, and above to standard error.

    Args:
        usual: one of `LEVELS`.
        machine: a JSON document a line, rather than words.

    Raises:
        ConfigError: MONITOR_LOG is no level.
    """
    level = (os.environ.get("MONITOR_LOG") or usual).lower()
    if level not in LEVELS:
        raise ConfigError(f"MONITOR_LOG: {level!r} is not one of {', '.join(LEVELS)}")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
            if machine
            else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
