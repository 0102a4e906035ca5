"""`widget-host demo` on free ports: a production exchange from end to end, on one machine."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from widget_host.demo.program import DECIDED_LATE, LOST_REPLY, NOT_ELIGIBLE

START_SECONDS = 90
WAIT_SECONDS = 30


@pytest.mark.slow
class TestProduction:
    def test_can_be_tried_from_end_to_end(self, demo: "Demo") -> None:
        issued = demo.issue("FJ00000001", "r-1")
        assert (issued["status"], issued["totalPoints"]) == ("COMPLETED", 1250)
        assert demo.issue(NOT_ELIGIBLE, "r-2")["code"] == "INVALID_MEMBER"
        assert demo.issue(LOST_REPLY, "r-3")["status"] == "PENDING"
        given, refused = demo.issue(DECIDED_LATE, "r-4"), demo.issue(DECIDED_LATE, "r-5")
        demo.decide(given["id"], "give")
        demo.decide(refused["id"], "refuse")
        assert [demo.status("r-4"), demo.status("r-5")] == ["COMPLETED", "FAILED"]
        demo.wait_for("r-3", "COMPLETED")
        assert demo.desk().count(LOST_REPLY) == 2  # in the list of numbers, and one credit


class Demo:
    """The demo as somebody who reads its output would use it."""

    def __init__(self, printed: str, program: str) -> None:
        self._host = self._find(r"HOST=(\S+)", printed)
        self._program_id = self._find(r'"programId": "(\S+)"', printed)
        self._program = program
        secret = self._find(r"(whs_production_\S+)", printed)
        credentials = {"client_id": self._find(r"CLIENT_ID=(\S+)", printed), "client_secret": secret}
        token = requests.post(f"{self._host}/auth/token", json=credentials, timeout=20).json()["access_token"]
        self._bearer = {"Authorization": f"Bearer {token}"}

    def _find(self, pattern: str, text: str) -> str:
        found = re.search(pattern, text)
        assert found is not None, text
        return found[1]

    def issue(self, member: str, reference: str) -> Any:
        order = {
            "programId": self._program_id,
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": member},
            "referenceNumber": reference,
        }
        return requests.post(f"{self._host}/transactions", json=order, headers=self._bearer, timeout=20).json()

    def status(self, reference: str) -> str:
        found = requests.get(f"{self._host}/transactions/{reference}", headers=self._bearer, timeout=20)
        return str(found.json()["status"])

    def wait_for(self, reference: str, status: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while self.status(reference) != status:
            assert time.monotonic() < deadline, f"{reference} stays {self.status(reference)}"
            time.sleep(0.5)

    def decide(self, credit_id: str, word: str) -> None:
        requests.post(f"{self._program}/decide/{credit_id}", data={"word": word}, timeout=20).raise_for_status()

    def desk(self) -> str:
        return requests.get(self._program, timeout=20).text


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    ports = free_ports(3)
    options = [f"--{name}={port}" for name, port in zip(("port", "demo-port", "program-port"), ports, strict=True)]
    output = tmp_path / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "widget_host", "demo", *options],
            env={**os.environ, "WIDGET_HOST_INSTANCE": str(tmp_path / "instance")},
            stdout=file,
            stderr=file,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C" not in output.read_text("utf-8"):
            assert process.poll() is None, output.read_text("utf-8")
            assert time.monotonic() < deadline, output.read_text("utf-8")
            time.sleep(0.2)
        yield Demo(output.read_text("utf-8"), f"http://127.0.0.1:{ports[2]}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)
