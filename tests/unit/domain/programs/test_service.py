import json
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pytest
from sqlalchemy import update

from tests.factories.issuers import AURORA, Issuer, make_issuer
from tests.fakes.programs import StandInConnector
from widget_host.domain.programs.models import ExchangeRate, Partnership
from widget_host.domain.programs.rules import Destination, InvalidProgram, MemberCheck, NoPartnership
from widget_host.domain.programs.service import CATALOGUE
from widget_host.kit.errors import InvalidFields
from widget_host.kit.money import Money, decimals_of
from widget_host.wiring import Wiring

SAID: dict[str, Any] = json.loads(CATALOGUE.read_text("utf-8"))
RATES = {currency: Fraction(usd) for currency, usd in SAID["rates"].items()}


class TestListOffers:
    def test_are_the_six_of_a_new_sandbox_by_name(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            offers = services.programs.list_offers(issuer.environment_id)

        assert [offer.program.name for offer in offers] == sorted(said["name"] for said in SAID["programs"])
        assert {offer.currency for offer in offers} == {"USD"}

    @pytest.mark.parametrize("currency", sorted(RATES))
    def test_are_priced_exactly_in_any_currency(self, wiring: Wiring, issuer: Issuer, currency: str) -> None:
        with wiring.reading() as services:
            offers = {
                offer.program.id: offer for offer in services.programs.list_offers(issuer.environment_id, currency)
            }

        for said in SAID["programs"]:
            offer, home = offers[said["id"]], said["currency"]
            rate = RATES[home] / RATES[currency]
            minor = rate * 10 ** decimals_of(currency) / 10 ** decimals_of(home)
            assert offer.min_value == Money(ceil(said["limits"]["minValue"] * minor), currency)
            assert offer.max_value == Money(floor(said["limits"]["maxValue"] * minor), currency)
            assert abs(Fraction(offer.price) - Fraction(said["price"]) * rate) <= Fraction(1, 2 * 10**8)
            assert offer.price_in_usd == self.in_dollars(said)

    def in_dollars(self, said: dict[str, Any]) -> Decimal:
        exact = Decimal(said["price"]) * Decimal(SAID["rates"][said["currency"]])
        return exact.quantize(Decimal("1E-8"), ROUND_HALF_EVEN)

    def test_leave_out_what_is_not_enabled(self, wiring: Wiring, issuer: Issuer) -> None:
        disable(wiring, issuer)

        with wiring.reading() as services:
            names = [offer.program.name for offer in services.programs.list_offers(issuer.environment_id)]
        assert AURORA not in names
        assert len(names) == 5


class TestGetOffer:
    def test_is_priced_in_the_environments_own_currency(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            offer = services.programs.get_offer(issuer.environment_id, issuer.programs["Meridian Circle"])

        assert (offer.currency, offer.price, offer.price_at_home) == ("USD", Decimal("0.00702"), Decimal("0.00702"))
        assert (offer.min_value, offer.max_value) == (Money(1080, "USD"), Money(162_000, "USD"))
        assert (offer.min_points, offer.max_points) == (1000, 230_000)

    def test_uses_the_rate_of_the_moment(self, wiring: Wiring, issuer: Issuer) -> None:
        now = wiring.clock.now()
        with wiring.database.writing() as session:
            for moment, usd in ((now, "1.2"), (now.replace(year=2027), "9")):
                session.add(ExchangeRate(currency="EUR", valid_from=moment, usd=usd))

        with wiring.reading() as services:
            offer = services.programs.get_offer(issuer.environment_id, issuer.programs["Meridian Circle"])
        assert offer.price == Decimal("0.0078")

    def test_refuses_a_program_that_is_not_there(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services, pytest.raises(InvalidProgram):
            services.programs.get_offer(issuer.environment_id, "prg_unknown")

    def test_refuses_a_partnership_that_is_not_enabled(self, wiring: Wiring, issuer: Issuer) -> None:
        disable(wiring, issuer)

        with wiring.reading() as services, pytest.raises(NoPartnership, match=AURORA):
            services.programs.get_offer(issuer.environment_id, issuer.programs[AURORA])

    def test_refuses_a_stranger_the_partnership_of_another(self, wiring: Wiring, issuer: Issuer) -> None:
        stranger = make_issuer(wiring, "Elsewhere")
        disable(wiring, stranger)

        with wiring.reading() as services:
            assert services.programs.get_offer(issuer.environment_id, issuer.programs[AURORA]).price == Decimal("0.01")
            with pytest.raises(NoPartnership):
                services.programs.get_offer(stranger.environment_id, issuer.programs[AURORA])

    def test_refuses_a_currency_without_a_rate_and_names_those_with_one(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services, pytest.raises(InvalidFields) as raised:
            services.programs.get_offer(issuer.environment_id, issuer.programs[AURORA], "XAU")

        (error,) = raised.value.errors
        assert (error.field, error.code) == ("currency", "unknown")
        assert all(currency in error.message for currency in RATES)


class TestGetProgram:
    def test_tells_everybody_what_they_may_know(self, wiring: Wiring, issuer: Issuer) -> None:
        disable(wiring, issuer)

        with wiring.reading() as services:
            facts = services.programs.get_program(issuer.programs[AURORA])
        assert (facts.name, facts.connector, facts.logo) == (AURORA, "sandbox", "logos/aurora-air.svg")
        assert [field.name for field in facts.fields] == ["destinationUserId"]

    def test_refuses_one_that_is_not_there(self, wiring: Wiring) -> None:
        with wiring.reading() as services, pytest.raises(InvalidProgram):
            services.programs.get_program("prg_unknown")


class TestOpenSandbox:
    def test_lets_every_example_pass_its_own_pattern(self, wiring: Wiring, issuer: Issuer) -> None:
        with wiring.reading() as services:
            fields = [
                field
                for offer in services.programs.list_offers(issuer.environment_id)
                for field in offer.program.fields
            ]

        assert [field.name for field in fields if not field.accepts(field.example)] == []

    def test_shares_the_programs_between_sandboxes(self, wiring: Wiring, issuer: Issuer) -> None:
        assert make_issuer(wiring, "Elsewhere").programs == issuer.programs


class TestCheck:
    def test_asks_the_program_with_no_unit_open(self, wiring: Wiring, issuer: Issuer) -> None:
        program = StandInConnector()
        program.known = MemberCheck(is_valid=False, reason="INELIGIBLE")
        wiring.connectors["sandbox"] = program

        found = wiring.members.check(issuer.environment_id, issuer.programs[AURORA], Destination("AC1"))

        assert (found, program.checked) == (program.known, [Destination("AC1")])

    def test_refuses_before_it_asks(self, wiring: Wiring, issuer: Issuer) -> None:
        program = StandInConnector()
        wiring.connectors["sandbox"] = program
        disable(wiring, issuer)

        for program_id, kind in ((issuer.programs[AURORA], NoPartnership), ("prg_unknown", InvalidProgram)):
            with pytest.raises(kind):
                wiring.members.check(issuer.environment_id, program_id, Destination("AC1"))
        assert program.checked == []


def disable(wiring: Wiring, issuer: Issuer) -> None:
    """End the issuer's partnership with Aurora Club."""
    with wiring.database.writing() as session:
        session.execute(
            update(Partnership)
            .where(
                Partnership.environment_id == issuer.environment_id, Partnership.program_id == issuer.programs[AURORA]
            )
            .values(enabled=False)
        )
