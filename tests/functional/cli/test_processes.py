"""Commands as an operator starts them: processes of their own, ended by signals."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.services.ports import free_port
from tests.services.served import ServedHost

SECONDS_TO_STOP = 20

pytestmark = pytest.mark.slow


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ServedHost]:
    host = ServedHost(f"sqlite:///{tmp_path}/host.db", tmp_path / "instance", free_port())
    yield host
    host.kill()


class TestServe:
    def test_answers_from_an_empty_folder_and_stops_when_it_is_told(self, host: ServedHost) -> None:
        host.start()
        ready = requests.get(f"{host.url}/readyz", timeout=30)
        said = ready.json()
        assert (said["status"], said["checks"]) == ("ok", {"database": True, "migrations": True})
        assert requests.get(f"{host.url}/healthz", timeout=30).json() == {"status": "ok"}
        started = time.monotonic()
        assert host.stop() == 0
        assert time.monotonic() - started < SECONDS_TO_STOP
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{host.url}/healthz", timeout=30)

    def test_takes_a_body_sent_in_pieces(self, host: ServedHost) -> None:
        host.start()
        pieces = (piece for piece in (b'{"client_id":"a",', b'"client_secret":"b"}'))
        answer = requests.post(f"{host.url}/auth/token", data=pieces, timeout=30)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    def test_says_that_its_port_is_in_use(self, host: ServedHost) -> None:
        with socket.create_server(("127.0.0.1", host.port)):
            ended = host.run("serve", "--port", str(host.port))
        assert ended.returncode == 1
        taken = f"Port {host.port} on 127.0.0.1 cannot be used (Address already in use)"
        assert ended.stderr == f"Error: {taken}. Choose another with --port.\n"

    @pytest.mark.parametrize(
        ("name", "value"),
        [("SECRET_KEY", ""), ("BASE_URL", "http://points.example")],
    )
    def test_names_the_setting_that_keeps_it_from_starting(self, host: ServedHost, name: str, value: str) -> None:
        right = {"DEVELOPMENT": "0", "SECRET_KEY": "x" * 32, "BASE_URL": "https://points.example"}
        host.environment |= {f"WIDGET_HOST_{key}": text for key, text in (right | {name: value}).items()}
        ended = host.run("serve", "--port", str(host.port))
        assert ended.returncode == 2
        assert f"WIDGET_HOST_{name}: " in ended.stderr
        assert "Traceback" not in ended.stderr


class TestWorker:
    def test_stops_when_it_is_told(self, host: ServedHost) -> None:
        command = [sys.executable, "-m", "widget_host", "worker"]
        with subprocess.Popen(command, env=host.environment, stderr=subprocess.PIPE, text=True) as worker:
            assert worker.stderr is not None
            assert "Delivering webhooks" in worker.stderr.readline()
            os.kill(worker.pid, signal.SIGTERM)
            assert worker.wait(SECONDS_TO_STOP) == 0
