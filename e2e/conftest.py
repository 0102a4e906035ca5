"""What the browser tests stand on: a Chromium, a host and a bank on each database."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, expect
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from e2e.chromium import binary
from e2e.screens import BankPage
from e2e.servers import Servers
from e2e.witness import Witness
from tests.services.postgres import PostgresServer, WorkerDatabase

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

# As long as what a test does may take: a machine that has much to do is no fault of the host's.
expect.set_options(timeout=30_000)

# What takes long to start is started in one process of a run: its tests, known by their parameter, stay together.
STARTED_ONCE = re.compile(r"\[.*\b(postgresql|firefox|webkit)\b.*\]")


class OneStartEach(LoadScopeScheduling):  # type: ignore[misc]  # its package ships no types
    """Gives each test to the process that is free, and those that share something slow to one process."""

    def _split_scope(self, nodeid: str) -> str:
        found = STARTED_ONCE.search(nodeid)
        return found[1] if found else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Deal the tests out by what they have to start."""
    return OneStartEach(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run renew the README's picture."""
    parser.addoption(
        "--write-screenshot", action="store_true", help="Write docs/images/purchase-widget.png from what the tests see."
    )


@pytest.fixture(scope="session")
def base_url() -> None:
    """No one address for all: the plugin's own fixture is of a kind that pytest warns about, and warnings fail."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_type: BrowserType) -> dict[str, Any]:
    named = binary(browser_type.executable_path)
    if named is None:
        return browser_type_launch_args
    return {**browser_type_launch_args, "executable_path": named, "args": [*CHROMIUM_FLAGS]}


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp(f"e2e-{request.param}")
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{folder / 'host.db'}" if is_sqlite else request.getfixturevalue("postgresql_url")
    running = Servers(folder, url)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    server = None
    if not (url := os.environ.get("WIDGET_HOST_TEST_DATABASE_URL")):
        server = PostgresServer()
        server.start()
        url = server.url
    database = WorkerDatabase(url, f"widget_host_e2e_{os.getpid()}")
    database.create()
    yield database.url
    database.drop()
    if server:
        server.stop()


@pytest.fixture(autouse=True)
def witness(context: BrowserContext) -> Iterator[Witness]:
    """Every test ends by asking: did a page complain, or did the host set a cookie?"""
    witness = Witness(context)
    yield witness
    assert witness.complaints == []
    assert context.cookies() == []


@pytest.fixture
def bank(page: Page, servers: Servers) -> BankPage:
    servers.empty_bank()
    return BankPage(page, servers.bank_url)
