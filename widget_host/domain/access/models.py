"""Client secrets, and widget launches with the session that each has opened."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class ClientSecret(Table):
    """A secret of an environment, kept as a keyed hash; several may live at once while one is being replaced."""

    __tablename__ = "client_secrets"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class WidgetLaunch(Table):
    """What the issuer's backend said when it asked for a widget; the token in the address only names this row.

    From `session_hash` on, the session that it opened last, told by the hash of its bearer: those before are over.
    """

    __tablename__ = "widget_launches"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    widget: Mapped[str] = mapped_column(String(20))
    claims: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    session_hash: Mapped[str | None] = mapped_column(String(64))
    expires_at: Mapped[datetime | None]
    extendable_until: Mapped[datetime | None]
    asked_locale: Mapped[str | None] = mapped_column(String(35))
    asked_theme: Mapped[str | None] = mapped_column(String(5))
