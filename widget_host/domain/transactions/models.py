"""Transactions and the states they came into."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table
from widget_host.kit.money import Money


class Transaction(Table):
    """Value turned into points of a program for one member; the figures that made the price stay with it."""

    __tablename__ = "transactions"
    __table_args__ = (
        # What failed before anything was given leaves its reference number to the next try.
        Index(
            "uq_transactions_reference",
            "environment_id",
            "reference_number",
            unique=True,
            sqlite_where=text("status <> 'FAILED'"),
            postgresql_where=text("status <> 'FAILED'"),
        ),
        Index(
            "ix_transactions_failed",
            "environment_id",
            "reference_number",
            sqlite_where=text("status = 'FAILED'"),
            postgresql_where=text("status = 'FAILED'"),
        ),
        Index("ix_transactions_created_at", "environment_id", "created_at", "id"),
        Index("ix_transactions_program", "environment_id", "program_id", "created_at", "id"),
        Index(
            "ix_transactions_due",
            "due_at",
            sqlite_where=text("status = 'PENDING'"),
            postgresql_where=text("status = 'PENDING'"),
        ),
        Index(
            "ix_transactions_reward",
            "environment_id",
            "reward",
            sqlite_where=text("reward IS NOT NULL"),
            postgresql_where=text("reward IS NOT NULL"),
        ),
        CheckConstraint("points > 0 AND bonus_points >= 0 AND value > 0", name="amounts"),
        CheckConstraint("status IN ('PENDING', 'COMPLETED', 'FAILED', 'REVERSED')", name="status"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    # No foreign keys here: on PostgreSQL each would lock a row that all orders share.
    environment_id: Mapped[str] = mapped_column(String(40))
    program_id: Mapped[str] = mapped_column(String(40))
    entry_id: Mapped[str | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    reservation_id: Mapped[str | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    quote_id: Mapped[str | None] = mapped_column(String(40))
    campaign_id: Mapped[str | None] = mapped_column(String(40))
    reference_number: Mapped[str] = mapped_column(String(120))
    reward: Mapped[str | None] = mapped_column(String(120))
    source_user_id: Mapped[str | None] = mapped_column(String(200))
    launch_id: Mapped[str | None] = mapped_column(String(40))
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
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def total_points(self) -> int:
        """What the member receives, bonus included."""
        return self.points + self.bonus_points

    @property
    def money(self) -> Money:
        """What the customer gives."""
        return Money(self.value, self.currency)


class TransactionStatus(Table):
    """One state a transaction came into, and why."""

    __tablename__ = "transaction_statuses"

    transaction_id: Mapped[str] = mapped_column(ForeignKey("transactions.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    status: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime]
