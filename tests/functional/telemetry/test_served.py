"""Figures and traces of the real server, with several processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.services.ports import free_port

START_SECONDS = 60
WIDGET_HOST = [sys.executable, "-m", "widget_host"]
UNTRACED = """
import sys
from widget_host.app import create_app
create_app().test_client().get("/healthz")
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
MISSING = """
import sys
from widget_host.app import create_app
sys.modules["opentelemetry.propagate"] = None
create_app()
"""
TRACED = """
from widget_host.app import create_app
app = create_app()
parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
app.test_client().get("/healthz?canary=1", headers={"Traceparent": parent})
connector = app.wiring.connectors["sandbox"]
try:
    connector.check_member()
except TypeError:
    pass
"""


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "WIDGET_HOST_DEVELOPMENT": "1",
        "WIDGET_HOST_INSTANCE": str(tmp_path / "instance"),
        "WIDGET_HOST_WORKER": "0",
    }


class TestMetrics:
    @pytest.mark.slow
    def test_are_added_up_over_all_processes(self, served_by_two: str) -> None:
        name = 'widget_host_requests_total{method="GET",route="/healthz",status="200"}'
        for _ in range(40):
            # A connection each: both processes get some.
            assert requests.get(f"{served_by_two}/healthz", timeout=30, headers={"Connection": "close"}).ok
        found = {self.read(served_by_two, name) for _ in range(6)}
        assert len(found) == 1
        assert found.pop() >= 40

    def read(self, address: str, name: str) -> float:
        lines = requests.get(f"{address}/metrics", timeout=30, headers={"Connection": "close"}).text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    @pytest.fixture
    def served_by_two(self, variables: dict[str, str]) -> Iterator[str]:
        port = free_port()
        command = [*WIDGET_HOST, "serve", "--port", str(port), "--workers", "2"]
        process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield self.ready(process, f"http://127.0.0.1:{port}")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_SECONDS)

    def ready(self, process: "subprocess.Popen[bytes]", address: str) -> str:
        deadline = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{address}/readyz", timeout=30).ok:
                    return address
            time.sleep(0.1)
        raise RuntimeError(f"the server did not start: {process.poll()}")


class TestTraces:
    def test_cost_no_import_where_nobody_asked(self, variables: dict[str, str]) -> None:
        assert self.run(UNTRACED, variables).returncode == 0

    def test_have_spans_for_requests_and_program_calls_within_the_callers_trace(
        self, variables: dict[str, str]
    ) -> None:
        ran = self.run(TRACED, variables | {"OTEL_TRACES_EXPORTER": "console"})
        spans = self.spans(ran.stdout)
        request = spans["GET /healthz"]
        assert request["context"]["trace_id"] == "0x0af7651916cd43dd8448eb211c80319c"
        assert request["parent_id"] == "0xb7ad6b7169203331"
        assert request["attributes"]["http.response.status_code"] == 200
        assert request["resource"]["attributes"]["service.name"] == "widget-host"
        assert "program.check_member" in spans
        assert "canary" not in ran.stdout

    def test_are_named_when_they_cannot_be_made(self, variables: dict[str, str]) -> None:
        ran = self.run(MISSING, variables | {"OTEL_TRACES_EXPORTER": "otlp"})
        assert ran.returncode == 1
        assert "install widget-host[otel]" in ran.stderr

    def run(self, script: str, variables: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", script]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)

    def spans(self, printed: str) -> dict[str, Any]:
        decoder, found = json.JSONDecoder(), dict[str, Any]()
        while printed := printed.strip():
            span, end = decoder.raw_decode(printed)
            found[span["name"]] = span
            printed = printed[end:]
        return found
