"""Databases to be migrated down and up: no other test may see them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.postgres import WorkerDatabase
from widget_host import migrations


@pytest.fixture(params=["sqlite", "postgresql"])
def own_database_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[str]:
    """A migrated database that no other test sees, of each kind in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'own.db'}"
        migrations.upgrade(url)
        yield url
        return
    server_url = request.getfixturevalue("postgresql_server_url")
    name = request.module.__name__.rpartition(".")[2]
    database = WorkerDatabase(server_url, f"widget_host_{name}_{tmp_path.parent.name}_{worker_id}"[:63])
    database.create()
    migrations.upgrade(database.url)
    yield database.url
    database.drop()
