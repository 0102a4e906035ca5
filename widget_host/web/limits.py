"""How often each caller may call, by kind of request, in minutes of the clock.

One increment decides a request: the minute is part of the key, so what is left and until when needs no second question
to Redis. A moving window would cost three times as much, only to keep a caller from spending two minutes' worth around
the end of one, which limits as generous as these need not prevent.
"""

import hashlib
import time
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

import structlog
from flask import Flask, Request
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from werkzeug.exceptions import RequestEntityTooLarge

from widget_host.config import Settings
from widget_host.kit import fibers
from widget_host.kit.clock import Clock
from widget_host.kit.counting import Counts
from widget_host.kit.errors import Refused
from widget_host.kit.value import Value
from widget_host.telemetry import metrics
from widget_host.web.scope import SAID, asked, host_app

TOKENS, READS, WRITES, WIDGET = "tokens", "reads", "writes", "widget"
WORDS = {TOKENS: "token requests", READS: "reads", WRITES: "writes", WIDGET: "requests of one widget"}
# A kind of its own, whoever asks: what guesses secrets is no ordinary write.
TOKEN_ENDPOINT = "auth.token"  # noqa: S105 - the name of a view, no password
# More digits than any length has; Python makes no number of some thousands.
LONGEST_LENGTH = 20
READING = frozenset({"GET", "HEAD", "OPTIONS"})
WINDOW_SECONDS = 60
# Short: a Redis that hangs must not hold every request up.
PATIENCE = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}  # float: seconds
PAUSE_SECONDS = 5
LIMITER, COUNTED, MADE = "limiter", "widget_host.counted", "widget_host.counts_made"
log = structlog.get_logger(__name__)


class RateLimited(Refused):
    """Too many requests of one kind within a minute; details hold the seconds until the next one is heard."""

    code = "RATE_LIMITED"


class Counted(Value, frozen=True):
    """One limit that a request was counted against; `left` is below zero when it came too soon."""

    kind: str
    quota: int
    left: int
    seconds: int

    @property
    def policy(self) -> str:
        """The limit, as the field `RateLimit-Policy` writes it."""
        return f'"{self.kind}";q={self.quota};w={WINDOW_SECONDS}'

    @property
    def state(self) -> str:
        """What is left of it, as the field `RateLimit` writes it."""
        return f'"{self.kind}";r={max(self.left, 0)};t={self.seconds}'


class Limiter:
    """Counts requests in memory or Redis; while Redis is away everybody is let in uncounted."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Connect to nothing yet: a Redis that is away does not stop the start."""
        self._quotas = {
            TOKENS: settings.rate_limit_tokens,
            READS: settings.rate_limit_reads,
            WRITES: settings.rate_limit_writes,
            WIDGET: settings.rate_limit_widget,
        }
        self._clock = clock
        self._storage = _storage(settings.rate_limit_storage)
        # Whether to count is to wait for another machine.
        self.waits = not isinstance(self._storage, Counts)
        self._paused_until = time.monotonic()

    def count(self, kind: str, who: str) -> Counted | None:
        """Count one request; None where there is no limit, or no storage to count in."""
        quota = self._quotas[kind]
        if not quota:
            return None
        minute, passed = divmod(int(self._clock.now().timestamp()), WINDOW_SECONDS)
        made = self._increment(kind, f"LIMITS:{kind}/{_short(who)}/{minute}/{quota}")
        return None if made is None else Counted(kind, quota, quota - made, WINDOW_SECONDS - passed)

    def _increment(self, kind: str, key: str) -> int | None:
        if self.waits:
            fibers.only_in_thread()
        if time.monotonic() >= self._paused_until:
            try:
                return self._storage.incr(key, 2 * WINDOW_SECONDS)
            except StorageError as error:
                self._paused_until = time.monotonic() + PAUSE_SECONDS
                # The kind of fault only: its text may hold the address with its password.
                log.error("limits.storage_away", error=type(error.storage_error).__name__)
        metrics.count_uncounted(kind)
        return None


