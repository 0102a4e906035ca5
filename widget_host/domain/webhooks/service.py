"""What may be done with events and deliveries."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from widget_host.domain.endpoints import queries as endpoint_queries
from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.endpoints.rules import PROBE_EVERY
from widget_host.domain.endpoints.service import Endpoints
from widget_host.domain.webhooks import queries, rules
from widget_host.domain.webhooks.models import Attempt, Delivery, Event
from widget_host.kit.clock import Clock, EnvironmentClock
from widget_host.kit.ids import new_id

PRECISION = 1 << 32
# The table itself: what maps rows to objects costs more than the rows.
ATTEMPTS = cast("Table", Attempt.__table__)


class Outbox:
    """Writes events and their deliveries beside what caused them, in the same transaction."""

    def __init__(self, *, session: Session, clock: EnvironmentClock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def record(self, environment_id: str, event_id: str, kind: str, subject: str, payload: Mapping[str, Any]) -> None:
        """Keep an event about a subject, and a delivery to every enabled endpoint that wants it, due now.

        `payload` is what follows `id`, `type` and `sequence` in the body; decimals in it are written as JSON numbers.
        """
        sequence = self._write(environment_id, event_id, kind, subject, payload)
        if kind not in rules.NOT_SENT:
            wanting = endpoint_queries.wanting(self._session, environment_id, kind)
            self._enqueue(environment_id, event_id, subject, sequence, wanting)

    def record_test(self, environment_id: str, endpoint_id: str, payload: Mapping[str, Any]) -> str:
        """Keep an event for one endpoint alone, due now, and return its delivery's id."""
        event_id, kind = new_id("evt"), rules.TEST
        sequence = self._write(environment_id, event_id, kind, endpoint_id, payload)
        return self._enqueue(environment_id, event_id, endpoint_id, sequence, [(endpoint_id, False)])[0]

    def _write(self, environment_id: str, event_id: str, kind: str, subject: str, payload: Mapping[str, Any]) -> int:
        sequence = queries.last_sequence(self._session, environment_id, subject) + 1
        told = rules.Told(environment_id, event_id, kind, subject, payload, sequence)
        self._session.execute(insert(Event), [told.row(self._clock.now())])
        self._session.info.setdefault("told", []).append(kind)
        return sequence

    def _enqueue(
        self, environment_id: str, event_id: str, subject: str, sequence: int, wanting: Sequence[tuple[str, bool]]
    ) -> list[str]:
        now = self._clock.machine.now()
        rows = [
            delivery(environment_id, event_id, endpoint_id, now)
            | ({"subject": subject, "sequence": sequence} if is_ordered else {"subject": None, "sequence": None})
            for endpoint_id, is_ordered in wanting
        ]
        if rows:
            self._session.execute(insert(Delivery), rows)
            self._session.info["enqueued"] = True
        return [str(row["id"]) for row in rows]


def delivery(environment_id: str, event_id: str, endpoint_id: str, now: datetime) -> dict[str, Any]:
    """Return a new delivery's row, due now."""
    return {
        "id": new_id("dlv"),
        "environment_id": environment_id,
        "event_id": event_id,
        "endpoint_id": endpoint_id,
        "state": rules.WAITING,
        "attempts": 0,
        "tries": 0,
        "due_at": now,
        "created_at": now,
    }


