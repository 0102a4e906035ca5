"""The keys that make each order happen once."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class IdempotencyKey(Table):
    """A request that was decided, with what was asked and what was answered: asked again, it is answered the same."""

    __tablename__ = "idempotency_keys"

    environment_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    request: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
