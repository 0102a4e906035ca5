"""Programs, partnerships and exchange rates."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class Program(Table):
    """A loyalty program whose points can be bought; shared by all issuers that partner with it."""

    __tablename__ = "programs"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    business_name: Mapped[str] = mapped_column(String(120))
    logo: Mapped[str] = mapped_column(String(300))
    industry: Mapped[str] = mapped_column(String(60))
    terms_url: Mapped[str] = mapped_column(String(300))
    description: Mapped[str] = mapped_column(String(500))
    unit: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    fields: Mapped[dict[str, Any]]
    connector: Mapped[str] = mapped_column(String(20))
    connection: Mapped[dict[str, Any]]
    sealed_secret: Mapped[str | None] = mapped_column(Text)


class Partnership(Table):
    """What one environment agreed with one program; price and limits are in the program's currency."""

    __tablename__ = "partnerships"
    __table_args__ = (UniqueConstraint("environment_id", "program_id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    program_id: Mapped[str] = mapped_column(ForeignKey("programs.id"))
    enabled: Mapped[bool]
    price: Mapped[str] = mapped_column(String(40))
    min_points: Mapped[int]
    max_points: Mapped[int]
    min_value: Mapped[int]
    max_value: Mapped[int]
    created_at: Mapped[datetime]


class Campaign(Table):
    """A bonus on what a partnership sells, for a time; the issuer pays its share in percent, the program the rest."""

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("issuer_share BETWEEN 0 AND 100", name="issuer_share"),
        CheckConstraint("ends_at > starts_at", name="period"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    partnership_id: Mapped[str] = mapped_column(ForeignKey("partnerships.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    bonus_percent: Mapped[str] = mapped_column(String(12))
    issuer_share: Mapped[int] = mapped_column(Integer)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class ExchangeRate(Table):
    """What one unit of a currency is worth in US dollars from a moment on, until the next row of that currency."""

    __tablename__ = "exchange_rates"

    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(primary_key=True)
    usd: Mapped[str] = mapped_column(String(40))
