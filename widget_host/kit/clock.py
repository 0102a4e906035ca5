"""The one source of time: everything that asks what time it is gets a clock handed in."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Protocol

AS_IT_IS: AbstractContextManager[None] = nullcontext()


class Clock(Protocol):
    """Says what time it is, always with a time zone."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class EnvironmentClock:
    """The time of the environment being served: the machine's, ahead by what a sandbox was advanced.

    Queues are kept in the machine's time (`machine`), everything that people see in the environment's (`now`).
    """

    def __init__(self, machine: Clock) -> None:
        """Run with the machine's clock until told otherwise."""
        self.machine = machine
        self._ahead: ContextVar[timedelta] = ContextVar("ahead", default=timedelta(0))

    def now(self) -> datetime:
        """Return the present moment of the environment being served."""
        return self.machine.now() + self._ahead.get()

    def ahead(self, by: timedelta) -> AbstractContextManager[None]:
        """Serve an environment whose time is ahead by this much."""
        return AS_IT_IS if by == self._ahead.get() else self._moved(by)

    @contextmanager
    def _moved(self, by: timedelta) -> Iterator[None]:
        before = self._ahead.set(by)
        try:
            yield
        finally:
            self._ahead.reset(before)


def isoformat(moment: datetime) -> str:
    """Write a moment as the API shows it: UTC, milliseconds, `Z` (`2026-01-31T10:00:00.000Z`)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
