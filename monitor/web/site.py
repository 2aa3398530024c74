"""What the pages share: the database, the configuration, the clock, and what was reckoned a moment ago."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from monitor.clock import Clock
from monitor.config.configuration import Configuration
from monitor.config.load import Config
from monitor.deliver.unsubscribe import Links
from monitor.pipeline.browse import model_in_use
from monitor.pipeline.status import Status, run_status
from monitor.store.open import Store
from monitor.types import StoredModel

T = TypeVar("T")

MODEL_FOR = timedelta(seconds=10)
STATUS_FOR = timedelta(seconds=30)
"""How long status and weekly shares are kept, and agreement figures."""
STUDY_FOR = timedelta(minutes=10)
"""How long an event study is kept; it takes a second, and changes with new labels alone."""


class Kept:
    """Values that cost more than a page may, kept for a while; each is made by one thread at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: dict[object, tuple[datetime, Any]] = {}
        self._locks: dict[object, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: object, age: timedelta, make: Callable[[], T]) -> T:
        """Return what was made under a key at most so long ago, or else what ``make`` makes now."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            now = self._clock()
            if key not in self._values or not timedelta(0) <= now - self._values[key][0] <= age:
                self._values[key] = (now, make())
            found: T = self._values[key][1]
            return found


@dataclass(frozen=True)
class Site:
    """What every page may read; made once for each configuration, used by many threads."""

    store: Store
    config: Config
    clock: Clock
    reports: Path | None = None
    """The folder of written reports; None where none is to be shown."""
    model: str | None = None
    """The model whose labels are shown, where it is not the active one."""
    password: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    """Signs links and cookies; without it no link works."""
    hosts: frozenset[str] = frozenset()
    """Names, beside those of loopback, by which the pages may be asked for."""
    cookie_secret: str = field(default="", repr=False)
    """By default the secret, or else one that lasts as long as the process."""
    kept: Kept = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kept", Kept(self.clock))
        object.__setattr__(self, "cookie_secret", self.cookie_secret or self.secret or secrets.token_hex(32))

    def configured(self, config: Config) -> "Site":
        """Return this site under another configuration; what was reckoned under the old one is not kept."""
        return replace(self, config=config)

    @property
    def links(self) -> Links | None:
        """What reads the links of mails; None without a secret."""
        return Links(self.secret, self.config.web or "") if self.secret else None

    def labels(self) -> StoredModel | None:
        """Return the model whose labels are shown; None before anything is labelled."""
        return self.kept.get("model", MODEL_FOR, lambda: model_in_use(self.store, self.config, self.model))

    def status(self) -> Status:
        """Return how collection, labelling and delivery stand."""
        return self.kept.get("status", STATUS_FOR, lambda: run_status(self.store, self.config, self.clock))


async def site_of(request: Request) -> Site:
    """Return the site that an application was made over, under the configuration that is in force now.

    It runs on the one thread that takes requests, so that no two read feeds.yaml.
    """
    state = request.app.state
    configuration: Configuration | None = state.configuration
    if configuration is not None and configuration.follow():
        state.site = state.site.configured(configuration.config)
    site: Site = state.site
    return site


Here = Annotated[Site, Depends(site_of)]
"""The site, as an argument of what answers an address."""
