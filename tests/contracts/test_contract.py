"""The documented contract of what there is, clause by clause: what an integrator may build on."""

import hashlib
import hmac
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import START, StoppedClock
from tests.fakes.receiver import Received, Receiver
from tests.fixtures import Api
from widget_host.domain.endpoints.rules import Details
from widget_host.kit.signing import webhook_headers
from widget_host.wiring import Wiring
from widget_host.worker import Worker

VECTORS = json.loads(Path(__file__).with_name("webhook_signatures.json").read_text("utf-8"))
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
TEXTS = {
    "id",
    "name",
    "businessName",
    "logo",
    "industry",
    "termsAndConditionsUrl",
    "brandDescription",
    "programCurrency",
    "pricePerPointInUsd",
    "pricePerPointInLocalCurrency",
    "pricePerPoint",
    "localCurrency",
}
PRICES = {"pricePerPointInUsd", "pricePerPointInLocalCurrency", "pricePerPoint"}
LIMITS = {"minAmountOfPoints", "maxAmountOfPoints", "minValue", "maxValue"}
ACCOUNT = {"destinationUserId": "AC12345678"}


def is_id(text: object, prefix: str) -> bool:
    """Whether this is one of our ids: what it is, then 26 letters that sort by time."""
    return isinstance(text, str) and re.fullmatch(rf"{prefix}_[0-9a-hjkmnp-tv-z]{{26}}", text) is not None


def is_moment(text: object) -> bool:
    """Whether this is a date as the API writes them: UTC, milliseconds, `Z`."""
    return isinstance(text, str) and MOMENT.fullmatch(text) is not None


class TestAuthToken:
    def test_answers_with_exactly_three_members(self, client: FlaskClient, issuer: Issuer) -> None:
        asked = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        said = client.post("/auth/token", json=asked | {"grant_type": "client_credentials"}).get_json()
        assert list(said) == ["access_token", "expires_in", "token_type"]
        assert (type(said["access_token"]), said["expires_in"], said["token_type"]) == (str, 600, "Bearer")

    def test_answers_the_legacy_body_with_exactly_two(self, client: FlaskClient, issuer: Issuer) -> None:
        asked = {"clientId": issuer.client_id, "clientSecret": issuer.client_secret}
        said = client.post("/auth/token", json=asked).get_json()
        assert list(said) == ["accessToken", "expiresIn"]
        assert (type(said["accessToken"]), said["expiresIn"]) == (str, 600)

    def test_gives_tokens_that_live_ten_minutes(self, api: Api, clock: StoppedClock) -> None:
        clock.advance(seconds=599)
        assert api.get("/programs").status_code == 200
        clock.advance(seconds=1)
        assert api.get("/programs").status_code == 401


class TestPrograms:
    def test_are_a_bare_array(self, programs: list[dict[str, Any]]) -> None:
        assert isinstance(programs, list)
        assert len(programs) == 6

    def test_have_the_documented_members_with_their_types(self, programs: list[dict[str, Any]]) -> None:
        for program in programs:
            assert program.keys() == TEXTS | LIMITS | {"fields"}
            assert {name for name in program if isinstance(program[name], str)} == TEXTS
            assert {name for name in program if type(program[name]) is int} == LIMITS
            assert is_id(program["id"], "prg")

    def test_have_prices_that_are_decimal_strings(self, programs: list[dict[str, Any]]) -> None:
        for program in programs:
            assert all(re.fullmatch(r"\d+(\.\d*[1-9])?", program[name]) for name in PRICES)
            assert all(Decimal(program[name]) > 0 for name in PRICES)

    def test_have_limits_that_leave_room(self, programs: list[dict[str, Any]]) -> None:
        for program in programs:
            assert 0 < program["minAmountOfPoints"] < program["maxAmountOfPoints"]
            assert 0 < program["minValue"] < program["maxValue"]

    def test_have_fields_keyed_by_their_name(self, api: Api, programs: list[dict[str, Any]]) -> None:
        for program in programs:
            fields = api.get(f"/programs/{program['id']}/fields").get_json()
            assert fields.keys() <= {"destinationUserId", "destinationUserEmail"}
            for field in fields.values():
                assert {"required", "type", "label"} <= field.keys()
                assert field.keys() <= {"required", "type", "label", "pattern", "hint", "example"}
                assert isinstance(field["required"], bool)
                assert field["type"] in {"string", "email"}

    def test_say_whether_a_member_is_valid(self, api: Api, issuer: Issuer) -> None:
        path = f"/programs/{issuer.programs[AURORA]}/validate-member"
        assert api.post(path, ACCOUNT).get_json() == {"isValid": True}
        said = api.post(path, {"destinationUserId": "unknown"})
        assert (said.status_code, said.get_json()) == (200, {"isValid": False, "reason": "MALFORMED"})

    @pytest.fixture
    def programs(self, api: Api) -> list[dict[str, Any]]:
        programs: list[dict[str, Any]] = api.get("/programs").get_json()
        return programs


