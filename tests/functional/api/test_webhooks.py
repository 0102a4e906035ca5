import base64
from typing import Any

import pytest

from tests.factories.issuers import Issuer
from tests.fakes.clock import StoppedClock
from tests.fakes.receiver import Receiver, answer
from tests.fixtures import Api
from tests.functional.api.conftest import Order
from widget_host.kit.clock import isoformat
from widget_host.kit.signing import is_webhook_signed
from widget_host.wiring import Wiring
from widget_host.worker import Worker


class Webhooks:
    """An issuer's own endpoint, from making it to what it received."""

    def __init__(self, api: Api, wiring: Wiring, receiver: Receiver) -> None:
        self.api = api
        self.wiring = wiring
        self.receiver = receiver

    def make(self, **said: Any) -> dict[str, Any]:
        made = self.api.post("/webhook-endpoints", {"url": self.receiver.url, **said})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.get_json()
        return found

    def deliver(self) -> int:
        return Worker(self.wiring).work_off()

    def deliveries(self, endpoint_id: str, **query: Any) -> list[dict[str, Any]]:
        listed = self.api.get(f"/webhook-endpoints/{endpoint_id}/deliveries", query_string=query)
        assert listed.status_code == 200, listed.text
        found: list[dict[str, Any]] = listed.get_json()
        return found


class TestEndpoints:
    def test_show_their_secret_once(self, webhooks: Webhooks) -> None:
        made = webhooks.make(description="Core", eventTypes=["LINKED"], ordered=True, maxPerSecond=5)
        shown = webhooks.api.get(f"/webhook-endpoints/{made['id']}").get_json()

        assert {**shown, "secret": made["secret"]} == made
        assert (shown["eventTypes"], shown["ordered"], shown["maxPerSecond"]) == (["LINKED"], True, 5)
        assert made["secret"] not in webhooks.api.get("/webhook-endpoints").text

    def test_never_show_a_password(self, webhooks: Webhooks) -> None:
        made = webhooks.make(authentication={"type": "BASIC", "username": "host", "password": "pässword"})

        assert made["authentication"] == {"type": "BASIC", "username": "host"}

    @pytest.mark.parametrize(
        ("said", "fields"),
        [
            ({"url": "ftp://hook.example"}, ["url"]),
            ({"eventTypes": ["transaction.pending"]}, ["eventTypes.0"]),
            ({"authentication": {"type": "BASIC"}}, ["authentication.username", "authentication.password"]),
            ({"authentication": {"type": "SIGNATURE", "password": "x"}}, ["authentication"]),
            ({"maxPerSecond": 0}, ["maxPerSecond"]),
        ],
    )
    def test_refuse_what_cannot_be_and_name_it(
        self, webhooks: Webhooks, said: dict[str, Any], fields: list[str]
    ) -> None:
        refused = webhooks.api.post("/webhook-endpoints", {"url": webhooks.receiver.url, **said})

        assert refused.status_code == 400
        assert [error["field"] for error in refused.get_json()["errors"]] == fields

    def test_change_and_go(self, webhooks: Webhooks) -> None:
        address = f"/webhook-endpoints/{webhooks.make()['id']}"
        changed = webhooks.api.send("PATCH", address, {"enabled": False, "maxPerSecond": None})

        assert (changed.get_json()["enabled"], changed.get_json()["disabledReason"]) == (False, "manual")
        assert webhooks.api.post(f"{address}/test").get_json()["code"] == "ENDPOINT_DISABLED"
        assert webhooks.api.post(f"{address}/enable").get_json()["enabled"] is True
        assert webhooks.api.send("DELETE", address).status_code == 204
        assert webhooks.api.get(address).status_code == 404


