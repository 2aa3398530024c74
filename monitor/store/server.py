"""PostgreSQL: how connections to a server work.

- Readers see one unchanging state: ``REPEATABLE READ, READ ONLY``.
- Writers go one at a time, as on SQLite: each begins with an advisory lock that ends with its transaction.
  What two writers at once would break is then out of the question: weekly sums moved by differences, the
  first copy of a story, rows locked in two orders. Each statement after the lock sees all that was
  committed before it (``READ COMMITTED``). Transactions are short, with no network and no model in them, so
  that one after the other is fast enough for many daemons; see docs/benchmarks.md.
- ``lock_timeout`` is the busy time. No statement is bounded by time, since exports and checks take long; a
  server that is gone is noticed by ``tcp_user_timeout``, and one that never answers by ``connect_timeout``.
- ``idle_in_transaction_session_timeout``: a writer that was suspended must not keep the others out for ever.
- A pooled connection is tried before it is used, since the server may have been restarted meanwhile.
"""

from collections.abc import Callable

from sqlalchemy import URL, Connection, Engine, create_engine, event

WRITER_LOCK = int.from_bytes(b"monitor")
"""The advisory lock that a writer holds; such locks are a database's own."""
CONNECT_SECONDS = 10
IDLE_SECONDS = 300


def make_server_engine(url: URL, busy_seconds: float) -> Engine:
    """Return an engine for a server; options that the URL gives are kept."""
    wanted = {
        "application_name": "monitor",
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": round(busy_seconds * 1000),
        "keepalives_idle": 60,
    }
    options = {name: value for name, value in wanted.items() if name not in url.query}
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=options)
    event.listen(engine, "begin", _begin(busy_seconds))
    return engine


def _begin(busy_seconds: float) -> Callable[[Connection], None]:
    # SET LOCAL, not SET: behind a pooler such as PgBouncer a connection serves others afterwards.
    wait = f"SET LOCAL lock_timeout = {round(busy_seconds * 1000)}"
    idle = f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'"
    alone = f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"

    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql(f"{wait}; {idle}; {alone}" if writes else wait)

    return begin
