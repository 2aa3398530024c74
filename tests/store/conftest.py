"""A real database for every test, on SQLite and on PostgreSQL; it is migrated once and copied."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.store.open import Store, database_file, open_store, parse_url
from tests.store.databases import KINDS, Server, running_server


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "empty.db"
    open_store(f"sqlite:///{path}", create=True).close()
    return path


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        empty = request.getfixturevalue("empty_database")
        yield f"sqlite:///{shutil.copy(empty, tmp_path / 'monitor.db')}"
        return
    server: Server = request.getfixturevalue("server")
    with server.database() as database:
        yield database


@pytest.fixture
def path(url: str) -> Path:
    """The file of the database; for tests that are `only_sqlite`."""
    file = database_file(parse_url(url))
    assert file is not None
    return file


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture
def raw_bytes(url: str, request: pytest.FixtureRequest) -> Callable[[], bytes]:
    """All that lies on disk: the database and the files beside it; of a server without its log."""
    file = database_file(parse_url(url))
    if file is not None:
        return lambda: b"".join(one.read_bytes() for one in sorted(file.parent.glob(file.name + "*")))
    server: Server = request.getfixturevalue("server")
    return lambda: server.raw_bytes(url)
