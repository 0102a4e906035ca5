"""What is looked up at each request and seldom changes, remembered for a second at most."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from widget_host.kit import fibers
from widget_host.kit.clock import Clock

# What another process changes is seen here after this at the latest; what this process changes, at once.
STALENESS = timedelta(seconds=1)
RENEWED_AFTER = STALENESS / 2
MOST = 10_000
T = TypeVar("T")


@dataclass(slots=True)
class Known:
    """What was found and when; `is_renewed` once somebody has gone to look again."""

    since: datetime
    value: Any
    is_renewed: bool = False


class Lookups:
    """One process's memory of what it looked up; a key that was found is not asked for again until it is too old.

    When half of that time is over the next who asks looks again, and the others go on with what is known meanwhile.
    """

    def __init__(self, clock: Clock) -> None:
        """Remember nothing yet; ages are told by this clock, so moved time is never answered with what was before."""
        self._clock = clock
        self._found: dict[Hashable, Known] = {}

    def get(self, key: Hashable, look: Callable[[], T]) -> T:
        """Return what is remembered under the key, or look it up; what raises or finds nothing is not remembered.

        A fiber has it looked up by a thread: nothing of what it has open can be used there.
        """
        found, now = self._found, self._clock.now()
        known = self._known(key, now)
        if known is not None:
            if known.is_renewed or now < known.since + RENEWED_AFTER:
                return cast("T", known.value)
            known.is_renewed = True
        value = fibers.in_thread(look)
        if value is None:
            return value
        if len(found) >= MOST:
            found.clear()
        # Into the memory that was there before the look: if it was forgotten meanwhile, this may be old already.
        found[key] = Known(now, value)
        return value

    def _known(self, key: Hashable, now: datetime) -> Known | None:
        known = self._found.get(key)
        return known if known is not None and known.since <= now < known.since + STALENESS else None

    def forget(self) -> None:
        """Forget everything: something of it may have changed."""
        self._found = {}
