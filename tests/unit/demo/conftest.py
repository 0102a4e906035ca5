import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient

from widget_host.demo.bank import create_bank
from widget_host.demo.config import Config
from widget_host.demo.store import Store

WIDGET_URL = "http://localhost:8000/widget/point-exchange?token=launch"


class StandInHost(HTTPServer):
    """Answers every POST with `answer`, every GET with what it has there, and keeps what it was sent, as text."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str]] = []
        self.answer: tuple[int, dict[str, Any]] = (200, {"widgetUrl": WIDGET_URL, "accessToken": "token"})
        self.has: dict[str, Any] = {"/programs": [{"id": "prg_1", "name": "Aurora Club"}]}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: StandInHost

    def do_POST(self) -> None:
        """Keep and answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.received.append((self.path, body.decode()))
        self._answer(*self.server.answer)

    def do_GET(self) -> None:
        """Show what it has to who has the token."""
        known = self.headers["Authorization"] == "Bearer token"
        self._answer(200 if known else 401, self.server.has.get(self.path.partition("?")[0], {}) if known else {})

    def _answer(self, status: int, said: Any) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Stay silent: a test's output is its failures."""


@pytest.fixture
def host() -> Iterator[StandInHost]:
    server = StandInHost()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def config(host: StandInHost, tmp_path: Path) -> Config:
    return Config(
        host_url=host.url,
        client_id="client",
        client_secret="client-secret",
        webhook_secret="webhook-secret",
        database=tmp_path / "bank.sqlite3",
        port=8001,
    )


@pytest.fixture
def store(config: Config) -> Store:
    return Store(config.database)


@pytest.fixture
def bank(config: Config) -> FlaskClient:
    return create_bank(config).test_client()
