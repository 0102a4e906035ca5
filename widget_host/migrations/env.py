"""How Alembic reaches the database: through the same engine as the host, so SQLite behaves the same."""

from alembic import context

from widget_host.kit.db import Database, Table

database = Database(context.config.attributes["url"])

with database.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Table.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
database.engine.dispose()
