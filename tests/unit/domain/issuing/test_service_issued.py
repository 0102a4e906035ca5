from decimal import Decimal

from sqlalchemy import select

from tests.factories.issuers import AURORA, Issuer
from tests.factories.orders import make_order
from tests.fakes.clock import START
from tests.fakes.programs import StandInConnector
from widget_host.domain.ledger.rules import AccountName
from widget_host.domain.orders.rules import Issued
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import (
    Receipt,
)
from widget_host.domain.webhooks.models import Event
from widget_host.kit import wire
from widget_host.kit.money import Money
from widget_host.kit.value import replace
from widget_host.wiring import Wiring

TOO_LITTLE, TOO_MUCH = Money(499, "USD"), Money(200_001, "USD")
MERIDIAN = "Meridian Circle"


class TestIssue:
    def test_answers_with_a_receipt(self, wiring: Wiring, issuer: Issuer) -> None:
        issued = wiring.issuing.issue(make_order(issuer))

        assert issued == Issued(Receipt(issued.receipt.id, 2500, "NW-1", START, "COMPLETED"), is_replay=False)
        assert issued.receipt.id.startswith("txn_")

    def test_keeps_the_transaction_with_all_that_made_its_price(self, wiring: Wiring, issuer: Issuer) -> None:
        order = make_order(
            issuer,
            program_id=issuer.programs[MERIDIAN],
            destination=Destination("204813377", "amira@example.com"),
            value=Money(2501, "EUR"),
            description="June",
            source_user_id="amira",
        )
        issued = wiring.issuing.issue(order)

        with wiring.reading() as services:
            kept = services.transactions.get(issuer.environment_id, issued.receipt.id)
        assert (kept.money, kept.points, kept.bonus_points, kept.total_points) == (Money(2501, "EUR"), 3847, 0, 3847)
        assert (kept.price, kept.remainder, kept.status) == ("0.0065", "0.0045", "COMPLETED")
        assert (kept.destination_user_id, kept.destination_user_email) == ("204813377", "amira@example.com")
        assert (kept.description, kept.source_user_id, kept.created_at) == ("June", "amira", START)

    def test_posts_both_legs(self, wiring: Wiring, issuer: Issuer) -> None:
        wiring.issuing.issue(make_order(issuer))

        program_id = issuer.programs[AURORA]
        with wiring.reading() as services:
            balances = {
                name: services.ledger.balance(issuer.environment_id, AccountName(*name))
                for name in [
                    ("settlement", "USD"),
                    ("liquidity", "USD"),
                    ("liquidity", program_id),
                    ("issued", program_id),
                ]
            }
        assert list(balances.values()) == [-2500, 2500, -2500, 2500]

    def test_tells_of_it_in_the_same_unit(self, wiring: Wiring, issuer: Issuer) -> None:
        issued = wiring.issuing.issue(make_order(issuer, value=Money(2550, "USD"), source_user_id="amira"))

        with wiring.database.reading() as session:
            event = session.scalars(select(Event)).one()
        assert wire.loads(event.body) == {
            "id": event.id,
            "type": "transaction.completed",
            "sequence": 1,
            "transactionId": issued.receipt.id,
            "referenceNumber": "NW-1",
            "programId": issuer.programs[AURORA],
            "sourceUserId": "amira",
            "destinationAccount": {"destinationUserId": "AC12345678", "destinationUserEmail": None},
            "value": Decimal("25.50"),
            "currency": "USD",
            "totalPoints": 2550,
            "description": None,
            "status": "COMPLETED",
            "date": "2026-01-31T10:00:00.000Z",
        }

    def test_leaves_books_that_verify(self, wiring: Wiring, issuer: Issuer) -> None:
        for number in range(3):
            wiring.issuing.issue(make_order(issuer, f"NW-{number}"))

        with wiring.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}

    def test_sells_an_exact_number_of_points(self, wiring: Wiring, issuer: Issuer) -> None:
        order = make_order(issuer, program_id=issuer.programs[MERIDIAN], destination=Destination("204813377"))
        issued = wiring.issuing.issue(replace(order, value=None, points=5001))

        with wiring.reading() as services:
            kept = services.transactions.get(issuer.environment_id, "NW-1")
        assert issued.receipt.total_points == 5001
        assert (kept.money, kept.price, kept.remainder) == (Money(3511, "USD"), "0.00702", "0.00298")

    def test_gives_the_credit_the_transactions_id(
        self, wiring: Wiring, issuer: Issuer, program: StandInConnector
    ) -> None:
        issued = wiring.issuing.issue(make_order(issuer))

        assert [(credit.id, credit.points) for credit in program.credited] == [(issued.receipt.id, 2500)]

    def test_holds_no_unit_open_while_the_program_is_asked(
        self, wiring: Wiring, issuer: Issuer, program: StandInConnector
    ) -> None:
        open_connections: list[int] = []
        program.meanwhile = lambda: open_connections.append(wiring.database.engine.pool.checkedout())  # type: ignore[attr-defined] # what both databases' pools have
        wiring.issuing.issue(make_order(issuer))

        assert open_connections == [0]
