"""What is read of events and deliveries, and the statements that claim and settle."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Text, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.webhooks.models import STANDS, Attempt, Delivery, Event
from widget_host.domain.webhooks.rules import DELIVERED, WAITING, Due
from widget_host.kit.db import UtcDateTime
from widget_host.kit.together import Drawn

MOST_ENDPOINTS = 500
# A delivery to every enabled endpoint that wants the first event of a subject; its id begins as the event's.
_DELIVERIES = """INSERT INTO deliveries
    (id, environment_id, event_id, endpoint_id, state, attempts, tries, due_at, created_at, subject, sequence)"""
_ENQUEUE = """
    SELECT 'dlv' || {letters}, w.environment_id, {{event_id}}, w.id, 'waiting', 0, 0, {{due_at}}, {{due_at}},
      CASE WHEN w.ordered THEN {{subject}} END, CASE WHEN w.ordered THEN 1 END
    FROM {{source}}webhook_endpoints w
    WHERE w.environment_id = {{environment_id}} AND w.enabled AND {wants}"""
ENQUEUE = Drawn(
    _DELIVERIES,
    {
        "postgresql": _ENQUEUE.format(
            letters="substr({event_id}, 4, 14) || substr(md5({event_id} || w.id), 1, 13)",
            wants="(w.event_types = '[]' OR w.event_types ? {kind})",
        ),
        "sqlite": _ENQUEUE.format(
            letters="substr({event_id}, 4, 24) || printf('%03x', row_number() OVER (ORDER BY w.id))",
            wants="(w.event_types = '[]' OR {kind} IN (SELECT value FROM json_each(w.event_types)))",
        ),
    },
    {"event_id": Text(), "due_at": UtcDateTime(), "subject": Text(), "environment_id": Text(), "kind": Text()},
)
UNSYNCHRONIZED = {"synchronize_session": False}


def last_sequence(session: Session, environment_id: str, subject: str) -> int:
    """Return the number of the subject's latest event, 0 when it has none."""
    latest = select(func.max(Event.sequence)).where(Event.environment_id == environment_id, Event.subject == subject)
    return session.scalar(latest) or 0


def due_endpoints(session: Session, now: datetime) -> list[Due]:
    """Return the endpoints for which something is due, who waited longest first; not those that rest.

    One look at the start of each endpoint's queue: how long a queue is makes no difference.
    """
    first = (
        select(func.min(Delivery.due_at))
        .where(Delivery.endpoint_id == Endpoint.id, Delivery.state == WAITING)
        .scalar_subquery()
    )
    awake = (
        select(
            Endpoint.id,
            Endpoint.per_second,
            Endpoint.free_at,
            Endpoint.tripped_at.is_not(None).label("is_tripped"),
            Endpoint.failing_since.is_not(None).label("is_failing"),
            first.label("first"),
        )
        .where(Endpoint.enabled, or_(Endpoint.tripped_at.is_(None), Endpoint.probe_at <= now))
        .subquery()
    )
    found = select(awake).where(awake.c.first <= now).order_by(awake.c.first, awake.c.id).limit(MOST_ENDPOINTS)
    rows = session.execute(found)
    return [Due(row.id, row.per_second, row.free_at, row.is_tripped, row.is_failing) for row in rows]


def claim(session: Session, endpoint_id: str, *, now: datetime, until: datetime, fence: str, limit: int) -> list[str]:
    """Take up to `limit` of an endpoint's due deliveries under a lease; no two workers get the same one.

    A claimed delivery is due again when its lease ends: a worker that died loses nothing. Where order matters, one
    waits for every earlier one of its subject.
    """
    earlier = aliased(Delivery)
    is_behind = exists().where(
        earlier.endpoint_id == Delivery.endpoint_id,
        earlier.subject == Delivery.subject,
        earlier.state == WAITING,
        earlier.sequence < Delivery.sequence,
    )
    due = (
        select(Delivery.id)
        .where(Delivery.endpoint_id == endpoint_id, Delivery.state == WAITING, Delivery.due_at <= now)
        .where(or_(Delivery.subject.is_(None), ~is_behind))
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
        # Apart from the UPDATE: PostgreSQL may run a plain subquery again for each row, and take more than the limit.
        .cte("due")
    )
    taken = (
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(due_at=until, fence=fence)
        .returning(Delivery.id)
    )
    return list(session.scalars(taken.execution_options(**UNSYNCHRONIZED)))


