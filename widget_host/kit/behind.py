"""What may be kept a moment after it is said: nobody waits for it, and what came meanwhile is kept at once."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import structlog

AFTER_SECONDS = 0.5  # float: seconds
AT_ONCE = 500
# As many as half a second brings many times over; while nothing can be kept, the oldest are let go of.
MOST = 20_000
T = TypeVar("T")
log = structlog.get_logger(__name__)


class Behind(Generic[T]):
    """Keeps what it is given within half a second, in the order of its coming; what cannot be kept is tried again."""

    def __init__(self, keep: Callable[[Sequence[T]], None]) -> None:
        """Take what keeps several, or none of them."""
        self._keep = keep
        self._waiting: deque[T] = deque()
        self._turn = threading.Lock()
        self._timer: threading.Timer | None = None

    def put(self, one: T) -> None:
        """Have this kept."""
        self._waiting.append(one)
        if len(self._waiting) > MOST:
            self._waiting.popleft()
        if self._timer is None:
            self._begin()

    def _begin(self) -> None:
        self._timer = threading.Timer(AFTER_SECONDS, self.flush)
        self._timer.daemon = True
        self._timer.start()

    def flush(self) -> None:
        """Keep now what waits."""
        with self._turn:
            # First: what comes from here on has a timer of its own. To keep it too would go on without end while much
            # comes, a few at a time, each at the price of fifty.
            self._timer = None
            left = len(self._waiting)
            while left > 0 and self._waiting:
                # Taken out: what is let go of meanwhile is none of these.
                some = [self._waiting.popleft() for _ in range(min(AT_ONCE, left, len(self._waiting)))]
                left -= len(some)
                try:
                    self._keep(some)
                except Exception as fault:  # noqa: BLE001 - whatever it is, it may be over in a moment
                    self._waiting.extendleft(reversed(some))
                    log.error("behind.fault", error=type(fault).__name__, waiting=len(self._waiting))
                    self._begin()
                    return