@lru_cache(maxsize=4096)
def _short(who: str) -> str:
    # A hash: a name may be long or hold anything, and addresses of people are nobody's business in Redis.
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()[:24]


def _storage(url: str) -> Storage | Counts:
    if url.startswith("memory"):
        # The library's own starts a thread every few requests, to look for what is over.
        return Counts()
    return cast("Storage", storage_from_string(url, wrap_exceptions=True, **PATIENCE))


def register(app: Flask, settings: Settings, clock: Clock) -> None:
    """Give the app a limiter, and let it refuse bodies that are too large."""
    app.extensions[LIMITER] = Limiter(settings, clock)
    largest = app.config["MAX_CONTENT_LENGTH"]
    app.before_request(lambda: _refuse_large(largest))


def limiter(app: Flask) -> Limiter:
    """Return what counts the app's requests."""
    made: Limiter = app.extensions[LIMITER]
    return made


def _refuse_large(largest: int) -> None:
    """Refuse a body that is too large, whether its view reads it or not.

    One sent in chunks tells no length; what is read of it stops at the limit, and would be taken for all of it.
    """
    request = asked()
    # Most have none, and the server says so.
    if request.environ.get("CONTENT_LENGTH") == "0" and "HTTP_TRANSFER_ENCODING" not in request.environ:
        return
    length = _length(request)
    if length is None and "wsgi.input_terminated" in request.environ:
        length = len(request.get_data(cache=True)) + 1
    if length is not None and length > largest:
        raise RequestEntityTooLarge


def _length(request: Request) -> int | None:
    # werkzeug takes as long to read it as to read the body, for what is no number.
    said = request.environ.get("CONTENT_LENGTH", "")
    is_plain = len(said) < LONGEST_LENGTH and said.isdecimal() and said.isascii()
    return int(said) if is_plain and "HTTP_TRANSFER_ENCODING" not in request.environ else request.content_length


def count(kind: str, who: str) -> None:
    """Count this request as one of `kind` by `who`; raises RateLimited when there were too many."""
    _count(asked(), kind, who)


def count_client(environment_id: str) -> None:
    """Count this request for the client that sent it, each environment apart."""
    request = asked()
    _count(request, _kind(request), environment_id)


def count_address() -> None:
    """Count this request for the address it came from: nobody is known there."""
    request = asked()
    _count(request, _kind(request), request.remote_addr or "")


def _count(request: Request, kind: str, who: str) -> None:
    made: dict[tuple[str, str], Counted | None] = request.environ.setdefault(MADE, {})
    # Once, though a request may be begun twice: on the loop, and again in a thread.
    if (kind, who) not in made:
        made[kind, who] = limiter(host_app()).count(kind, who)
    counted = made[kind, who]
    if counted is None:
        return
    _tell(request.environ, counted)
    if counted.left < 0:
        metrics.count_refusal(kind)
        message = f"More than {counted.quota} {WORDS[kind]} a minute. Wait {counted.seconds} seconds and try again."
        raise RateLimited(message, seconds=counted.seconds, limit=kind)


def _kind(request: Request) -> str:
    if request.endpoint == TOKEN_ENDPOINT:
        return TOKENS
    return READS if request.method in READING else WRITES


def _tell(environ: dict[str, Any], counted: Counted) -> None:
    """Have the answer say what is left, of each kind the least."""
    known: dict[str, Counted] = environ.setdefault(COUNTED, {})
    before = known.get(counted.kind)
    if before is None or counted.left <= before.left:
        known[counted.kind] = counted
    # Told each time: a request that is begun again has said nothing yet.
    shown = list(known.values())
    if len(shown) > 1:
        shown.sort(key=attrgetter("left"), reverse=True)
    environ[SAID]["RateLimit-Policy"] = ", ".join([one.policy for one in shown])
    environ[SAID]["RateLimit"] = ", ".join([one.state for one in shown])
