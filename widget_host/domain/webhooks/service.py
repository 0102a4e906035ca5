"""What may be done with events, endpoints and deliveries."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from widget_host.domain.organizations.models import Environment
from widget_host.domain.upkeep.service import AuditTrail
from widget_host.domain.webhooks import queries, rules
from widget_host.domain.webhooks.models import Attempt, Delivery, Endpoint, Event
from widget_host.kit import wire
from widget_host.kit.clock import Clock, EnvironmentClock
from widget_host.kit.crypto import SecretBox, Undecryptable, new_secret
from widget_host.kit.ids import new_id

PRECISION = 1 << 32
# One statement of a fraction of a second.
MOST_NUMBERED = 10_000


class Endpoints:
    """Keeps where an environment's events go."""

    def __init__(
        self, *, session: Session, clock: Clock, box: SecretBox, trail: AuditTrail, http_allowed: bool
    ) -> None:
        """Work within this session; plain-http addresses are for development only."""
        self._session = session
        self._clock = clock
        self._box = box
        self._trail = trail
        self._http_allowed = http_allowed

    def create(self, environment_id: str, url: str) -> tuple[Endpoint, str]:
        """Add an endpoint and return it with its secret, shown this once; raises InvalidFields for a bad address."""
        rules.check_url(url, http_allowed=self._http_allowed)
        secret = new_secret()
        endpoint = Endpoint(
            id=new_id("whe"),
            environment_id=environment_id,
            url=url,
            sealed_secret=self._box.seal(secret, owner=environment_id),
            enabled=True,
            created_at=self._clock.now(),
        )
        self._session.add(endpoint)
        self._session.flush()
        self._trail.record("webhook_secret.created", environment_id, endpoint_id=endpoint.id)
        return endpoint, secret


