"""Transactions, and the keys that make each happen once."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table
from widget_host.kit.money import Money


class Transaction(Table):
    """Value turned into points of a program for one member; the figures that made the price stay with it."""

    __tablename__ = "transactions"
    __table_args__ = (
        UniqueConstraint("environment_id", "reference_number"),
        CheckConstraint("points > 0 AND bonus_points >= 0 AND value > 0", name="amounts"),
        CheckConstraint("status IN ('PENDING', 'COMPLETED', 'FAILED', 'REVERSED')", name="status"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    program_id: Mapped[str] = mapped_column(ForeignKey("programs.id"))
    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    reference_number: Mapped[str] = mapped_column(String(120))
    source_user_id: Mapped[str | None] = mapped_column(String(200))
    destination_user_id: Mapped[str | None] = mapped_column(String(200))
    destination_user_email: Mapped[str | None] = mapped_column(String(254))
    value: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    points: Mapped[int]
    bonus_points: Mapped[int]
    price: Mapped[str] = mapped_column(String(40))
    remainder: Mapped[str] = mapped_column(String(40))
    description: Mapped[str | None] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]

    @property
    def total_points(self) -> int:
        """What the member receives, bonus included."""
        return self.points + self.bonus_points

    @property
    def money(self) -> Money:
        """What the customer gives."""
        return Money(self.value, self.currency)


class IdempotencyKey(Table):
    """A request that was decided, with what was asked and what was answered: asked again, it is answered the same."""

    __tablename__ = "idempotency_keys"

    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    request: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
