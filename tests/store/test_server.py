"""What is PostgreSQL's own: addresses, refusals, and how its sessions work."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from monitor.errors import StoreError
from monitor.store.forget import forget
from monitor.store.maintain import backup, check, compact, migrate, upgrade
from monitor.store.open import Store, database_name, open_store, parse_url
from monitor.store.schema import VERSIONS, ItemRow
from monitor.store.search import search
from tests.store.builders import NOW, an_item, put
from tests.store.databases import GUARDED, Server, only_postgresql

SECRET = "open-sesame"


def shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def guarded(server: Server) -> Iterator[None]:
    """A role that needs a password, and may have two connections."""
    server.run(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{SECRET}' CONNECTION LIMIT 2")
    yield
    server.run(f"DROP OWNED BY {GUARDED}", f"DROP ROLE {GUARDED}")


def refusal(url: str, *, create: bool = False) -> str:
    """The one line that opening a database gives, which never holds the password."""
    with pytest.raises(StoreError) as caught:
        open_store(url, create=create)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_scheme_of_postgresql_means_the_driver_that_is_installed(scheme: str) -> None:
    assert parse_url(f"{scheme}://me@db.example/news").drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@db.example:port/news",
        f"postgresql//me:{SECRET}@db.example/news",
        f"mysql://me:{SECRET}@db.example/news",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    assert SECRET not in refusal(url)


def test_no_password_is_shown_wherever_the_address_holds_it() -> None:
    url = parse_url(f"postgres://me:{SECRET}@db.example/news?password={SECRET}&sslmode=require")
    assert database_name(url) == "postgresql://me:***@db.example/news?sslmode=require"


# ---------------------------------------------------------------- servers that refuse


def test_a_server_that_is_down_is_named_with_the_remedy(server: Server) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "check --db and that it runs" in refusal(f"postgresql://me:{SECRET}@127.0.0.1:{port}/news")
    folder = server.folder / "nowhere"
    assert "check --db and that it runs" in refusal(f"postgresql://me:{SECRET}@/news?host={folder}")


def test_a_host_that_does_not_exist_is_named() -> None:
    assert "no such host" in refusal(f"postgresql://me:{SECRET}@db.invalid/news")


def test_a_database_that_does_not_exist_is_named(server: Server) -> None:
    assert "make it with createdb" in refusal(shown(server.url("nowhere")))
    with pytest.raises(StoreError, match="make it with createdb"):
        upgrade(shown(server.url("nowhere")))


@pytest.mark.usefixtures("guarded")
def test_a_wrong_password_is_said_and_not_shown(server: Server) -> None:
    wrong = server.url("postgres").set(username=GUARDED, password=SECRET + "!")
    assert "refuses the user or password" in refusal(shown(wrong))
    assert "refuses the user or password" in refusal(shown(wrong.set(password=None)))
    assert "refuses the user or password" in refusal(shown(wrong.set(username="nobody")))


@pytest.mark.usefixtures("guarded")
def test_a_server_without_a_connection_to_spare_is_said(server: Server) -> None:
    url = shown(server.url("postgres").set(username=GUARDED, password=SECRET))
    with psycopg.connect(url), psycopg.connect(url):
        assert "takes no more connections" in refusal(url)


@pytest.mark.usefixtures("guarded")
def test_a_user_who_may_not_make_tables_is_told_who_can_help(server: Server) -> None:
    empty = parse_url(server.empty_database()).set(username=GUARDED, password=SECRET)
    assert "let the database's owner GRANT it" in refusal(shown(empty), create=True)


def test_an_option_that_does_not_exist_is_named(server: Server) -> None:
    assert "an option that PostgreSQL does not know" in refusal(shown(server.url("postgres")) + "&tiemout=3")


def test_a_database_that_cannot_hold_all_text_is_refused(server: Server) -> None:
    server.run("CREATE DATABASE latin TEMPLATE template0 ENCODING latin1 LOCALE 'C'")
    assert "createdb -T template0 -E UTF8" in refusal(shown(server.url("latin")), create=True)


@only_postgresql
@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ("53100", "disk is full"),
        ("53200", "out of memory"),
        ("57014", "took too long"),
        ("57P01", "check that it runs"),
        ("40P01", "run this again"),
        ("XX001", "restore a backup"),
    ],
)
def test_what_a_server_refuses_half_way_is_one_line_with_the_remedy(
    store: Store, state: str, remedy: str
) -> None:
    fail = text(f"DO $$ BEGIN RAISE EXCEPTION 'foreign words' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(StoreError, match=remedy), store.writing() as session:
        session.execute(fail)


@only_postgresql
def test_a_standby_is_said_to_be_one(store: Store) -> None:
    with pytest.raises(StoreError, match="name the primary"), store.writing() as session:
        session.execute(text("SET TRANSACTION READ ONLY; DELETE FROM items"))


@only_postgresql
def test_a_mistake_in_a_statement_stays_a_bug(store: Store) -> None:
    with pytest.raises(ProgrammingError), store.reading() as session:
        session.execute(text("SELECT nothing FROM nowhere"))


@only_postgresql
def test_a_server_that_was_restarted_is_used_again(store: Store, server: Server) -> None:
    with store.reading() as session:
        pid = session.scalars(text("SELECT pg_backend_pid()")).one()
    server.run(f"SELECT pg_terminate_backend({pid}, 5000)")
    with store.reading() as session:
        assert session.scalars(text("SELECT pg_backend_pid()")).one() != pid


@only_postgresql
def test_a_connection_lost_half_way_is_one_line(store: Store, server: Server) -> None:
    def lose_it(session: Session) -> None:
        put(session, an_item("https://post.example/1"))
        pid = session.scalars(text("SELECT pg_backend_pid()")).one()
        server.run(f"SELECT pg_terminate_backend({pid}, 5000)")
        put(session, an_item("https://post.example/2"))

    with pytest.raises(StoreError, match="has ended the connection"), store.writing() as session:
        lose_it(session)
    with store.reading() as session:
        assert session.scalars(select(ItemRow.id)).all() == []


# ---------------------------------------------------------------- sessions


@only_postgresql
@pytest.mark.parametrize(
    ("name", "reading", "writing"),
    [
        ("transaction_isolation", "repeatable read", "read committed"),
        ("transaction_read_only", "on", "off"),
        ("lock_timeout", "30s", "30s"),
        ("idle_in_transaction_session_timeout", "0", "5min"),
        ("application_name", "monitor", "monitor"),
    ],
)
def test_sessions_work_as_the_module_says(store: Store, name: str, reading: str, writing: str) -> None:
    def value(session: Session) -> object:
        return session.scalars(text(f"SHOW {name}")).one()

    with store.reading() as session:
        assert value(session) == reading
    with store.writing() as session:
        assert value(session) == writing


def test_programs_that_meet_an_empty_database_together_make_it_once(server: Server) -> None:
    url = server.empty_database()
    found: list[str | None] = []

    def make() -> None:
        found.append(migrate(parse_url(url)))

    run_together([make] * 4)
    assert sorted(found, key=str) == [*[VERSIONS[-1]] * 3, None]


def run_together(actions: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_an_empty_database_is_filled_only_where_asked(server: Server) -> None:
    url = server.empty_database()
    assert "is empty" in refusal(url)
    assert upgrade(url).endswith(f"schema none upgraded to {VERSIONS[-1]}")
    store = open_store(url)
    assert check(store) == []
    store.close()


def test_the_database_of_another_program_is_refused(server: Server) -> None:
    url = server.empty_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE songs (name text)")
    assert "not the monitor's" in refusal(url, create=True)


@only_postgresql
def test_a_backup_is_left_to_the_servers_own_program(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump -Fc"):
        backup(store, tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


@only_postgresql
def test_a_text_of_any_length_is_stored_and_found_by_its_beginning(store: Store) -> None:
    long = " ".join(f"{n:x}" for n in range(400_000))
    with store.writing() as session:
        put(session, an_item(text="Quillfeather " + long))
        assert len(search(session, "quillfeather", limit=9)) == 1


def test_a_schema_of_its_own_shares_a_database_with_another_program(server: Server) -> None:
    url = server.empty_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE songs (name text)")
        connection.execute("CREATE SCHEMA monitor")
    store = open_store(f"{url}&options=-csearch_path%3Dmonitor", create=True)
    with store.writing() as session:
        put(session, an_item())
        assert forget(session, item_id=1, now=NOW) == 1
    compact(store)
    assert check(store) == []
    store.close()
