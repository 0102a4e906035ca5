"""When a delivery is tried, and what an answer means. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from urllib.parse import urlsplit

from widget_host.kit.errors import FieldError, InvalidFields

STEPS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MICROSECOND = timedelta(microseconds=1)
JITTER = Fraction(1, 5)
LEASE = timedelta(seconds=60)
ATTEMPT_DEADLINE = timedelta(seconds=15)
ANSWER_KEPT = 16 * 1024
LONGEST_URL = 2000
# What is only for who pulls events: nothing is decided yet.
NOT_SENT = ("transaction.pending",)
WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this worker may try until its lease ends; the fence proves that it still may.

    `secret` is None when the key that sealed it is gone from the settings: then nothing can be signed.
    """

    id: str
    fence: str
    number: int
    url: str
    secret: str | None
    event_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: a status, or the kind of error when there was no answer."""

    started_at: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = None
    answer: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the event: any 2xx, nothing else."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the range of HTTP's own word


def check_url(url: str, *, http_allowed: bool) -> None:
    """Raise InvalidFields for an address that no event will ever be sent to."""
    parts = urlsplit(url)
    if parts.scheme not in (("https", "http") if http_allowed else ("https",)) or not parts.hostname:
        raise InvalidFields([FieldError("url", "malformed", f"{url}: an endpoint's address begins with https://")])
    if parts.username is not None or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
        message = f"An endpoint's address has no credentials, at most {LONGEST_URL} letters, and ASCII only."
        raise InvalidFields([FieldError("url", "malformed", message)])


def next_due(attempts_made: int, now: datetime, chance: Fraction) -> datetime | None:
    """Return when to try again, or None after the last attempt; `chance` in [0, 1) spreads the step by ±20 %."""
    if attempts_made >= len(STEPS):
        return None
    step = STEPS[attempts_made] // MICROSECOND
    spread = 1 - JITTER + 2 * JITTER * chance
    # Not `timedelta * numerator`: that overflows where the step is long and the chance has a large denominator.
    return now + round(step * spread) * MICROSECOND
