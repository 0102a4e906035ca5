import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from widget_host.cli import main
from widget_host.config import Settings
from widget_host.wiring import Wiring

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, over the database and with the settings of the other fixtures."""
    monkeypatch.setenv("WIDGET_HOST_DEVELOPMENT", "1")
    monkeypatch.setenv("WIDGET_HOST_INSTANCE", str(settings.instance))
    monkeypatch.setenv("WIDGET_HOST_DATABASE_URL", settings.database_url)
    opened: list[Wiring] = []

    def remembered(settings: Settings) -> Wiring:
        opened.append(Wiring(settings))
        return opened[-1]

    def run(*arguments: str) -> Result:
        ended = CliRunner().invoke(main, arguments)
        while opened:
            opened.pop().database.engine.dispose()
        return ended

    # A command's connections end with its process; here they have to be closed.
    monkeypatch.setattr("widget_host.cli.host.Wiring", remembered)
    return run


@pytest.fixture
def made(run: Run) -> dict[str, Any]:
    """What `organizations create --json` printed."""
    made: dict[str, Any] = json.loads(run("organizations", "create", "Northwind Bank", "--json").stdout)
    return made
