"""Offers to buy points by, without a database."""

from decimal import Decimal

from widget_host.domain.programs.rules import Field, Offer, ProgramFacts
from widget_host.kit.money import Money

NUMBER = Field("destinationUserId", "string", "Club number", True, "AC[0-9]{8}", "AC and eight digits.", "AC12345678")
EMAIL = Field("destinationUserEmail", "email", "E-mail", False, None, "An address.", "name@example.com")


def make_facts(*fields: Field) -> ProgramFacts:
    return ProgramFacts(
        id="prg_1",
        name="Aurora Club",
        business_name="Aurora Air",
        logo="logos/aurora-air.svg",
        industry="Airline",
        terms_url="https://aurora-air.example/terms",
        description="Fly north.",
        unit="Aurora Miles",
        currency="USD",
        fields=fields,
        connector="sandbox",
    )


def make_offer(
    price: str = "0.01",
    currency: str = "USD",
    *,
    values: tuple[int, int] = (500, 200_000),
    points: tuple[int, int] = (1, 10**12),
    fields: tuple[Field, ...] = (NUMBER,),
) -> Offer:
    """Make an offer; `values` are minor units of the currency."""
    return Offer(
        program=make_facts(*fields),
        currency=currency,
        price=Decimal(price),
        min_value=Money(values[0], currency),
        max_value=Money(values[1], currency),
        min_points=points[0],
        max_points=points[1],
        price_in_usd=Decimal(price),
        price_at_home=Decimal(price),
    )
