"""Pages over real databases, served by a real uvicorn on loopback."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from monitor.config.configuration import Configuration
from monitor.config.load import parse_config
from monitor.pipeline.gold import draw_sample
from monitor.store.open import Store, open_store
from monitor.types import Evidence, Item, Source, StoredModel
from monitor.web.app import make_app
from monitor.web.serve import address_of, listening
from monitor.web.site import Site
from tests.store.builders import NOW, a_model, a_source, an_item, an_outlet, label_all, put
from tests.store.conftest import empty_database as empty_database
from tests.store.conftest import path as path
from tests.store.conftest import server as server
from tests.store.conftest import store as store
from tests.store.conftest import url as url

SECRET = "a secret of thirty-two characters"
PASSWORD = "correct horse battery"
LATER = NOW + timedelta(weeks=1)
"""A moment at which the week of the items is over."""
FEEDS = """\
contact: editor@ngo.example
sources: []
lists:
  team: {recipients: [ann@council.example, bob@council.example]}
"""
EVIDENCE = Evidence("incompetent", "Staff missed every sign, an inquiry found.", 0, 42)


@contextmanager
def served(site: Site, configuration: Configuration | None = None) -> Iterator[str]:
    """Serve a site, and yield its address without a slash at the end."""
    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(
        make_app(site, configuration), log_config=None, lifespan="off", ws="none", http="h11"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([listener],))
    thread.start()
    try:
        while not running.started:
            time.sleep(0.005)
        yield address_of(listener).rstrip("/")
    finally:
        running.should_exit = True
        thread.join()
        listener.close()


def fill(store: Store) -> StoredModel:
    """Ten stories of one week that fail, thirty of six weeks before that praise, five about the weather."""
    echo = a_source("echo", an_outlet("Evening Echo"))
    with store.writing() as session:
        model = a_model(session, "test")
        put(session, *(_story(n) for n in range(10)))
        label_all(session, model, hits={"incompetent": 0.91}, evidence=[EVIDENCE])
        put(session, *(_praise(n, echo) for n in range(30)), source=echo)
        label_all(session, model, hits={"positive": 0.8, "over_zealous": 0.6}, band="positive")
        put(session, *(an_item(f"https://post.example/w{n}", title=f"Weather {n}: rain") for n in range(5)))
        label_all(session, model, relevant=False)
    return model


def _story(n: int) -> Item:
    text = f"The whole of article {n}, which no page may show."
    return an_item(
        f"https://post.example/{n}", title=f"Social workers missed sign {n}", summary=f"Said {n}.", text=text
    )


def _praise(n: int, source: Source) -> Item:
    at = NOW - timedelta(weeks=1 + n % 6)
    return an_item(f"https://echo.example/{n}", title=f"Praise for team {n} of Ashby", source=source, at=at)


def a_site(store: Store, **given: Any) -> Site:
    return Site(
        store=store,
        config=parse_config(given.pop("feeds", FEEDS), "feeds.yaml"),
        clock=given.pop("clock", lambda: LATER),
        model="test",
        **given,
    )


@pytest.fixture
def serve(store: Store) -> Iterator[Callable[..., httpx.Client]]:
    """Serve a site with what is given of `Site`, and return a client of it."""
    with ExitStack() as stack:

        def serve(**given: Any) -> httpx.Client:
            address = stack.enter_context(served(a_site(store, **given)))
            return stack.enter_context(httpx.Client(base_url=address))

        yield serve


@pytest.fixture(scope="session")
def filled_path(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of SQLite that `fill` has filled, with a sample; to be copied or only read."""
    path = tmp_path_factory.mktemp("web") / "filled.db"
    path.write_bytes(empty_database.read_bytes())
    store = open_store(f"sqlite:///{path}")
    draw_sample(store, fill(store), lambda: LATER, size=20)
    store.close()
    return path


@pytest.fixture(scope="session")
def site(filled_path: Path) -> Iterator[Site]:
    """A site that tests only read."""
    store = open_store(f"sqlite:///{filled_path}")
    yield a_site(store, secret=SECRET)
    store.close()


@pytest.fixture(scope="session")
def address(site: Site) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        yield client
