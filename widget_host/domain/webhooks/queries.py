"""What is read of events, endpoints and deliveries, and the one statement that claims."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from widget_host.domain.webhooks.models import Delivery, Endpoint, Event
from widget_host.domain.webhooks.rules import WAITING


def enabled_endpoints(session: Session, environment_id: str) -> list[str]:
    """Return the ids of the endpoints that get this environment's events."""
    found = select(Endpoint.id).where(Endpoint.environment_id == environment_id, Endpoint.enabled)
    return list(session.scalars(found.order_by(Endpoint.id)))


def last_sequence(session: Session, environment_id: str, subject: str) -> int:
    """Return the number of the subject's latest event, 0 when it has none."""
    latest = select(func.max(Event.sequence)).where(Event.environment_id == environment_id, Event.subject == subject)
    return session.scalar(latest) or 0


def claim(session: Session, *, now: datetime, until: datetime, fence: str, limit: int) -> list[str]:
    """Take up to `limit` due deliveries under a lease and return their ids; no two workers get the same one.

    A claimed delivery is due again when its lease ends: a worker that died loses nothing.
    """
    due = (
        select(Delivery.id)
        .where(Delivery.state == WAITING, Delivery.due_at <= now)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # Apart from the UPDATE: PostgreSQL may run a plain subquery again for each row, and take more than the limit.
        .cte("due")
    )
    taken = (
        update(Delivery)
        .where(Delivery.id.in_(select(due.c.id)))
        .values(due_at=until, fence=fence)
        .returning(Delivery.id)
    )
    return list(session.scalars(taken.execution_options(synchronize_session=False)))


def queue(session: Session) -> tuple[int, datetime | None]:
    """Return how many deliveries wait, and when the first of them is due."""
    row = session.execute(select(func.count(), func.min(Delivery.due_at)).where(Delivery.state == WAITING)).one()
    return row[0], row[1]


def claimed(session: Session, delivery_ids: list[str]) -> list[Row[Any]]:
    """Return what is needed to send these deliveries, with the endpoint's address and secret as they are now."""
    return list(
        session.execute(
            select(
                Delivery.id,
                Delivery.attempts,
                Delivery.environment_id,
                Endpoint.url,
                Endpoint.sealed_secret,
                Event.id.label("event_id"),
                Event.body,
            )
            .join(Event, Event.id == Delivery.event_id)
            .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
            .where(Delivery.id.in_(delivery_ids))
            .order_by(Event.id, Delivery.id)
        )
    )


def bring_forward(session: Session, environment_id: str, by: timedelta) -> None:
    """Let the environment's waiting deliveries fall due earlier by this much."""
    waiting = select(Delivery).where(Delivery.environment_id == environment_id, Delivery.state == WAITING)
    for delivery in session.scalars(waiting.with_for_update()):
        delivery.due_at -= by
    session.flush()


def unnumbered(session: Session, environment_id: str, limit: int) -> list[str]:
    """Return the ids of the environment's first events without a position."""
    waiting = select(Event.id).where(Event.environment_id == environment_id, Event.position.is_(None))
    return list(session.scalars(waiting.order_by(Event.id).limit(limit)))


def number(session: Session, environment_id: str, limit: int) -> None:
    """Give the environment's first events without a position the next ones; the caller holds the lock."""
    of_environment = Event.environment_id == environment_id
    last = session.scalar(select(func.max(Event.position)).where(of_environment, Event.position.is_not(None))) or 0
    place = func.row_number().over(order_by=Event.id).label("place")
    waiting = select(Event.id, place).where(of_environment, Event.position.is_(None))
    first = waiting.order_by(Event.id).limit(limit).subquery()
    numbered = update(Event).where(Event.id == first.c.id).values(position=last + first.c.place)
    session.execute(numbered, execution_options={"synchronize_session": False})


def position(session: Session, environment_id: str, event_id: str) -> int:
    """Return where the event stands: 0 for one that is not the environment's, or has no position."""
    found = select(Event.position).where(Event.environment_id == environment_id, Event.id == event_id)
    return session.scalar(found) or 0


def is_waiting(session: Session, environment_id: str, event_id: str) -> bool:
    """Whether this is an event of the environment's that has no position."""
    waiting = select(Event.id).where(
        Event.environment_id == environment_id, Event.id == event_id, Event.position.is_(None)
    )
    return session.scalar(waiting) is not None


def events_after(session: Session, environment_id: str, place: int, limit: int) -> list[Event]:
    """Return the environment's events that stand after a place, in order."""
    wanted = select(Event).where(Event.environment_id == environment_id, Event.position > place)
    return list(session.scalars(wanted.order_by(Event.position).limit(limit)))
