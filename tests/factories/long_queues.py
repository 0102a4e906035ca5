"""Queues too long to be filled event by event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from tests.factories.books import make_books
from widget_host.domain.endpoints.rules import Details
from widget_host.wiring import Wiring

BODY = {"transactionId": "txn_1", "referenceNumber": "order-1", "value": 25, "currency": "USD", "totalPoints": 2500}
# Written with as many digits as an id has letters: in the order of their ids, as rows of real life are.
SQL_EVENTS = """
    INSERT INTO events (id, environment_id, type, subject, sequence, body, created_at)
    SELECT 'evt_' || lpad(n::text, 26, '0'), :environment, 'transaction.completed', 'evt_' || lpad(n::text, 26, '0'), 1,
      replace(:body, 'evt', 'evt_' || lpad(n::text, 26, '0')), now()
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n"""
SQL_DELIVERIES = """
    INSERT INTO deliveries (id, environment_id, event_id, endpoint_id, state, attempts, tries, due_at, created_at)
    SELECT 'dlv_' || lpad(n::text, 26, '0'), :environment, 'evt_' || lpad(n::text, 26, '0'), :endpoint, 'waiting', 0, 0,
      now() - interval '1 hour' + n * interval '1 ms', now()
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) n"""


@dataclass
class LongQueue:
    """One issuer of a PostgreSQL, and as many due deliveries as are asked for."""

    wiring: Wiring
    environment_id: str
    rows: int = 0

    def add_endpoint(self, url: str) -> str:
        with self.wiring.writing() as services:
            return services.endpoints.create(self.environment_id, Details(url=url))[0].id

    def fill(self, endpoint_id: str, rows: int, payload: Mapping[str, Any] = BODY) -> None:
        body = json.dumps({"id": "evt", "type": "transaction.completed", "sequence": 1, **payload})
        numbers = {"first": self.rows + 1, "last": self.rows + rows}
        ids = {"environment": self.environment_id, "endpoint": endpoint_id}
        with self.wiring.database.writing() as session:
            session.execute(text(SQL_EVENTS), {"environment": self.environment_id, "body": body, **numbers})
            session.execute(text(SQL_DELIVERIES), {**ids, **numbers})
        self.rows += rows
        self.analyze()

    def analyze(self) -> None:
        """Let the database look at what it has by now, as it does by itself after a minute."""
        self._on_server("ANALYZE" if self.wiring.database.is_sqlite else "VACUUM ANALYZE")

    def give_up(self) -> None:
        """Let nothing wait any more."""
        with self.wiring.database.writing() as session:
            session.execute(text("UPDATE deliveries SET state = 'failed', ended_at = now() WHERE state = 'waiting'"))
            session.execute(text("UPDATE webhook_endpoints SET enabled = false"))

    def _on_server(self, *statements: str) -> None:
        engine = self.wiring.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


def make_queue(wiring: Wiring) -> LongQueue:
    return LongQueue(wiring, make_books(wiring).environment_id)
