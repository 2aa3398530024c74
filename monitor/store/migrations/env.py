"""What Alembic runs: the migrations, on the connection that `monitor.store.maintain` gives it."""

from alembic import context

from monitor.store.schema import Base


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tell whether a table is one of the schema's; the search index makes its own."""
    return kind != "table" or (name or "") in Base.metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=ours,
    render_as_batch=True,
    transactional_ddl=True,  # begun by us with BEGIN IMMEDIATE, which makes it true on SQLite too
)
with context.begin_transaction():
    context.run_migrations()