class TestTransactions:
    def test_are_created_and_answered_with_the_documented_members(self, made: dict[str, Any]) -> None:
        assert list(made) == ["id", "totalPoints", "referenceNumber", "date", "status"]
        assert is_id(made["id"], "txn")
        assert is_moment(made["date"])
        assert (made["totalPoints"], made["referenceNumber"], made["status"]) == (2500, "order-1", "COMPLETED")

    def test_are_shown_as_the_documented_row_and_what_was_added(self, api: Api, made: dict[str, Any]) -> None:
        said = api.get(f"/transactions/{made['id']}").get_json()
        program = said["partnership"]["destination"]["programId"]
        assert is_id(program, "prg")
        assert said == {
            "id": made["id"],
            "referenceNumber": "order-1",
            "sourceValue": 25,
            "description": "Points of May",
            "createdAt": "2026-01-31T10:00:00.000Z",
            "pointTransactions": [{"destinationNumberOfPoints": "2500", "type": "BASE"}],
            "partnership": {"destination": {"name": AURORA, "programId": program}},
            "totalPoints": 2500,
            "value": 25,
            "currency": "USD",
            "pricePerPoint": "0.01",
            "destinationAccount": {"destinationUserId": "AC12345678", "destinationUserEmail": None},
            "status": "COMPLETED",
            "date": "2026-01-31T10:00:00.000Z",
            "statusHistory": [{"status": "COMPLETED", "reason": None, "date": "2026-01-31T10:00:00.000Z"}],
        }

    def test_are_found_by_their_reference_too(self, api: Api, made: dict[str, Any]) -> None:
        assert api.get("/transactions/order-1").data == api.get(f"/transactions/{made['id']}").data

    @pytest.mark.parametrize(
        ("value", "currency", "shown"),
        [("25", "USD", "25"), ("25.00", "USD", "25"), ("25.5", "USD", "25.50"), ("1000", "JPY", "1000")],
    )
    def test_show_values_as_numbers_in_major_units(
        self, api: Api, order: dict[str, Any], value: str, currency: str, shown: str
    ) -> None:
        body = json.dumps(order | {"currency": currency, "value": "HERE"}).replace('"HERE"', value)
        assert api.post("/transactions", data=body, content_type="application/json").status_code == 201
        text = api.get("/transactions/order-1").text
        assert f'"sourceValue":{shown},' in text
        assert f'"value":{shown},' in text

    def test_are_repeated_with_the_stored_answer(self, api: Api, order: dict[str, Any], made: dict[str, Any]) -> None:
        again = api.post("/transactions", order)
        assert (again.status_code, again.get_json()) == (201, made)
        assert again.headers["Idempotency-Replayed"] == "true"


class TestWidgetToken:
    def test_is_answered_with_its_life_and_where_it_opens(self, api: Api) -> None:
        said = api.post("/auth/widget/point-exchange", {"sourceUserId": "user-1"}).get_json()
        assert list(said) == ["accessToken", "expiresIn", "widgetUrl"]
        assert said["expiresIn"] == 600
        assert said["widgetUrl"] == f"http://localhost/widget/point-exchange?token={said['accessToken']}"


