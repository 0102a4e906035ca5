import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from tests.services.postgres import WorkerDatabase
from widget_host import domain, migrations
from widget_host.kit.db import Database, Table


class TestMigrations:
    def test_make_the_tables_that_the_models_describe(self, migrated: Database) -> None:
        for module in pkgutil.walk_packages(domain.__path__, "widget_host.domain."):
            importlib.import_module(module.name)
        with migrated.engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []

    def test_can_be_taken_back_and_made_again(self, migrated: Database, own_url: str) -> None:
        before = self.tables(migrated)
        migrations.downgrade(own_url, "base")
        assert self.tables(migrated) == {"alembic_version"}
        migrations.upgrade(own_url)
        assert self.tables(migrated) == before

    def tables(self, database: Database) -> set[str]:
        return set(inspect(database.engine).get_table_names())

    @pytest.fixture(params=["sqlite", "postgresql"])
    def own_url(self, request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[str]:
        """An empty database that no other test sees."""
        if request.param == "sqlite":
            yield f"sqlite:///{tmp_path / 'own.db'}"
            return
        server_url = request.getfixturevalue("postgresql_server_url")
        database = WorkerDatabase(server_url, f"widget_host_migrations_{tmp_path.parent.name}_{worker_id}"[:63])
        database.create()
        yield database.url
        database.drop()

    @pytest.fixture
    def migrated(self, own_url: str) -> Iterator[Database]:
        migrations.upgrade(own_url)
        database = Database(own_url)
        yield database
        database.engine.dispose()
