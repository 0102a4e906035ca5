"""Ids: a prefix that says what it is, then a time-ordered UUIDv7 in 26 letters (RFC 9562, Crockford's base 32)."""

import secrets
import time
from datetime import timedelta

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LETTERS = 26
# Two letters at once: ids are made several times a request.
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
SHIFTS = range(5 * (LETTERS - 2), -1, -10)


def new_id(prefix: str) -> str:
    """Make an id such as `txn_01jq3…`: ids made later sort later, and nothing can be read from them but that."""
    return f"{prefix}_{_base32(_uuid7())}"


def earliest_id(prefix: str, ago: timedelta) -> str:
    """Return what sorts after every id made longer ago than this, and before every later one.

    Ids are made by the machine's own clock, so it is that clock which is asked.
    """
    return f"{prefix}_{_base32(time.time_ns() // 1_000_000 - ago // timedelta(milliseconds=1) << 80)}"


def _uuid7() -> int:
    # Twelve bits tell the part of the millisecond (RFC 9562 §6.2, method 3): a process makes no two ids in a 4096th.
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    return milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)


def _base32(number: int) -> str:
    return "".join([PAIRS[number >> place & 1023] for place in SHIFTS])
