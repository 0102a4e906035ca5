"""The one source of time: everything that asks what time it is gets a clock handed in."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, always with a time zone."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


def isoformat(moment: datetime) -> str:
    """Write a moment as the API shows it: UTC, milliseconds, `Z` (`2026-01-31T10:00:00.000Z`)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
