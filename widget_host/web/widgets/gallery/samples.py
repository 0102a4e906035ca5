"""Whom and what the gallery shows: issuers, programs, customers and exchanges that nobody stored."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from widget_host.domain.access.rules import LONGEST_SESSION, SESSION_LIFE, LaunchRequest, OpenWidget, Tenant
from widget_host.domain.organizations.rules import Theme
from widget_host.domain.programs.rules import Field, Offer, ProgramFacts, highest, lowest, price_in, read_fields
from widget_host.domain.programs.service import CATALOGUE
from widget_host.domain.transactions.models import Transaction
from widget_host.domain.transactions.rules import COMPLETED
from widget_host.kit.money import Money
from widget_host.kit.value import replace

MOMENT = datetime(2026, 11, 21, 10, 4, tzinfo=UTC)
REFERENCE = "txn_01kaj5r9d2e8mv3c7f0w6q4xzb"
MEMBER = "AC12345678"


def tenant(name: str) -> Tenant:
    """Make an issuer who wears the widget as it comes."""
    return Tenant("env_sample", "tnt_sample", name, (), timedelta(0), Theme())


NORTHWIND = tenant("Northwind Bank")


def offers(currency: str = "USD") -> list[Offer]:
    """Price the programs that every sandbox has."""
    catalogue = json.loads(CATALOGUE.read_text("utf-8"))
    rates = {code: Decimal(rate) for code, rate in catalogue["rates"].items()}
    return [_offer(program, currency, rates) for program in catalogue["programs"]]


def _offer(said: Mapping[str, Any], currency: str, rates: Mapping[str, Decimal]) -> Offer:
    limits, own = said["limits"], said["currency"]
    rate, price = rates[own] / rates[currency], Decimal(said["price"])
    return Offer(
        program=_program(said),
        currency=currency,
        price=price_in(price, rate),
        min_value=lowest(Money(limits["minValue"], own), rate, currency),
        max_value=highest(Money(limits["maxValue"], own), rate, currency),
        min_points=limits["minPoints"],
        max_points=limits["maxPoints"],
        price_in_usd=price_in(price, rates[own]),
        price_at_home=price_in(price, rates[own]),
    )


def _program(said: Mapping[str, Any]) -> ProgramFacts:
    return ProgramFacts(
        id=said["id"],
        name=said["name"],
        business_name=said["businessName"],
        logo=f"logos/{said['slug']}.svg",
        industry=said["industry"],
        terms_url=said["termsAndConditionsUrl"],
        description=said["description"],
        unit=said["unit"],
        currency=said["currency"],
        fields=read_fields({"list": said["fields"]}),
        connector="sandbox",
    )


def named(offer: Offer, name: str, unit: str, *fields: Field) -> Offer:
    """Sell the same under another name, without a logo, and ask for other fields where some are given."""
    program = replace(offer.program, name=name, unit=unit, logo="", fields=fields or offer.program.fields)
    return replace(offer, program=program)


def priced(offer: Offer, price: str, lowest_value: Money, highest_value: Money) -> Offer:
    """Sell the same at another price, within other limits of value and none of points."""
    return replace(
        offer,
        currency=lowest_value.currency,
        price=Decimal(price),
        min_value=lowest_value,
        max_value=highest_value,
        min_points=1,
        max_points=10**15,
    )


def widget(balance: Money | None, currency: str = "USD", **said: Any) -> OpenWidget:
    """Open a widget for a customer; `said` is what else the issuer said of them."""
    request = LaunchRequest(source_user_id="amira", balance=balance, currency=currency, **said)
    return OpenWidget(
        launch_id=REFERENCE,
        session_hash="",
        tenant=NORTHWIND,
        request=request,
        currency=currency,
        expires_at=MOMENT + SESSION_LIFE,
        extendable_until=MOMENT + LONGEST_SESSION,
        is_spent=False,
        asked_locale="",
        asked_theme="",
    )


def exchange(offer: Offer, value: Money, points: int, status: str = COMPLETED, **other: Any) -> Transaction:
    """Make an exchange at the offer's program; `other` columns replace the sample's."""
    columns = {"destination_user_id": MEMBER, "reference_number": REFERENCE, "bonus_points": 0, **other}
    return Transaction(
        id=REFERENCE,
        program_id=offer.program.id,
        value=value.minor,
        currency=value.currency,
        points=points,
        status=status,
        created_at=MOMENT,
        **columns,
    )
