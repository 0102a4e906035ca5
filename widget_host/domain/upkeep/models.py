"""Signs of life, checks of the books and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class WorkerPulse(Table):
    """When a kind of worker was last seen at work, whichever process and machine it ran on."""

    __tablename__ = "worker_pulses"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    seen_at: Mapped[datetime]


class LedgerCheck(Table):
    """One look through the whole ledger, and what was broken."""

    __tablename__ = "ledger_checks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    checked_at: Mapped[datetime]
    broken: Mapped[dict[str, Any]]


class AuditEvent(Table):
    """One line of the audit trail; never changed, never deleted by the host."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_environment", "environment_id", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(60))
    environment_id: Mapped[str | None] = mapped_column(String(40))
    details: Mapped[dict[str, Any]]
