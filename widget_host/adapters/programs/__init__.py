"""Connectors to loyalty programs, one file per kind."""

from collections.abc import Callable, Mapping

from widget_host.adapters.programs.outside import Outside
from widget_host.adapters.programs.rest import RestConnector
from widget_host.adapters.programs.sandbox import SandboxConnector
from widget_host.domain.programs.rules import ProgramConnector

REGISTRY: Mapping[str, Callable[[Outside], ProgramConnector]] = {
    "rest": RestConnector,
    "sandbox": lambda _outside: SandboxConnector(),
}
