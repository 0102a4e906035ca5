"""Work that Ctrl-C may leave where it is: it is done by a thread that ends with the process."""

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar, cast

# A signal that comes just before waiting begins is noticed when it ends.
NOTICED_SECONDS = 0.5  # float: seconds
T = TypeVar("T")
Told = tuple[Any, BaseException | None]


class Aside:
    """Has one thread work while the main one, whom signals interrupt, waits and does nothing else.

    In the middle of requests and urllib3 KeyboardInterrupt was lost or kept a lock for ever, once in a thousand.
    """

    def __init__(self) -> None:
        """Start the thread."""
        self._asked: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Told]]] = SimpleQueue()
        Thread(target=self._work, name="aside", daemon=True).start()

    def do(self, work: Callable[[], T]) -> T:
        """Have it done, and return what it returns or raise what it raises."""
        # Each its own: who comes after an interrupt is not told what the one before him asked.
        told: SimpleQueue[Told] = SimpleQueue()
        self._asked.put((work, told))
        result, fault = _wait_for(told)
        if fault is not None:
            raise fault
        return cast("T", result)

    def _work(self) -> None:
        while True:
            work, told = self._asked.get()
            try:
                told.put((work(), None))
            except BaseException as fault:  # noqa: BLE001 - who waits for the work hears of whatever it is
                told.put((None, fault))


def _wait_for(told: SimpleQueue[Told]) -> Told:
    while True:
        with suppress(Empty):
            return told.get(timeout=NOTICED_SECONDS)
