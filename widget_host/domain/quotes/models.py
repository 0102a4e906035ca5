"""Prices held for a while."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class Quote(Table):
    """A price held for two minutes: `asked` in `asked_in` (a currency or POINTS) buys what is written here."""

    __tablename__ = "quotes"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    program_id: Mapped[str] = mapped_column(ForeignKey("programs.id"))
    asked: Mapped[str] = mapped_column(String(40))
    asked_in: Mapped[str] = mapped_column(String(6))
    value: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    points: Mapped[int]
    bonus_points: Mapped[int]
    price: Mapped[str] = mapped_column(String(40))
    remainder: Mapped[str] = mapped_column(String(40))
    campaign_id: Mapped[str | None] = mapped_column(String(40))
    expires_at: Mapped[datetime]
