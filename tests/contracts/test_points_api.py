"""The documented contract of the whole points API, clause by clause: what was not there at first."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.campaigns import make_campaign
from tests.factories.cards import CARD, CUSTOMER, choose_three
from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import START
from tests.fakes.receiver import Receiver
from tests.fixtures import Api
from tests.services.rounds import work_off
from widget_host.domain.endpoints.rules import Details
from widget_host.wiring import Wiring

NOW = str(int(START.timestamp()))
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
Make = Callable[..., dict[str, Any]]


class TestBusinessProfile:
    def test_is_texts(self, api: Api) -> None:
        assert list(api.get("/business/profile").get_json().items()) == [
            (name, {"name": "Northwind Bank", "localCurrency": "USD"}.get(name, ""))
            for name in [
                "name",
                "programId",
                "programName",
                "legalEntity",
                "logo",
                "industry",
                "country",
                "address",
                "city",
                "zipCode",
                "localCurrency",
                "technicalContact",
                "technicalContactEmail",
                "billingContact",
                "billingContactEmail",
                "countryCode",
                "phone",
            ]
        ]


class TestPrograms:
    def test_show_a_campaign_where_one_is_on(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        make_campaign(wiring, issuer, "12.5")
        campaigns = [each["campaign"] for each in api.get("/programs").get_json() if "campaign" in each]
        assert campaigns == [{"name": "Spring bonus", "bonusPercent": "12.5", "endsAt": "2026-02-07T10:00:00.000Z"}]


class TestPreview:
    def test_is_a_quote_of_two_minutes(self, api: Api, issuer: Issuer) -> None:
        said = api.post("/transactions/preview", {"programId": issuer.programs[AURORA], "value": 25}).get_json()
        assert said.pop("quoteId").startswith("quo_")
        assert list(said.items()) == [
            ("totalPoints", 2500),
            ("expiresAt", "2026-01-31T10:02:00.000Z"),
            ("value", 25),
            ("currency", "USD"),
            ("pricePerPoint", "0.01"),
            ("bonusPoints", 0),
        ]


class TestTransactions:
    def test_take_exact_points(self, make: Make) -> None:
        made = make(value=1234, currency="POINTS")
        assert list(made) == ["id", "totalPoints", "referenceNumber", "date", "status"]
        assert made["totalPoints"] == 1234

    def test_are_listed_as_a_bare_array_of_the_documented_rows(self, api: Api, issuer: Issuer, make: Make) -> None:
        made = make(description="May")
        listed = api.get("/transactions", query_string={"startDate": NOW, "endDate": NOW}).get_json()
        assert listed == [
            {
                "id": made["id"],
                "referenceNumber": "order-1",
                "sourceValue": 25,
                "description": "May",
                "createdAt": "2026-01-31T10:00:00.000Z",
                "pointTransactions": [{"destinationNumberOfPoints": "2500", "type": "BASE"}],
                "partnership": {"destination": {"name": AURORA, "programId": issuer.programs[AURORA]}},
                "status": "COMPLETED",
                "currency": "USD",
            }
        ]

    def test_are_paged_by_limit_cursor_and_link(self, api: Api, make: Make) -> None:
        made = [make(referenceNumber=f"order-{number}")["id"] for number in range(2)]
        asked = {"startDate": NOW, "endDate": NOW, "limit": "1"}
        first = api.get("/transactions", query_string=asked)
        link = re.fullmatch(r'<http://localhost(/transactions\?.*cursor=.*)>; rel="next"', first.headers["Link"])
        assert link
        second = api.get(link[1])
        assert [row["id"] for answer in (first, second) for row in answer.get_json()] == made
        assert "Link" not in second.headers

    def test_show_a_bonus_as_a_row_of_its_own(self, api: Api, issuer: Issuer, wiring: Wiring, make: Make) -> None:
        make_campaign(wiring, issuer, "10")
        make()
        assert api.get("/transactions/order-1").get_json()["pointTransactions"] == [
            {"destinationNumberOfPoints": "2500", "type": "BASE"},
            {"destinationNumberOfPoints": "250", "type": "BONUS"},
        ]

    def test_show_the_row_and_what_was_added(self, api: Api, make: Make) -> None:
        make()
        row = api.get("/transactions", query_string={"startDate": NOW, "endDate": NOW}).get_json()[0]
        shown = api.get("/transactions/order-1").get_json()
        added = {"totalPoints", "value", "currency", "destinationAccount", "status", "date", "statusHistory"}
        assert shown.keys() >= row.keys() | added
        assert {name: shown[name] for name in row} == row
        assert shown["statusHistory"] == [{"status": "COMPLETED", "reason": None, "date": shown["date"]}]


class TestMultibrand:
    def test_shows_preferences_in_percent(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        choose_three(wiring, issuer)
        said = api.get("/multibrand/preferences", query_string={"sourceUserId": CUSTOMER, "cardId": CARD}).get_json()
        assert list(said) == ["sourceUserId", "cardId", "version", "preferences", "updatedAt"]
        assert sum(each["allocation"] for each in said["preferences"]) == 100
        assert [list(each) for each in said["preferences"]] == [
            ["programId", "programName", "destinationAccount", "allocation"]
        ] * 3

    def test_tells_each_link_by_webhook(self, issuer: Issuer, wiring: Wiring, receiver: Receiver) -> None:
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url=receiver.url))
        choose_three(wiring, issuer)
        work_off(wiring)
        told = sorted((json.loads(each.body) for each in receiver.received), key=lambda each: each["sequence"])
        assert [each["type"] for each in told] == ["LINKED"] * 3
        assert list(told[0]) == (
            [
                "id",
                "type",
                "sequence",
                "sourceUserId",
                "cardId",
                "destinationProgramId",
                "destinationAccount",
                "allocation",
                "date",
            ]
        )
        assert list(told[0]["destinationAccount"]) == ["destinationUserId", "destinationUserEmail"]
        assert MOMENT.fullmatch(told[0]["date"])

    def test_divides_rewards_and_loses_nothing(self, api: Api, issuer: Issuer, wiring: Wiring) -> None:
        choose_three(wiring, issuer)
        body = {"sourceUserId": CUSTOMER, "cardId": CARD, "value": 101, "currency": "USD", "referenceNumber": "R-1"}
        answer = api.post("/multibrand/rewards", body)
        assert answer.status_code == 201
        parts = answer.get_json()["transactions"]
        assert [part["allocation"] for part in parts] == [50, 30, 20]
        assert sum(part["value"] for part in parts) == 101
        again = api.post("/multibrand/rewards", body)
        assert (again.data, again.headers["Idempotency-Replayed"]) == (answer.data, "true")


class TestSandbox:
    def test_lists_the_documented_personas(self, api: Api) -> None:
        assert [(row["destinationUserId"], row["status"]) for row in api.get("/sandbox/personas").get_json()] == [
            ("sandbox-invalid-token", 401),
            ("sandbox-missing-fields", 400),
            ("sandbox-value-limit", 422),
            ("sandbox-points-limit", 422),
            ("sandbox-invalid-program", 404),
            ("sandbox-no-partnership", 403),
            ("sandbox-invalid-member", 422),
            ("sandbox-partner-error", 502),
            ("sandbox-partner-timeout", 504),
            ("sandbox-pending", 201),
            ("sandbox-pending-fails", 201),
            ("sandbox-reply-lost", 201),
        ]

    def test_moves_its_clock(self, api: Api) -> None:
        api.post("/sandbox/clock", {"advance": "PT1M"})
        assert api.get("/sandbox/clock").get_json() == {"now": "2026-01-31T10:01:00.000Z"}

    def test_ends_what_is_pending_by_its_clock(self, api: Api, wiring: Wiring, make: Make) -> None:
        assert make(destinationAccount={"destinationUserId": "sandbox-pending"})["status"] == "PENDING"
        api.post("/sandbox/clock", {"advance": "PT5S"})
        work_off(wiring)
        assert api.get("/transactions/order-1").get_json()["status"] == "COMPLETED"


class TestIdempotencyKey:
    def test_gives_the_stored_answer_again(self, api: Api) -> None:
        body, headers = {"sourceUserId": CUSTOMER}, {"Idempotency-Key": "key-1"}
        first, again = (api.post("/auth/widget/point-exchange", body, headers=headers) for _ in range(2))
        assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")


@pytest.fixture
def make(api: Api, issuer: Issuer) -> Make:
    """Make a transaction that succeeds, with changes, and return its answer."""

    def make(**changes: Any) -> dict[str, Any]:
        body = {
            "programId": issuer.programs[AURORA],
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": "AC12345678"},
            "referenceNumber": "order-1",
        }
        answer = api.post("/transactions", body | changes)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.get_json()
        return made

    return make
