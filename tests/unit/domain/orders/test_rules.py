from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clock import START
from widget_host.domain.orders import rules
from widget_host.domain.orders.rules import Claim, Given
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import (
    DuplicateReference,
    InvalidMember,
    Order,
    PointsOutOfRange,
    Receipt,
    RequestInProgress,
    ValueOutOfRange,
)
from widget_host.kit import wire
from widget_host.kit.money import Money

RECEIPT = Receipt("txn_1", 2500, "NW-1", START, "COMPLETED")


def kept(answer: dict[str, Any]) -> Any:
    """Return an answer as the database gives it back."""
    return wire.loads(wire.dumps(answer))


def make_claim(**asked: Any) -> Claim:
    return Claim("env_1", "NW-1", "referenceNumber NW-1", asked)


class TestAskAgainAfter:
    def test_waits_longer_each_time_and_never_gives_up(self) -> None:
        waits = [rules.ask_again_after(attempts) for attempts in range(9)]
        assert waits == sorted(waits)
        assert (waits[0], waits[1], waits[-1]) == (timedelta(seconds=5), timedelta(seconds=5), timedelta(hours=6))


class TestAnswered:
    def test_gives_a_receipt_back_as_it_was(self) -> None:
        answer = rules.answered({"value": "1"}, kept(rules.receipt_answer(RECEIPT)), make_claim(value="1"))
        assert rules.read_receipt(answer["receipt"]) == RECEIPT

    def test_gives_several_back_as_they_were(self) -> None:
        parts = (Given(RECEIPT, {"programId": "prg_1"}), Given(RECEIPT, {}))
        assert rules.read_parts(rules.answered({}, kept(rules.parts_answer(parts)), make_claim())) == parts

    @pytest.mark.parametrize("kind", rules.STORED_REFUSALS)
    def test_raises_a_refusal_again_as_a_repeat(self, kind: type[Any]) -> None:
        answer = kept(rules.refusal_answer(kind("Not so.", minValue=5)))
        with pytest.raises(kind) as again:
            rules.answered({}, answer, make_claim())
        assert (again.value.message, again.value.details, again.value.is_replay) == ("Not so.", {"minValue": 5}, True)

    def test_refuses_another_request_and_names_what_differs(self) -> None:
        with pytest.raises(DuplicateReference) as refused:
            rules.answered({"value": "1", "description": None}, {}, make_claim(value="2", quoteId="quo_1"))
        assert refused.value.details == {"fields": ["value", "quoteId"]}
        assert refused.value.message.startswith("referenceNumber NW-1 was used for another request")
        assert refused.value.message.endswith("Use a new referenceNumber for a new request.")

    def test_asks_for_patience_while_there_is_no_answer(self) -> None:
        with pytest.raises(RequestInProgress):
            rules.answered({}, rules.IN_PROGRESS, make_claim())

    def test_stores_what_the_program_or_its_limits_decided(self) -> None:
        assert set(rules.STORED_REFUSALS) == {ValueOutOfRange, PointsOutOfRange, InvalidMember}


class TestClaimOf:
    def test_is_the_reference_number_with_what_was_asked(self) -> None:
        order = Order("env_1", "prg_1", Destination("1"), "NW-1", value=Money(2500, "USD"))
        claim = rules.claim_of(order)
        assert (claim.environment_id, claim.key, claim.asked) == ("env_1", "NW-1", order.as_request())
