"""A real SQLite file for every test; it is migrated once and copied, since migrating takes longest."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.store.open import Store, open_store


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "empty.db"
    open_store(f"sqlite:///{path}", create=True).close()
    return path


@pytest.fixture
def path(tmp_path: Path, empty_database: Path) -> Path:
    return Path(shutil.copy(empty_database, tmp_path / "monitor.db"))


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture
def raw_bytes(path: Path) -> Callable[[], bytes]:
    """All that lies on disk: the database and the files beside it."""
    return lambda: b"".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))
