import hashlib
import hmac
import json
import re
import time

import pytest
from flask.testing import FlaskClient

from tests.unit.demo.conftest import WIDGET_URL, StandInHost
from widget_host.demo.config import Config

COMPLETED = {
    "id": "evt_1",
    "type": "transaction.completed",
    "referenceNumber": "NW-1",
    "sourceUserId": "amira",
    "value": 25.5,
    "currency": "USD",
    "totalPoints": 2550,
}
NO_WIDGET = [(401, {"error": "invalid_client"}), (500, {}), (302, {}), (200, {})]

LINKED = {
    "id": "evt_2",
    "type": "LINKED",
    "sequence": 1,
    "sourceUserId": "amira",
    "cardId": "card-amira",
    "destinationProgramId": "prg_1",
    "destinationAccount": {"destinationUserId": "AC12345678", "destinationUserEmail": None},
    "allocation": 100,
}


class TestGiveWidget:
    def test_gets_one_with_the_secret_for_this_customer(self, bank: FlaskClient, host: StandInHost) -> None:
        answer = bank.post("/widget-token?customer=jonas")

        path, body = host.received[0]
        sent = json.loads(body)
        assert path == "/auth/widget/point-exchange"
        assert re.fullmatch(r"NW-[0-9a-f-]{36}", sent.pop("referenceNumber"))
        assert sent == {
            "clientId": "client",
            "clientSecret": "client-secret",
            "sourceUserId": "jonas",
            "sourceUserEmail": "jonas.lind@northwind.example",
            "balance": 640.5,
            "currency": "USD",
        }
        assert (answer.status_code, answer.get_json()) == (200, {"widgetUrl": WIDGET_URL})

    def test_writes_the_balance_with_its_cents(self, bank: FlaskClient, host: StandInHost) -> None:
        bank.post("/widget-token")

        assert '"balance": 1250.00}' in host.received[0][1]

    def test_takes_a_new_reference_for_every_widget(self, bank: FlaskClient, host: StandInHost) -> None:
        bank.post("/widget-token")
        bank.post("/widget-token")

        assert len({json.loads(body)["referenceNumber"] for _, body in host.received}) == 2

    @pytest.mark.parametrize("answer", NO_WIDGET)
    def test_says_that_there_is_none(
        self, bank: FlaskClient, host: StandInHost, answer: tuple[int, dict[str, str]]
    ) -> None:
        host.answer = answer

        assert bank.post("/widget-token").status_code == 502

    def test_does_not_know_a_stranger(self, bank: FlaskClient) -> None:
        assert bank.post("/widget-token?customer=stranger").status_code == 404


class TestShowWidget:
    def test_leads_a_frame_without_scripts_to_one(self, bank: FlaskClient) -> None:
        answer = bank.get("/widget?customer=jonas")

        assert (answer.status_code, answer.headers["Location"]) == (303, WIDGET_URL)

    @pytest.mark.parametrize("answer", NO_WIDGET)
    def test_stays_calm_when_there_is_none(
        self, bank: FlaskClient, host: StandInHost, answer: tuple[int, dict[str, str]]
    ) -> None:
        host.answer = answer

        page = bank.get("/widget?customer=jonas")

        assert page.status_code == 502
        assert "Points are taking a short break" in page.text
        assert 'href="/widget?customer=jonas">Try again' in page.text


class TestHome:
    def test_asks_nobody_before_it_is_shown(self, bank: FlaskClient, host: StandInHost) -> None:
        page = bank.get("/?customer=jonas")

        assert host.received == []
        assert f'src="{host.url}/static/js/embed.js"' in page.text
        assert 'data-token-url="/widget-token?customer=jonas"' in page.text

    def test_frames_the_widget_where_no_scripts_run(self, bank: FlaskClient) -> None:
        page = bank.get("/?customer=jonas").text

        frame = page.partition("<noscript>")[2].partition("</noscript>")[0]
        assert 'src="/widget?customer=jonas"' in frame
        assert 'sandbox="allow-scripts allow-forms allow-same-origin"' in frame

    def test_keeps_the_secret_to_itself(self, bank: FlaskClient) -> None:
        assert "client-secret" not in bank.get("/").text

    def test_does_not_know_a_stranger(self, bank: FlaskClient) -> None:
        assert bank.get("/?customer=stranger").status_code == 404

    def test_lets_only_its_own_files_and_the_host_into_the_page(self, bank: FlaskClient, host: StandInHost) -> None:
        page = bank.get("/")

        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith(f"default-src 'none'; script-src 'self' {host.url}; style-src 'self';")
        assert f"frame-src 'self' {host.url};" in policy
        assert page.headers["Cache-Control"] == "no-store"
        assert re.search(r"<script(?![^>]* src=)|<style| style=| on[a-z]+=", page.text) is None


