import json
from typing import Any

import pytest

from tests.factories.issuers import AURORA, Issuer
from tests.fakes.receiver import Receiver
from tests.fixtures import Api
from tests.functional.api.answers import problem
from tests.functional.api.conftest import NOTHING, Order, Posted
from tests.services.rounds import work_off
from widget_host.domain.endpoints.rules import Details
from widget_host.domain.ledger.rules import AccountName
from widget_host.wiring import Wiring

pytestmark = pytest.mark.usefixtures("verified")
REFUSED = {
    "sandbox-invalid-token": (401, "INVALID_TOKEN"),
    "sandbox-missing-fields": (400, "VALIDATION_ERROR"),
    "sandbox-value-limit": (422, "VALUE_LIMIT_EXCEEDED"),
    "sandbox-points-limit": (422, "POINTS_LIMIT_EXCEEDED"),
    "sandbox-invalid-program": (404, "INVALID_PROGRAM"),
    "sandbox-no-partnership": (403, "NO_PARTNERSHIP"),
    "sandbox-invalid-member": (422, "INVALID_MEMBER"),
    "sandbox-partner-error": (502, "PARTNER_ERROR"),
    "sandbox-partner-timeout": (504, "PARTNER_TIMEOUT"),
}
LATER = {
    "sandbox-pending": "COMPLETED",
    "sandbox-pending-fails": "FAILED",
    "sandbox-reply-lost": "COMPLETED",
}
KEPT = {"VALUE_LIMIT_EXCEEDED", "POINTS_LIMIT_EXCEEDED", "INVALID_MEMBER"}


class TestPersonas:
    def test_are_listed_with_what_they_do(self, api: Api) -> None:
        listed = {row["destinationUserId"]: row for row in api.get("/sandbox/personas").get_json()}
        assert listed.keys() == REFUSED.keys() | LATER.keys()
        for member, (status, code) in REFUSED.items():
            assert (listed[member]["status"], listed[member]["code"]) == (status, code)
        assert {(row["status"], row["code"]) for name, row in listed.items() if name in LATER} == {(201, None)}
        assert all(row["effect"].endswith(".") for row in listed.values())

    @pytest.mark.parametrize("member", REFUSED)
    def test_are_refused_as_they_say_and_nothing_is_posted(
        self, api: Api, order: Order, posted: Posted, member: str
    ) -> None:
        status, code = REFUSED[member]
        answer = api.post("/transactions", order(destinationAccount={"destinationUserId": member}))
        said = problem(answer, status, code)
        assert posted() == NOTHING
        if code.endswith("LIMIT_EXCEEDED"):
            assert len([name for name in said["details"] if name.startswith(("min", "max"))]) == 2
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)

    @pytest.mark.parametrize("member", REFUSED)
    def test_are_refused_again_as_a_repeat_only_where_the_refusal_is_kept(
        self, api: Api, order: Order, member: str
    ) -> None:
        body = order(destinationAccount={"destinationUserId": member})
        api.post("/transactions", body)
        again = api.post("/transactions", body)
        assert (again.headers.get("Idempotency-Replayed") == "true") == (REFUSED[member][1] in KEPT)

    @pytest.mark.parametrize("member", [*REFUSED, *LATER])
    def test_are_valid_members_all_but_one(self, api: Api, issuer: Issuer, member: str) -> None:
        answer = api.post(f"/programs/{issuer.programs[AURORA]}/validate-member", {"destinationUserId": member})
        assert answer.get_json()["isValid"] is (member != "sandbox-invalid-member")

    def test_work_with_every_program(self, api: Api, issuer: Issuer, order: Order) -> None:
        account = {"destinationUserId": "sandbox-pending", "destinationUserEmail": "name@example.com"}
        for number, program in enumerate(issuer.programs.values()):
            body = order(programId=program, destinationAccount=account, referenceNumber=f"order-{number}")
            assert api.post("/transactions", body).get_json()["status"] == "PENDING"

    def test_are_hidden_in_production(self, api: Api, change: Any) -> None:
        change("UPDATE organizations SET kyb_approved_at = created_at")
        change("UPDATE environments SET kind = 'production'")
        problem(api.get("/sandbox/personas"), 404, "NOT_FOUND")
        problem(api.get("/sandbox/clock"), 404, "NOT_FOUND")
        problem(api.post("/sandbox/clock", {"advance": "PT1S"}), 404, "NOT_FOUND")


