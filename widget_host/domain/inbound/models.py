"""The secrets that sign webhooks to us, and the events that came."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class InboundSecret(Table):
    """A secret that others sign with; it speaks for one program where one is named, else for the issuer's systems."""

    __tablename__ = "inbound_secrets"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"), index=True)
    program_id: Mapped[str | None] = mapped_column(ForeignKey("programs.id"))
    sealed_secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class InboundEvent(Table):
    """An event that was taken, by the id inside its signed body; the body's hash tells a repeat from another event."""

    __tablename__ = "inbound_events"
    __table_args__ = (Index("ix_inbound_events_received_at", "environment_id", "received_at"),)

    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