def claimed(session: Session, delivery_ids: Sequence[str]) -> list[Row[Any]]:
    """Return what is needed to send these deliveries, the oldest event first."""
    columns = (Delivery.id, Delivery.endpoint_id, Delivery.attempts, Delivery.tries, Event.id.label("event_id"))
    found = select(*columns, Event.body).join(Event, Event.id == Delivery.event_id)
    return list(session.execute(found.where(Delivery.id.in_(delivery_ids)).order_by(Event.id, Delivery.id)))


def settle_taken(session: Session, delivery_ids: Sequence[str], *, fence: str, now: datetime) -> list[str]:
    """End deliveries that were taken, and return those that were still this fence's."""
    values = {"state": DELIVERED, "ended_at": now}
    return _settle(session, delivery_ids, fence, values)


def settle_failed(session: Session, delivery_id: str, *, fence: str, values: dict[str, Any]) -> list[str]:
    """Let a delivery wait or end, if it is still this fence's."""
    return _settle(session, [delivery_id], fence, values)


def _settle(session: Session, delivery_ids: Sequence[str], fence: str, values: dict[str, Any]) -> list[str]:
    settled = (
        update(Delivery)
        .where(Delivery.id.in_(delivery_ids), Delivery.fence == fence)
        .values(attempts=Delivery.attempts + 1, tries=Delivery.tries + 1, fence=None, **values)
        .returning(Delivery.id)
    )
    return list(session.scalars(settled.execution_options(**UNSYNCHRONIZED)))


def release(session: Session, delivery_ids: Sequence[str], *, fence: str, now: datetime) -> None:
    """Let deliveries be due at once, those that are still this fence's."""
    mine = update(Delivery).where(Delivery.id.in_(delivery_ids), Delivery.fence == fence)
    session.execute(mine.values(due_at=now, fence=None).execution_options(**UNSYNCHRONIZED))


def queue(session: Session) -> tuple[int, datetime | None]:
    """Return how many deliveries wait for endpoints that are sent to, and when the first of them is due."""
    waiting = select(func.count(), func.min(Delivery.due_at)).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    row = session.execute(waiting.where(Delivery.state == WAITING, Endpoint.enabled)).one()
    return row[0], row[1]


def bring_forward(session: Session, environment_id: str, by: timedelta) -> None:
    """Let the environment's waiting deliveries fall due earlier by this much."""
    waiting = select(Delivery).where(Delivery.environment_id == environment_id, Delivery.state == WAITING)
    for delivery in session.scalars(waiting.with_for_update()):
        delivery.due_at -= by
    session.flush()


def forget(session: Session, before: datetime, limit: int) -> int:
    """Take away deliveries that ended before, and what waits for deleted endpoints, with their attempts."""
    is_old = and_(Delivery.ended_at.is_not(None), Delivery.ended_at < before)
    of_deleted = Delivery.endpoint_id.in_(select(Endpoint.id).where(Endpoint.deleted_at.is_not(None)))
    ids = list(session.scalars(select(Delivery.id).where(is_old).limit(limit)))
    ids += session.scalars(select(Delivery.id).where(of_deleted, Delivery.state == STANDS[WAITING]).limit(limit))
    if ids:
        session.execute(delete(Attempt).where(Attempt.delivery_id.in_(ids)).execution_options(**UNSYNCHRONIZED))
        session.execute(delete(Delivery).where(Delivery.id.in_(ids)).execution_options(**UNSYNCHRONIZED))
    return len(ids)