class TestErrors:
    def test_have_the_documented_shape(self, api: Api, order: dict[str, Any]) -> None:
        answer = api.post("/transactions", order | {"value": "25"})
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
        assert answer.get_json() == {
            "type": "http://localhost/docs/errors#VALIDATION_ERROR",
            "title": "The request has wrong or missing fields",
            "status": 400,
            "code": "VALIDATION_ERROR",
            "detail": "The request was not understood. Correct: value.",
            "requestId": answer.headers["X-Request-Id"],
            "errors": [{"field": "value", "code": "number_type", "message": "This must be a number."}],
        }


class TestTransactionWebhook:
    def test_has_the_documented_body_in_its_order(
        self, received: Received, made: dict[str, Any], issuer: Issuer
    ) -> None:
        said = json.loads(received.body)
        assert is_id(said["id"], "evt")
        assert list(said.items()) == [
            ("id", said["id"]),
            ("type", "transaction.completed"),
            ("sequence", 1),
            ("transactionId", made["id"]),
            ("referenceNumber", "order-1"),
            ("programId", issuer.programs[AURORA]),
            ("sourceUserId", None),
            ("destinationAccount", {"destinationUserId": "AC12345678", "destinationUserEmail": None}),
            ("value", 25),
            ("currency", "USD"),
            ("totalPoints", 2500),
            ("description", "Points of May"),
            ("status", "COMPLETED"),
            ("date", "2026-01-31T10:00:00.000Z"),
        ]

    def test_is_json(self, received: Received) -> None:
        assert received.headers["content-type"] == "application/json"

    def test_is_signed_over_the_very_bytes_with_one_value(self, received: Received, secret: str) -> None:
        timestamp = received.headers["x-timestamp"]
        assert timestamp == str(int(START.timestamp()))
        signed = timestamp.encode() + b":" + received.body
        assert received.headers["x-signature"] == hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()

    def test_is_signed_for_ready_made_verifiers_too(self, received: Received, secret: str) -> None:
        assert received.headers["webhook-id"] == json.loads(received.body)["id"]
        assert received.headers["webhook-timestamp"] == received.headers["x-timestamp"]
        signature = Webhook(secret.encode()).sign(received.headers["webhook-id"], START, received.body.decode())
        assert received.headers["webhook-signature"] == signature

    @pytest.fixture
    def secret(self, issuer: Issuer, wiring: Wiring, receiver: Receiver) -> str:
        with wiring.writing() as services:
            return services.endpoints.create(issuer.environment_id, Details(url=receiver.url))[1]

    @pytest.fixture
    def received(self, secret: str, made: dict[str, Any], wiring: Wiring, receiver: Receiver) -> Received:
        """What the receiver got when the worker looked once."""
        Worker(wiring).work_off()
        (received,) = receiver.received
        return received


class TestSignatures:
    @pytest.mark.parametrize("vector", VECTORS["valid"], ids=lambda vector: vector["id"])
    def test_are_those_that_others_computed(self, vector: dict[str, str]) -> None:
        headers = webhook_headers(
            vector["secret"],
            event_id=vector["id"],
            timestamp=int(vector["timestamp"]),
            body=vector["body"].encode(),
        )
        assert headers == {
            "x-timestamp": vector["timestamp"],
            "x-signature": vector["x-signature"],
            "webhook-id": vector["id"],
            "webhook-timestamp": vector["timestamp"],
            "webhook-signature": vector["webhook-signature"],
        }


@pytest.fixture
def order(issuer: Issuer) -> dict[str, Any]:
    return {
        "programId": issuer.programs[AURORA],
        "value": 25,
        "currency": "USD",
        "destinationAccount": ACCOUNT,
        "referenceNumber": "order-1",
        "description": "Points of May",
    }


@pytest.fixture
def made(api: Api, order: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """A transaction as it was answered, made after the endpoint that hears of it, where a test has one."""
    if "secret" in request.fixturenames:
        request.getfixturevalue("secret")
    made: dict[str, Any] = api.post("/transactions", order).get_json()
    return made
