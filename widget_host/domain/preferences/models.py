"""The preferences of a card: which programs, and how many percent each gets."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class CardPreferences(Table):
    """One customer's choice for one card; the version rises with each change."""

    __tablename__ = "card_preferences"
    __table_args__ = (UniqueConstraint("environment_id", "source_user_id", "card_id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    source_user_id: Mapped[str] = mapped_column(String(200))
    card_id: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[datetime]


class PreferredProgram(Table):
    """One program of a card's preferences, in the customer's order; `asked` is the percent last asked for it."""

    __tablename__ = "card_preference_programs"
    __table_args__ = (CheckConstraint("allocation BETWEEN 0 AND 100", name="allocation"),)

    preference_id: Mapped[str] = mapped_column(ForeignKey("card_preferences.id"), primary_key=True)
    program_id: Mapped[str] = mapped_column(ForeignKey("programs.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer)
    destination_user_id: Mapped[str | None] = mapped_column(String(200))
    destination_user_email: Mapped[str | None] = mapped_column(String(254))
    allocation: Mapped[int] = mapped_column(Integer)
    asked: Mapped[int] = mapped_column(Integer)


class ProgramWord(Table):
    """When a program of a card was last changed, and by whose event; kept when it is gone: a late one is known as such.

    `sender_program_id` and `sequence` are empty for what the customer did here.
    """

    __tablename__ = "card_program_words"

    preference_id: Mapped[str] = mapped_column(ForeignKey("card_preferences.id"), primary_key=True)
    program_id: Mapped[str] = mapped_column(ForeignKey("programs.id"), primary_key=True)
    said_at: Mapped[datetime]
    sender_program_id: Mapped[str | None] = mapped_column(String(40))
    sequence: Mapped[int | None] = mapped_column(BigInteger)
