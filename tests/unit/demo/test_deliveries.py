import json
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from tests.unit.demo.conftest import StandInHost
from tests.unit.demo.test_bank import COMPLETED, send
from widget_host.demo import trouble
from widget_host.demo.config import Config

BODY = json.dumps(COMPLETED).encode()
ENDPOINT = {
    "id": "whe_1",
    "url": "http://127.0.0.1:8001/webhooks/widget-host",
    "enabled": True,
    "restingUntil": None,
}
TRIED: dict[str, object] = {
    "id": "dlv_1",
    "eventId": "evt_1",
    "eventType": "transaction.completed",
    "status": "WAITING",
    "nextAttemptAt": "2026-01-31T10:00:05.000Z",
    "attempts": [
        {"startedAt": "2026-01-31T10:00:00.000Z", "durationMs": 1200, "status": None, "error": "no answer in time"}
    ],
}
SENT = TRIED | {"status": "WAITING", "nextAttemptAt": None, "attempts": []}
GIVEN_UP = TRIED | {"status": "FAILED", "nextAttemptAt": None}


class TestShowLog:
    def test_shows_each_attempt_and_the_next(self, bank: FlaskClient, host: StandInHost) -> None:
        tell(host, TRIED)
        page = bank.get("/deliveries").text
        for shown in ("10:00:00", "no answer in time", "1,200 ms", "Next attempt at", "10:00:05", "Send now"):
            assert shown in page
        assert 'data-news="transaction.completed, attempt 1: Waiting."' in page

    def test_says_what_is_on_its_way_and_what_was_given_up(self, bank: FlaskClient, host: StandInHost) -> None:
        tell(host, SENT)
        assert "On its way" in bank.get("/deliveries/activity").text
        tell(host, GIVEN_UP)
        fragment = bank.get("/deliveries/activity").text
        assert "Given up" in fragment
        assert "On its way" not in fragment

    @pytest.mark.parametrize(
        ("state", "said"),
        [
            ({"enabled": False}, "The endpoint is disabled"),
            ({"restingUntil": "2026-01-31T10:00:30.000Z"}, "It tries one delivery at 10:00:30 UTC"),
        ],
    )
    def test_says_why_nothing_is_sent(
        self, bank: FlaskClient, host: StandInHost, state: dict[str, object], said: str
    ) -> None:
        tell(host, TRIED, **state)
        page = bank.get("/deliveries").text
        assert said in page
        assert ("Next attempt after the rest" in page) is ("restingUntil" in state)

    @pytest.mark.parametrize("found", [[], [{"id": "whe_2", "url": "https://elsewhere.example/"}], {}, [{}]])
    def test_stays_calm_where_there_is_no_log(self, bank: FlaskClient, host: StandInHost, found: object) -> None:
        host.has["/webhook-endpoints"] = found
        page = bank.get("/deliveries")
        assert page.status_code == 200
        assert "log cannot be read right now" in page.text

    def test_fetches_one_token_and_another_when_it_has_ended(self, bank: FlaskClient, host: StandInHost) -> None:
        tell(host)
        host.answer = (200, {"accessToken": "ended"})
        bank.get("/deliveries")
        host.answer = (200, {"accessToken": "token"})
        for _ in range(2):
            assert "Nothing was sent yet" in bank.get("/deliveries").text
        assert [path for path, _ in host.received].count("/auth/token") == 3


class TestBreakReceiver:
    @pytest.mark.parametrize(("kind", "status"), [("error", 500), ("secret", 401)])
    def test_fails_as_it_is_told_and_keeps_nothing(
        self, bank: FlaskClient, config: Config, kind: str, status: int
    ) -> None:
        broken = bank.post("/receiver?customer=jonas", data={"trouble": kind})
        assert (broken.status_code, broken.headers["Location"]) == (303, "/deliveries?customer=jonas")
        assert send(bank, BODY, config.webhook_secret) == status
        bank.post("/receiver", data={"trouble": "none"})
        assert "$1,250.00" in bank.get("/activity").text
        assert send(bank, BODY, config.webhook_secret) == 204

    def test_keeps_the_event_where_it_is_slow(
        self, bank: FlaskClient, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[int] = []
        monkeypatch.setattr("widget_host.demo.trouble.time.sleep", slept.append)
        bank.post("/receiver", data={"trouble": "slow"})
        assert send(bank, BODY, config.webhook_secret) == 204
        assert slept == [trouble.SLOW_SECONDS]
        assert "$1,224.50" in bank.get("/activity").text

    def test_knows_no_other_trouble(self, bank: FlaskClient) -> None:
        for said in ({}, {"trouble": "fire"}):
            assert bank.post("/receiver", data=said).status_code == 400

    def test_shows_what_is_broken(self, bank: FlaskClient) -> None:
        bank.post("/receiver", data={"trouble": "error"})
        page = " ".join(bank.get("/deliveries").text.split())
        assert page.count('aria-pressed="true"') == 1
        assert 'value="error" aria-pressed="true"' in page


class TestArrivals:
    def test_are_what_came_and_what_was_answered(self, bank: FlaskClient, config: Config) -> None:
        for headers in ({"webhook-id": "<b>" + "x" * 500}, {}):
            bank.post("/webhooks/widget-host", data=BODY, headers=headers)
        assert send(bank, BODY, config.webhook_secret) == 204
        fragment = bank.get("/deliveries/activity").text
        assert fragment.count("<strong>401</strong>") == 2
        assert fragment.count("<strong>204</strong>") == 1
        assert "&lt;b&gt;" + "x" * 37 + "</span>" in fragment


class TestResend:
    def test_asks_the_host(self, bank: FlaskClient, host: StandInHost) -> None:
        asked = bank.post("/deliveries/dlv_1/resend?customer=jonas")
        assert (asked.status_code, asked.headers["Location"]) == (303, "/deliveries?customer=jonas")
        assert host.received[-1] == ("/deliveries/dlv_1/resend", "")

    def test_leads_back_where_the_host_refuses(self, bank: FlaskClient, host: StandInHost) -> None:
        host.answer = (409, {})
        assert bank.post("/deliveries/dlv_1/resend").status_code == 303


def tell(host: StandInHost, *deliveries: Mapping[str, object], **state: object) -> None:
    """Let the host know the bank's endpoint, and what was sent there."""
    host.has["/webhook-endpoints"] = [ENDPOINT | state]
    host.has["/webhook-endpoints/whe_1/deliveries"] = list(deliveries)
