"""What is read of events in their order, and the statement that gives them their places."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from widget_host.domain.feed.rules import NOT_FOLLOWED
from widget_host.domain.redelivery.models import Resend
from widget_host.domain.webhooks.models import Event
from widget_host.domain.webhooks.rules import TEST
from widget_host.kit.db import UtcDateTime, known

Placed = type[Event] | type[Resend]
# Events stand in the order of their time, but for those that were kept late: so the first since a moment is found by
# halving, each time by one row of the index.
_HALVED = text("""
    WITH RECURSIVE halves (low, high) AS (
        SELECT CAST(1 AS BIGINT), CAST(:last AS BIGINT) + 1
        UNION ALL
        SELECT CASE WHEN e.id IS NULL THEN low ELSE (low + high) / 2 + 1 END,
               CASE WHEN e.id IS NULL THEN (low + high) / 2 ELSE high END
        FROM halves LEFT JOIN events e
          ON e.environment_id = :environment AND e.position = (low + high) / 2 AND e.created_at < :before
        WHERE low < high)
    SELECT low FROM halves WHERE low = high""").bindparams(bindparam("before", type_=UtcDateTime()))


def unnumbered(session: Session, model: Placed, environment_id: str, limit: int) -> list[str]:
    """Return the ids of the environment's first rows without a position."""
    waiting = select(model.id).where(model.environment_id == environment_id, model.position.is_(None))
    return list(session.scalars(waiting.order_by(model.id).limit(limit)))


def number(session: Session, model: Placed, environment_id: str, limit: int) -> None:
    """Give the environment's first rows without a position the next ones; the caller holds the lock."""
    last = last_position(session, model, environment_id)
    place = func.row_number().over(order_by=model.id).label("place")
    waiting = select(model.id, place).where(model.environment_id == environment_id, model.position.is_(None))
    first = waiting.order_by(model.id).limit(limit).subquery()
    numbered = update(model).where(model.id == first.c.id).values(position=last + first.c.place)
    session.execute(numbered, execution_options={"synchronize_session": False})


def last_position(session: Session, model: Placed, environment_id: str) -> int:
    """Return the highest position that was given, 0 where none was."""
    given = select(func.max(model.position)).where(model.environment_id == environment_id, model.position.is_not(None))
    return session.scalar(given) or 0


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
    wanted = select(Event).where(Event.environment_id == environment_id, Event.position > place, Event.type != TEST)
    return list(session.scalars(wanted.order_by(Event.position).limit(known(limit))))


def first_since(session: Session, environment_id: str, since: datetime, before: datetime) -> int | None:
    """Return the position of the first event that happened since then; none was kept so late that `before` is not."""
    wanted = {"environment": environment_id, "last": last_position(session, Event, environment_id), "before": before}
    begin = session.execute(_HALVED, wanted).scalar_one()
    found = select(Event.position).where(
        Event.environment_id == environment_id, Event.position >= begin, Event.created_at >= since
    )
    return session.scalar(found.order_by(Event.position).limit(known(1)))


def told_after(session: Session, environment_id: str, place: int, limit: int) -> Sequence[Event]:
    """Return events after a place that webhooks tell of, in order."""
    wanted = select(Event).where(Event.environment_id == environment_id, Event.position > place)
    return session.scalars(
        wanted.where(Event.type.not_in(NOT_FOLLOWED)).order_by(Event.position).limit(known(limit))
    ).all()


def resent_after(session: Session, environment_id: str, place: int, limit: int) -> list[Row[Any]]:
    """Return events that were sent again after a place, in the order in which that was asked for."""
    columns = (Resend.position, Event.id, Event.type, Event.body)
    wanted = select(*columns).join(Event, Event.id == Resend.event_id)
    wanted = wanted.where(Resend.environment_id == environment_id, Resend.position > place)
    wanted = wanted.where(Event.type.not_in(NOT_FOLLOWED)).order_by(Resend.position)
    return list(session.execute(wanted.limit(limit)))
