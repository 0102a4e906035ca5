import asyncio
import socket
import threading
from typing import Any

import pytest

from widget_host.adapters.http import names
from widget_host.adapters.http.names import Names
from widget_host.kit.addresses import AddressRefused, AddressRules, Target

HOOK = Target("https", "hook.example", 443, "/")
OTHER = Target("https", "other.example", 443, "/")
PUBLIC = "93.184.215.14"


class Resolver:
    """A system's resolver that hangs until it is told to answer."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = threading.Event()

    def getaddrinfo(self, host: str, port: int, **_: Any) -> Any:
        self.asked.append(host)
        assert self.answers.wait(10)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC, port))]


class TestFind:
    def test_gives_up_on_a_resolver_that_hangs(self, resolver: Resolver) -> None:
        with pytest.raises(TimeoutError):
            Names(AddressRules(development=False)).find(HOOK, 0.05)

    def test_asks_once_for_a_name_that_is_being_looked_up(self, resolver: Resolver) -> None:
        found = Names(AddressRules(development=False))
        for _ in range(5):
            with pytest.raises(TimeoutError):
                found.find(HOOK, 0.01)
        resolver.answers.set()

        assert found.find(HOOK, 5) == [PUBLIC]
        assert resolver.asked in (["hook.example"], ["hook.example"] * 2)

    def test_asks_no_more_than_so_many_at_a_time(self, resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(names, "MOST_LOOKUPS", 1)
        found = Names(AddressRules(development=False))
        with pytest.raises(TimeoutError):
            found.find(HOOK, 0.01)
        with pytest.raises(socket.gaierror):
            found.find(OTHER, 5)

    def test_asks_nobody_for_an_address(self, resolver: Resolver) -> None:
        assert Names(AddressRules(development=False)).find(Target("https", PUBLIC, 443, "/"), 0) == [PUBLIC]
        assert resolver.asked == []


class TestFindSoon:
    def test_lets_go_of_a_resolver_that_hangs(self, resolver: Resolver) -> None:
        found = Names(AddressRules(development=False))

        async def impatient() -> None:
            async with asyncio.timeout(0.05):
                await found.find_soon(HOOK)

        with pytest.raises(TimeoutError):
            asyncio.run(impatient())

    def test_judges_every_address(self, resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (PUBLIC, 0)), (2, 1, 6, "", ("::1", 0))]
        )
        with pytest.raises(AddressRefused):
            asyncio.run(Names(AddressRules(development=False)).find_soon(HOOK))


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Any:
    system = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", system.getaddrinfo)
    yield system
    system.answers.set()
