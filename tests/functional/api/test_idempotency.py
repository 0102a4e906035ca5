from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import Change
from widget_host.wiring import Wiring

KEY = {"Idempotency-Key": "key-1"}
LAUNCH = {"sourceUserId": "user-1"}


class TestRepeat:
    @pytest.mark.parametrize(
        ("path", "body"),
        [
            ("/transactions/preview", {"value": 25}),
            ("/auth/widget/point-exchange", LAUNCH),
            ("/sandbox/clock", {"advance": "PT1M"}),
        ],
    )
    def test_is_answered_as_the_first_time(self, api: Api, issuer: Issuer, path: str, body: dict[str, Any]) -> None:
        body = body | ({"programId": issuer.programs[AURORA]} if "preview" in path else {})
        first, again = (api.post(path, body, headers=KEY) for _ in range(2))
        assert (again.status_code, again.data, again.mimetype) == (200, first.data, "application/json")
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert api.post(path, body).data != first.data

    def test_happens_once(self, api: Api) -> None:
        for _ in range(3):
            api.post("/sandbox/clock", {"advance": "PT1M"}, headers=KEY)
        assert api.get("/sandbox/clock").get_json() == {"now": "2026-01-31T10:01:00.000Z"}

    def test_may_be_written_differently(self, api: Api, issuer: Issuer) -> None:
        first = preview(api, issuer, 25)
        body = f'{{"value": 2.50e1, "programId": "{issuer.programs[AURORA]}"}}'
        again = api.post("/transactions/preview", data=body, content_type="application/json", headers=KEY)
        assert again.data == first.data

    def test_of_who_sends_credentials_is_answered_too(self, client: FlaskClient, issuer: Issuer) -> None:
        body = LAUNCH | {"clientId": issuer.client_id, "clientSecret": issuer.client_secret}
        answers = [client.post("/auth/widget/point-exchange", json=body, headers=KEY).data for _ in range(2)]
        assert answers[0] == answers[1]
        wrong = body | {"clientSecret": "wrong"}
        problem(client.post("/auth/widget/point-exchange", json=wrong, headers=KEY), 401, "INVALID_TOKEN")

    def test_keeps_no_credentials(self, client: FlaskClient, issuer: Issuer, wiring: Wiring) -> None:
        body = LAUNCH | {"clientId": issuer.client_id, "clientSecret": issuer.client_secret}
        client.post("/auth/widget/point-exchange", json=body, headers=KEY)
        with wiring.database.engine.connect() as connection:
            kept = connection.exec_driver_sql("SELECT request, answer FROM idempotency_keys").all()
        assert len(kept) == 1
        assert issuer.client_secret not in str(kept)


class TestKey:
    def test_is_refused_for_another_body(self, api: Api, issuer: Issuer) -> None:
        preview(api, issuer, 25)
        said = problem(preview(api, issuer, 26), 409, "DUPLICATE_REFERENCE")
        assert said["details"] == {"fields": ["value"]}
        assert "Idempotency-Key key-1" in said["detail"]

    def test_is_of_one_route(self, api: Api, issuer: Issuer) -> None:
        preview(api, issuer, 25)
        assert api.post("/auth/widget/point-exchange", LAUNCH, headers=KEY).status_code == 200

    def test_is_of_one_tenant(self, api: Api, client: FlaskClient, issuer: Issuer, wiring: Wiring) -> None:
        first = preview(api, issuer, 25).get_json()
        stranger = Api(client, make_issuer(wiring, "Southwind Bank"))
        assert preview(stranger, issuer, 25).get_json()["quoteId"] != first["quoteId"]

    @pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel"])
    def test_is_text_of_some_length(self, api: Api, issuer: Issuer, key: str) -> None:
        answer = preview(api, issuer, 25, {"Idempotency-Key": key.encode().decode("latin-1")})
        assert wrong_fields(answer) == {"Idempotency-Key": "malformed"}


class TestRefusal:
    def test_of_the_program_or_its_limits_is_kept(self, api: Api, issuer: Issuer, change: Change) -> None:
        first = preview(api, issuer, 1)
        change("UPDATE partnerships SET min_value = 1, min_points = 1")
        again = preview(api, issuer, 1)
        said = [problem(each, 422, "VALUE_LIMIT_EXCEEDED") for each in (first, again)]
        assert said[0]["details"] == said[1]["details"]
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"

    def test_that_can_be_mended_is_not(self, api: Api, issuer: Issuer, change: Change) -> None:
        assert wrong_fields(preview(api, issuer, "25")) == {"value": "number_type"}
        change("UPDATE partnerships SET enabled = false")
        problem(preview(api, issuer, 25), 403, "NO_PARTNERSHIP")
        change("UPDATE partnerships SET enabled = true")
        assert preview(api, issuer, 25).status_code == 200

    @pytest.mark.parametrize("body", ['{"\\u0000": 1}', '{"a": "\\ud800"}', "[]", "", f"{'[' * 900}{']' * 900}", "{"])
    def test_of_an_odd_body_is_the_usual_one(self, api: Api, body: str) -> None:
        answer = api.post("/transactions/preview", data=body, content_type="application/json", headers=KEY)
        assert wrong_fields(answer)

    def test_of_deep_values_is_the_usual_one(self, api: Api) -> None:
        body = f'{{"value": {"[" * 900}{"]" * 900}}}'
        answer = api.post("/transactions/preview", data=body, content_type="application/json", headers=KEY)
        assert wrong_fields(answer)


class TestReferences:
    def test_say_when_to_try_again_while_the_first_is_under_way(
        self, api: Api, order: Any, change: Change, clock: StoppedClock
    ) -> None:
        api.post("/transactions", order())
        change("UPDATE idempotency_keys SET answer = :answer", answer='{"inProgress": true}')
        answer = api.post("/transactions", order())
        problem(answer, 409, "REQUEST_IN_PROGRESS")
        assert answer.headers["Retry-After"] == "1"


def preview(api: Api, issuer: Issuer, value: Any, headers: dict[str, str] = KEY) -> TestResponse:
    return api.post("/transactions/preview", {"programId": issuer.programs[AURORA], "value": value}, headers=headers)
