from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.campaigns import make_campaign
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import START, StoppedClock
from tests.fixtures import Api
from tests.functional.api.conftest import Order
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")


class TestPrograms:
    def test_name_the_campaign_that_is_on(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        make_campaign(wiring, issuer, "12.50")
        on = {program["name"]: program.get("campaign") for program in api.get("/programs").get_json()}
        campaign = on.pop(AURORA)
        assert campaign == {"name": "Spring bonus", "bonusPercent": "12.5", "endsAt": "2026-02-07T10:00:00.000Z"}
        assert set(on.values()) == {None}

    def test_name_the_one_that_began_later_of_two(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        make_campaign(wiring, issuer, "20", name="Weekend", starts_at=START - timedelta(hours=1))
        make_campaign(wiring, issuer, "10", name="Winter", starts_at=START - timedelta(days=5))
        assert bonus(api, issuer) == 500

    def test_have_the_campaigns_of_their_own_environment(
        self, api: Api, client: FlaskClient, issuer: Issuer, wiring: Wiring
    ) -> None:
        stranger = make_issuer(wiring, "Southwind Bank")
        make_campaign(wiring, stranger)
        assert bonus(api, issuer) == 0
        assert bonus(Api(client, stranger), stranger) == 1250


class TestBonus:
    def test_is_given_from_the_campaigns_start_to_before_its_end(
        self, api: Api, issuer: Issuer, wiring: Wiring, clock: StoppedClock
    ) -> None:
        make_campaign(wiring, issuer, starts_at=START + timedelta(seconds=1), lasts=timedelta(seconds=1))
        seen = []
        for _ in range(3):
            seen.append(bonus(api, issuer))
            clock.advance(seconds=1)
        assert seen == [0, 1250, 0]

    @pytest.mark.parametrize(("percent", "points"), [("0.01", 0), ("0.04", 1), ("33.333", 833), ("100", 2500)])
    def test_is_whole_points_rounded_down(
        self, api: Api, issuer: Issuer, wiring: Wiring, percent: str, points: int
    ) -> None:
        make_campaign(wiring, issuer, percent)
        assert bonus(api, issuer) == points

    def test_is_a_row_of_its_own(self, api: Api, issuer: Issuer, wiring: Wiring, order: Order) -> None:
        make_campaign(wiring, issuer, "10")
        made = api.post("/transactions", order()).get_json()
        assert made["totalPoints"] == 2750
        (row,) = api.get("/transactions", query_string={"startDate": "1769853600", "endDate": "1769853600"}).get_json()
        assert row["pointTransactions"] == [
            {"destinationNumberOfPoints": "2500", "type": "BASE"},
            {"destinationNumberOfPoints": "250", "type": "BONUS"},
        ]
        shown = api.get("/transactions/order-1").get_json()
        assert (shown["totalPoints"], shown["pointTransactions"]) == (2750, row["pointTransactions"])

    def test_comes_on_top_of_exact_points(self, api: Api, issuer: Issuer, wiring: Wiring, order: Order) -> None:
        make_campaign(wiring, issuer, "10")
        made = api.post("/transactions", order(value=1005, currency="POINTS")).get_json()
        assert made["totalPoints"] == 1105
        assert str(api.get("/transactions/order-1").get_json()["value"]) == "10.05"


def bonus(api: Api, issuer: Issuer) -> Any:
    asked = {"programId": issuer.programs[AURORA], "value": 25, "currency": "USD"}
    return api.post("/transactions/preview", asked).get_json()["bonusPoints"]
