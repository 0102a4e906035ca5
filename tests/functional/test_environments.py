"""Sandbox and production of one organization: one client id, two worlds."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.issuers import AURORA
from tests.factories.production import Live, make_live
from tests.fakes.receiver import Receiver, answer
from tests.fixtures import Api
from widget_host.app import create_app
from widget_host.config import Settings, WrongSetting
from widget_host.kit.value import replace
from widget_host.wiring import Wiring

PERSONAS = ("sandbox-pending", "sandbox-partner-error", "sandbox-invalid-token", "sandbox-reply-lost")


class TestProduction:
    @pytest.mark.parametrize("persona", PERSONAS)
    def test_takes_personas_for_ordinary_members(
        self, production: Api, live: Live, receiver: Receiver, persona: str
    ) -> None:
        receiver.replies = [answer(200, b'{"isValid":true}'), answer(422, b'{"code":"NO_SUCH_MEMBER"}')]
        answered = production.post("/transactions", self.order(live, persona))
        assert (answered.status_code, answered.get_json()["code"]) == (422, "INVALID_MEMBER")
        assert persona.encode() in receiver.received[1].body

    def test_has_no_sandbox(self, production: Api) -> None:
        assert production.get("/sandbox/personas").status_code == 404
        assert production.post("/sandbox/clock", {"advance": "PT1H"}).status_code == 404

    def test_keeps_the_programs_failures_apart(self, production: Api, live: Live, receiver: Receiver) -> None:
        replies = [answer(200, b'{"isValid":true}'), answer(401), answer(200, b'{"isValid":true}'), answer(500)]
        receiver.replies = replies
        failed = production.post("/transactions", self.order(live, "FJ1"))
        assert (failed.status_code, failed.get_json()["code"]) == (502, "PARTNER_ERROR")
        unknown = production.post("/transactions", self.order(live, "FJ1"))
        assert (unknown.status_code, unknown.get_json()["status"]) == (201, "PENDING")

    def order(self, live: Live, member: str) -> dict[str, Any]:
        return {
            "programId": live.program_id,
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": member},
            "referenceNumber": "NW-1",
        }


class TestTheTwo:
    def test_sell_different_programs(self, sandbox: Api, production: Api, live: Live) -> None:
        assert [each["id"] for each in production.get("/programs").get_json()] == [live.program_id]
        assert live.program_id not in [each["id"] for each in sandbox.get("/programs").get_json()]
        assert sandbox.get(f"/programs/{live.program_id}/fields").get_json()["code"] == "NO_PARTNERSHIP"

    def test_see_nothing_of_each_other(self, sandbox: Api, production: Api, live: Live) -> None:
        order = {
            "programId": live.sandbox.programs[AURORA],
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": "AC12345678"},
            "referenceNumber": "NW-1",
        }
        issued = sandbox.post("/transactions", order).get_json()
        for name in (issued["id"], "NW-1"):
            assert production.get(f"/transactions/{name}").status_code == 404
        assert production.get("/transactions?startDate=1000000000&endDate=9999999999").get_json() == []
        assert production.get("/events").get_json() in ([], {"events": []})
        assert production.post("/transactions", order).get_json()["code"] == "NO_PARTNERSHIP"


class TestHosts:
    HOSTS = {"sandbox": "sandbox.points.example", "production": "points.example"}

    @pytest.mark.parametrize("kind", ["sandbox", "production"])
    def test_serve_their_own_environment_only(self, hosted: FlaskClient, live: Live, kind: str) -> None:
        issuer = getattr(live, kind)
        credentials = {"client_id": issuer.client_id, "client_secret": issuer.client_secret}
        answers = {
            place: hosted.post("/auth/token", json=credentials, base_url=f"http://{host}")
            for place, host in self.HOSTS.items()
        }
        token = answers.pop(kind).get_json()["access_token"]
        (elsewhere,) = answers.values()
        assert (elsewhere.status_code, elsewhere.get_json()["error"]) == (401, "invalid_client")
        bearer = {"Authorization": f"Bearer {token}"}
        for place, host in self.HOSTS.items():
            found = hosted.get("/programs", headers=bearer, base_url=f"http://{host}")
            assert found.status_code == (200 if place == kind else 401)
            assert place == kind or found.get_json()["code"] == "INVALID_TOKEN"

    def test_refuse_credentials_in_a_body_too(self, hosted: FlaskClient, live: Live) -> None:
        asked = {
            "clientId": live.sandbox.client_id,
            "clientSecret": live.sandbox.client_secret,
            "sourceUserId": "amira",
        }
        for place, host in self.HOSTS.items():
            made = hosted.post("/auth/widget/point-exchange", json=asked, base_url=f"http://{host}")
            assert made.status_code == (200 if place == "sandbox" else 401)

    @pytest.mark.parametrize("wrong", ["https://points.example", "points.example/api", "a@points.example", ":80"])
    def test_are_named_without_anything_round_them(self, wrong: str) -> None:
        with pytest.raises(WrongSetting, match="SANDBOX_HOST"):
            Settings.from_environment({"WIDGET_HOST_SANDBOX_HOST": wrong, "WIDGET_HOST_SECRET_KEY": "s" * 32})

    @pytest.fixture
    def hosted(self, settings: Settings, wiring: Wiring) -> FlaskClient:
        hosts = replace(settings, sandbox_host=self.HOSTS["sandbox"], production_host=self.HOSTS["production"])
        wiring.settings = hosts
        return create_app(hosts, wiring).test_client()


@pytest.fixture
def live(wiring: Wiring, receiver: Receiver) -> Live:
    return make_live(wiring, receiver.address)


@pytest.fixture
def sandbox(client: FlaskClient, live: Live) -> Api:
    return Api(client, live.sandbox)


@pytest.fixture
def production(client: FlaskClient, live: Live) -> Api:
    return Api(client, live.production)
