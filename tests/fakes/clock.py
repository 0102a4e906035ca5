"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)


class StoppedClock:
    """Says the same moment until it is advanced."""

    def __init__(self, moment: datetime = START) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment

    def advance(self, **step: int) -> None:
        """Move on, as `timedelta` takes it: `advance(minutes=10)`."""
        self._moment += timedelta(**step)
