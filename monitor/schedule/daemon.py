"""The daemon: ticks, watches its database and its feeds.yaml, answers for its health, and ends in time."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from types import FrameType

import structlog
from apscheduler.jobstores.base import JobLookupError  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

from monitor.clock import Clock, stopwatch, utc_now
from monitor.config.configuration import Configuration
from monitor.errors import UsageError
from monitor.schedule.board import Ran
from monitor.schedule.database import Database
from monitor.schedule.due import jumped_back
from monitor.schedule.health import Answer, health_address, json_answer, metrics_answer
from monitor.schedule.jobs import JOBS, Job, Shop
from monitor.schedule.meters import Meters
from monitor.schedule.runner import Runner, log_bug

log = structlog.get_logger()

TICK_SECONDS = 0.5
SHORTEST_TICK = 0.2
GRACE_SECONDS = 7.0
"""So long a stop waits for the jobs; what they have not committed by then is done at the next start."""


def run_once(url: str, feeds: Path | None, clock: Clock, env: Mapping[str, str], reports: Path) -> list[Ran]:
    """Run every job once, in the order of the line, and return what came of each.

    The report waits for items only where another process labels them: after its own try nobody else may.

    Raises:
        ConfigError: feeds.yaml is broken.
        StoreError: the database cannot be used.
    """
    configuration, database = Configuration(feeds), Database(url)
    database.open_now()
    shop = _shop(clock, env, reports, lambda job: None)
    runner = Runner(database, configuration, shop, promises=False)
    found: list[Ran] = []
    try:
        for job in JOBS:
            ran = runner.run(job)
            if ran is not None:
                found.append(ran)
            if ran is not None and job.name == "label":
                shop.patience = timedelta()
    finally:
        database.close()
    return found


def _shop(clock: Clock, env: Mapping[str, str], reports: Path, wake: Callable[[str], None]) -> Shop:
    return Shop(clock, threading.Event(), Meters(), reports, env, wake)


class Daemon:
    """Runs until it is told to stop.

    Args:
        url: of the database.
        feeds: feeds.yaml, or None for the usual one.
        clock: tells the present.
        env: the environment; holds the mail server.
        reports: the folder for reports.
        jobs: what to run.
        pace: how much faster than true time the clock runs, as in a demonstration.

    Raises:
        ConfigError: feeds.yaml is broken at the start.
        StoreError: the URL of the database is none.
    """

    def __init__(
        self,
        url: str,
        feeds: Path | None,
        clock: Clock,
        env: Mapping[str, str],
        reports: Path,
        jobs: tuple[Job, ...] = JOBS,
        pace: float = 1.0,
    ) -> None:
        self.configuration = Configuration(feeds)
        self.database = Database(url, alone=True)
        self.shop = _shop(clock, env, reports, self.wake)
        self.shop.patience *= pace  # work takes true time
        self.runner = Runner(self.database, self.configuration, self.shop)
        self._jobs = jobs
        self._pace = pace
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._signals: list[int] = []

    def run(self, port: int | None, say: Callable[[str], None] = lambda address: None) -> bool:
        """Run until SIGTERM, SIGINT or `stop`; call it from the main thread.

        Args:
            port: of the health address; 0 takes a free one, None serves none.
            say: hears the health address.

        Returns:
            Whether all jobs had ended; if not, their threads are still at work.

        Raises:
            UsageError: the port is taken, or another daemon runs on the database.
        """
        self.database.watch()
        if self.database.taken:
            raise UsageError(self.database.error or "")
        with ExitStack() as stack:
            if port is not None:
                say(f"http://127.0.0.1:{self._serve(stack, port)}/health")
            stack.enter_context(_handled(self._signals))
            self._start()
            self._loop()
            return self._end()

    def stop(self) -> None:
        """Let `run` end."""
        self.shop.stop.set()

    def wake(self, name: str) -> None:
        """Let a job look for work at once, or once more after the run that is under way."""
        if self.runner.board.ask_again(name):
            return
        try:
            self._scheduler.modify_job(name, next_run_time=utc_now())
        except JobLookupError:
            log.debug("no such job", job=name)

    def pages(self) -> dict[str, Callable[[], Answer]]:
        """Return what the health address serves."""
        return {"/health": self._health, "/metrics": self._metrics}

    def _serve(self, stack: ExitStack, port: int) -> int:
        try:
            return stack.enter_context(health_address(port, self.pages()))
        except UsageError:
            self.database.close()
            raise

    def _start(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # it warns of every tick that runs long
        for job in self._jobs:
            # The scheduler must never drop a tick: whether anything is due is for the tables to say.
            self._scheduler.add_job(
                self.runner.run,
                "interval",
                args=[job],
                id=job.name,
                seconds=max(job.every.total_seconds() / self._pace, SHORTEST_TICK),
                next_run_time=utc_now(),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        log.info("daemon started", jobs=len(self._jobs), sources=len(self._sources()))
        self._scheduler.start()

    def _sources(self) -> tuple[object, ...]:
        return self.configuration.config.enabled_sources()

    def _loop(self) -> None:
        before, since = self.shop.clock(), stopwatch()
        while not self.shop.stop.is_set():
            time.sleep(TICK_SECONDS)
            now = self.shop.clock()
            if jumped_back(before, now, since(), self._pace):
                log.warning("the clock has jumped back", before=str(before), now=str(now))
                self._wake_all()  # the scheduler would sit out the hours that come again
            before, since = now, stopwatch()
            try:
                self._look_after()
            except Exception as error:  # noqa: BLE001 - a bug must not end a daemon
                log_bug("watch", error)

    def _look_after(self) -> None:
        signals, self._signals[:] = list(self._signals), []
        if signal.SIGTERM in signals or signal.SIGINT in signals:
            log.info("stopping", running=" ".join(self.runner.board.running()) or "nothing")
            self.stop()
            return
        if self.configuration.follow(anyway=signal.SIGHUP in signals):
            self.wake("collect")
        if self.database.watch():
            self._wake_all()

    def _wake_all(self) -> None:
        for job in self._jobs:
            self.wake(job.name)

    def _end(self) -> bool:
        self._scheduler.shutdown(wait=False)
        idle = self.runner.board.wait_until_idle(GRACE_SECONDS)
        if idle:
            self.database.close()
            log.info("daemon ended")
        else:
            left = " ".join(self.runner.board.running())
            log.warning("daemon ends with jobs at work; they go on at the next start", jobs=left)
        return idle

    def _health(self) -> Answer:
        problem = self.database.problem()
        broken = self.configuration.error
        runs = self.runner.board.last_runs()
        running = self.runner.board.running()
        well = all(ran.ok for ran in runs.values()) and broken is None and not self.shop.alarms
        return json_answer(
            {
                "status": "down" if problem else "ok" if well else "failing",
                "database": {"ok": problem is None, "reason": problem},
                "config": {"ok": broken is None, "reason": broken},
                "running": running,
                "alarms": self.shop.alarms,
                "jobs": {name: asdict(ran) for name, ran in sorted(runs.items())},
            },
            well=problem is None,
        )

    def _metrics(self) -> Answer:
        store = self.database.store if self.database.problem(ask=False) is None else None
        config, clock = self.configuration.config, self.shop.clock
        whole = self.configuration.error is None
        return metrics_answer(self.shop.meters.exposition(store, config, clock, whole=whole))


@contextmanager
def _handled(received: list[int]) -> Iterator[None]:
    """Note signals; a handler that did more could meet a lock that its own thread holds."""

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {name: signal.signal(name, note) for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
