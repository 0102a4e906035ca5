"""The host over an empty database of each kind, its clock stopped, and an issuer who may call it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import simplejson
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver
from widget_host.app import create_app
from widget_host.config import Settings
from widget_host.kit import db, wire
from widget_host.kit.logs import configure
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring


@pytest.fixture(autouse=True)
def careless_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no disk: no test's file outlives the test."""
    monkeypatch.setattr(db, "SQLITE_PRAGMAS", (*db.SQLITE_PRAGMAS, "PRAGMA synchronous=OFF"))


@pytest.fixture(autouse=True)
def json_by_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write each JSON a second time, by who is stricter: what the two do not write alike nobody should hand over."""
    real = wire._write

    def written(value: Any) -> bytes:
        text = real(value)
        strict = simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        assert text.decode() == strict
        return text

    monkeypatch.setattr(wire, "_write", written)


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings.from_environment(
        {
            "WIDGET_HOST_DEVELOPMENT": "1",
            "WIDGET_HOST_INSTANCE": str(tmp_path / "instance"),
            "WIDGET_HOST_DATABASE_URL": database_url,
            "WIDGET_HOST_BASE_URL": "http://localhost",
            "WIDGET_HOST_WORKER": "0",
        }
    )


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def wiring(settings: Settings, clock: StoppedClock) -> Iterator[Wiring]:
    # The stream of an earlier test is closed by now, and what making an issuer logs would go there.
    configure(settings.log_level)
    wiring = Wiring(settings, clock)
    yield wiring
    wiring.end()


@pytest.fixture
def verified(wiring: Wiring) -> Iterator[None]:
    """Check, when the test is over, that ledger, transactions and outbox agree."""
    yield
    with wiring.reading() as services:
        assert {**services.ledger.verify(), **services.transactions.verify()} == {}


@pytest.fixture
def issuer(wiring: Wiring) -> Issuer:
    return make_issuer(wiring)


@pytest.fixture
def app(settings: Settings, wiring: Wiring) -> HostApp:
    return create_app(settings, wiring)


@pytest.fixture
def client(app: HostApp) -> FlaskClient:
    """A caller whom nobody knows."""
    return app.test_client()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's backend that takes webhooks."""
    server = Receiver()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Api:
    """The API as an issuer's backend calls it, with a token of its own."""

    def __init__(self, client: FlaskClient, issuer: Issuer) -> None:
        self._client = client
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        self.token: str = client.post("/auth/token", json=credentials).get_json()["access_token"]

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._client.get(path, headers=self._headers(options), **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self._client.post(path, json=json, headers=self._headers(options), **options)

    def send(self, method: str, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self._client.open(path, method=method, json=json, headers=self._headers(options), **options)

    def _headers(self, options: dict[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}


@pytest.fixture
def api(client: FlaskClient, issuer: Issuer) -> Api:
    """The issuer's backend."""
    return Api(client, issuer)


@pytest.fixture
def served(app: HostApp) -> Iterator[str]:
    """The address of the host, really listening."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
