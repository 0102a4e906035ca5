"""When a delivery is tried, what an answer means, and who of those that wait is next. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from fractions import Fraction
from typing import Any

from widget_host.domain.endpoints.rules import Receiver, Tally
from widget_host.kit import wire
from widget_host.kit.value import Value

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
# An attempt, the time until what came of it is kept, and a clock that is a little off.
LEASE_OUTLASTS_BY = timedelta(seconds=20)
ANSWER_KEPT = 16 * 1024
LONGEST_NAMES = 50
# What is only for who pulls events: nothing is decided yet.
NOT_SENT = ("transaction.pending",)
TEST = "webhook.test"
WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"
GONE = 410
# Who is overloaded, or did not answer at all, is not asked again at once.
OVERLOADED = (429, 502, 503, 504)
REST = timedelta(seconds=60)
MOST_WHILE_FAILING = 4
LONGEST_RETRY_AFTER_DIGITS = 9


class Told(Value, frozen=True):
    """Something to be told about a subject; `sequence` counts what is told of it, `payload` follows in the body."""

    environment_id: str
    event_id: str
    kind: str
    subject: str
    payload: Mapping[str, Any]
    sequence: int = 1

    def row(self, at: datetime) -> dict[str, Any]:
        """Return the event as it is kept; decimals in its body are written as JSON numbers."""
        body = {"id": self.event_id, "type": self.kind, "sequence": self.sequence, **self.payload}
        return {
            "id": self.event_id,
            "environment_id": self.environment_id,
            "type": self.kind,
            "subject": self.subject,
            "sequence": self.sequence,
            "body": wire.dumps(body),
            "created_at": at,
        }


class Claimed(Value, frozen=True):
    """A delivery this worker may try until its lease ends; the fence proves that it still may."""

    id: str
    fence: str
    number: int
    tries: int
    event_id: str
    body: bytes
    receiver: Receiver


class Outcome(Value, frozen=True):
    """What came of an attempt: a status, or the kind of error when there was no answer."""

    started_at: datetime
    duration_ms: int
    status: int | None = None
    error: str | None = None
    answer: str = ""
    header_names: tuple[str, ...] = ()
    retry_after: str | None = None
    timed_out: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the event: any 2xx, nothing else."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - the range of HTTP's own word

    @property
    def needs_rest(self) -> bool:
        """Whether asking again at once would make it worse."""
        return self.timed_out or self.status in OVERLOADED


class Due(Value, frozen=True):
    """An endpoint for which something is due; `per_second` and `free_at` where it is throttled."""

    endpoint_id: str
    per_second: int | None = None
    free_at: datetime | None = None
    is_tripped: bool = False
    is_failing: bool = False


def next_due(tries: int, now: datetime, chance: Fraction, outcome: Outcome) -> datetime | None:
    """Return when to try again, or None after the last attempt and after 410.

    `chance` in [0, 1) spreads the step by ±20 %; a receiver's `Retry-After` counts from one to two steps.
    """
    if tries >= len(STEPS) or outcome.status == GONE:
        return None
    step = STEPS[tries]
    asked = retry_after(outcome.retry_after, now)
    wait = _spread(step, chance) if asked is None else min(max(asked, step), 2 * step)
    return now + (max(wait, REST) if outcome.needs_rest else wait)


def _spread(step: timedelta, chance: Fraction) -> timedelta:
    # Not `timedelta * numerator`: that overflows where the step is long and the chance has a large denominator.
    return round(step // MICROSECOND * (1 - JITTER + 2 * JITTER * chance)) * MICROSECOND


def retry_after(text: str | None, now: datetime) -> timedelta | None:
    """Return how long a `Retry-After` of seconds or a date asks to wait (RFC 9110 §10.2.3), None for any other text."""
    said = (text or "").strip()
    if said.isascii() and said.isdecimal():
        return timedelta(seconds=int(said[:LONGEST_RETRY_AFTER_DIGITS]))
    try:
        moment = parsedate_to_datetime(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def shares(due: Sequence[Due], held: Mapping[str, int], free: int) -> dict[str, int]:
    """Divide free senders among endpoints; each may hold as many as stay free.

    So one that hangs has half of them at most, two of them two thirds: there are some left for who comes next. One
    whose last attempt failed gets few.
    """
    given: dict[str, int] = {}
    most = {each.endpoint_id: MOST_WHILE_FAILING if each.is_failing else free for each in due}

    def may_have_another(name: str) -> bool:
        return held.get(name, 0) + given.get(name, 0) < min(free, most[name])

    while wanting := [name for name in most if may_have_another(name)]:
        for name in wanting:
            if may_have_another(name):
                given[name] = given.get(name, 0) + 1
                free -= 1
    return given


def allowance(due: Due, now: datetime) -> tuple[int, datetime]:
    """Return how many a throttled endpoint may get now, and from when they count: a second's worth at most."""
    per_second = due.per_second or 1
    start = max(due.free_at or now - timedelta(seconds=1), now - timedelta(seconds=1))
    return max((now - start) * per_second // timedelta(seconds=1), 0), start


def used(start: datetime, per_second: int, count: int) -> datetime:
    """Return from when a throttled endpoint's next deliveries count, after so many were taken."""
    return start + timedelta(seconds=1) * count / per_second


def tallies(outcomes: Sequence[tuple[Claimed, Outcome]]) -> dict[str, Tally]:
    """Count what came of attempts, for each endpoint about which that says something new."""
    counted: dict[str, Tally] = {}
    for claimed, outcome in outcomes:
        name, before = claimed.receiver.endpoint_id, counted.get(claimed.receiver.endpoint_id, Tally())
        if outcome.is_success and not claimed.receiver.is_troubled and name not in counted:
            continue
        counted[name] = Tally(
            before.successes + outcome.is_success,
            before.failures + (not outcome.is_success),
            is_gone=before.is_gone or outcome.status == GONE,
        )
    return counted