class TestDeliveries:
    def test_are_shown_with_every_attempt_and_the_start_of_each_answer(self, webhooks: Webhooks, order: Order) -> None:
        webhooks.receiver.replies = [answer(503, b"x" * 5000, **{"X-Own": "of mine"})]
        made = webhooks.make()
        webhooks.api.post("/transactions", order())
        webhooks.deliver()

        (listed,) = webhooks.deliveries(made["id"])
        (tried,) = listed["attempts"]
        assert (listed["status"], listed["eventType"], tried["status"]) == ("WAITING", "transaction.completed", 503)
        assert "X-Own" in tried["headerNames"]
        assert "of mine" not in str(listed)
        shown = webhooks.api.get(f"/deliveries/{listed['id']}").get_json()
        assert shown["attempts"][0]["answer"] == "x" * 2048

    def test_are_listed_by_status_page_by_page(self, webhooks: Webhooks) -> None:
        made = webhooks.make()
        for _ in range(3):
            webhooks.api.post(f"/webhook-endpoints/{made['id']}/test")

        first = webhooks.api.get(f"/webhook-endpoints/{made['id']}/deliveries?limit=2&status=WAITING")
        following = first.headers["Link"].split(">")[0].removeprefix("<http://localhost")
        second = webhooks.api.get(following)
        assert (len(first.get_json()), len(second.get_json())) == (2, 1)
        assert webhooks.deliveries(made["id"], status="FAILED") == []

    def test_have_no_next_attempt_while_they_are_being_sent(self, webhooks: Webhooks) -> None:
        made = webhooks.make()
        webhooks.api.post(f"/webhook-endpoints/{made['id']}/test")
        assert webhooks.deliveries(made["id"])[0]["nextAttemptAt"] is not None
        with webhooks.wiring.writing() as services:
            services.deliveries.claim(1)
        assert webhooks.deliveries(made["id"])[0]["nextAttemptAt"] is None

    def test_are_sent_again_with_the_same_event(self, webhooks: Webhooks) -> None:
        made = webhooks.make()
        delivery = webhooks.api.post(f"/webhook-endpoints/{made['id']}/test").get_json()
        webhooks.deliver()
        again = webhooks.api.post(f"/deliveries/{delivery['id']}/resend")
        webhooks.deliver()

        assert again.status_code == 202
        first, second = webhooks.receiver.received
        assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
        assert webhooks.deliveries(made["id"])[0]["status"] == "DELIVERED"


