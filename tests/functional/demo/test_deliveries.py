"""The demo bank's page on webhooks, at a host that really delivers: broken, tried again, mended."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.services.rounds import work_off
from widget_host.demo.bank import create_bank
from widget_host.demo.config import Config
from widget_host.domain.endpoints.rules import Details
from widget_host.wiring import Wiring


class TestDeliveries:
    def test_are_tried_again_until_the_receiver_is_mended(
        self, bank: FlaskClient, api: Api, issuer: Issuer, wiring: Wiring, clock: StoppedClock
    ) -> None:
        bank.post("/receiver", data={"trouble": "error"})
        buy(api, issuer)
        work_off(wiring)
        assert seen(bank) == ("Waiting", 1)
        assert "Next attempt at" in bank.get("/deliveries").text
        bank.post("/receiver", data={"trouble": "secret"})
        clock.advance(seconds=6)
        work_off(wiring)
        assert seen(bank) == ("Waiting", 2)
        # The bank's token has ended by now.
        clock.advance(minutes=11)
        bank.post("/receiver", data={"trouble": "none"})
        delivery = bank.get("/deliveries").text.partition('id="dlv_')[2].partition('"')[0]
        bank.post(f"/deliveries/dlv_{delivery}/resend")
        work_off(wiring)
        assert seen(bank) == ("Delivered", 3)
        assert "transaction.completed" in bank.get("/activity").text

    @pytest.fixture
    def clock(self) -> StoppedClock:
        """Begins so long ago that the last attempt is made by the bank's own time: it believes nothing stale."""
        return StoppedClock(datetime.now(UTC) - timedelta(minutes=11))

    @pytest.fixture
    def bank(self, served: str, issuer: Issuer, wiring: Wiring, tmp_path: Path) -> Iterator[FlaskClient]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with wiring.writing() as services:
            details = Details(url=f"http://127.0.0.1:{port}/webhooks/widget-host")
            _, secret = services.endpoints.create(issuer.environment_id, details)
        config = Config(served, issuer.client_id, issuer.client_secret, secret, tmp_path / "bank.sqlite3", port)
        app = create_bank(config)
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield app.test_client()
        server.shutdown()
        thread.join()
        server.server_close()


def buy(api: Api, issuer: Issuer) -> None:
    order = {
        "programId": issuer.programs[AURORA],
        "value": 25,
        "currency": "USD",
        "destinationAccount": {"destinationUserId": "AC12345678"},
        "referenceNumber": "order-1",
    }
    made = api.post("/transactions", order)
    assert made.status_code == 201, made.text


def seen(bank: FlaskClient) -> tuple[str, int]:
    """Return how the one delivery stands, and how many attempts both sides saw."""
    page = bank.get("/deliveries/activity").text
    (word,) = (word for word in ("Waiting", "Delivered", "Given up") if f">{word}<" in page)
    attempts = page.partition('class="tries"')[2].partition("</ol>")[0].count("<li>")
    assert page.count("Answered <strong>") == attempts
    return word, attempts
