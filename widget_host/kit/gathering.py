"""What several want done at the same moment, done in one go."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from widget_host.kit import fibers
from widget_host.kit.fibers import Turn

# As long as those who were just answered take to come again; who came alone before waits for nobody.
COMPANY_SECONDS = 0.001  # float: seconds
# Nobody came for so long: the keeper goes, and the next who comes begins another.
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
    ) -> None:
        """Take what does up to `most` at once, and returns a result for each; company is waited for so many seconds."""
        self._patience = patience
        self._do = do
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Wish[T, R]] = deque()
        self._usual = 1
        self._keeper: threading.Thread | None = None
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

    def _ask(self, wish: _Wish[T, R]) -> None:
        with self._lock:
            self._waiting.append(wish)
            if self._gate is not None and len(self._waiting) >= self._enough:
                self._gate.release()
                self._gate = None
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
        while wishes := self._gather():
            self._run(wishes)
            fibers.come([wish.turn for wish in wishes])

    def _gather(self) -> list[_Wish[T, R]]:
        """Return those who are next; none where nobody came for a while."""
        self._wait_for(1, IDLE_SECONDS)
        self._wait_for(self._usual, self._patience)
        with self._lock:
            wishes = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            if not wishes:
                self._keeper = None
        self._usual = max(1, len(wishes), self._usual - 1)
        return wishes

    def _wait_for(self, count: int, seconds: float) -> None:  # float: seconds
        with self._lock:
            if len(self._waiting) >= count:
                return
            gate = self._gate = threading.Lock()
            gate.acquire()
            self._enough = count
        gate.acquire(timeout=seconds)
        with self._lock:
            self._gate = None

    def _run(self, wishes: Sequence[_Wish[T, R]]) -> None:
        try:
            results = self._do([wish.wanted for wish in wishes])
        except BaseException as fault:  # noqa: BLE001 - those who wait have to hear of whatever it is
            if len(wishes) > 1:
                for wish in wishes:
                    self._run([wish])
                return
            wishes[0].fault = fault
            return
        for wish, result in zip(wishes, results, strict=True):
            wish.result = result
