"""A bell that one thread rings and others hear."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Bell:
    """Calls whoever listens."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], object]] = []

    def ring(self) -> None:
        """Call every listener."""
        with self._lock:
            listeners = list(self._listeners)
        for call in listeners:
            call()

    @contextmanager
    def heard_by(self, call: Callable[[], object]) -> Iterator[None]:
        """Listen while the block runs."""
        with self._lock:
            self._listeners.append(call)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(call)
