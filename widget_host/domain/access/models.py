"""Client secrets, widget launches and widget sessions."""

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

    `session_id` is the session that it opened last: those before are over.
    """

    __tablename__ = "widget_launches"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environments.id"))
    widget: Mapped[str] = mapped_column(String(20))
    claims: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    # No foreign key: the session's own to its launch says it.
    session_id: Mapped[str | None] = mapped_column(String(40))


class WidgetSession(Table):
    """One opened widget; only the hash of its bearer is kept."""

    __tablename__ = "widget_sessions"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    launch_id: Mapped[str] = mapped_column(ForeignKey("widget_launches.id"))
    bearer_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    extendable_until: Mapped[datetime]
    locale: Mapped[str] = mapped_column(String(35))
    theme: Mapped[str] = mapped_column(String(5))
