from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import StoppedClock
from tests.fixtures import Api
from tests.functional.api.answers import problem, wrong_fields
from tests.functional.api.conftest import NOTHING, Change, Order, Posted
from tests.functional.api.test_programs import KUMO, MERIDIAN, SAHRA, UNKNOWN, VERDE
from widget_host.wiring import Wiring

ONE = {"transactions": 1, "ledger_entries": 1, "ledger_postings": 2, "events": 1, "deliveries": 0}


def quoted(answer: TestResponse) -> dict[str, Any]:
    """Return what a preview said, without the quote it is: an id, and two minutes to take it."""
    said: dict[str, Any] = answer.get_json()
    assert said.pop("quoteId").startswith("quo_")
    assert said.pop("expiresAt") == "2026-01-31T10:02:00.000Z"
    return said


class TestPreview:
    @pytest.mark.parametrize(
        ("program", "asked", "said"),
        [
            (AURORA, {"value": 25, "currency": "USD"}, {"totalPoints": 2500, "value": 25, "pricePerPoint": "0.01"}),
            (AURORA, {"value": 25}, {"totalPoints": 2500, "value": 25, "pricePerPoint": "0.01"}),
            (AURORA, {"value": 5, "currency": "USD"}, {"totalPoints": 500, "value": 5, "pricePerPoint": "0.01"}),
            (
                AURORA,
                {"value": 2000, "currency": "USD"},
                {"totalPoints": 200_000, "value": 2000, "pricePerPoint": "0.01"},
            ),
            # 25.50 / 0.00702 = 3632.47…: no point is given that is not paid for.
            (
                MERIDIAN,
                {"value": 25.5, "currency": "USD"},
                {"totalPoints": 3632, "value": 25.5, "pricePerPoint": "0.00702"},
            ),
            (KUMO, {"value": 1000, "currency": "JPY"}, {"totalPoints": 800, "value": 1000, "pricePerPoint": "1.25"}),
        ],
    )
    def test_says_what_a_value_buys(
        self, api: Api, issuer: Issuer, program: str, asked: dict[str, Any], said: dict[str, Any]
    ) -> None:
        answer = api.post("/transactions/preview", {"programId": issuer.programs[program], **asked})
        assert answer.status_code == 200
        assert quoted(answer) == {"currency": "USD", "bonusPoints": 0} | asked | said

    def test_says_what_an_exact_number_of_points_costs(self, api: Api, issuer: Issuer) -> None:
        body = {"programId": issuer.programs[SAHRA], "value": 1001, "currency": "POINTS"}
        # 1,001 points at 0.0149765 USD are 14.9914765, paid in whole cents.
        assert quoted(api.post("/transactions/preview", body)) == {
            "totalPoints": 1001,
            "value": 15,
            "currency": "USD",
            "pricePerPoint": "0.0149765",
            "bonusPoints": 0,
        }

    def test_keeps_nothing(self, api: Api, issuer: Issuer, posted: Posted) -> None:
        api.post("/transactions/preview", {"programId": issuer.programs[AURORA], "value": 25})
        assert posted() == NOTHING


