from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.campaigns import make_campaign
from tests.factories.issuers import Issuer, make_issuer
from tests.fakes.clock import START
from tests.fakes.receiver import Receiver, answer
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import Order
from tests.services.rounds import work_off
from widget_host.domain.endpoints.rules import Details
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")


class TestClock:
    def test_says_what_time_it_is(self, api: Api) -> None:
        assert api.get("/sandbox/clock").get_json() == {"now": "2026-01-31T10:00:00.000Z"}

    def test_moves_forward_only_and_adds_up(self, api: Api) -> None:
        assert advance(api, "PT1M30S") == {"now": "2026-01-31T10:01:30.000Z", "aheadSeconds": 90}
        assert advance(api, "PT30S") == {"now": "2026-01-31T10:02:00.000Z", "aheadSeconds": 120}
        assert api.get("/sandbox/clock").get_json() == {"now": "2026-01-31T10:02:00.000Z"}

    @pytest.mark.parametrize("step", ["1H", "PT0S", "P1M", "P1Y", "-PT1H", "PT", "P", "", "P401D", "PT1.5S", 5, None])
    def test_refuses_what_is_no_step(self, api: Api, step: Any) -> None:
        assert wrong_fields(api.post("/sandbox/clock", {"advance": step})).keys() == {"advance"}

    def test_stays_within_a_hundred_years(self, api: Api, client: FlaskClient, issuer: Issuer, change: Any) -> None:
        change("UPDATE environments SET clock_ahead_ms = :ahead", ahead=36_525 * 86_400_000)
        caller = Api(client, issuer)
        assert wrong_fields(caller.post("/sandbox/clock", {"advance": "PT1S"})) == {"advance": "too_far"}
        assert caller.get("/programs").status_code == 200

    def test_is_the_callers_own(self, api: Api, client: FlaskClient, wiring: Wiring) -> None:
        stranger = Api(client, make_issuer(wiring, "Southwind Bank"))
        advance(api, "PT1H")
        assert stranger.get("/sandbox/clock").get_json() == {"now": "2026-01-31T10:00:00.000Z"}
        assert stranger.get("/programs").status_code == 200

    def test_is_on_transactions(self, api: Api, order: Order) -> None:
        advance(api, "PT5M")
        assert api.post("/transactions", order()).get_json()["date"] == "2026-01-31T10:05:00.000Z"


class TestTokens:
    def test_are_over_when_it_says_so(self, api: Api, client: FlaskClient, issuer: Issuer) -> None:
        advance(api, "PT599S")
        assert api.get("/programs").status_code == 200
        advance(api, "PT1S")
        problem(api.get("/programs"), 401, "INVALID_TOKEN")
        assert Api(client, issuer).get("/programs").status_code == 200


class TestWidgets:
    def test_end_their_links(self, api: Api, client: FlaskClient) -> None:
        path = launch(api)
        advance(api, "PT599S")
        assert client.get(path).status_code == 200
        advance(api, "PT1S")
        assert client.get(path).status_code == 401

    def test_end_their_sessions(self, api: Api, client: FlaskClient, wiring: Wiring) -> None:
        token = launch(api).partition("token=")[2]
        opened = wiring.openings.open(token, "point-exchange")
        headers = {"HX-Request": "true", "Authorization": f"Bearer {opened.bearer}"}
        assert client.post("/widget/point-exchange/amount", headers=headers).status_code != 401
        advance(api, "PT10M")
        assert client.post("/widget/point-exchange/amount", headers=headers).status_code == 401


class TestCampaigns:
    def test_begin_and_end(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        make_campaign(wiring, issuer, starts_at=START + timedelta(minutes=1), lasts=timedelta(minutes=1))
        seen = []
        for _ in range(3):
            seen.append(any("campaign" in program for program in api.get("/programs").get_json()))
            advance(api, "PT1M")
        assert seen == [False, True, False]


class TestDeliveries:
    def test_are_tried_again_when_it_says_so(
        self, api: Api, issuer: Issuer, order: Order, wiring: Wiring, receiver: Receiver
    ) -> None:
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url=receiver.url))
        receiver.replies = [answer(500), answer(500)]
        api.post("/transactions", order())
        work_off(wiring)
        work_off(wiring)
        assert len(receiver.received) == 1
        # Each step is spread by up to a fifth: 5 s, then 5 min.
        advance(api, "PT6S")
        work_off(wiring)
        assert len(receiver.received) == 2
        advance(api, "PT6M")
        work_off(wiring)
        assert len(receiver.received) == 3


def advance(api: Api, step: str) -> dict[str, Any]:
    answer = api.post("/sandbox/clock", {"advance": step})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.get_json()
    return said


def launch(api: Api) -> str:
    """Ask for a Purchase widget and return the path that opens it."""
    said = api.post("/auth/widget/point-exchange", {"sourceUserId": "user-1"}).get_json()
    return str(said["widgetUrl"]).removeprefix("http://localhost")
