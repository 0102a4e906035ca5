"""A host that goes away while `webhooks listen` runs, comes back, or is none."""

import json
from typing import Any

import pytest

from tests.fakes.receiver import Receiver, answer, hang_up
from widget_host.cli.following import HostAway, HostRefused, News, RemoteHost
from widget_host.cli.forwarding import LocalReceiver
from widget_host.cli.listening import Listener, Report

EMPTY = {"events": [], "cursor": "0.0"}


class TestWaiting:
    """The host is a receiver that answers as it is told: it goes away, and comes back."""

    def test_says_once_that_the_host_is_away(self, receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
        receiver.replies = [as_json({"access_token": "a"}), answer(503), hang_up, answer(429), as_json(EMPTY), hang_up]
        waits = interrupted(receiver, rounds=5)
        assert waits == [1, 1, 2, 5, 1]
        host = receiver.address
        assert capsys.readouterr().err == f"{host} answered 503. Waiting for it.\n{host} answers again.\n"

    @pytest.mark.parametrize(
        ("replies", "said"),
        [
            ([answer(401)], "does not know this client id with this secret"),
            ([answer(404)], "Is this the host's own address?"),
            ([answer(301, Location="https://points.example/")], "It leads to https://points.example/."),
            ([answer(400, b'{"detail": "This is not it."}')], "answered 400. This is not it."),
            ([answer(400, b'{"error_description": "Nor this."}')], "answered 400. Nor this."),
            ([answer(403, b"[]")], "answered 403."),
        ],
    )
    def test_ends_where_waiting_would_not_help(self, receiver: Receiver, replies: list[Any], said: str) -> None:
        receiver.replies = replies
        with pytest.raises(HostRefused, match=said.replace("?", r"\?")):
            RemoteHost(receiver.address, "client", "secret").follow()

    @pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}"])
    def test_takes_nothing_else_for_an_answer(self, receiver: Receiver, body: bytes) -> None:
        receiver.replies = [answer(200, body)]
        with pytest.raises(HostAway, match="something else than"):
            RemoteHost(receiver.address, "client", "secret").follow()
        receiver.replies = [as_json({"access_token": "a"}), answer(200, body)]
        with pytest.raises(HostAway, match="something else than"):
            RemoteHost(receiver.address, "client", "secret").follow()

    def test_sends_no_password_of_this_machine(
        self, receiver: Receiver, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password mine\n")
        monkeypatch.setenv("NETRC", str(netrc))
        receiver.replies = [as_json({"access_token": "a"}), as_json(EMPTY)]
        RemoteHost(receiver.address, "client", "secret").follow()
        assert [each.headers.get("authorization") for each in receiver.received] == [None, "Bearer a"]


def as_json(said: Any) -> Any:
    return answer(200, json.dumps(said).encode())


def interrupted(host: Receiver, rounds: int) -> list[int]:
    """Listen for so many pauses, and return how long they would have been."""
    waits: list[int] = []

    def pause(seconds: int) -> None:
        waits.append(seconds)
        if len(waits) == rounds:
            raise KeyboardInterrupt

    listener = Listener(
        RemoteHost(host.address, "client", "secret"),
        LocalReceiver(host.url, "0123456789abcdef"),
        Report(as_json=False),
        pause=pause,
    )
    with pytest.raises(KeyboardInterrupt):
        listener.run(News((), "0.0"))
    return waits
