import pytest

from tests.fakes.programs import StandInConnector
from widget_host.wiring import Wiring


@pytest.fixture
def program(wiring: Wiring) -> StandInConnector:
    """Stands in for every program of the sandbox."""
    program = StandInConnector()
    wiring.connectors["sandbox"] = program
    return program