class Outbox:
    """Writes events and their deliveries beside what caused them, in the same transaction."""

    def __init__(self, *, session: Session, clock: EnvironmentClock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def record(self, environment_id: str, event_id: str, kind: str, subject: str, payload: Mapping[str, Any]) -> None:
        """Keep an event about a subject, and a delivery to every enabled endpoint, due now.

        `payload` is what follows `id`, `type` and `sequence` in the body; decimals in it are written as JSON numbers.
        """
        sequence = queries.last_sequence(self._session, environment_id, subject) + 1
        body = {"id": event_id, "type": kind, "sequence": sequence, **payload}
        event = {
            "id": event_id,
            "environment_id": environment_id,
            "type": kind,
            "subject": subject,
            "sequence": sequence,
            "body": wire.dumps(body),
            "created_at": self._clock.now(),
        }
        self._session.execute(insert(Event), [event])
        self._session.info.setdefault("told", []).append(kind)
        if kind not in rules.NOT_SENT:
            self._enqueue(environment_id, event_id)

    def _enqueue(self, environment_id: str, event_id: str) -> None:
        endpoints = queries.enabled_endpoints(self._session, environment_id)
        if not endpoints:
            return
        shared = {
            "environment_id": environment_id,
            "event_id": event_id,
            "state": rules.WAITING,
            "attempts": 0,
            "due_at": self._clock.machine.now(),
        }
        rows = [{"id": new_id("dlv"), "endpoint_id": endpoint_id, **shared} for endpoint_id in endpoints]
        self._session.execute(insert(Delivery), rows)
        self._session.info["enqueued"] = True


class Events:
    """What happened, in an order that nothing can slip into: a position is given to what is committed, and stays."""

    def __init__(self, *, session: Session) -> None:
        """Work within this session."""
        self._session = session

    def are_numbered(self, environment_id: str) -> bool:
        """Whether every event that can be seen has its position."""
        return not queries.unnumbered(self._session, environment_id, 1)

    def number(self, environment_id: str, until: str) -> None:
        """Give events their positions up to the one named, and those that follow it, so many at once."""
        # One after another; whoever posts events is not held up, and holds nobody up.
        lock = select(Environment.id).where(Environment.id == environment_id).with_for_update(key_share=True)
        self._session.execute(lock)
        while queries.is_waiting(self._session, environment_id, until):
            queries.number(self._session, environment_id, MOST_NUMBERED)
        queries.number(self._session, environment_id, MOST_NUMBERED)

    def list_after(self, environment_id: str, after: str, limit: int) -> list[Event]:
        """Return up to `limit` events that follow the one named; from the first where it is not the environment's."""
        place = queries.position(self._session, environment_id, after)
        return queries.events_after(self._session, environment_id, place, limit)


class Feed:
    """Events for who pulls them: what has happened since the last time is numbered first."""

    def __init__(
        self,
        *,
        reading: Callable[[], AbstractContextManager[Events]],
        writing: Callable[[], AbstractContextManager[Events]],
    ) -> None:
        """Take a way to read, and a unit of work to number in."""
        self._reading = reading
        self._writing = writing

    def list_after(self, environment_id: str, after: str, limit: int) -> list[Event]:
        """Return up to `limit` events that follow the one named, in order; empty text begins at the first."""
        with self._reading() as events:
            if events.are_numbered(environment_id):
                return events.list_after(environment_id, after, limit)
        with self._writing() as events:
            events.number(environment_id, until=after)
            return events.list_after(environment_id, after, limit)


class Deliveries:
    """The queue: claim what is due, and say what came of it."""

    def __init__(self, *, session: Session, clock: Clock, box: SecretBox) -> None:
        """Work within this session; the clock is the machine's, as queues are kept."""
        self._session = session
        self._clock = clock
        self._box = box

    def claim(self, limit: int) -> list[rules.Claimed]:
        """Take up to `limit` due deliveries for one lease."""
        now, fence = self._clock.now(), new_id("fnc")
        ids = queries.claim(self._session, now=now, until=now + rules.LEASE, fence=fence, limit=limit)
        return [
            rules.Claimed(
                id=row.id,
                fence=fence,
                number=row.attempts + 1,
                url=row.url,
                secret=self._open(row.sealed_secret, row.environment_id),
                event_id=row.event_id,
                body=row.body.encode(),
            )
            for row in (queries.claimed(self._session, ids) if ids else ())
        ]

    def _open(self, sealed: str, environment_id: str) -> str | None:
        try:
            return self._box.open(sealed, owner=environment_id)
        except Undecryptable:
            return None

    def queue(self) -> tuple[int, timedelta]:
        """Return how many deliveries wait, and how long the oldest that is due has been."""
        waiting, oldest = queries.queue(self._session)
        late = timedelta(0) if oldest is None else max(self._clock.now() - oldest, timedelta(0))
        return waiting, late

    def finish(self, claimed: rules.Claimed, outcome: rules.Outcome) -> bool:
        """Keep the attempt and what follows from it; False when another worker holds the delivery by now."""
        found = self._session.scalars(
            select(Delivery).where(Delivery.id == claimed.id, Delivery.fence == claimed.fence).with_for_update()
        ).one_or_none()
        if found is None:
            return False
        self._session.add(_attempt(claimed, outcome))
        self._advance(found, outcome)
        self._session.flush()
        return True

    def bring_forward(self, environment_id: str, by: timedelta) -> None:
        """Let what waits fall due earlier: the environment's time was advanced."""
        queries.bring_forward(self._session, environment_id, by)

    def _advance(self, delivery: Delivery, outcome: rules.Outcome) -> None:
        delivery.attempts += 1
        delivery.fence = None
        due = rules.next_due(delivery.attempts, self._clock.now(), _chance())
        if outcome.is_success or due is None:
            delivery.state = rules.DELIVERED if outcome.is_success else rules.FAILED
            delivery.ended_at = self._clock.now()
        else:
            delivery.due_at = due


def _attempt(claimed: rules.Claimed, outcome: rules.Outcome) -> Attempt:
    return Attempt(
        delivery_id=claimed.id,
        number=claimed.number,
        started_at=outcome.started_at,
        duration_ms=outcome.duration_ms,
        url=claimed.url,
        status=outcome.status,
        error=outcome.error,
        answer=outcome.answer[: rules.ANSWER_KEPT],
    )


def _chance() -> Fraction:
    return Fraction(secrets.randbelow(PRECISION), PRECISION)
