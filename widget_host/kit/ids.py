"""Ids: a prefix that says what it is, then a time-ordered UUIDv7 in 26 letters (RFC 9562, Crockford's base 32).

Ids are made several times a request, so what can be looked up or drawn as letters is not computed bit by bit.
"""

import secrets
import time
from datetime import timedelta
from functools import lru_cache

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
# Of the 26 letters: the milliseconds with two bits before them, version, part of the millisecond and variant, 60 bits.
TIME_LETTERS, DRAWN_LETTERS = 10, 12
LEAST = "0" * (4 + DRAWN_LETTERS)
# Each letter stands for as many bytes as any other.
LETTER_OF_BYTE = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))


def new_id(prefix: str) -> str:
    """Make an id such as `txn_01jq3…`: ids made later sort later, and nothing can be read from them but that."""
    drawn = secrets.token_bytes(1 + DRAWN_LETTERS)
    # Twelve bits tell the part of the millisecond (RFC 9562 §6.2, method 3): a process makes no two ids in a 4096th.
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    middle = 0x7 << 16 | nanoseconds * 4096 // 1_000_000 << 4 | 0b10 << 2 | drawn[0] & 0b11
    letters = drawn[1:].translate(LETTER_OF_BYTE).decode()
    return f"{prefix}_{_time(milliseconds)}{PAIRS[middle >> 10]}{PAIRS[middle & 1023]}{letters}"


def earliest_id(prefix: str, ago: timedelta) -> str:
    """Return what sorts after every id made longer ago than this, and before every later one.

    Ids are made by the machine's own clock, so it is that clock which is asked.
    """
    return f"{prefix}_{_time(time.time_ns() // 1_000_000 - ago // timedelta(milliseconds=1))}{LEAST}"


# Many are made in a millisecond, and few remember one that is over.
@lru_cache(maxsize=8)
def _time(milliseconds: int) -> str:
    return "".join([PAIRS[milliseconds >> place & 1023] for place in range(5 * (TIME_LETTERS - 2), -1, -10)])
