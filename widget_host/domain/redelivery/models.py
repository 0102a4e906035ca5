"""What was asked for again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table

_PLACED, _WAITING = text("position IS NOT NULL"), text("position IS NULL")


class Resend(Table):
    """An event that somebody let be sent again; its position among the environment's is given by who follows them."""

    __tablename__ = "event_resends"
    __table_args__ = (
        Index(
            "uq_event_resends_position",
            "environment_id",
            "position",
            unique=True,
            sqlite_where=_PLACED,
            postgresql_where=_PLACED,
        ),
        Index("ix_event_resends_waiting", "environment_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id"))
    created_at: Mapped[datetime]
    position: Mapped[int | None]
