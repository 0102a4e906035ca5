"""Issuers and their environments."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class Organization(Table):
    """An issuer: a bank or fintech whose customers turn value into points."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    client_id: Mapped[str] = mapped_column(String(40), unique=True)
    points_mode: Mapped[bool]
    profile: Mapped[dict[str, Any]]
    kyb_approved_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Environment(Table):
    """One of an organization's two worlds, sandbox or production; nothing is ever seen across."""

    __tablename__ = "environments"
    __table_args__ = (UniqueConstraint("organization_id", "kind"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[str] = mapped_column(String(12))
    tenant_key: Mapped[str] = mapped_column(String(40), unique=True)
    local_currency: Mapped[str] = mapped_column(String(3))
    allowed_origins: Mapped[list[str]]
    return_urls: Mapped[list[str]]
    clock_ahead_ms: Mapped[int]
    theme: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    @property
    def clock_ahead(self) -> timedelta:
        """How far the environment's time is ahead of the machine's; nothing in production."""
        return timedelta(milliseconds=self.clock_ahead_ms)
