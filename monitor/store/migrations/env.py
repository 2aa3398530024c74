"""What Alembic runs: the migrations, on the connection that `monitor.store.maintain` gives it."""

from alembic import context

from monitor.store.schema import Base

SEARCH = ("search", "ix_revisions_search")
"""The column and index of PostgreSQL's search; on SQLite it makes tables of its own."""


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tell whether a thing is the schema's; what serves the search stands in the migrations only."""
    return (name or "") in Base.metadata.tables if kind == "table" else name not in SEARCH


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=ours,
    render_as_batch=True,
    transactional_ddl=True,  # begun by us with BEGIN IMMEDIATE, which makes it true on SQLite too
)
with context.begin_transaction():
    context.run_migrations()
