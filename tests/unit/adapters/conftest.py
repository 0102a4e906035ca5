import socket
from collections.abc import Callable
from typing import Any

import pytest

from widget_host.adapters import http

Resolve = Callable[..., None]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Lets every name have these addresses; an address has itself."""

    def be(*addresses: str) -> None:
        def look_up(host: str, port: int, *_: Any, **__: Any) -> Any:
            found = [host] if host in addresses else list(addresses)
            return [
                (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in found
            ]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return be


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that was connected to; nobody answers."""
    connected: list[Any] = []

    def connect(_: socket.socket, address: Any) -> None:
        connected.append(address[:2])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return connected


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the other side half a second instead of fifteen."""
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(http, "ATTEMPT_SECONDS", 0.5)
