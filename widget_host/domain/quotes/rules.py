"""What it means to hold a price. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from widget_host.domain.transactions.rules import Asked, Preview
from widget_host.kit.value import Value


class Held(Value, frozen=True):
    """A price that is held: the quote's id, its figures, and the moment until which it holds."""

    id: str
    preview: Preview
    expires_at: datetime


def quote_row(asked: Asked, held: Held) -> Mapping[str, Any]:
    """Return the quote as it is kept, with what it was asked for."""
    return {
        "id": held.id,
        "environment_id": asked.environment_id,
        "program_id": asked.program_id,
        "asked": asked.amount,
        "asked_in": asked.unit,
        **held.preview.figures,
        "expires_at": held.expires_at,
    }
