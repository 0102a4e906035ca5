"""Accounts as they are remembered."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class SavedAccount(Table):
    """The account a customer last used at a program, sealed: it is read only to be offered to the same customer."""

    __tablename__ = "saved_accounts"

    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"), primary_key=True)
    source_user_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    program_id: Mapped[str] = mapped_column(ForeignKey("programs.id"), primary_key=True)
    sealed: Mapped[str] = mapped_column(String(2000))
    used_at: Mapped[datetime]
