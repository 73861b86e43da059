"""Alembic's entry: runs the revisions on the connection that `organiser.index.db.upgrade` opened and will commit."""

from alembic import context

from organiser.index.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction covers the whole upgrade
)
context.run_migrations()