class TestCreate:
    def test_issues_points(self, api: Api, order: Order, posted: Posted) -> None:
        answer = api.post("/transactions", order())
        said = answer.get_json()
        assert answer.status_code == 201
        assert "Idempotency-Replayed" not in answer.headers
        assert said.pop("id").startswith("txn_")
        assert said == {
            "totalPoints": 2500,
            "referenceNumber": "order-1",
            "date": "2026-01-31T10:00:00.000Z",
            "status": "COMPLETED",
        }
        assert posted() == ONE

    def test_posts_what_it_answered(self, api: Api, order: Order, wiring: Wiring) -> None:
        api.post("/transactions", order(value=25.5))
        with wiring.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}

    def test_issues_what_the_preview_said(self, api: Api, issuer: Issuer, order: Order) -> None:
        asked = {"programId": issuer.programs[MERIDIAN], "value": 33.33, "currency": "USD"}
        preview = api.post("/transactions/preview", asked).get_json()
        made = api.post("/transactions", order(**asked, destinationAccount={"destinationUserId": "204813377"}))
        assert made.get_json()["totalPoints"] == preview["totalPoints"]

    def test_issues_an_exact_number_of_points(self, api: Api, order: Order) -> None:
        made = api.post("/transactions", order(value=1234, currency="POINTS"))
        assert made.get_json()["totalPoints"] == 1234
        found = api.get("/transactions/order-1").get_json()
        assert (found["value"], found["currency"]) == (Decimal("12.34"), "USD")

    def test_answers_a_repeat_as_the_first_time(
        self, api: Api, order: Order, posted: Posted, clock: StoppedClock
    ) -> None:
        first = api.post("/transactions", order())
        clock.advance(minutes=5)
        again = api.post("/transactions", order())
        assert (again.status_code, again.data) == (first.status_code, first.data)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert posted() == ONE

    def test_takes_another_way_to_write_the_same_for_a_repeat(
        self, api: Api, issuer: Issuer, order: Order, posted: Posted
    ) -> None:
        first = api.post("/transactions", order()).get_json()
        account = '{"destinationUserEmail":null,"destinationUserId":"AC12345678"}'
        program = issuer.programs[AURORA]
        for value in ("25.00", "2.5e1"):
            body = (
                f'{{"referenceNumber":"order-1","value": {value},"destinationAccount":{account},'
                f'"currency":"USD","programId":"{program}","description":null}}'
            )
            assert api.post("/transactions", data=body, content_type="application/json").get_json() == first
        assert posted() == ONE

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"value": 26}, ["value"]),
            ({"currency": "EUR"}, ["currency"]),
            ({"description": "May"}, ["description"]),
            ({"destinationAccount": {"destinationUserId": "AC87654321"}}, ["destinationAccount.destinationUserId"]),
            ({"value": 2500, "currency": "POINTS"}, ["currency"]),
        ],
    )
    def test_refuses_a_reference_for_another_body_and_names_what_differs(
        self, api: Api, order: Order, posted: Posted, changes: dict[str, Any], fields: list[str]
    ) -> None:
        api.post("/transactions", order())
        said = problem(api.post("/transactions", order(**changes)), 409, "DUPLICATE_REFERENCE")
        assert said["details"] == {"fields": fields}
        assert all(field in said["detail"] for field in fields)
        assert posted() == ONE

    @pytest.mark.parametrize("value", [4.99, 2000.01, 0.01, 1_000_000])
    def test_refuses_a_value_outside_the_limits_and_says_both(
        self, api: Api, order: Order, posted: Posted, value: int
    ) -> None:
        said = problem(api.post("/transactions", order(value=value)), 422, "VALUE_LIMIT_EXCEEDED")
        assert said["details"] == {"minValue": 5, "maxValue": 2000, "currency": "USD"}
        assert "5.00 USD" in said["detail"]
        assert "2000.00 USD" in said["detail"]
        assert posted() == NOTHING

    @pytest.mark.parametrize("points", [499, 200_001])
    def test_refuses_points_outside_the_limits_and_says_both(
        self, api: Api, order: Order, posted: Posted, points: int
    ) -> None:
        answer = api.post("/transactions", order(value=points, currency="POINTS"))
        said = problem(answer, 422, "POINTS_LIMIT_EXCEEDED")
        assert said["details"] == {"minAmountOfPoints": 500, "maxAmountOfPoints": 200_000}
        assert posted() == NOTHING

    def test_refuses_again_what_it_refused_before(self, api: Api, order: Order, posted: Posted) -> None:
        first = api.post("/transactions", order(value=1.5)).get_json()
        again = api.post("/transactions", order(value=1.5))
        said = problem(again, 422, "VALUE_LIMIT_EXCEEDED")
        assert again.headers["Idempotency-Replayed"] == "true"
        assert said | {"requestId": ""} == first | {"requestId": ""}
        problem(api.post("/transactions", order()), 409, "DUPLICATE_REFERENCE")
        assert posted() == NOTHING

    def test_keeps_no_refusal_that_the_caller_can_mend(self, api: Api, order: Order, posted: Posted) -> None:
        problem(api.post("/transactions", order(programId=UNKNOWN)), 404, "INVALID_PROGRAM")
        problem(api.post("/transactions", order(value="25")), 400, "VALIDATION_ERROR")
        assert api.post("/transactions", order()).status_code == 201
        assert posted() == ONE

    @pytest.mark.parametrize("member", ["sandbox-invalid-member", "AC1", "9" * 200])
    def test_refuses_a_member_the_program_does_not_know(
        self, api: Api, order: Order, posted: Posted, member: str
    ) -> None:
        answer = api.post("/transactions", order(destinationAccount={"destinationUserId": member}))
        problem(answer, 422, "INVALID_MEMBER")
        assert posted() == NOTHING

    @pytest.mark.parametrize(
        ("member", "said"),
        [
            ("sandbox-partner-error", (502, "PARTNER_ERROR")),
            ("sandbox-partner-timeout", (504, "PARTNER_TIMEOUT")),
        ],
    )
    def test_posts_nothing_when_the_program_fails(
        self, api: Api, order: Order, posted: Posted, member: str, said: tuple[int, str]
    ) -> None:
        account = {"destinationUserId": member}
        problem(api.post("/transactions", order(destinationAccount=account)), *said)
        assert posted() == NOTHING
        assert api.post("/transactions", order()).status_code == 201

    def test_refuses_a_program_without_an_enabled_partnership(
        self, api: Api, order: Order, posted: Posted, change: Change
    ) -> None:
        change("UPDATE partnerships SET enabled = false")
        problem(api.post("/transactions", order()), 403, "NO_PARTNERSHIP")
        assert posted() == NOTHING

    def test_refuses_exact_points_where_they_are_not_enabled(
        self, api: Api, order: Order, posted: Posted, change: Change
    ) -> None:
        change("UPDATE organizations SET points_mode = false")
        problem(api.post("/transactions", order(value=1000, currency="POINTS")), 403, "POINTS_MODE_DISABLED")
        assert posted() == NOTHING


