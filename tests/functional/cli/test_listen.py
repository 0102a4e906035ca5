import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from standardwebhooks import Webhook

from tests.factories.issuers import Issuer
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver, answer, hang_up
from widget_host.cli import main
from widget_host.cli.following import News, RemoteHost
from widget_host.cli.forwarding import LocalReceiver
from widget_host.cli.listening import Listener, Report
from widget_host.domain.endpoints.rules import Details
from widget_host.kit.signing import is_webhook_signed
from widget_host.wiring import Wiring

SECRET = "0123456789abcdef"
WAIT_SECONDS = 30
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class TestListen:
    def test_brings_what_happens_and_what_is_sent_again(self, bank: "Bank") -> None:
        bank.tell("evt_before")
        bank.listen(lambda: bank.tell("evt_1"), bank.resend)
        assert bank.got == ["evt_1", "evt_1"]
        first = bank.receiver.received[0]
        stamp, signature = first.headers["x-timestamp"], first.headers["x-signature"]
        assert is_webhook_signed(SECRET, timestamp=stamp, signature=signature, body=first.body)
        assert [line.split("  ", 1)[1].partition(" ms")[::2] for line in bank.said] == [
            (f"LINKED                 evt_1  200  {took(bank.said[0])}", ""),
            (f"LINKED                 evt_1  200  {took(bank.said[1])}", ", resent"),
        ]

    def test_renews_its_token(self, bank: "Bank", clock: StoppedClock) -> None:
        bank.listen(lambda: clock.advance(minutes=11), lambda: bank.tell("evt_1"))
        assert bank.got == ["evt_1"]

    @ON_SQLITE
    def test_brings_the_events_asked_for(self, bank: "Bank") -> None:
        bank.listen(lambda: bank.tell("evt_1", "UPDATED"), lambda: bank.tell("evt_2"), kinds=["UPDATED"])
        assert bank.got == ["evt_1"]

    @ON_SQLITE
    def test_tries_again_and_goes_on(self, bank: "Bank") -> None:
        bank.receiver.replies = [answer(500), hang_up, answer(200), *[answer(500)] * 4]
        waits = bank.listen(lambda: bank.tell("evt_1"), lambda: bank.tell("evt_2"), lambda: bank.tell("evt_3"))
        assert bank.got == ["evt_1"] * 3 + ["evt_2"] * 4 + ["evt_3"]
        assert waits == [1, *[1, 2], *[1, 2, 4]]
        assert [line.partition(" ms")[2] for line in bank.said] == [
            ", trying again",
            ", attempt 3",
            ", trying again",
            ", attempt 4, not delivered",
            "",
        ]
        assert bank.report.sum_up() == "2 events delivered, 1 not."

    @ON_SQLITE
    def test_takes_410_for_an_answer(self, bank: "Bank") -> None:
        bank.receiver.replies = [answer(410)]
        bank.listen(lambda: bank.tell("evt_1"))
        assert bank.got == ["evt_1"]
        assert bank.report.sum_up() == "0 events delivered, 1 not."

    @ON_SQLITE
    def test_says_that_nobody_is_there(self, bank: "Bank") -> None:
        bank.listen(lambda: bank.tell("evt_1"), forward_to="http://127.0.0.1:9/hook")
        assert "nothing listens there" in bank.said[0]

    @ON_SQLITE
    def test_says_it_as_json(self, bank: "Bank") -> None:
        bank.report = Report(as_json=True)
        bank.receiver.replies = [answer(500)]
        bank.listen(lambda: bank.tell("evt_1"), bank.resend)
        first, second = (json.loads(line) for line in bank.said)
        assert (first["eventId"], first["status"], first["attempts"], first["resent"]) == ("evt_1", 200, 2, False)
        assert (second["eventType"], second["delivered"], second["attempts"]) == ("LINKED", True, 1)
        assert second["resent"] is True

    @pytest.fixture
    def bank(
        self, served: str, issuer: Issuer, wiring: Wiring, receiver: Receiver, capsys: pytest.CaptureFixture[str]
    ) -> "Bank":
        return Bank(served, issuer, wiring, receiver, capsys)


