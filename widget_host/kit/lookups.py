"""What is looked up at each request and seldom changes, remembered for a second at most."""

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from widget_host.kit import fibers
from widget_host.kit.clock import Clock
from widget_host.kit.fibers import Turn

# What another process changes is seen here after this at the latest; what this process changes, at once.
STALENESS = timedelta(seconds=1)
RENEWED_AFTER = STALENESS / 2
MOST = 10_000
T = TypeVar("T")
Memory = dict[Hashable, "Known"]


@dataclass(slots=True)
class Known:
    """What was found and when; `is_renewed` once somebody has gone to look again."""

    since: datetime
    value: Any
    is_renewed: bool = False


class Lookups:
    """One process's memory of what it looked up; a key that was found is not asked for again until it is too old.

    When half of that time is over the next who asks has it looked up again, and the others go on with what is known
    meanwhile; where it is a fiber that asks, it goes on as well.
    """

    def __init__(self, clock: Clock) -> None:
        """Remember nothing yet; ages are told by this clock, so moved time is never answered with what was before."""
        self._clock = clock
        self._found: Memory = {}
        self._lock = threading.Lock()
        # What a fiber is having looked up, and who waits for that.
        self._looking: dict[Hashable, list[Turn]] = {}

    def get(self, key: Hashable, look: Callable[[], T]) -> T:
        """Return what is remembered under the key, or look it up; what raises or finds nothing is not remembered.

        A fiber has it looked up by a thread, once for all fibers that miss it then: nothing of what they have open can
        be used there. Threads look each for itself: one that waited for another could hold what that one needs.
        """
        found, now = self._found, self._clock.now()
        known = self._known(key, now)
        if known is None:
            return self._look_once(found, key, look, now) if fibers.is_here() else _keep(found, key, look(), now)
        value: T = known.value
        if known.is_renewed or now < known.since + RENEWED_AFTER:
            return value
        known.is_renewed = True
        if not fibers.is_here():
            return _keep(found, key, look(), now)
        fibers.aside(lambda: self._renew(found, key, look, now))
        return value

    def _look_once(self, found: Memory, key: Hashable, look: Callable[[], T], now: datetime) -> T:
        """Have a thread look; the fibers that miss the same meanwhile wait for it, and look where it found nothing."""
        turn = self._turn_after_another(key)
        if turn is not None:
            turn.wait()
            known = self._known(key, self._clock.now())
            return _keep(found, key, fibers.in_thread(look), now) if known is None else cast("T", known.value)
        try:
            return _keep(found, key, fibers.in_thread(look), now)
        finally:
            with self._lock:
                waiting = self._looking.pop(key)
            fibers.come(waiting)

    def _turn_after_another(self, key: Hashable) -> Turn | None:
        """Return what to wait for where another is looking already; None, and it is this fiber that looks, if none."""
        with self._lock:
            if key not in self._looking:
                self._looking[key] = []
                return None
            turn = fibers.turn()
            self._looking[key].append(turn)
            return turn

    def _renew(self, found: Memory, key: Hashable, look: Callable[[], Any], now: datetime) -> None:
        with suppress(Exception):
            if _keep(found, key, look(), now) is not None:
                return
        # The next who asks looks himself, and hears of what is wrong.
        found.pop(key, None)

    def _known(self, key: Hashable, now: datetime) -> Known | None:
        known = self._found.get(key)
        return known if known is not None and known.since <= now < known.since + STALENESS else None

    def forget(self) -> None:
        """Forget everything: something of it may have changed."""
        self._found = {}


def _keep(found: Memory, key: Hashable, value: T, now: datetime) -> T:
    """Remember what was looked up, in the memory of before the look: if that was forgotten, it may be old already."""
    if value is not None:
        if len(found) >= MOST:
            found.clear()
        found[key] = Known(now, value)
    return value
