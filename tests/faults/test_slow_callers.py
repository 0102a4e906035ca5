"""Callers who connect and then take their time: they keep nobody else waiting, and are sent away."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.services.ports import free_port
from tests.services.served import ServedHost
from widget_host.cli.serve import HEADER_SECONDS
from widget_host.web.rsgi import BODY_SECONDS, THREADS

pytestmark = pytest.mark.slow

MARGIN_SECONDS = 20  # a loaded machine is late, too
HALF_A_HEAD = b"POST /auth/token HTTP/1.1\r\nHo"
HEAD = b"POST /auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"


class TestSlowCallers:
    def test_hold_nobody_up_and_are_sent_away(self, host: ServedHost, callers: ExitStack) -> None:
        more_than_work = 2 * THREADS
        silent, halves, dripping = (
            [connect(callers, host, sent) for _ in range(more_than_work)] for sent in (b"", HALF_A_HEAD, HEAD)
        )
        started = time.monotonic()
        assert requests.get(f"{host.url}/readyz", timeout=BODY_SECONDS).status_code == 200
        assert time.monotonic() - started < min(BODY_SECONDS, HEADER_SECONDS)

        drip(dripping, until=started + BODY_SECONDS - 1)

        for caller in dripping:
            assert all_of(caller).startswith(b"HTTP/1.1 408 ")
        for caller in (*silent, *halves):
            assert all_of(caller) == b""


def drip(callers: list[socket.socket], *, until: float) -> None:
    """Send a byte a second, as one who only wants to be waited for."""
    while time.monotonic() < until:
        for caller in callers:
            caller.sendall(b" ")
        time.sleep(1)


def connect(callers: ExitStack, host: ServedHost, sent: bytes) -> socket.socket:
    caller = callers.enter_context(socket.create_connection(("127.0.0.1", host.port), MARGIN_SECONDS))
    caller.sendall(sent)
    return caller


def all_of(caller: socket.socket) -> bytes:
    """Read to the end: it comes when the host hangs up."""
    return b"".join(iter(lambda: caller.recv(4096), b""))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ServedHost]:
    host = ServedHost(f"sqlite:///{tmp_path}/host.db", tmp_path / "instance", free_port())
    host.start()
    yield host
    host.kill()


@pytest.fixture
def callers() -> Iterator[ExitStack]:
    with ExitStack() as connections:
        yield connections