class TestActivity:
    def test_shows_the_balance_and_nothing_else_at_first(self, bank: FlaskClient) -> None:
        fragment = bank.get("/activity?customer=amira").text

        assert "$1,250.00" in fragment
        assert "<html" not in fragment

    def test_shows_what_a_webhook_changed_and_the_body_that_was_signed(self, bank: FlaskClient, config: Config) -> None:
        send(bank, json.dumps({**COMPLETED, "description": "<b>Zoë</b>"}).encode(), config.webhook_secret)

        fragment = bank.get("/activity?customer=amira").text

        assert "$1,224.50" in fragment
        assert "2,550 points" in fragment
        assert "−$25.50" in fragment
        assert "&lt;b&gt;Zoë&lt;/b&gt;" in fragment

    def test_shows_one_customer_no_purchase_of_another(self, bank: FlaskClient, config: Config) -> None:
        send(bank, json.dumps(COMPLETED).encode(), config.webhook_secret)

        fragment = bank.get("/activity?customer=jonas").text

        assert "$640.50" in fragment
        assert "2,550 points" not in fragment


class TestGiveCardWidget:
    def test_gets_one_for_this_customers_card(self, bank: FlaskClient, host: StandInHost) -> None:
        answer = bank.post("/card/widget-token?customer=jonas")

        path, body = host.received[-1]
        assert path == "/auth/widget/multibrand"
        assert json.loads(body) == {
            "clientId": "client",
            "clientSecret": "client-secret",
            "sourceUserId": "jonas",
            "sourceUserEmail": "jonas.lind@northwind.example",
            "cardId": "card-jonas",
            "cardLastFour": "3067",
        }
        assert (answer.status_code, answer.get_json()) == (200, {"widgetUrl": WIDGET_URL})

    @pytest.mark.parametrize("answer", [*NO_WIDGET, (200, {"widgetUrl": WIDGET_URL}), (200, {"accessToken": "token"})])
    def test_says_that_there_is_none(
        self, bank: FlaskClient, host: StandInHost, answer: tuple[int, dict[str, str]]
    ) -> None:
        host.answer = answer

        assert bank.post("/card/widget-token").status_code == 502


class TestShowCardWidget:
    def test_leads_a_frame_without_scripts_to_one(self, bank: FlaskClient) -> None:
        answer = bank.get("/card/widget?customer=jonas")

        assert (answer.status_code, answer.headers["Location"]) == (303, WIDGET_URL)


class TestCard:
    def test_embeds_the_widget_and_leads_home(self, bank: FlaskClient) -> None:
        page = bank.get("/card?customer=jonas").text

        assert "Northwind card ending 3067" in page
        assert 'data-kind="multibrand"' in page
        assert 'data-token-url="/card/widget-token?customer=jonas"' in page
        assert 'href="/?customer=jonas"' in page
        assert 'href="/card?customer=jonas"' in bank.get("/?customer=jonas").text

    def test_shows_what_webhooks_told_of_this_card(self, bank: FlaskClient, config: Config) -> None:
        bank.post("/card/widget-token")  # the bank learns there what the programs are called
        send(bank, json.dumps(LINKED).encode(), config.webhook_secret)

        fragment = bank.get("/card/activity?customer=amira").text
        assert "Your rewards now go to Aurora Club, 100%." in fragment
        assert "AC12345678" in fragment
        assert "AC12345678" not in bank.get("/card/activity?customer=jonas").text.partition('class="events"')[0]


class TestReceiveWebhook:
    def test_answers_204_again_to_an_event_it_has(self, bank: FlaskClient, config: Config) -> None:
        body = json.dumps(COMPLETED).encode()

        assert [send(bank, body, config.webhook_secret) for _ in range(2)] == [204, 204]
        assert "$1,224.50" in bank.get("/activity").text

    @pytest.mark.parametrize("secret", ["another-secret", ""])
    def test_changes_nothing_for_a_signature_it_does_not_know(self, bank: FlaskClient, secret: str) -> None:
        before = bank.get("/activity").text

        assert send(bank, json.dumps(COMPLETED).encode(), secret) == 401
        assert bank.get("/activity").text == before

    def test_refuses_an_unsigned_event(self, bank: FlaskClient) -> None:
        assert bank.post("/webhooks/widget-host", json=COMPLETED).status_code == 401

    def test_believes_the_bytes_and_not_their_meaning(self, bank: FlaskClient, config: Config) -> None:
        body = b'{ "id":"evt_1",\n  "type" : "unheard-of" }'

        assert send(bank, body, config.webhook_secret) == 204
        assert send(bank, body, config.webhook_secret, sent=json.dumps(json.loads(body)).encode()) == 401

    @pytest.mark.parametrize("body", [b"", b"[", b"{}", b"[]", b'"text"', b'{"id": "evt_1", "type": "LINKED"}'])
    def test_refuses_a_signed_body_that_is_no_event(self, bank: FlaskClient, config: Config, body: bytes) -> None:
        assert send(bank, body, config.webhook_secret) == 400

    def test_reads_no_more_than_a_webhook_needs(self, bank: FlaskClient, config: Config) -> None:
        assert send(bank, b" " * 300_000, config.webhook_secret) == 413


def send(bank: FlaskClient, body: bytes, secret: str, *, sent: bytes | None = None) -> int:
    timestamp = str(int(time.time()))
    signature = hmac.new(secret.encode(), timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {"x-timestamp": timestamp, "x-signature": signature}
    return bank.post("/webhooks/widget-host", data=body if sent is None else sent, headers=headers).status_code
