"""What several want done at the same moment, done in one go."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from widget_host.kit import fibers
from widget_host.kit.fibers import Turn

# As long as those who were just answered take to come again; who came alone before waits for nobody.
COMPANY_SECONDS = 0.001  # float: seconds
# Nobody came for so long: what it is done within is let go of.
LULL_SECONDS = 0.05  # float: seconds
# Nor for so long: the keeper goes, and the next who comes begins another.
IDLE_SECONDS = 5.0  # float: seconds
T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class _Wish(Generic[T, R]):
    """What somebody wants, and what came of it when its turn has come."""

    wanted: T
    turn: Turn = field(default_factory=fibers.turn)
    result: R | None = None
    fault: BaseException | None = None


class Gathering(Generic[T, R]):
    """Has a thread, the keeper, do together what came while it was busy, and wait a moment for as many as just now.

    Where it fails for several together, it is done for each alone, so that nobody fails for another's fault.
    """

    def __init__(
        self,
        do: Callable[[Sequence[T]], Sequence[R]],
        *,
        most: int,
        patience: float = COMPANY_SECONDS,  # float: seconds
        around: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        """Take what does up to `most` at once, and returns a result for each; company is waited for so many seconds.

        `around` is what it is done within, again and again as long as somebody comes; it must not raise.
        """
        self._around = around
        self._patience = patience
        self._do = do
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Wish[T, R]] = deque()
        self._usual = 1
        self._keeper: threading.Thread | None = None
        self._is_ending = False
        # Where the keeper waits, and until how many are there.
        self._gate: threading.Lock | None = None
        self._enough = 1

    def do(self, wanted: T) -> R:
        """Have it done and return its result; raises what doing it raises."""
        wish: _Wish[T, R] = _Wish(wanted)
        self._ask(wish)
        wish.turn.wait()
        if wish.fault is not None:
            raise wish.fault
        return cast("R", wish.result)

    def end(self) -> None:
        """Do what is still to be done, and let go of what it is done within; who comes later begins anew."""
        with self._lock:
            self._is_ending = True
            self._open_gate()
            keeper = self._keeper
        if keeper is not None:
            keeper.join()
        self._is_ending = False

    def _open_gate(self) -> None:
        if self._gate is not None:
            self._gate.release()
            self._gate = None

    def _ask(self, wish: _Wish[T, R]) -> None:
        with self._lock:
            self._waiting.append(wish)
            if len(self._waiting) >= self._enough:
                self._open_gate()
            # In a process that was forked there is none of the threads before.
            if self._keeper is None or not self._keeper.is_alive():
                self._begin(wish)

    def _begin(self, wish: _Wish[T, R]) -> None:
        keeper = threading.Thread(target=self._keep, name="gathering", daemon=True)
        try:
            keeper.start()
        except RuntimeError:
            # No thread can be had: nobody waits for one that may never come.
            self._waiting.remove(wish)
            raise
        self._keeper = keeper

    def _keep(self) -> None:
        while self._is_wanted():
            with self._around():
                while wishes := self._gather():
                    self._run(wishes)
                    fibers.come([wish.turn for wish in wishes])

    def _is_wanted(self) -> bool:
        """Wait until somebody comes; else the keeper goes."""
        self._wait_for(1, IDLE_SECONDS)
        with self._lock:
            if not self._waiting:
                self._keeper = None
            return bool(self._waiting)

    def _gather(self) -> list[_Wish[T, R]]:
        """Return those who are next; none where nobody comes any more for now."""
        if self._wait_for(1, LULL_SECONDS):
            self._wait_for(self._usual, self._patience)
        with self._lock:
            wishes = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        self._usual = max(1, len(wishes), self._usual - 1)
        return wishes

    def _wait_for(self, count: int, seconds: float) -> bool:  # float: seconds
        """Wait so long for so many; returns whether anybody is there."""
        with self._lock:
            if len(self._waiting) >= count or self._is_ending:
                return bool(self._waiting)
            gate = self._gate = threading.Lock()
            gate.acquire()
            self._enough = count
        gate.acquire(timeout=seconds)
        with self._lock:
            self._gate = None
            return bool(self._waiting)

    def _run(self, wishes: Sequence[_Wish[T, R]]) -> None:
        try:
            for wish, result in zip(wishes, self._do([wish.wanted for wish in wishes]), strict=True):
                wish.result = result
        except BaseException as fault:  # noqa: BLE001 - those who wait have to hear of whatever it is
            if len(wishes) > 1:
                for wish in wishes:
                    self._run([wish])
            else:
                wishes[0].fault = fault
