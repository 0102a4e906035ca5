import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Any

import certifi
import pytest

from widget_host.adapters.http import answers
from widget_host.adapters.http.answers import Answer
from widget_host.adapters.http.asking import OutgoingHttp
from widget_host.adapters.http.posting import PostingHttp
from widget_host.kit.addresses import AddressRules

Resolve = Callable[..., None]
Send = Callable[..., Answer]


def ask(url: str, *, development: bool = True, headers: Mapping[str, str] | None = None) -> Answer:
    return OutgoingHttp(AddressRules(development)).post(url, headers or {"X-Test": "1"}, b"{}")


def post(url: str, *, development: bool = True, headers: Mapping[str, str] | None = None) -> Answer:
    async def once() -> Answer:
        async with PostingHttp(AddressRules(development), certifi.where()) as client:
            return await client.post(url, headers or {"X-Test": "1"}, b"{}")

    return asyncio.run(once())


@pytest.fixture(params=[ask, post])
def send(request: pytest.FixtureRequest) -> Send:
    """Both clients: what is true of one has to be true of the other."""
    return request.param  # type: ignore[no-any-return]  # pytest cannot know


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
    monkeypatch.setattr(answers, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(answers, "ATTEMPT_SECONDS", 0.5)
