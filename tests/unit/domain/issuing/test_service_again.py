from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update

from tests.factories.issuers import Issuer, make_issuer
from tests.factories.orders import make_order, posted
from tests.fakes.clock import StoppedClock
from widget_host.domain.orders.rules import Issued
from widget_host.domain.programs.models import Partnership
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import (
    DuplicateReference,
)
from widget_host.kit.money import Money
from widget_host.wiring import Wiring


class TestIssueAgain:
    def test_answers_the_same_and_does_nothing(self, wiring: Wiring, issuer: Issuer, clock: StoppedClock) -> None:
        first = wiring.issuing.issue(make_order(issuer))
        before = posted(wiring)
        clock.advance(days=400)

        again = wiring.issuing.issue(make_order(issuer))

        assert again == Issued(first.receipt, is_replay=True)
        assert posted(wiring) == before

    def test_answers_the_same_when_the_price_has_changed(self, wiring: Wiring, issuer: Issuer) -> None:
        first = wiring.issuing.issue(make_order(issuer))
        with wiring.database.writing() as session:
            session.execute(update(Partnership).values(price="0.02", enabled=False))

        assert wiring.issuing.issue(make_order(issuer)).receipt == first.receipt

    @pytest.mark.parametrize(
        ("changed", "names"),
        [
            ({"value": Money(2600, "USD")}, ["value"]),
            ({"value": Money(2500, "EUR"), "description": "x"}, ["currency", "description"]),
            ({"value": None, "points": 2500}, ["currency"]),
            ({"destination": Destination("AC87654321")}, ["destinationAccount.destinationUserId"]),
            ({"program_id": "prg_unknown"}, ["programId"]),
        ],
    )
    def test_refuses_another_request_and_names_what_differs(
        self, wiring: Wiring, issuer: Issuer, changed: dict[str, Any], names: list[str]
    ) -> None:
        wiring.issuing.issue(make_order(issuer))
        before = posted(wiring)

        with pytest.raises(DuplicateReference) as raised:
            wiring.issuing.issue(make_order(issuer, **changed))
        assert raised.value.details["fields"] == names
        assert posted(wiring) == before

    def test_is_another_order_in_another_environment(self, wiring: Wiring, issuer: Issuer) -> None:
        first = wiring.issuing.issue(make_order(issuer))
        second = wiring.issuing.issue(make_order(make_issuer(wiring, "Elsewhere")))

        assert second.is_replay is False
        assert second.receipt.id != first.receipt.id

    def test_comes_to_one_transaction_however_many_ask_at_once(self, wiring: Wiring, issuer: Issuer) -> None:
        for number in range(4):
            start = Barrier(8, timeout=30)

            def ask(_: int, reference: str = f"NW-{number}", start: Barrier = start) -> Issued:
                start.wait()
                return wiring.issuing.issue(make_order(issuer, reference))

            with ThreadPoolExecutor(8) as threads:
                answers = list(threads.map(ask, range(8)))

            assert len({answer.receipt for answer in answers}) == 1
            assert sorted(answer.is_replay for answer in answers) == [False] + [True] * 7
            assert posted(wiring)["transactions"] == number + 1

        with wiring.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}

    def test_comes_to_one_transaction_when_different_requests_race(self, wiring: Wiring, issuer: Issuer) -> None:
        start = Barrier(8, timeout=30)

        def ask(number: int) -> bool:
            start.wait()
            try:
                wiring.issuing.issue(make_order(issuer, value=Money(2500 + number, "USD")))
            except DuplicateReference:
                return False
            return True

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(ask, range(8))) == 1
        assert posted(wiring)["transactions"] == 1
