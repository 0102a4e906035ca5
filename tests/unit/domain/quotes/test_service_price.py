import pytest
from sqlalchemy import update

from tests.factories.issuers import AURORA, Issuer
from tests.factories.orders import NOTHING, decided, posted
from widget_host.domain.organizations.models import Organization
from widget_host.domain.transactions.rules import (
    Asked,
    PointsModeDisabled,
    ValueOutOfRange,
)
from widget_host.kit.money import Money
from widget_host.wiring import Wiring

TOO_LITTLE, TOO_MUCH = Money(499, "USD"), Money(200_001, "USD")
MERIDIAN = "Meridian Circle"


class TestPrice:
    def test_prices_without_keeping_anything(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            preview = services.quotes.price(Asked(issuer.environment_id, issuer.programs[AURORA], Money(2500, "USD")))

        assert (preview.total_points, preview.value) == (2500, Money(2500, "USD"))
        assert (posted(wiring), decided(wiring)) == (NOTHING, 0)

    @pytest.mark.parametrize("value", [TOO_LITTLE, TOO_MUCH])
    def test_refuses_a_value_the_program_does_not_sell(self, wiring: Wiring, issuer: Issuer, value: Money) -> None:
        with wiring.reading() as services, pytest.raises(ValueOutOfRange):
            services.quotes.price(Asked(issuer.environment_id, issuer.programs[AURORA], value))


class TestPricePoints:
    def test_prices_in_the_environments_currency(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            preview = services.quotes.price(Asked(issuer.environment_id, issuer.programs[MERIDIAN], points=5001))

        assert (preview.value, preview.points) == (Money(3511, "USD"), 5001)

    def test_refuses_where_exact_points_are_not_enabled(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.database.writing() as session:
            session.execute(update(Organization).values(points_mode=False))

        with wiring.reading() as services, pytest.raises(PointsModeDisabled):
            services.quotes.price(Asked(issuer.environment_id, issuer.programs[AURORA], points=2500))
