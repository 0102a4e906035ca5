"""One environment's deliveries, from what happened to what came of it."""

from typing import Any

from sqlalchemy import select

from widget_host.domain.endpoints.rules import Details
from widget_host.domain.webhooks.models import Attempt, Delivery
from widget_host.domain.webhooks.rules import Claimed, Outcome
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring

URL = "http://127.0.0.1:9/hook"


class Queue:
    """The deliveries of one environment, each call a unit of work of its own."""

    def __init__(self, wiring: Wiring, environment_id: str) -> None:
        self.wiring = wiring
        self.environment_id = environment_id

    def add_endpoint(self, url: str = URL) -> tuple[str, str]:
        with self.wiring.writing() as services:
            endpoint, secret = services.endpoints.create(self.environment_id, Details(url=url))
            return endpoint.id, secret

    def record(self, subject: str = "txn_1", **payload: Any) -> str:
        event_id = new_id("evt")
        with self.wiring.writing() as services:
            services.outbox.record(self.environment_id, event_id, "ledger.posted", subject, payload)
        return event_id

    def claim(self, limit: int = 10) -> list[Claimed]:
        with self.wiring.writing() as services:
            return services.deliveries.claim(limit)

    def finish(self, claimed: Claimed, **answer: Any) -> bool:
        with self.wiring.writing() as services:
            return bool(services.deliveries.finish([(claimed, Outcome(self.wiring.clock.now(), 12, **answer))]))

    def only(self) -> Delivery:
        with self.wiring.database.reading() as session:
            return session.scalars(select(Delivery)).one()

    def attempts(self) -> list[Attempt]:
        with self.wiring.database.reading() as session:
            return list(session.scalars(select(Attempt).order_by(Attempt.number)))
