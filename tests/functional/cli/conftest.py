"""The command line over the test's own host."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.fakes.clock import StoppedClock
from widget_host.cli import main
from widget_host.config import Settings
from widget_host.wiring import Wiring

Run = Callable[..., Result]
Told = Callable[..., Any]


@pytest.fixture
def run(settings: Settings, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, over the database, with the settings and the clock of the other fixtures."""
    monkeypatch.setenv("WIDGET_HOST_DEVELOPMENT", "1")
    monkeypatch.setenv("WIDGET_HOST_INSTANCE", str(settings.instance))
    monkeypatch.setenv("WIDGET_HOST_BASE_URL", settings.base_url)
    monkeypatch.setenv("WIDGET_HOST_DATABASE_URL", settings.database_url)
    opened: list[Wiring] = []

    def remembered(settings: Settings) -> Wiring:
        opened.append(Wiring(settings, clock))
        return opened[-1]

    def run(*arguments: str) -> Result:
        ended = CliRunner().invoke(main, arguments)
        while opened:
            opened.pop().end()
        return ended

    # A command's connections end with its process; here they have to be closed.
    monkeypatch.setattr("widget_host.cli.host.Wiring", remembered)
    return run


@pytest.fixture
def made(run: Run) -> dict[str, Any]:
    """What `organizations create --json` printed."""
    made: dict[str, Any] = json.loads(run("organizations", "create", "Northwind Bank", "--json").stdout)
    return made


@pytest.fixture
def told(run: Run) -> Told:
    """Run a command that must end well, and return its JSON."""

    def run_well(*arguments: str) -> Any:
        result = run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run_well
