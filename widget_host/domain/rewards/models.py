"""Rewards that came to nothing."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class AbandonedReward(Table):
    """A reward of which a part was refused in the end: what the other parts gave is taken back, then it is ended."""

    __tablename__ = "abandoned_rewards"
    __table_args__ = (
        Index(
            "ix_abandoned_rewards_due",
            "due_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"), primary_key=True)
    reward: Mapped[str] = mapped_column(String(120), primary_key=True)
    reason: Mapped[str] = mapped_column(String(500))
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