class TestCommand:
    @ON_SQLITE
    def test_prints_the_secret_it_signs_with_and_ends_with_a_count(self, bank: "Bank") -> None:
        with bank.command() as listening:
            heading, secret, standard, _ = (listening.readline() for _ in range(4))
            assert heading == f"Listening to {bank.url}, posting to {bank.receiver.url}. Ctrl-C ends it.\n"
            bank.tell("evt_1")
            assert "evt_1  200" in listening.readline()
            received = bank.receiver.received[0]
            Webhook(standard.split()[2]).verify(received.body, received.headers)
            assert base64.b64decode(standard.split()[2].removeprefix("whsec_")).decode() == secret.split()[1]
            assert listening.end() == (0, "\n1 event delivered, 0 not.\n")

    @ON_SQLITE
    def test_says_what_is_wrong_with_what_it_is_told(self, served: str, issuer: Issuer) -> None:
        told = {"CLIENT_ID": issuer.client_id, "CLIENT_SECRET": "wrong", "HOST": served}
        assert said(told) == (1, f"Error: {served} does not know this client id with this secret.\n")
        nobody = said({**told, "HOST": "http://127.0.0.1:9"})
        assert nobody == (1, "Error: http://127.0.0.1:9 does not answer (ConnectionError).\n")
        for option, value in (
            ("--forward-to", "ftp://here"),
            ("--forward-to", "3000"),
            ("--host-url", "http://x:99999"),
            ("--secret", "whsec_*"),
            ("--secret", "whsec_/w=="),
            ("--since", "yesterday"),
            ("--event", "transaction.pending"),
        ):
            code, words = said(told, option, value)
            assert (code, f"Invalid value for '{option}'" in words) == (2, True), words

    @pytest.fixture
    def bank(
        self, served: str, issuer: Issuer, wiring: Wiring, receiver: Receiver, capsys: pytest.CaptureFixture[str]
    ) -> "Bank":
        return Bank(served, issuer, wiring, receiver, capsys)


def took(line: str) -> str:
    return line.partition(" ms")[0].rpartition(" ")[2]


def said(told: dict[str, str], *options: str) -> tuple[int, str]:
    command = ["webhooks", "listen", "--forward-to", "localhost:3000/hook", *options]
    ended: Result = CliRunner().invoke(main, command, env=told)
    return ended.exit_code, ended.output


class Bank:
    """A developer of an issuer, whose receiver is on this machine."""

    def __init__(
        self, url: str, issuer: Issuer, wiring: Wiring, receiver: Receiver, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.url, self.receiver, self.report = url, receiver, Report(as_json=False)
        self.said: list[str] = []
        self._issuer, self._wiring, self._capsys = issuer, wiring, capsys
        # Somewhere else, where nobody delivers while the test runs: resends are made of its deliveries.
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url="http://127.0.0.1:9/"))

    @property
    def got(self) -> list[str]:
        return [json.loads(each.body)["id"] for each in self.receiver.received]

    def tell(self, event_id: str, kind: str = "LINKED") -> None:
        with self._wiring.writing() as services:
            services.outbox.record(self._issuer.environment_id, event_id, kind, event_id, {})

    def resend(self) -> None:
        with self._wiring.writing() as services:
            environment_id = self._issuer.environment_id
            (endpoint,) = services.endpoints.list(environment_id)
            newest, *_ = services.redelivery.list_of(environment_id, endpoint.id, state=None, before=None, limit=1)
            services.redelivery.resend(environment_id, newest[0].id)

    def listen(self, *steps: Callable[[], Any], kinds: Sequence[str] = (), forward_to: str = "") -> list[int]:
        """Listen, take a step before each question but the first, and return how long was waited each time."""
        waits: list[int] = []
        host = Scripted(self.url, self._issuer.client_id, self._issuer.client_secret, steps)
        receiver = LocalReceiver(forward_to or self.receiver.url, SECRET)
        with pytest.raises(KeyboardInterrupt):
            Listener(host, receiver, self.report, kinds=kinds, pause=waits.append).run(host.follow())
        self.said = self._capsys.readouterr().out.splitlines()
        return waits

    @contextmanager
    def command(self) -> Iterator["Command"]:
        told = {"CLIENT_ID": self._issuer.client_id, "CLIENT_SECRET": self._issuer.client_secret, "HOST": self.url}
        arguments = ["-m", "widget_host", "webhooks", "listen", "--forward-to", self.receiver.url]
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **told, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield Command(process)
            finally:
                process.kill()


class Scripted(RemoteHost):
    """The host, where something happens before each question but the first; Ctrl-C comes after the last."""

    def __init__(self, url: str, client_id: str, client_secret: str, steps: Sequence[Callable[[], Any]]) -> None:
        super().__init__(url, client_id, client_secret)
        self._steps = iter(steps)

    def follow(self, **asked: str) -> News:
        if "cursor" in asked:
            step = next(self._steps, None)
            if step is None:
                raise KeyboardInterrupt
            step()
        return super().follow(**asked)


class Command:
    """The command as a process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def readline(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self) -> tuple[int, str]:
        """Press Ctrl-C, and return the exit code and what was said last."""
        self._process.send_signal(signal.SIGINT)
        _, words = self._process.communicate(timeout=WAIT_SECONDS)
        return self._process.returncode, words
