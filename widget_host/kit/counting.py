"""Counts in memory, of keys that are used for a while and never again."""

import time
from collections import Counter
from threading import Lock


class Counts:
    """How often each key came up; a key is forgotten once or twice its life after it first did."""

    def __init__(self) -> None:
        """Have counted nothing."""
        self._lock = Lock()
        self._new: Counter[str] = Counter()
        self._old: Counter[str] = Counter()
        self._turned_at = time.monotonic()

    def incr(self, key: str, seconds: int) -> int:
        """Count a key that lives for so long, and return how often it came up."""
        with self._lock:
            if time.monotonic() - self._turned_at > seconds:
                self._old, self._new, self._turned_at = self._new, Counter(), time.monotonic()
            self._new[key] += 1
            return self._new[key] + self._old[key]