class TestShow:
    def test_finds_a_transaction_by_its_id_and_by_its_reference(self, api: Api, order: Order) -> None:
        made = api.post("/transactions", order(description="Points of May")).get_json()
        by_id = api.get(f"/transactions/{made['id']}")
        assert by_id.status_code == 200
        assert by_id.get_json() == api.get("/transactions/order-1").get_json()
        assert by_id.get_json()["description"] == "Points of May"

    @pytest.mark.parametrize(
        "reference",
        ["a/b", "Café ☕ 東京", "x" * 120, "100%", "a?b=c&d#e", "preview/1", "Preview", "€\u200d", "' OR 1=1"],
    )
    def test_finds_any_reference_that_was_taken(self, api: Api, order: Order, reference: str) -> None:
        made = api.post("/transactions", order(referenceNumber=reference))
        assert made.status_code == 201
        found = api.get(f"/transactions/{quote(reference, safe='')}")
        assert (found.status_code, found.get_json()["referenceNumber"]) == (200, reference)

    def test_shows_the_account_as_it_was_given(self, api: Api, issuer: Issuer, order: Order) -> None:
        account = {"destinationUserEmail": "name@example.com"}
        api.post("/transactions", order(programId=issuer.programs[VERDE], destinationAccount=account))
        found = api.get("/transactions/order-1").get_json()
        assert found["destinationAccount"] == {"destinationUserId": None, **account}

    def test_leaves_the_name_of_another_address_to_it(self, api: Api, order: Order) -> None:
        assert wrong_fields(api.post("/transactions", order(referenceNumber="preview"))) == {
            "referenceNumber": "reserved"
        }
        refused = api.get("/transactions/preview")
        problem(refused, 405, "METHOD_NOT_ALLOWED")
        assert sorted(refused.headers["Allow"].split(", ")) == ["OPTIONS", "POST"]

    def test_refuses_what_there_is_not(self, api: Api) -> None:
        problem(api.get("/transactions/txn_unknown"), 404, "NOT_FOUND")
