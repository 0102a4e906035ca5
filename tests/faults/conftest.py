"""The demo program, really listening, and an issuer in production who sells its points."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from tests.factories.production import SECRET, Live, make_live
from tests.fakes.clock import StoppedClock
from widget_host.demo.program import ProgramConfig, create_program
from widget_host.demo.program_store import Credits
from widget_host.wiring import Wiring

NOBODY = "http://127.0.0.1:9/hook"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in figures what was survived."""
    for report in terminalreporter.getreports("passed"):
        for name, figures in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {name} {figures}")


@pytest.fixture
def clock() -> StoppedClock:
    """The program looks at the real time when it checks a signature."""
    return StoppedClock(datetime.now(UTC))


@pytest.fixture
def books(tmp_path: Path) -> Credits:
    """What the program has given."""
    return Credits(tmp_path / "program.db")


@pytest.fixture
def program(tmp_path: Path, books: Credits) -> Iterator[str]:
    """The program's address."""
    config = ProgramConfig(SECRET, NOBODY, SECRET, tmp_path / "program.db")
    server = make_server("127.0.0.1", 0, create_program(config), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def live(wiring: Wiring, program: str) -> Live:
    return make_live(wiring, program)
