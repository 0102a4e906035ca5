"""What every test stands on: both databases, empty and migrated, and no way out of this machine."""

import gc
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.services import caches
from tests.services.network import Guard
from tests.services.pgbouncer import PgBouncer
from tests.services.postgres import PostgresServer, WorkerDatabase
from tests.services.redis import RedisServer
from tests.services.soak import SAID
from widget_host import migrations

pytest_plugins = ["tests.fixtures"]

TEST_DATABASE_URL = "WIDGET_HOST_TEST_DATABASE_URL"
SERVER = pytest.StashKey[PostgresServer]()

hypothesis.settings.register_profile("house", deadline=None, print_blob=True)
hypothesis.settings.load_profile("house")
# A shell that runs the tests in the background has them ignore Ctrl-C, and what they start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)


caches.share()


def pytest_report_header() -> str:
    """Name the seed at the head of every run: what a fault test drew is drawn again with it."""
    return SAID


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the one server of the run is: this process starts it, and stops it."""
    if TEST_DATABASE_URL not in os.environ:
        node.workerinput[TEST_DATABASE_URL] = _own_server(node.config).url


def pytest_collection_finish() -> None:
    """Leave what is imported by now out of every later search for garbage: each test leaves an application to find."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, however the tests ended."""
    if SERVER in config.stash:
        config.stash[SERVER].stop()


def _own_server(config: pytest.Config) -> PostgresServer:
    if SERVER not in config.stash:
        server = PostgresServer()
        server.start()
        config.stash[SERVER] = server
    return config.stash[SERVER]


@pytest.fixture(scope="session")
def postgresql_server_url(request: pytest.FixtureRequest) -> str:
    """The address of a PostgreSQL whose user may create databases and switch triggers off."""
    told = getattr(request.config, "workerinput", {}).get(TEST_DATABASE_URL) or os.environ.get(TEST_DATABASE_URL)
    return told or _own_server(request.config).url


@pytest.fixture(scope="session")
def postgresql_database(postgresql_server_url: str, testrun_uid: str, worker_id: str) -> Iterator[WorkerDatabase]:
    """This process's own migrated database."""
    database = WorkerDatabase(postgresql_server_url, f"widget_host_{testrun_uid[:12]}_{worker_id}")
    database.create()
    migrations.upgrade(database.url)
    yield database
    database.drop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrations.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database without a row in it, of each kind in turn."""
    if request.param == "sqlite":
        file = tmp_path / "widget-host.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    database: WorkerDatabase = request.getfixturevalue("postgresql_database")
    database.empty()
    return database.url


@pytest.fixture
def pooled_url(postgresql_database: WorkerDatabase) -> Iterator[str]:
    """An empty PostgreSQL database behind a PgBouncer of this test's own, with two connections for all."""
    postgresql_database.empty()
    pooler = PgBouncer(postgresql_database.url, connections=2)
    try:
        pooler.start()
        yield pooler.url
    finally:
        pooler.stop()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test's own: it may be stopped and started."""
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test in which something spoke, or wanted to speak, to another machine."""
    guard = Guard()
    guard.install(monkeypatch)
    yield
    if guard.refused:
        pytest.fail(f"tests stay on this machine; this one wanted {', '.join(guard.refused)}")
