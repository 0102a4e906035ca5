"""Work of an event loop that can be put aside: while one piece of it waits, the loop goes on with others.

What runs here looks like any other work, and is no coroutine: Flask, its views and what they call know of no loop. The
library under it, greenlet, is what SQLAlchemy's asyncio stands on.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Protocol, TypeVar, cast

from greenlet import getcurrent, greenlet

T = TypeVar("T")


class NeedsThread(BaseException):
    """Would keep the whole loop waiting: the work has to be done again, in a thread; no `except Exception` hides it."""


class Fiber(greenlet):
    """Does one piece of work after the other; the stack of a new one would cost as much as a short answer."""

    result: Any = None
    fault: BaseException | None = None

    def __init__(self) -> None:
        """Belong to the loop that runs here."""
        super().__init__()
        self.loop_side = getcurrent()

    def run(self, work: Callable[[], Any]) -> None:
        """Work, and give the loop its turn whenever a piece is done."""
        while True:
            try:
                self.result = work()
            except BaseException as fault:  # noqa: BLE001 - who waits for the work hears of whatever it is
                self.fault = fault
            # Else who waits for work would keep the last request, its body too.
            del work
            work = self.loop_side.switch(None)

    def outcome(self) -> Any:
        """Return what the work returned or raise what it raised, once."""
        result, fault, self.result, self.fault = self.result, self.fault, None, None
        if fault is None:
            return result
        try:
            raise fault
        finally:
            # Else the fault's own frames would keep it.
            del fault


class Turn(Protocol):
    """A moment that somebody waits for, and another thread brings about."""

    def wait(self) -> None:
        """Wait until it has come."""


class ThreadTurn:
    """A moment that a thread waits for."""

    def __init__(self) -> None:
        """Have it still to come."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self) -> None:
        """Keep the thread until it has come."""
        self._lock.acquire()

    def come(self) -> None:
        """Let the thread go on."""
        self._lock.release()


class FiberTurn:
    """A moment that a fiber waits for, while its loop goes on with others."""

    def __init__(self) -> None:
        """Have it still to come."""
        self.future: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wait(self) -> None:
        """Put the fiber aside until it has come."""
        _wait_for(self.future)


_kept = threading.local()


async def run(work: Callable[[], T]) -> T:
    """Work in a fiber of this loop, and return or raise what comes of it."""
    idle = _idle()
    fiber = idle.pop() if idle else Fiber()
    awaited = fiber.switch(work)
    while awaited is not None:
        try:
            found = await awaited
        except BaseException as fault:  # noqa: BLE001 - it is the fiber that waits, and hears of it
            awaited = fiber.throw(fault)
        else:
            awaited = fiber.switch(found)
    idle.append(fiber)
    outcome: T = fiber.outcome()
    return outcome


def _idle() -> list[Fiber]:
    # Of each thread its own: a fiber belongs to the thread that began it.
    if not hasattr(_kept, "idle"):
        _kept.idle = []
    return cast("list[Fiber]", _kept.idle)


def is_here() -> bool:
    """Whether this is work in a fiber."""
    return type(getcurrent()) is Fiber


def only_in_thread() -> None:
    """Go on in a thread; raises NeedsThread in a fiber, where to wait is to keep everybody waiting."""
    if is_here():
        raise NeedsThread


def in_thread(work: Callable[[], T]) -> T:
    """Have a fiber's work done by a thread and wait for it, in the same context; a thread does it itself."""
    if not is_here():
        return work()
    return _wait_for(_thread_for(work))


def aside(work: Callable[[], None]) -> None:
    """Have it done by a thread, in the same context, and go on in this fiber meanwhile; what it raises is logged."""
    _thread_for(work).add_done_callback(lambda done: done.result())


def _thread_for(work: Callable[[], T]) -> "asyncio.Future[T]":
    return asyncio.get_running_loop().run_in_executor(None, copy_context().run, work)


def turn() -> Turn:
    """Return a moment that this fiber or thread may wait for."""
    return FiberTurn() if is_here() else ThreadTurn()


def come(turns: Sequence[Turn]) -> None:
    """Bring these moments about, from another thread; each loop is woken once for all of its own."""
    of_loops = defaultdict(list)
    for each in turns:
        if isinstance(each, ThreadTurn):
            each.come()
        elif isinstance(each, FiberTurn):
            of_loops[each.future.get_loop()].append(each.future)
    for loop, futures in of_loops.items():
        # In a loop that is closed nobody waits any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, futures)


def _settle(futures: Sequence["asyncio.Future[None]"]) -> None:
    for future in futures:
        # Whoever waited may have gone.
        if not future.done():
            future.set_result(None)


def _wait_for(awaited: Awaitable[T]) -> T:
    return cast("T", cast("Fiber", getcurrent()).loop_side.switch(awaited))
