"""What is read of endpoints and their secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from widget_host.domain.endpoints.models import Endpoint, EndpointSecret


def wanting(session: Session, environment_id: str, kind: str) -> list[tuple[str, bool]]:
    """Return the enabled endpoints that get this kind of event, each with whether it wants them in order."""
    found = select(Endpoint.id, Endpoint.event_types, Endpoint.ordered).where(
        Endpoint.environment_id == environment_id, Endpoint.enabled
    )
    rows = session.execute(found.order_by(Endpoint.id)).all()
    return [(row.id, row.ordered) for row in rows if not row.event_types or kind in row.event_types]


def listed(session: Session, environment_id: str) -> Sequence[Endpoint]:
    """Return the environment's endpoints, the newest first."""
    mine = select(Endpoint).where(Endpoint.environment_id == environment_id, Endpoint.deleted_at.is_(None))
    return session.scalars(mine.order_by(Endpoint.id.desc())).all()


def count(session: Session, environment_id: str) -> int:
    """Return how many endpoints the environment has."""
    mine = select(func.count()).where(Endpoint.environment_id == environment_id, Endpoint.deleted_at.is_(None))
    return session.scalar(mine) or 0


def live_secrets(session: Session, endpoint_ids: Sequence[str], now: datetime) -> Sequence[EndpointSecret]:
    """Return the secrets of these endpoints that have not ended, the newest first."""
    live = select(EndpointSecret).where(
        EndpointSecret.endpoint_id.in_(endpoint_ids),
        or_(EndpointSecret.ends_at.is_(None), EndpointSecret.ends_at > now),
    )
    return session.scalars(live.order_by(EndpointSecret.id.desc())).all()


def to_send_to(session: Session, endpoint_ids: Sequence[str]) -> Sequence[Row[Any]]:
    """Return what a delivery needs of these endpoints, as they are now."""
    return session.execute(
        select(
            Endpoint.id,
            Endpoint.environment_id,
            Endpoint.url,
            Endpoint.authentication,
            Endpoint.sealed_credential,
            or_(Endpoint.failing_since.is_not(None), Endpoint.window_from.is_not(None)).label("is_troubled"),
        ).where(Endpoint.id.in_(endpoint_ids))
    ).all()


def locked(session: Session, endpoint_ids: Sequence[str]) -> Sequence[Endpoint]:
    """Return these endpoints, held in one order, so that two workers never wait for each other.

    Held as far as it is needed: who makes a delivery for one of them does not wait.
    """
    found = select(Endpoint).where(Endpoint.id.in_(endpoint_ids)).order_by(Endpoint.id)
    return session.scalars(found.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def find_unlocked(session: Session, endpoint_id: str) -> Endpoint | None:
    """Return the endpoint and hold it, None where somebody else does."""
    found = select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update(skip_locked=True, key_share=True)
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()
