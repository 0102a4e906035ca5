"""Connectors to loyalty programs, one file per kind."""

from collections.abc import Mapping

from widget_host.adapters.programs.sandbox import SandboxConnector
from widget_host.domain.programs.rules import ProgramConnector

REGISTRY: Mapping[str, type[ProgramConnector]] = {"sandbox": SandboxConnector}
