"""Keeps the tests at home: whoever speaks to another machine fails the test it did so in."""

import ipaddress
import socket
from typing import Any

import pytest

LOCAL_NAMES = {"localhost", "", None}


class NetworkUsed(OSError):
    """Somebody tried to leave this machine."""


class Guard:
    """Stands in for the socket's ways out, and remembers what it refused."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in until the test is over."""
        for name in ("connect", "connect_ex"):
            monkeypatch.setattr(socket.socket, name, self._around_method(getattr(socket.socket, name)))
        monkeypatch.setattr(socket, "getaddrinfo", self._around_lookup(socket.getaddrinfo))

    def _around_method(self, real: Any) -> Any:
        def connect(this: socket.socket, address: Any) -> Any:
            if this.family in (socket.AF_INET, socket.AF_INET6):
                self._check(address[0])
            return real(this, address)

        return connect

    def _around_lookup(self, real: Any) -> Any:
        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            # Looking up an address asks nobody; what is then done with it is seen in `connect`.
            if not _is_address(name):
                self._check(name)
            return real(host, *args, **kwargs)

        return getaddrinfo

    def _check(self, host: str | None) -> None:
        if host in LOCAL_NAMES or (_is_address(host) and ipaddress.ip_address(str(host)).is_loopback):
            return
        self.refused.append(str(host))
        raise NetworkUsed(f"tests stay on this machine, and this one wanted {host}")


def _is_address(host: str | None) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True
