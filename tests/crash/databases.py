"""Databases to be copied and thrown away, on SQLite and on PostgreSQL."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy.engine import make_url

from tests.store.databases import Server, running_server


class Databases(Protocol):
    """One kind of database."""

    kind: str

    def empty(self) -> str:
        """Return the URL of a database that holds nothing yet."""

    def copy(self, url: str) -> str:
        """Return the URL of a copy of a database that nobody uses."""

    def drop(self, url: str) -> None:
        """Remove a database, whoever uses it."""


class SqliteFiles:
    """Files in one folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def empty(self) -> str:
        """Return the URL of a file that is not there yet."""
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"

    def copy(self, url: str) -> str:
        """Copy the file, and its log where there is one."""
        made = self.empty()
        for file in self._files(url):
            shutil.copy(file, made.removeprefix("sqlite:///") + file.name.partition(".db")[2])
        return made

    def drop(self, url: str) -> None:
        """Unlink the file and its log."""
        for file in self._files(url):
            file.unlink()

    def _files(self, url: str) -> list[Path]:
        return list(self._folder.glob(Path(url.removeprefix("sqlite:///")).name + "*"))


class PostgresDatabases:
    """Databases of one server."""

    kind = "postgresql"

    def __init__(self, server: Server) -> None:
        self._server = server
        self._numbers = count()

    def empty(self) -> str:
        """Make a database without tables."""
        return self._server.empty_database()

    def copy(self, url: str) -> str:
        """Make a database from another one as its template; connections to that one are waited for."""
        made = f"copy{next(self._numbers)}"
        for left in range(100, -1, -1):
            try:
                self._server.run(
                    f"CREATE DATABASE {made} TEMPLATE {make_url(url).database} STRATEGY file_copy"
                )
                break
            except psycopg.errors.ObjectInUse:
                if not left:
                    raise
                time.sleep(0.1)
        return self._server.url(made).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop the database, and throw out whoever is connected."""
        self._server.run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


@contextmanager
def running_databases(kind: str, folder: Path) -> Iterator[Databases]:
    """Give databases of a kind; pytest's skip is raised where no PostgreSQL can be started."""
    if kind == "sqlite":
        yield SqliteFiles(Path(tempfile.mkdtemp(dir=folder)))
        return
    with running_server() as server:
        yield PostgresDatabases(server)
