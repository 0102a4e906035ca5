"""What is looked up at each request and seldom changes, remembered for a second at most."""

from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Any, TypeVar, cast

from widget_host.kit.clock import Clock

# What another process changes is seen here after this at the latest; what this process changes, at once.
STALENESS = timedelta(seconds=1)
MOST = 10_000
T = TypeVar("T")


class Lookups:
    """One process's memory of what it looked up; a key that was found is not asked for again until it is too old."""

    def __init__(self, clock: Clock) -> None:
        """Remember nothing yet; ages are told by this clock, so moved time is never answered with what was before."""
        self._clock = clock
        self._found: dict[Hashable, tuple[Any, Any]] = {}

    def get(self, key: Hashable, look: Callable[[], T]) -> T:
        """Return what is remembered under the key, or look it up; what raises is not remembered."""
        found, now = self._found, self._clock.now()
        known = found.get(key)
        if known is not None and known[0] <= now < known[0] + STALENESS:
            return cast("T", known[1])
        value = look()
        if len(found) >= MOST:
            found.clear()
        # Into the memory that was there before the look: if it was forgotten meanwhile, this may be old already.
        found[key] = now, value
        return value

    def forget(self) -> None:
        """Forget everything: something of it may have changed."""
        self._found = {}