class Deliveries:
    """The queue: claim what is due, and say what came of it."""

    def __init__(self, *, session: Session, clock: Clock, endpoints: Endpoints) -> None:
        """Work within this session; the clock is the machine's, as queues are kept."""
        self._session = session
        self._clock = clock
        self._endpoints = endpoints

    def claim(self, free: int, held: Mapping[str, int] | None = None) -> list[rules.Claimed]:
        """Take due deliveries for one lease, as many as senders are free, divided fairly among the endpoints.

        `held` says how many of this worker's senders each endpoint has already.
        """
        now, fence = self._clock.now(), new_id("fnc")
        due = queries.due_endpoints(self._session, now)
        given = rules.shares(due, held or {}, free)
        taken: list[str] = []
        for each in (each for each in due if each.endpoint_id in given):
            taken += self._claim_of(each, given[each.endpoint_id], now, fence)
        return self._claimed(taken, fence) if taken else []

    def _claim_of(self, due: rules.Due, limit: int, now: datetime, fence: str) -> list[str]:
        lease: dict[str, Any] = {"now": now, "until": now + rules.LEASE, "fence": fence}
        if not due.is_tripped and due.per_second is None:
            return queries.claim(self._session, due.endpoint_id, **lease, limit=limit)
        # Breaker and throttle hold for all workers together: one at a time decides.
        endpoint = self._endpoints.find_free(due.endpoint_id)
        if endpoint is None:
            return []
        if endpoint.tripped_at is not None:
            is_time = endpoint.enabled and endpoint.probe_at is not None and endpoint.probe_at <= now
            endpoint.probe_at = now + PROBE_EVERY if is_time else endpoint.probe_at
            return queries.claim(self._session, endpoint.id, **lease, limit=1) if is_time else []
        return self._claim_throttled(endpoint, limit, lease)

    def _claim_throttled(self, endpoint: Endpoint, limit: int, lease: dict[str, Any]) -> list[str]:
        per_second = endpoint.per_second or 1
        allowed, start = rules.allowance(rules.Due(endpoint.id, per_second, endpoint.free_at), lease["now"])
        if not allowed:
            return []
        taken = queries.claim(self._session, endpoint.id, **lease, limit=min(limit, allowed))
        endpoint.free_at = rules.used(start, per_second, len(taken))
        return taken

    def _claimed(self, delivery_ids: Sequence[str], fence: str) -> list[rules.Claimed]:
        self._session.flush()
        rows = queries.claimed(self._session, delivery_ids)
        receivers = self._endpoints.receivers(list({row.endpoint_id for row in rows}))
        return [
            rules.Claimed(
                id=row.id,
                fence=fence,
                number=row.attempts + 1,
                tries=row.tries + 1,
                event_id=row.event_id,
                body=row.body.encode(),
                receiver=receivers[row.endpoint_id],
            )
            for row in rows
        ]

    def queue(self) -> tuple[int, timedelta]:
        """Return how many deliveries wait, and how long the oldest that is due has been."""
        waiting, oldest = queries.queue(self._session)
        late = timedelta(0) if oldest is None else max(self._clock.now() - oldest, timedelta(0))
        return waiting, late

    def finish(self, done: Sequence[tuple[rules.Claimed, rules.Outcome]]) -> set[str]:
        """Keep attempts and what follows from them; return the ids of those that were not another worker's by now."""
        now = self._clock.now()
        # Two attempts at one delivery within one call: the lease of the first is over.
        latest = {claimed.id: (claimed, outcome) for claimed, outcome in done}.values()
        kept = set(self._settle_taken([each for each in latest if each[1].is_success], now))
        for claimed, outcome in (each for each in latest if not each[1].is_success):
            values = _after_failure(claimed, outcome, now)
            kept.update(queries.settle_failed(self._session, claimed.id, fence=claimed.fence, values=values))
        settled = [each for each in latest if each[0].id in kept]
        if settled:
            self._session.execute(insert(ATTEMPTS), [_attempt(*each) for each in settled])
        if tallies := rules.tallies(settled):
            self._endpoints.note(tallies)
        return kept

    def _settle_taken(self, done: Sequence[tuple[rules.Claimed, rules.Outcome]], now: datetime) -> list[str]:
        found: list[str] = []
        for fence, ids in _by_fence([claimed for claimed, _ in done]).items():
            found += queries.settle_taken(self._session, ids, fence=fence, now=now)
        return found

    def hand_back(self, claimed: Sequence[rules.Claimed]) -> None:
        """Let deliveries that were not tried be due for another worker at once."""
        for fence, ids in _by_fence(claimed).items():
            queries.release(self._session, ids, fence=fence, now=self._clock.now())

    def bring_forward(self, environment_id: str, by: timedelta) -> None:
        """Let what waits fall due earlier: the environment's time was advanced."""
        queries.bring_forward(self._session, environment_id, by)

    def forget(self, older_than: timedelta, limit: int = 1000) -> int:
        """Take away what ended longer ago than this, some at a time, and return how many there were."""
        return queries.forget(self._session, self._clock.now() - older_than, limit)


def _by_fence(claimed: Sequence[rules.Claimed]) -> dict[str, list[str]]:
    by_fence: dict[str, list[str]] = {}
    for each in claimed:
        by_fence.setdefault(each.fence, []).append(each.id)
    return by_fence


def _after_failure(claimed: rules.Claimed, outcome: rules.Outcome, now: datetime) -> dict[str, Any]:
    due = rules.next_due(claimed.tries, now, _chance(), outcome)
    return {"state": rules.FAILED, "ended_at": now} if due is None else {"due_at": due}


def _attempt(claimed: rules.Claimed, outcome: rules.Outcome) -> dict[str, Any]:
    return {
        "delivery_id": claimed.id,
        "number": claimed.number,
        "started_at": outcome.started_at,
        "duration_ms": outcome.duration_ms,
        "url": claimed.receiver.url,
        "status": outcome.status,
        "error": outcome.error,
        "header_names": list(outcome.header_names[: rules.LONGEST_NAMES]),
        "answer": outcome.answer[: rules.ANSWER_KEPT],
    }


def _chance() -> Fraction:
    return Fraction(secrets.randbelow(PRECISION), PRECISION)
