"""What several threads want done at the same moment, done in one go by one of them."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

# As long as those who were just answered with the first take to come again; who came alone before waits for nobody.
COMPANY_SECONDS = 0.001  # float: seconds
T = TypeVar("T")
R = TypeVar("R")


def _taken() -> threading.Lock:
    turn = threading.Lock()
    turn.acquire()
    return turn


@dataclass(slots=True, eq=False)
class _Wish(Generic[T, R]):
    """What one thread wants, and what came of it; its turn comes when it is done, or when it has to do it itself."""

    wanted: T
    turn: threading.Lock = field(default_factory=_taken)
    is_done: bool = False
    result: R | None = None
    fault: BaseException | None = None


class Gathering(Generic[T, R]):
    """Does what came while it was busy together, and waits a moment for as much company as there was just now.

    Where it fails for several together, it is done for each alone, so that nobody fails for another's fault.
    """

    def __init__(self, do: Callable[[Sequence[T]], Sequence[R]], *, most: int) -> None:
        """Take what does up to `most` at once, and returns a result for each."""
        self._do = do
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Wish[T, R]] = deque()
        self._is_busy = False
        self._usual = 0
        self._gate: threading.Lock | None = None

    def do(self, wanted: T) -> R:
        """Have it done and return its result; raises what doing it raises."""
        wish: _Wish[T, R] = _Wish(wanted)
        if not self._may_begin(wish):
            wish.turn.acquire()
        if not wish.is_done:
            self._do_with_others(wish)
        if wish.fault is not None:
            raise wish.fault
        return cast("R", wish.result)

    def _may_begin(self, wish: _Wish[T, R]) -> bool:
        with self._lock:
            if self._is_busy:
                self._waiting.append(wish)
                if self._gate is not None and len(self._waiting) >= self._usual:
                    self._gate.release()
                    self._gate = None
                return False
            self._is_busy = True
            return True

    def _wait_for_company(self) -> None:
        with self._lock:
            if len(self._waiting) >= self._usual:
                return
            gate = self._gate = _taken()
        gate.acquire(timeout=COMPANY_SECONDS)

    def _do_with_others(self, first: _Wish[T, R]) -> None:
        self._wait_for_company()
        with self._lock:
            self._gate = None
            others = [self._waiting.popleft() for _ in range(min(self._most - 1, len(self._waiting)))]
            self._usual = max(len(others), self._usual - 1)
        self._run([first, *others])
        with self._lock:
            following = self._waiting.popleft() if self._waiting else None
            self._is_busy = following is not None
        # Who goes on first: the others' answers are made while it waits in its turn.
        for wish in (following, *others):
            if wish is not None:
                wish.turn.release()

    def _run(self, wishes: Sequence[_Wish[T, R]]) -> None:
        try:
            results = self._do([wish.wanted for wish in wishes])
        except BaseException as fault:  # noqa: BLE001 - the threads that wait have to hear of whatever it is
            if len(wishes) > 1:
                for wish in wishes:
                    self._run([wish])
                return
            wishes[0].fault, wishes[0].is_done = fault, True
            return
        for wish, result in zip(wishes, results, strict=True):
            wish.result, wish.is_done = result, True
