import pytest
from sqlalchemy import select

from tests.factories.issuers import Issuer, make_issuer
from tests.factories.orders import make_order
from widget_host.domain.ledger.models import Entry
from widget_host.domain.programs.rules import Destination
from widget_host.kit.errors import NotFound
from widget_host.kit.money import Money
from widget_host.kit.value import replace
from widget_host.wiring import Wiring

TOO_LITTLE, TOO_MUCH = Money(499, "USD"), Money(200_001, "USD")
MERIDIAN = "Meridian Circle"


class TestRecord:
    def test_keeps_with_the_postings_how_the_price_was_made(self, wiring: Wiring, issuer: Issuer) -> None:
        order = make_order(issuer, program_id=issuer.programs[MERIDIAN], destination=Destination("204813377"))
        wiring.issuing.issue(replace(order, value=Money(2501, "EUR")))

        with wiring.database.reading() as session:
            entry = session.scalars(select(Entry)).one()
        assert entry.details == {
            "pricePerPoint": "0.0065",
            "rounding": "floor",
            "remainder": "0.0045",
            "bonusPoints": 0,
            "campaignId": None,
        }


class TestGet:
    @pytest.mark.parametrize("by", ["id", "reference_number"])
    def test_finds_by_id_and_by_reference_number(self, wiring: Wiring, issuer: Issuer, by: str) -> None:
        receipt = wiring.issuing.issue(make_order(issuer)).receipt

        with wiring.reading() as services:
            assert services.transactions.get(issuer.environment_id, getattr(receipt, by)).id == receipt.id

    @pytest.mark.parametrize("by", ["id", "reference_number"])
    def test_shows_a_stranger_nothing(self, wiring: Wiring, issuer: Issuer, by: str) -> None:
        receipt = wiring.issuing.issue(make_order(issuer)).receipt
        stranger = make_issuer(wiring, "Elsewhere")

        with wiring.reading() as services, pytest.raises(NotFound):
            services.transactions.get(stranger.environment_id, getattr(receipt, by))

    def test_refuses_what_is_not_there(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services, pytest.raises(NotFound):
            services.transactions.get(issuer.environment_id, "NW-404")
