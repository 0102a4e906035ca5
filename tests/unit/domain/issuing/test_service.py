from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.cards import MERIDIAN
from tests.factories.issuers import AURORA, Issuer
from tests.factories.orders import make_order
from tests.fakes.asked import AskedConnector
from tests.fakes.clock import StoppedClock
from widget_host.domain.orders.rules import Claim, Part
from widget_host.domain.programs.rules import Destination, MemberCheck, Outcome
from widget_host.domain.transactions.rules import DuplicateReference, InvalidMember, PartnerFailed, PartnerTimedOut
from widget_host.kit.money import Money
from widget_host.wiring import Wiring

Ask = Callable[..., AskedConnector]
pytestmark = pytest.mark.usefixtures("verified")


class TestIssue:
    def test_completes_what_the_program_credits(self, wiring: Wiring, issuer: Issuer, ask: Ask) -> None:
        program = ask()
        issued = wiring.issuing.issue(make_order(issuer))
        assert (issued.receipt.status, issued.is_replay) == ("COMPLETED", False)
        assert [(credit.id, credit.points) for credit in program.credited] == [(issued.receipt.id, 2500)]
        assert history(wiring, issuer, "NW-1") == ["PENDING", "COMPLETED"]
        assert wiring.issuing.issue(make_order(issuer)).receipt == issued.receipt
        assert len(program.credited) == 1

    @pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.UNKNOWN])
    def test_leaves_pending_what_nobody_knows(
        self, wiring: Wiring, issuer: Issuer, ask: Ask, clock: StoppedClock, outcome: Outcome
    ) -> None:
        program = ask(outcome, PartnerTimedOut("no answer"), outcome)
        issued = wiring.issuing.issue(make_order(issuer))
        assert issued.receipt.status == "PENDING"
        waited = 0
        while history(wiring, issuer, "NW-1")[-1] == "PENDING":
            clock.advance(seconds=1)
            waited += 1
            wiring.resolving.resolve_due(10)
        # 5 s, 5 s after the first time, 30 s after the second.
        assert waited == 40
        assert [(credit.id, credit.attempt) for credit in program.asked_again] == [
            (issued.receipt.id, attempt) for attempt in (1, 2, 3)
        ]

    def test_fails_what_the_program_refuses_in_the_end(
        self, wiring: Wiring, issuer: Issuer, ask: Ask, clock: StoppedClock
    ) -> None:
        ask(Outcome.ACCEPTED, InvalidMember("closed"))
        wiring.issuing.issue(make_order(issuer))
        clock.advance(seconds=5)
        assert wiring.resolving.resolve_due(10) == 1
        assert history(wiring, issuer, "NW-1") == ["PENDING", "FAILED"]
        assert wiring.resolving.resolve_due(10) == 0

    def test_keeps_a_final_no_under_the_reference_and_a_fault_not(
        self, wiring: Wiring, issuer: Issuer, ask: Ask
    ) -> None:
        ask(InvalidMember("closed"), PartnerFailed("down"))
        for reference, refusal, again in (("NW-1", InvalidMember, InvalidMember), ("NW-2", PartnerFailed, None)):
            with pytest.raises(refusal):
                wiring.issuing.issue(make_order(issuer, reference))
            if again is None:
                assert wiring.issuing.issue(make_order(issuer, reference)).receipt.status == "COMPLETED"
                continue
            with pytest.raises(again) as repeated:
                wiring.issuing.issue(make_order(issuer, reference))
            assert repeated.value.is_replay

    def test_asks_again_after_a_process_died_in_the_middle(
        self, wiring: Wiring, issuer: Issuer, ask: Ask, clock: StoppedClock
    ) -> None:
        program = ask(RuntimeError("killed"))
        with pytest.raises(RuntimeError):
            wiring.issuing.issue(make_order(issuer))
        clock.advance(seconds=59)
        assert wiring.resolving.resolve_due(10) == 0
        clock.advance(seconds=1)
        assert wiring.resolving.resolve_due(10) == 1
        assert len(program.asked_again) == 1
        assert wiring.issuing.issue(make_order(issuer)).receipt.status == "COMPLETED"

    @pytest.mark.parametrize("reason", ["MALFORMED", "NOT_FOUND", "NAME_MISMATCH", "INELIGIBLE"])
    def test_refuses_a_member_whom_the_program_does_not_take(
        self, wiring: Wiring, issuer: Issuer, ask: Ask, reason: str
    ) -> None:
        program = ask()
        program.check = MemberCheck(is_valid=False, reason=reason)
        with pytest.raises(InvalidMember):
            wiring.issuing.issue(make_order(issuer))
        check = wiring.members.check(issuer.environment_id, issuer.programs[AURORA], Destination("AC12345678"))
        assert check.reason == reason
        assert program.credited == []


