"""feeds.yaml while a process runs: read again when it changes; a broken one keeps the old."""

from pathlib import Path

import structlog

from monitor.config.load import DEFAULT_FEEDS, Config, load_config
from monitor.errors import ConfigError

log = structlog.get_logger()


class Configuration:
    """Holds the configuration in force.

    Attributes:
        config: the last one that was whole.
        error: what is wrong with the file as it is now, a problem a line; None where nothing is.

    Raises:
        ConfigError: the file is broken at the start.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._mark = self._marked()
        self.config: Config = load_config(path)
        self.error: str | None = None

    def follow(self, *, anyway: bool = False) -> bool:
        """Read the file again where it has changed, or ``anyway``; True where a new one is in force."""
        mark = self._marked()
        if mark == self._mark and not anyway:
            return False
        self._mark = mark
        try:
            # One that was read here and has gone is a mistake: never fall back to the one shipped.
            self.config = load_config(self._path or self.config.path)
        except ConfigError as error:
            self.error = str(error)
            log.error("feeds.yaml is broken, the old one stays in force", reason=self.error)
            return False
        self.error = None
        log.info("feeds.yaml read", sources=len(self.config.enabled_sources()), lists=len(self.config.lists))
        return True

    def _marked(self) -> tuple[int, int, int] | None:
        try:
            stat = (self._path or Path(DEFAULT_FEEDS)).stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
