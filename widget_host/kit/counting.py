"""Counts in memory, of keys that are used for a while and never again."""

import time
from threading import Lock


class Counts:
    """How often each key came up; a key is forgotten once or twice its life after it first did."""

    def __init__(self) -> None:
        """Have counted nothing."""
        self._lock = Lock()
        # Plain dictionaries: a Counter makes a call of Python's for each key that it does not know.
        self._new: dict[str, int] = {}
        self._old: dict[str, int] = {}
        self._turned_at = time.monotonic()

    def incr(self, key: str, seconds: int) -> int:
        """Count a key that lives for so long, and return how often it came up."""
        with self._lock:
            if time.monotonic() - self._turned_at > seconds:
                self._old, self._new, self._turned_at = self._new, {}, time.monotonic()
            made = self._new[key] = self._new.get(key, 0) + 1
            return made + self._old.get(key, 0)
