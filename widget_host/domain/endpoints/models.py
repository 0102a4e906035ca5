"""Endpoints and the secrets that sign for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.domain.endpoints.rules import Health
from widget_host.kit.db import Table


class Endpoint(Table):
    """An address of the issuer's backend, what it wants, and how its deliveries went lately.

    `event_types` is empty for all; `authentication` holds what may be shown, `sealed_credential` the rest. What the
    breaker and the throttle remember is kept in the machine's time.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"), index=True)
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(200))
    event_types: Mapped[list[str]]
    authentication: Mapped[dict[str, Any]]
    sealed_credential: Mapped[str | None] = mapped_column(Text)
    ordered: Mapped[bool]
    per_second: Mapped[int | None] = mapped_column(Integer)
    enabled: Mapped[bool]
    disabled_reason: Mapped[str | None] = mapped_column(String(12))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer)
    window_from: Mapped[datetime | None]
    window_attempts: Mapped[int] = mapped_column(Integer)
    window_failures: Mapped[int] = mapped_column(Integer)
    tripped_at: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    free_at: Mapped[datetime | None]

    @property
    def health(self) -> Health:
        """How its deliveries went lately."""
        return Health(
            failing_since=self.failing_since,
            failures=self.failures,
            window_from=self.window_from,
            window_attempts=self.window_attempts,
            window_failures=self.window_failures,
            tripped_at=self.tripped_at,
            probe_at=self.probe_at,
        )

    @health.setter
    def health(self, health: Health) -> None:
        self.failing_since, self.failures = health.failing_since, health.failures
        self.window_from, self.window_attempts = health.window_from, health.window_attempts
        self.window_failures = health.window_failures
        self.tripped_at, self.probe_at = health.tripped_at, health.probe_at


class EndpointSecret(Table):
    """A secret that signs for an endpoint: staged until it is promoted, then signing until a newer one takes over."""

    __tablename__ = "webhook_secrets"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id"), index=True)
    sealed_secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