class TestRecover:
    def test_sends_what_failed_and_what_was_never_sent(
        self, webhooks: Webhooks, order: Order, clock: StoppedClock
    ) -> None:
        made = webhooks.make()
        webhooks.receiver.replies = [answer(200), answer(410)]
        began = isoformat(clock.now())
        for number in range(3):
            webhooks.api.post("/transactions", order(referenceNumber=f"order-{number}"))
            webhooks.deliver()
        address = f"/webhook-endpoints/{made['id']}"
        assert webhooks.api.get(address).get_json()["disabledReason"] == "gone"
        webhooks.api.post(f"{address}/enable")

        recovered = webhooks.api.post(f"{address}/recover", {"since": began})
        assert recovered.get_json() == {"recovered": 2, "isComplete": True}
        webhooks.deliver()
        assert {each["status"] for each in webhooks.deliveries(made["id"])} == {"DELIVERED"}
        assert webhooks.api.post(f"{address}/recover", {"since": began}).get_json()["recovered"] == 0

    @pytest.mark.parametrize("since", ["2025-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "2026-01-31", "yesterday", 1])
    def test_goes_back_no_further_than_is_known(self, webhooks: Webhooks, since: Any) -> None:
        made = webhooks.make()
        refused = webhooks.api.post(f"/webhook-endpoints/{made['id']}/recover", {"since": since})

        assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (400, "since")


class TestSecrets:
    def test_are_replaced_without_a_delivery_that_is_refused(self, webhooks: Webhooks, clock: StoppedClock) -> None:
        made = webhooks.make()
        address = f"/webhook-endpoints/{made['id']}"
        staged = webhooks.api.post(f"{address}/secrets").get_json()
        assert self.signers(webhooks, address, made["secret"], staged["secret"]) == (made["secret"], 2)
        promoted = webhooks.api.post(f"{address}/secrets/{staged['id']}/promote", {"overlap": "PT5M"})
        assert promoted.get_json()["stage"] == "SIGNING"
        assert self.signers(webhooks, address, made["secret"], staged["secret"]) == (staged["secret"], 2)
        clock.advance(minutes=5)
        assert self.signers(webhooks, address, made["secret"], staged["secret"]) == (staged["secret"], 1)
        assert [each["id"] for each in webhooks.api.get(f"{address}/secrets").get_json()] == [staged["id"]]

    def signers(self, webhooks: Webhooks, address: str, *secrets: str) -> tuple[str, int]:
        webhooks.api.post(f"{address}/test")
        webhooks.deliver()
        received = webhooks.receiver.received[-1]
        timestamp, signature = received.headers["x-timestamp"], received.headers["x-signature"]
        signing = [
            secret
            for secret in secrets
            if is_webhook_signed(secret, timestamp=timestamp, signature=signature, body=received.body)
        ]
        return signing[0], len(received.headers["webhook-signature"].split())


class TestModes:
    def test_sends_user_name_and_password_in_utf8_beside_the_signature(self, webhooks: Webhooks) -> None:
        said = {"type": "BASIC", "username": "höst", "password": "p:ß"}
        made = webhooks.make(authentication=said)
        webhooks.api.post(f"/webhook-endpoints/{made['id']}/test")
        webhooks.deliver()

        headers = webhooks.receiver.received[0].headers
        assert base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode() == "höst:p:ß"
        assert "x-signature" in headers

    @pytest.mark.parametrize("place", ["HEADER", "BODY"])
    def test_fetches_a_token_once_and_again_when_it_is_refused(self, webhooks: Webhooks, place: str) -> None:
        said = {
            "type": "OAUTH2",
            "tokenUrl": f"{webhooks.receiver.address}/token",
            "clientId": "me",
            "clientSecret": "shh",
            "scope": "hooks",
            "credentialsIn": place,
        }
        made = webhooks.make(authentication=said)
        token = b'{"access_token":"token-%d","token_type":"Bearer","expires_in":3600}'
        webhooks.receiver.replies = [answer(200, token % 1), answer(401), answer(200, token % 2), answer(200)]
        webhooks.api.post(f"/webhook-endpoints/{made['id']}/test")
        webhooks.deliver()

        asked = webhooks.receiver.received
        assert [each.path for each in asked] == ["/token", "/hook", "/token", "/hook"]
        assert asked[3].headers["authorization"] == "Bearer token-2"
        assert b"grant_type=client_credentials" in asked[0].body
        assert (b"client_secret=shh" in asked[0].body) is (place == "BODY")
        assert asked[0].headers.get("authorization", "").startswith("Basic ") is (place == "HEADER")
        assert webhooks.deliveries(made["id"])[0]["status"] == "DELIVERED"

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (answer(401, b"{}"), "no token: status 401"),
            (answer(200, b"no json"), "no token: the answer holds no bearer token"),
            (answer(200, b'{"access_token":"a\\nb"}'), "no token: the answer holds no bearer token"),
            (answer(200, b'{"access_token":"a","token_type":"mac"}'), "no token: the answer holds no bearer token"),
        ],
    )
    def test_says_why_there_was_no_token(self, webhooks: Webhooks, reply: Any, error: str) -> None:
        token_url = f"{webhooks.receiver.address}/token"
        said = {"type": "OAUTH2", "tokenUrl": token_url, "clientId": "me", "clientSecret": "shh"}
        made = webhooks.make(authentication=said)
        webhooks.receiver.replies = [reply]
        webhooks.api.post(f"/webhook-endpoints/{made['id']}/test")
        webhooks.deliver()

        (tried,) = webhooks.deliveries(made["id"])[0]["attempts"]
        assert (tried["status"], tried["error"]) == (None, error)


@pytest.fixture
def webhooks(api: Api, wiring: Wiring, receiver: Receiver, issuer: Issuer) -> Webhooks:
    return Webhooks(api, wiring, receiver)
