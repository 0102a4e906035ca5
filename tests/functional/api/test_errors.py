from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.routing import Rule

from tests.factories.issuers import Issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import NOTHING, Change, Order, Posted
from tests.functional.api.test_programs import UNKNOWN
from widget_host.config import Settings
from widget_host.domain.inbound.rules import Sender
from widget_host.domain.inbound.service import InboundSecrets
from widget_host.kit.value import replace
from widget_host.web.scope import HostApp
from widget_host.wiring import Wiring

LARGEST = 256 * 1024
PAGES = ("/widget/", "/docs", "/gallery")


def api_rules(app: Flask) -> list[Rule]:
    """Return the routes that answer programs, not people; static files are files."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static" and not rule.rule.startswith(PAGES)]


def address(rule: Rule) -> str:
    """Return an address that the route takes."""
    built = rule.build(dict.fromkeys(rule.arguments, UNKNOWN))
    assert built is not None
    return built[1]


def guarded(app: Flask) -> list[tuple[str, str]]:
    """Return method and address of each route that wants a bearer."""
    wanting = ("programs.", "transactions.", "widget_tokens.")
    return [
        (method, address(rule))
        for rule in api_rules(app)
        if rule.endpoint.startswith(wanting)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}
    ]


class TestEveryRoute:
    def test_refuses_a_method_it_does_not_take(self, app: HostApp, client: FlaskClient) -> None:
        for rule in api_rules(app):
            answer = client.put(address(rule))
            assert "PUT" in problem(answer, 405, "METHOD_NOT_ALLOWED")["detail"]
            assert set(answer.headers["Allow"].split(", ")) >= (rule.methods or set()) - {"OPTIONS", "HEAD"}

    def test_refuses_a_body_larger_than_any(self, app: HostApp, api: Api) -> None:
        body = b'{"a":"' + b"x" * LARGEST + b'"}'
        posts = [address(rule) for rule in api_rules(app) if "POST" in (rule.methods or ())]
        assert len(posts) > 4
        for path in posts:
            answer = api.post(path, data=body, content_type="application/json")
            problem(answer, 413, "REQUEST_ENTITY_TOO_LARGE")

    def test_says_nothing_of_a_fault_of_ours(
        self, app: HostApp, api: Api, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(**_: Any) -> None:
            raise RuntimeError("the vault's combination is 12-34-56")

        # Who signs is let in, so that the hooks are reached without a signature.
        signed = Sender(issuer.environment_id, "sandbox", timedelta(0), None)
        monkeypatch.setattr(InboundSecrets, "authenticate", lambda *_, **__: signed)
        for rule in api_rules(app):
            method = next(iter((rule.methods or set()) - {"OPTIONS", "HEAD"}))
            monkeypatch.setitem(app.view_functions, rule.endpoint, broken)
            answer = api.send(method, address(rule), None if method == "GET" else {})
            said = problem(answer, 500, "INTERNAL_SERVER_ERROR")
            assert said["requestId"] in said["detail"]
            assert "12-34-56" not in answer.text

    def test_says_when_to_come_back_where_the_database_is_away(
        self, app: HostApp, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(**_: Any) -> None:
            raise OperationalError("SELECT 1", {}, Exception("server closed the connection unexpectedly"))

        monkeypatch.setitem(app.view_functions, "programs.index", away)
        answer = api.get("/programs")
        problem(answer, 503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"] == "2"
        assert "SELECT" not in answer.text

    @pytest.mark.parametrize(
        ("path", "left_out"),
        [("/transactions", ()), ("/transactions/preview", ("referenceNumber", "destinationAccount"))],
    )
    def test_says_so_where_no_connection_can_be_had(
        self, *, api: Api, order: Order, wiring: Wiring, monkeypatch: pytest.MonkeyPatch, path: str, left_out: list[str]
    ) -> None:
        first, second = order(), order(referenceNumber="order-2")
        for name in left_out:
            del first[name], second[name]
        # All else that it needs is remembered from here on.
        assert api.post(path, first).status_code in (200, 201)
        wiring.end()

        def away() -> None:
            raise wiring.database.engine.dialect.loaded_dbapi.OperationalError("connection refused")

        monkeypatch.setattr(wiring.database.engine.pool, "connect", away)
        problem(api.post(path, second), 503, "SERVICE_UNAVAILABLE")

    def test_answers_every_request_with_an_id_of_its_own(self, client: FlaskClient) -> None:
        ids = {client.get("/healthz", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] for _ in range(3)}
        assert len(ids) == 3
        assert all(request_id.startswith("req_") for request_id in ids)


class TestNowhere:
    @pytest.mark.parametrize(
        "path", ["/", "/nothing", "/transactions/", "/programs/x", f"/programs/{'x' * 121}/fields"]
    )
    def test_is_not_found(self, api: Api, path: str) -> None:
        assert path in problem(api.get(path), 404, "NOT_FOUND")["detail"]


class TestBearer:
    def test_is_wanted_by_every_guarded_route(self, app: HostApp, client: FlaskClient, wiring: Wiring) -> None:
        routes = guarded(app)
        assert len(routes) >= 7
        for method, path in routes:
            card = {"cardId": "c"} if path.endswith("/multibrand") else {}
            answer = client.open(path, method=method, json={"sourceUserId": "u", **card} if method == "POST" else None)
            problem(answer, 401, "INVALID_TOKEN")
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="widget-host"'

    def test_is_refused_by_every_guarded_route_when_it_is_none(self, app: HostApp, client: FlaskClient) -> None:
        for method, path in guarded(app):
            answer = client.open(path, method=method, headers={"Authorization": "Bearer x.y.z"})
            problem(answer, 401, "INVALID_TOKEN")
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="widget-host", error="invalid_token"')

    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer ", "Basic abc", "token", "Bearer é", f"Bearer {'x' * 60_000}"]
    )
    def test_is_refused_in_any_other_form(self, client: FlaskClient, header: str) -> None:
        answer = client.get("/programs", headers={"Authorization": header})
        problem(answer, 401, "INVALID_TOKEN")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")

    def test_expires_after_ten_minutes(self, api: Api, clock: StoppedClock, order: Order, posted: Posted) -> None:
        clock.advance(seconds=599)
        assert api.get("/programs").status_code == 200
        clock.advance(seconds=1)
        answer = api.post("/transactions", order())
        assert "expired" in problem(answer, 401, "INVALID_TOKEN")["detail"]
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert posted() == NOTHING

    def test_dies_with_the_secret_that_fetched_it(self, api: Api, order: Order, posted: Posted, change: Change) -> None:
        change("UPDATE client_secrets SET revoked_at = created_at")
        answer = api.post("/transactions", order())
        assert "revoked" in problem(answer, 401, "INVALID_TOKEN")["detail"]
        assert posted() == NOTHING

    def test_lives_on_when_another_secret_of_the_client_is_revoked(
        self, api: Api, issuer: Issuer, wiring: Wiring, change: Change
    ) -> None:
        with wiring.writing() as services:
            services.clients.add_secret(services.organizations.get_environment(issuer.environment_id))
        change("UPDATE client_secrets SET revoked_at = created_at WHERE id = (SELECT MAX(id) FROM client_secrets)")
        assert api.get("/programs").status_code == 200

    def test_is_refused_where_another_host_gave_it(
        self, api: Api, client: FlaskClient, settings: Settings, clock: StoppedClock
    ) -> None:
        elsewhere = Wiring(replace(settings, base_url="http://elsewhere"), clock)
        with elsewhere.reading() as services:
            known = services.access_tokens._signer.verify(
                api.token, issuer="http://localhost", audience="http://localhost"
            )
        token = elsewhere.access_signer.sign(known | {"iss": "http://elsewhere", "aud": "http://elsewhere"})
        problem(client.get("/programs", headers={"Authorization": f"Bearer {token}"}), 401, "INVALID_TOKEN")
        elsewhere.end()

    def test_is_refused_with_a_letter_changed(self, api: Api, client: FlaskClient) -> None:
        header, claims, signature = api.token.split(".")
        for changed in (
            f"{header}.{claims}.{signature[::-1]}",
            f"{header}.{claims[:-2]}AA.{signature}",
            f"{header}.{claims}.",
        ):
            problem(client.get("/programs", headers={"Authorization": f"Bearer {changed}"}), 401, "INVALID_TOKEN")


class TestValidation:
    def test_names_every_wrong_field_of_an_order_at_once(self, api: Api, posted: Posted) -> None:
        body = {
            "programId": 7,
            "value": "25",
            "currency": "dollars",
            "destinationAccount": "AC12345678",
            "referenceNumber": "",
            "description": ["May"],
            "quantity": 1,
        }
        assert wrong_fields(api.post("/transactions", body)) == {
            "programId": "string_type",
            "value": "number_type",
            "currency": "currency",
            "destinationAccount": "model_type",
            "referenceNumber": "too_short",
            "description": "string_type",
            "quantity": "unknown",
        }
        assert posted() == NOTHING

    def test_names_every_missing_field_of_an_order_at_once(self, api: Api, posted: Posted) -> None:
        missing = {"programId", "value", "currency", "destinationAccount", "referenceNumber"}
        assert wrong_fields(api.post("/transactions", {})) == dict.fromkeys(missing, "required")
        assert posted() == NOTHING

    def test_names_a_wrong_field_inside_an_object_by_its_way(self, api: Api, order: Order, posted: Posted) -> None:
        answer = api.post("/transactions", order(destinationAccount={"destinationUserId": 1, "name": "Amira"}))
        assert wrong_fields(answer) == {
            "destinationAccount.destinationUserId": "string_type",
            "destinationAccount.name": "unknown",
        }
        assert posted() == NOTHING

    def test_names_what_the_program_asks_of_a_member(self, api: Api, order: Order, posted: Posted) -> None:
        answer = api.post("/transactions", order(destinationAccount={}))
        assert wrong_fields(answer) == {"destinationAccount.destinationUserId": "required"}
        assert posted() == NOTHING

    def test_names_every_wrong_field_of_a_preview_at_once(self, api: Api) -> None:
        answer = api.post("/transactions/preview", {"value": True, "currency": 1, "extra": None})
        assert wrong_fields(answer) == {
            "programId": "required",
            "value": "number_type",
            "currency": "string_type",
            "extra": "unknown",
        }

    def test_refuses_an_unknown_program(self, api: Api, order: Order, posted: Posted) -> None:
        for path in ("/transactions", "/transactions/preview"):
            body = order(programId=UNKNOWN) if path == "/transactions" else {"programId": UNKNOWN, "value": 25}
            assert problem(api.post(path, body), 404, "INVALID_PROGRAM")["details"] == {"programId": UNKNOWN}
        assert posted() == NOTHING