class TestIssueAll:
    def test_keeps_all_and_answers_a_repeat_the_same(self, wiring: Wiring, issuer: Issuer) -> None:
        first = wiring.issuing.issue_all([claim(issuer)], parts(issuer))
        assert [part.receipt.reference_number for part in first.parts] == ["R-1.1", "R-1.2"]
        again = wiring.issuing.find_all([claim(issuer)])
        assert again is not None
        assert (again.parts, again.is_replay) == (first.parts, True)
        # Whoever did not look before is answered the same.
        assert wiring.issuing.issue_all([claim(issuer)], parts(issuer)) == again

    def test_asks_programs_that_must_be_asked_right_after(self, wiring: Wiring, issuer: Issuer, ask: Ask) -> None:
        program = ask()
        first = wiring.issuing.issue_all([claim(issuer)], parts(issuer))
        assert [part.receipt.status for part in first.parts] == ["PENDING", "PENDING"]
        assert wiring.resolving.resolve_due(10) == 2
        assert {credit.id for credit in program.asked_again} == {part.receipt.id for part in first.parts}
        assert history(wiring, issuer, "R-1.2") == ["PENDING", "COMPLETED"]

    def test_keeps_none_where_one_is_refused_and_keeps_the_refusal(self, wiring: Wiring, issuer: Issuer) -> None:
        refused = parts(issuer, destination=Destination("sandbox-invalid-member"))
        with pytest.raises(InvalidMember):
            wiring.issuing.issue_all([claim(issuer)], refused)
        with pytest.raises(InvalidMember) as again:
            wiring.issuing.find_all([claim(issuer)])
        assert again.value.is_replay
        with pytest.raises(InvalidMember) as again:
            wiring.issuing.issue_all([claim(issuer)], refused)
        assert again.value.is_replay

    def test_takes_several_keys(self, wiring: Wiring, issuer: Issuer) -> None:
        claims = [claim(issuer), claim(issuer, "header\n1", reference="R-1")]
        first = wiring.issuing.issue_all(claims, parts(issuer))
        for key in claims:
            found = wiring.issuing.find_all([key])
            assert found is not None
            assert found.parts == first.parts
        with pytest.raises(DuplicateReference):
            wiring.issuing.find_all([claim(issuer, "header\n1", reference="R-2")])


def claim(issuer: Issuer, key: str = "reward\nR-1", **asked: Any) -> Claim:
    return Claim(issuer.environment_id, key, "referenceNumber R-1", asked)


def parts(issuer: Issuer, **changed: Any) -> list[Part]:
    second = {"program_id": issuer.programs[MERIDIAN], "destination": Destination("204813377")} | changed
    return [
        Part(make_order(issuer, "R-1.1"), {"place": 1}),
        Part(make_order(issuer, "R-1.2", value=Money(3000, "USD"), **second), {"place": 2}),
    ]


def history(wiring: Wiring, issuer: Issuer, reference: str) -> list[str]:
    with wiring.reading() as services:
        found = services.transactions.get(issuer.environment_id, reference)
        return [each.status for each in services.transactions.history(found)]


@pytest.fixture
def ask(wiring: Wiring) -> Ask:
    """Have every program of the sandbox really asked, and answered as laid out."""

    def ask(*answers: Any) -> AskedConnector:
        program = AskedConnector(*answers)
        wiring.connectors["sandbox"] = program
        return program

    return ask
