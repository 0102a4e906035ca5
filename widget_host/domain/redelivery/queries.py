"""What is read of deliveries by who looks back on them, and the statements that send many again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, select, update
from sqlalchemy.orm import Session

from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.webhooks.models import STANDS, Attempt, Delivery, Event
from widget_host.domain.webhooks.rules import FAILED, NOT_SENT, TEST, WAITING
from widget_host.kit.db import known


def deliveries(
    session: Session, endpoint_id: str, *, state: str | None, before: str | None, limit: int
) -> Sequence[tuple[Delivery, str]]:
    """Return an endpoint's deliveries with the type of their event, the newest first, made before the one named."""
    found = select(Delivery, Event.type).join(Event, Event.id == Delivery.event_id)
    found = found.where(Delivery.endpoint_id == endpoint_id)
    if state is not None:
        found = found.where(Delivery.state == STANDS[state])
    if before is not None:
        found = found.where(Delivery.id < before)
    return [(row[0], row[1]) for row in session.execute(found.order_by(Delivery.id.desc()).limit(known(limit)))]


def find_delivery(session: Session, environment_id: str, delivery_id: str) -> tuple[Delivery, str] | None:
    """Return a delivery of the environment to an endpoint that is still there, with the type of its event."""
    found = (
        select(Delivery, Event.type)
        .join(Event, Event.id == Delivery.event_id)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Delivery.id == delivery_id, Delivery.environment_id == environment_id, Endpoint.deleted_at.is_(None))
    )
    row = session.execute(found).one_or_none()
    return None if row is None else (row[0], row[1])


def attempts(session: Session, delivery_ids: Sequence[str]) -> Sequence[Attempt]:
    """Return the attempts at these deliveries, in their order."""
    of_these = select(Attempt).where(Attempt.delivery_id.in_(delivery_ids))
    return session.scalars(of_these.order_by(Attempt.delivery_id, Attempt.number)).all()


def resend_failed(
    session: Session, endpoint: Endpoint, since: datetime, *, first_id: str, now: datetime, limit: int
) -> list[str]:
    """Let up to so many failed deliveries of events since then wait again, and return the ids of their events."""
    failed = (
        select(Delivery.id)
        .join(Event, Event.id == Delivery.event_id)
        .where(Delivery.endpoint_id == endpoint.id, Delivery.state == STANDS[FAILED])
        .where(Event.id >= first_id, Event.created_at >= since)
        .order_by(Delivery.id)
        .limit(limit)
    )
    again = (
        update(Delivery)
        .where(Delivery.id.in_(failed))
        .values(state=WAITING, tries=0, due_at=now, ended_at=None, fence=None)
        .returning(Delivery.event_id)
    )
    return list(session.scalars(again.execution_options(synchronize_session=False)))


def never_sent(session: Session, endpoint: Endpoint, since: datetime, *, first_id: str, limit: int) -> list[Row[Any]]:
    """Return up to so many events since then that the endpoint wants and that were never on their way to it."""
    is_known = exists().where(Delivery.event_id == Event.id, Delivery.endpoint_id == endpoint.id)
    missed = select(Event.id, Event.subject, Event.sequence).where(
        Event.environment_id == endpoint.environment_id,
        Event.id >= first_id,
        Event.created_at >= since,
        Event.type.not_in((*NOT_SENT, TEST)),
        ~is_known,
    )
    if endpoint.event_types:
        missed = missed.where(Event.type.in_(endpoint.event_types))
    return list(session.execute(missed.order_by(Event.id).limit(limit)))
