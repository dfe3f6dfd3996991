"""What Alembic runs: the migrations, on the connection it was given, in its transaction."""

from alembic import context

from parlour.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
