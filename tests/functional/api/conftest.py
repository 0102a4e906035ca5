from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.issuers import AURORA, Issuer
from widget_host.wiring import Wiring

MEMBER = "AC12345678"
POSTED = ("transactions", "ledger_entries", "ledger_postings", "events", "deliveries")
NOTHING = dict.fromkeys(POSTED, 0)

Body = dict[str, Any]
Order = Callable[..., Body]
Posted = Callable[[], dict[str, int]]
Change = Callable[..., None]


@pytest.fixture
def order(issuer: Issuer) -> Order:
    """The body of a transaction that succeeds, with changes; None takes a field away."""

    def order(**changes: Any) -> Body:
        body = {
            "programId": issuer.programs[AURORA],
            "value": 25,
            "currency": "USD",
            "destinationAccount": {"destinationUserId": MEMBER},
            "referenceNumber": "order-1",
        } | changes
        return {name: value for name, value in body.items() if value is not None}

    return order


@pytest.fixture
def posted(wiring: Wiring) -> Posted:
    """Count what was posted, in the tables themselves."""

    def posted() -> dict[str, int]:
        with wiring.reading() as services:
            return {name: services._session.scalar(text(f"SELECT COUNT(*) FROM {name}")) or 0 for name in POSTED}  # noqa: S608 - our own names

    return posted


@pytest.fixture
def change(wiring: Wiring) -> Change:
    """Change rows behind the host's back, for what no command does yet."""

    def change(statement: str, **values: Any) -> None:
        with wiring.writing() as services:
            services._session.execute(text(statement), values)

    return change
