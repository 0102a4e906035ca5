"""What is read of the host's own running."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from widget_host.domain.upkeep.models import AuditEvent, LedgerCheck, WorkerPulse
from widget_host.kit.many import insert_many


def update_pulse(session: Session, name: str, seen_at: datetime) -> None:
    """Change when this kind of worker was last seen."""
    session.execute(update(WorkerPulse).where(WorkerPulse.name == name).values(seen_at=seen_at))


def last_check(session: Session) -> LedgerCheck | None:
    """Return the latest look through the ledger."""
    return session.scalars(select(LedgerCheck).order_by(LedgerCheck.id.desc()).limit(1)).one_or_none()


def add_audit_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the trail."""
    insert_many(session, AuditEvent, rows)


def audit_events(
    session: Session, *, environment_id: str | None, event: str | None, since: datetime | None, limit: int
) -> list[AuditEvent]:
    """Return the newest lines of the trail that fit, newest first."""
    wanted = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if environment_id is not None:
        wanted = wanted.where(AuditEvent.environment_id == environment_id)
    if event is not None:
        wanted = wanted.where(AuditEvent.event == event)
    if since is not None:
        wanted = wanted.where(AuditEvent.at >= since)
    return list(session.scalars(wanted))