class TestPending:
    @pytest.mark.parametrize(("member", "status"), LATER.items())
    def test_is_ended_after_five_seconds_of_the_sandboxs_clock(
        self, api: Api, order: Order, wiring: Wiring, member: str, status: str
    ) -> None:
        made = start(api, order, member)
        assert (made["status"], made["totalPoints"]) == ("PENDING", 2500)
        assert work_off(wiring) == 0
        api.post("/sandbox/clock", {"advance": "PT4S"})
        assert work_off(wiring) == 0
        api.post("/sandbox/clock", {"advance": "PT1S"})
        assert work_off(wiring) == 1
        shown = api.get("/transactions/order-1").get_json()
        assert (shown["id"], shown["status"], shown["date"]) == (made["id"], status, made["date"])
        assert [(each["status"], each["date"][17:23]) for each in shown["statusHistory"]] == [
            ("PENDING", "00.000"),
            (status, "05.000"),
        ]

    @pytest.mark.parametrize(("member", "status"), LATER.items())
    def test_is_told_by_webhook_when_it_ends_and_not_before(
        self, *, api: Api, issuer: Issuer, order: Order, wiring: Wiring, receiver: Receiver, member: str, status: str
    ) -> None:
        with wiring.writing() as services:
            services.endpoints.create(issuer.environment_id, Details(url=receiver.url))
        made = start(api, order, member)
        work_off(wiring)
        assert receiver.received == []
        api.post("/sandbox/clock", {"advance": "PT5S"})
        work_off(wiring)
        (told,) = [json.loads(each.body) for each in receiver.received]
        assert (told["type"], told["status"]) == (f"transaction.{status.lower()}", status)
        assert (told["transactionId"], told["sequence"]) == (made["id"], 2)

    @pytest.mark.parametrize(("member", "status"), LATER.items())
    def test_moves_points_once_or_not_at_all(
        self, *, api: Api, issuer: Issuer, order: Order, wiring: Wiring, member: str, status: str
    ) -> None:
        start(api, order, member)
        assert balances(wiring, issuer) == {"settlement": -2500, "transit": 2500, "issued": 0}
        for _ in range(3):
            api.post("/sandbox/clock", {"advance": "PT5M"})
            work_off(wiring)
        moved = 2500 if status == "COMPLETED" else 0
        assert balances(wiring, issuer) == {"settlement": -moved, "transit": 0, "issued": moved}

    def test_answers_a_repeat_with_what_was_first_said(self, api: Api, order: Order, wiring: Wiring) -> None:
        made = start(api, order, "sandbox-pending-fails")
        api.post("/sandbox/clock", {"advance": "PT5S"})
        work_off(wiring)
        assert start(api, order, "sandbox-pending-fails") == made

    def test_says_why_it_failed(self, api: Api, order: Order, wiring: Wiring) -> None:
        start(api, order, "sandbox-pending-fails")
        api.post("/sandbox/clock", {"advance": "PT5S"})
        work_off(wiring)
        failed = api.get("/transactions/order-1").get_json()["statusHistory"][-1]
        assert failed["reason"] == f"{AURORA} refused in the end."


def start(api: Api, order: Order, member: str) -> dict[str, Any]:
    answer = api.post("/transactions", order(destinationAccount={"destinationUserId": member}))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.get_json()
    return made


def balances(wiring: Wiring, issuer: Issuer) -> dict[str, int]:
    assets = {"settlement": "USD", "transit": "USD", "issued": issuer.programs[AURORA]}
    with wiring.reading() as services:
        return {
            kind: services.ledger.balance(issuer.environment_id, AccountName(kind, asset))
            for kind, asset in assets.items()
        }
