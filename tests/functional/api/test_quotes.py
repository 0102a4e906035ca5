from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories.campaigns import make_campaign
from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.api.answers import problem
from tests.functional.api.conftest import NOTHING, Change, Order, Posted
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")


class TestPreview:
    def test_holds_the_price_for_two_minutes(self, quote: dict[str, Any]) -> None:
        assert quote["quoteId"].startswith("quo_")
        assert quote["expiresAt"] == "2026-01-31T10:02:00.000Z"
        assert (quote["totalPoints"], quote["bonusPoints"], quote["pricePerPoint"]) == (2500, 0, "0.01")

    def test_posts_nothing(self, quote: dict[str, Any], posted: Posted) -> None:
        assert posted() == NOTHING


class TestCreate:
    def test_gives_the_figures_of_the_quote_though_price_and_campaign_changed(
        self, *, api: Api, issuer: Issuer, order: Order, quote: dict[str, Any], change: Change, wiring: Wiring
    ) -> None:
        change("UPDATE partnerships SET price = '0.02', max_value = 1000")
        make_campaign(wiring, issuer)
        made = api.post("/transactions", order(quoteId=quote["quoteId"]))
        assert (made.status_code, made.get_json()["totalPoints"]) == (201, 2500)
        shown = api.get("/transactions/order-1").get_json()
        assert (shown["pricePerPoint"], shown["value"]) == ("0.01", 25)
        assert shown["pointTransactions"] == [{"destinationNumberOfPoints": "2500", "type": "BASE"}]
        assert api.post("/transactions", order(referenceNumber="order-2")).status_code == 422

    def test_gives_the_bonus_of_a_campaign_that_ended_meanwhile(
        self, api: Api, issuer: Issuer, order: Order, change: Change, wiring: Wiring
    ) -> None:
        make_campaign(wiring, issuer)
        quote = ask(api, issuer)
        assert quote["bonusPoints"] == 1250
        change("DELETE FROM campaigns")
        assert api.post("/transactions", order(quoteId=quote["quoteId"])).get_json()["totalPoints"] == 3750

    def test_takes_the_quote_until_its_time_is_over(
        self, api: Api, order: Order, quote: dict[str, Any], clock: StoppedClock
    ) -> None:
        clock.advance(seconds=119)
        assert api.post("/transactions", order(quoteId=quote["quoteId"])).status_code == 201
        clock.advance(seconds=1)
        # What is answered stays answered.
        again = api.post("/transactions", order(quoteId=quote["quoteId"]))
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
        late = order(quoteId=quote["quoteId"], referenceNumber="order-2")
        said = problem(api.post("/transactions", late), 409, "QUOTE_EXPIRED")
        assert said["details"] == {"quoteId": quote["quoteId"]}

    def test_refuses_a_quote_whose_time_the_sandboxs_clock_ended(
        self, api: Api, order: Order, quote: dict[str, Any], posted: Posted
    ) -> None:
        api.post("/sandbox/clock", {"advance": "PT2M"})
        problem(api.post("/transactions", order(quoteId=quote["quoteId"])), 409, "QUOTE_EXPIRED")
        assert posted() == NOTHING

    @pytest.mark.parametrize(
        "changes",
        [
            {"value": 26},
            {"value": 2500, "currency": "POINTS"},
            {"currency": "EUR"},
            {"programId": "Meridian Circle", "destinationAccount": {"destinationUserId": "204813377"}},
        ],
    )
    def test_refuses_a_quote_that_was_given_for_something_else(
        self, *, api: Api, issuer: Issuer, order: Order, quote: dict[str, Any], posted: Posted, changes: dict[str, Any]
    ) -> None:
        if "programId" in changes:
            changes = {**changes, "programId": issuer.programs[changes["programId"]]}
        problem(api.post("/transactions", order(quoteId=quote["quoteId"], **changes)), 409, "QUOTE_EXPIRED")
        assert posted() == NOTHING

    def test_refuses_another_tenants_quote_as_one_that_never_was(
        self, api: Api, client: FlaskClient, wiring: Wiring, order: Order, posted: Posted
    ) -> None:
        stranger = make_issuer(wiring, "Southwind Bank")
        theirs = ask(Api(client, stranger), stranger)
        answers = [
            problem(api.post("/transactions", order(quoteId=quote_id)), 409, "QUOTE_EXPIRED")
            for quote_id in (theirs["quoteId"], "quo_00000000000000000000000000")
        ]
        for said in answers:
            del said["requestId"], said["details"]
        assert answers[0] == answers[1]
        assert posted() == NOTHING

    def test_keeps_no_expired_quote_under_the_reference(
        self, api: Api, issuer: Issuer, order: Order, quote: dict[str, Any], clock: StoppedClock
    ) -> None:
        clock.advance(minutes=2)
        problem(api.post("/transactions", order(quoteId=quote["quoteId"])), 409, "QUOTE_EXPIRED")
        assert api.post("/transactions", order(quoteId=ask(api, issuer)["quoteId"])).status_code == 201

    def test_names_the_quote_where_a_repeat_has_another(
        self, api: Api, issuer: Issuer, order: Order, quote: dict[str, Any]
    ) -> None:
        api.post("/transactions", order())
        said = problem(api.post("/transactions", order(quoteId=quote["quoteId"])), 409, "DUPLICATE_REFERENCE")
        assert said["details"] == {"fields": ["quoteId"]}


class TestExactPoints:
    def test_cost_what_the_quote_said(self, api: Api, issuer: Issuer, order: Order, change: Change) -> None:
        quote = ask(api, issuer, value=1234, currency="POINTS")
        assert (quote["totalPoints"], str(quote["value"]), quote["currency"]) == (1234, "12.34", "USD")
        change("UPDATE partnerships SET price = '0.02'")
        points = {"value": 1234, "currency": "POINTS", "quoteId": quote["quoteId"]}
        assert api.post("/transactions", order(**points)).get_json()["totalPoints"] == 1234
        assert str(api.get("/transactions/order-1").get_json()["value"]) == "12.34"

    def test_are_paid_in_whole_minor_units_rounded_up(self, api: Api, issuer: Issuer) -> None:
        # 5,001 points at 0.00702 USD are 35.10702.
        quote = ask(api, issuer, programId=issuer.programs["Meridian Circle"], value=5001, currency="POINTS")
        assert (quote["totalPoints"], str(quote["value"])) == (5001, "35.11")

    def test_are_refused_where_they_are_not_enabled(
        self, api: Api, issuer: Issuer, order: Order, change: Change, posted: Posted
    ) -> None:
        change("UPDATE organizations SET points_mode = false")
        points = {"value": 1000, "currency": "POINTS"}
        problem(api.post("/transactions", order(**points)), 403, "POINTS_MODE_DISABLED")
        asked = {"programId": issuer.programs[AURORA], **points}
        problem(api.post("/transactions/preview", asked), 403, "POINTS_MODE_DISABLED")
        assert posted() == NOTHING


def ask(api: Api, issuer: Issuer, **changes: Any) -> dict[str, Any]:
    asked = {"programId": issuer.programs[AURORA], "value": 25, "currency": "USD"} | changes
    quote: dict[str, Any] = api.post("/transactions/preview", asked).get_json()
    return quote


@pytest.fixture
def quote(api: Api, issuer: Issuer) -> dict[str, Any]:
    return ask(api, issuer)
