"""What is remembered of the host's own running, as it is handed around. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from widget_host.kit.value import Value

DELIVERY_WORKER = "delivery"
PULSE_EVERY = timedelta(seconds=10)


class Check(Value, frozen=True):
    """What came of looking through the books: the rules that were broken, each with ids to look at."""

    at: datetime
    broken: Mapping[str, list[str]]

    @property
    def is_ok(self) -> bool:
        """Whether every rule held."""
        return not self.broken


class Entry(Value, frozen=True):
    """Something that matters to who guards the host; `details` holds ids and addresses, never a secret or a member."""

    id: str
    at: datetime
    event: str
    environment_id: str | None
    details: Mapping[str, Any]

    @property
    def row(self) -> dict[str, Any]:
        """The line as it is kept."""
        return {
            "id": self.id,
            "at": self.at,
            "event": self.event,
            "environment_id": self.environment_id,
            "details": dict(self.details),
        }

    @property
    def said(self) -> dict[str, Any]:
        """The line as it is logged."""
        return {"audit_id": self.id, "environment_id": self.environment_id, **self.details}


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether it is time for the next sign of life."""
    return last is None or not timedelta(0) <= now - last < PULSE_EVERY
