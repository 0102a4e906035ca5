"""Events, their deliveries and the attempts made; no foreign key locks a row that all orders share."""

from datetime import datetime

from sqlalchemy import ColumnClause, ForeignKey, Index, Integer, String, Text, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.domain.webhooks.rules import DELIVERED, FAILED, WAITING
from widget_host.kit.db import Table

# As the indexes say it: what is handed over as a parameter is not known when a plan is kept.
STANDS: dict[str, ColumnClause[str]] = {state: literal_column(f"'{state}'") for state in (WAITING, DELIVERED, FAILED)}
_WAITING = text("state = 'waiting'")
_FAILED = text("state = 'failed'")
_IN_ORDER = text("state = 'waiting' AND subject IS NOT NULL")
_ENDED = text("ended_at IS NOT NULL")


class Event(Table):
    """Something the issuer is told, with the exact body that is signed and sent, written with what caused it.

    Its position among the environment's is given by who pulls: only what is committed can be numbered.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("environment_id", "subject", "sequence"),
        Index(
            "uq_events_position",
            "environment_id",
            "position",
            unique=True,
            sqlite_where=text("position IS NOT NULL"),
            postgresql_where=text("position IS NOT NULL"),
        ),
        Index(
            "ix_events_waiting",
            "environment_id",
            "id",
            sqlite_where=text("position IS NULL"),
            postgresql_where=text("position IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(String(40))
    type: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(160))
    sequence: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    position: Mapped[int | None]


class Delivery(Table):
    """One event on its way to one endpoint; the row is the queue: it is due, claimed under a lease, then ended.

    `attempts` counts all there were, `tries` those since it was last sent on its way. An endpoint that wants its events
    in order has `subject` and `sequence` here too. All moments are the machine's.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index("ix_deliveries_endpoint", "endpoint_id", "id"),
        Index("ix_deliveries_failed", "endpoint_id", "id", sqlite_where=_FAILED, postgresql_where=_FAILED),
        Index("ix_deliveries_due", "endpoint_id", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index(
            "ix_deliveries_subject",
            "endpoint_id",
            "subject",
            "sequence",
            sqlite_where=_IN_ORDER,
            postgresql_where=_IN_ORDER,
        ),
        Index("ix_deliveries_ended", "ended_at", sqlite_where=_ENDED, postgresql_where=_ENDED),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"))
    endpoint_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(Integer)
    tries: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime]
    fence: Mapped[str | None] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(160))
    sequence: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Attempt(Table):
    """One try to deliver, kept for who asks what happened."""

    __tablename__ = "delivery_attempts"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    started_at: Mapped[datetime]
    duration_ms: Mapped[int] = mapped_column(Integer)
    url: Mapped[str] = mapped_column(String(2000))
    status: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(200))
    header_names: Mapped[list[str]]
    answer: Mapped[str] = mapped_column(Text)
