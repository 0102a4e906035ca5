"""Orders for points as the API and a widget place them, and what they leave behind."""

from typing import Any

import pytest
from sqlalchemy import func, select, text

from tests.factories.issuers import AURORA, Issuer
from widget_host.domain.access.rules import LaunchRequest
from widget_host.domain.programs.rules import Destination
from widget_host.domain.transactions.rules import Order
from widget_host.kit.errors import Refused
from widget_host.kit.money import Money
from widget_host.wiring import Wiring

MEMBER = Destination("AC12345678")
WIDGET = "point-exchange"
NOTHING = {"transactions": 0, "ledger_entries": 0, "ledger_postings": 0, "events": 0, "deliveries": 0}


def make_order(issuer: Issuer, reference_number: str = "NW-1", **changed: Any) -> Order:
    """Order 2,500 points of Aurora Club for 25 dollars, unless something else is said."""
    fields: dict[str, Any] = {"program_id": issuer.programs[AURORA], "destination": MEMBER, "value": Money(2500, "USD")}
    return Order(environment_id=issuer.environment_id, reference_number=reference_number, **{**fields, **changed})


def launch(wiring: Wiring, issuer: Issuer, request: LaunchRequest | None = None) -> str:
    """Ask for a Purchase widget and return its launch token."""
    with wiring.writing() as services:
        environment = services.organizations.get_environment(issuer.environment_id)
        return services.widget_sessions.launch(environment, WIDGET, request or LaunchRequest("amira"))


def refusal_of(wiring: Wiring, order: Order) -> Refused:
    """Place an order that has to be refused."""
    with pytest.raises(Refused) as raised:
        wiring.issuing.issue(order)
    return raised.value


def posted(wiring: Wiring) -> dict[str, int]:
    """Count what issuing leaves."""
    with wiring.database.reading() as session:
        return {table: session.scalar(select(func.count()).select_from(text(table))) or 0 for table in NOTHING}


def decided(wiring: Wiring) -> int:
    """Count the reference numbers whose answer is kept."""
    with wiring.database.reading() as session:
        return session.scalar(text("SELECT COUNT(*) FROM idempotency_keys")) or 0
