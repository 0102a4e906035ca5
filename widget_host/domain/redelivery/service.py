"""What may be done with deliveries that were made: look at them, and send them again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.endpoints.rules import EndpointDisabled
from widget_host.domain.endpoints.service import Endpoints
from widget_host.domain.redelivery import queries
from widget_host.domain.redelivery.models import Resend
from widget_host.domain.webhooks import rules
from widget_host.domain.webhooks.models import Attempt, Delivery
from widget_host.domain.webhooks.service import Outbox, delivery
from widget_host.kit.clock import EnvironmentClock, isoformat
from widget_host.kit.errors import FieldError, InvalidFields, NotFound
from widget_host.kit.ids import earliest_id, new_id

MOST_AT_ONCE = 10_000
# Ids are made by the machine's clock, events tell the environment's time: so far may they be apart.
APART = timedelta(days=1)


class Redelivery:
    """Shows an environment's deliveries with their attempts, and sends them again."""

    def __init__(
        self,
        *,
        session: Session,
        clock: EnvironmentClock,
        endpoints: Endpoints,
        outbox: Outbox,
        retention: timedelta,
    ) -> None:
        """Work within this session; what ended longer ago than the retention is not known any more."""
        self._session = session
        self._clock = clock
        self._endpoints = endpoints
        self._outbox = outbox
        self._retention = retention

    def list_of(
        self, environment_id: str, endpoint_id: str, *, state: str | None, before: str | None, limit: int
    ) -> Sequence[tuple[Delivery, str]]:
        """Return an endpoint's deliveries with the type of their event, the newest first; raises NotFound."""
        endpoint = self._endpoints.get(environment_id, endpoint_id)
        return queries.deliveries(self._session, endpoint.id, state=state, before=before, limit=limit)

    def get(self, environment_id: str, delivery_id: str) -> tuple[Delivery, str]:
        """Return a delivery with the type of its event, or raise NotFound."""
        found = queries.find_delivery(self._session, environment_id, delivery_id)
        if found is None:
            raise NotFound("There is no such delivery.")
        return found

    def attempts(self, delivery_ids: Sequence[str]) -> dict[str, list[Attempt]]:
        """Return what was tried, by delivery."""
        found: dict[str, list[Attempt]] = {delivery_id: [] for delivery_id in delivery_ids}
        for attempt in queries.attempts(self._session, delivery_ids):
            found[attempt.delivery_id].append(attempt)
        return found

    def resend(self, environment_id: str, delivery_id: str) -> tuple[Delivery, str]:
        """Send an event again to the same endpoint, now, however it went; one on its way goes on."""
        known, kind = self.get(environment_id, delivery_id)
        self._enabled(environment_id, known.endpoint_id)
        found = self._session.get_one(Delivery, known.id, with_for_update=True, populate_existing=True)
        now = self._clock.machine.now()
        self._note(environment_id, [found.event_id])
        if not (found.state == rules.WAITING and found.fence is not None and found.due_at > now):
            found.state, found.tries, found.due_at, found.ended_at, found.fence = rules.WAITING, 0, now, None, None
            self._session.info["enqueued"] = True
            self._session.flush()
        return found, kind

    def recover(self, environment_id: str, endpoint_id: str, since: datetime) -> tuple[int, bool]:
        """Send again what failed since then, and what was never sent; returns how many, and whether that was all.

        Raises NotFound, EndpointDisabled, and InvalidFields for a time before which deliveries are not known.
        """
        now = self._clock.now()
        if not now - self._retention <= since <= now:
            message = f"This must be a time within the last {self._retention.days} days."
            raise InvalidFields([FieldError("since", "out_of_range", message)])
        endpoint = self._enabled(environment_id, endpoint_id)
        first_id, machine = earliest_id("evt", now - since + APART), self._clock.machine.now()
        found: dict[str, Any] = {"since": since, "first_id": first_id}
        again = queries.resend_failed(self._session, endpoint, **found, now=machine, limit=MOST_AT_ONCE)
        missed = queries.never_sent(self._session, endpoint, **found, limit=MOST_AT_ONCE - len(again))
        rows = [
            delivery(environment_id, row.id, endpoint_id, machine)
            | ({"subject": row.subject, "sequence": row.sequence} if endpoint.ordered else {})
            for row in missed
        ]
        if rows:
            self._session.execute(insert(Delivery), rows)
        self._note(environment_id, [*again, *(row.id for row in missed)])
        self._session.info["enqueued"] = True
        recovered = len(again) + len(rows)
        return recovered, recovered < MOST_AT_ONCE

    def test(self, environment_id: str, endpoint_id: str) -> tuple[Delivery, str]:
        """Send an event that means nothing, to this endpoint alone; raises NotFound, EndpointDisabled."""
        endpoint = self._enabled(environment_id, endpoint_id)
        said = {"endpointId": endpoint.id, "date": isoformat(self._clock.now())}
        return self.get(environment_id, self._outbox.record_test(environment_id, endpoint.id, said))

    def _note(self, environment_id: str, event_ids: Sequence[str]) -> None:
        now = self._clock.machine.now()
        said = {"environment_id": environment_id, "created_at": now}
        if event_ids:
            self._session.execute(
                insert(Resend), [{"id": new_id("rsd"), "event_id": each, **said} for each in event_ids]
            )

    def _enabled(self, environment_id: str, endpoint_id: str) -> Endpoint:
        endpoint = self._endpoints.get(environment_id, endpoint_id)
        if not endpoint.enabled:
            raise EndpointDisabled("This endpoint is disabled. Enable it first.")
        return endpoint
