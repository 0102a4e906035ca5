"""What an endpoint may be, which of its secrets sign, and when its deliveries rest. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from widget_host.kit.addresses import AddressRefused, AddressRules
from widget_host.kit.errors import FieldError, InvalidFields, Refused
from widget_host.kit.value import Value, replace

SIGNATURE, BASIC, OAUTH2 = "SIGNATURE", "BASIC", "OAUTH2"
IN_HEADER, IN_BODY = "HEADER", "BODY"
EVENT_TYPES = (
    "transaction.completed",
    "transaction.failed",
    "transaction.reversed",
    "LINKED",
    "UPDATED",
    "DELINKED",
)
MOST_ENDPOINTS = 100
MOST_SECRETS = 5
OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=7)

BY_THE_TENANT, FAILING, GONE = "manual", "failing", "gone"
GIVEN_UP_AFTER, GIVEN_UP_FAILURES = timedelta(hours=120), 5
WINDOW = timedelta(minutes=5)
TRIPS_AT_ATTEMPTS, TRIPS_AT_PERCENT = 10, 70
PROBE_EVERY = timedelta(seconds=30)
STAGED, SIGNING, ENDING, ENDED = "STAGED", "SIGNING", "ENDING", "ENDED"


class EndpointDisabled(Refused):
    """Nothing is sent to this endpoint until it is enabled again."""

    code = "ENDPOINT_DISABLED"


class EndpointLimit(Refused):
    """The environment has as many endpoints, or the endpoint as many secrets, as there may be."""

    code = "ENDPOINT_LIMIT"


class SecretInUse(Refused):
    """The step does not fit the secret's stage."""

    code = "SECRET_IN_USE"


class Authentication(Value, frozen=True):
    """How an endpoint knows who calls, beside the signature; `credential` is the password or client secret."""

    mode: str = SIGNATURE
    username: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    scope: str | None = None
    credentials_in: str | None = None
    credential: str | None = None


class Details(Value, frozen=True, kw_only=True):
    """All that a tenant says of an endpoint."""

    url: str
    description: str = ""
    event_types: tuple[str, ...] = ()
    authentication: Authentication = Authentication()
    ordered: bool = False
    per_second: int | None = None


class Receiver(Value, frozen=True):
    """An endpoint as a delivery needs it now; the first secret signs alone, the others beside it.

    `problem` says why nothing can be sent: the key that sealed its secrets is gone from the settings.
    """

    endpoint_id: str
    url: str
    secrets: tuple[str, ...]
    authentication: Authentication
    is_troubled: bool = False
    problem: str | None = None


class Tally(Value, frozen=True):
    """What came of some attempts at one endpoint; `is_gone` where it answered 410."""

    successes: int = 0
    failures: int = 0
    is_gone: bool = False


class Health(Value, frozen=True):
    """How an endpoint's deliveries went: since when nothing but failures, and how many within the breaker's window.

    A window begins with a failure: a healthy endpoint is never written to.
    """

    failing_since: datetime | None = None
    failures: int = 0
    window_from: datetime | None = None
    window_attempts: int = 0
    window_failures: int = 0
    tripped_at: datetime | None = None
    probe_at: datetime | None = None

    @property
    def is_troubled(self) -> bool:
        """Whether a success would change anything."""
        return self != Health()

    def after(self, tally: Tally, now: datetime) -> "Health":
        """Return how it is after these attempts; a success among them ends what went before."""
        if self.tripped_at is not None:
            return Health() if tally.successes else _resting(_failed(self, tally, now), now)
        return _judged(_failed(_counted(self, tally, now), tally, now), now)

    def is_given_up(self, now: datetime) -> bool:
        """Whether there were failures alone, and for so long that going on makes no sense."""
        lasted = self.failing_since is not None and now - self.failing_since >= GIVEN_UP_AFTER
        return lasted and self.failures >= GIVEN_UP_FAILURES


def _failed(health: Health, tally: Tally, now: datetime) -> Health:
    if tally.successes:
        return replace(health, failing_since=None, failures=0)
    return replace(health, failing_since=health.failing_since or now, failures=health.failures + tally.failures)


def _counted(health: Health, tally: Tally, now: datetime) -> Health:
    attempts, failures = tally.successes + tally.failures, tally.failures
    if health.window_from is not None and now - health.window_from <= WINDOW:
        attempts, failures = attempts + health.window_attempts, failures + health.window_failures
        return replace(health, window_attempts=attempts, window_failures=failures)
    if not failures:
        return replace(health, window_from=None, window_attempts=0, window_failures=0)
    return replace(health, window_from=now, window_attempts=attempts, window_failures=failures)


def _judged(health: Health, now: datetime) -> Health:
    attempts, failures = health.window_attempts, health.window_failures
    if attempts >= TRIPS_AT_ATTEMPTS and failures * 100 >= attempts * TRIPS_AT_PERCENT:
        return _resting(replace(health, tripped_at=now), now)
    return health


def _resting(health: Health, now: datetime) -> Health:
    return replace(health, probe_at=now + PROBE_EVERY)


def secret_stage(promoted_at: datetime | None, ends_at: datetime | None, now: datetime) -> str:
    """Return where a secret is on its way."""
    if ends_at is not None:
        return ENDING if ends_at > now else ENDED
    return STAGED if promoted_at is None else SIGNING


def check(details: Details, addresses: AddressRules) -> None:
    """Raise InvalidFields that names everything about an endpoint that cannot be."""
    errors = _checked("url", lambda: addresses.check(details.url))
    if unknown := sorted(set(details.event_types) - set(EVENT_TYPES)):
        known = ", ".join(EVENT_TYPES)
        errors += [
            FieldError("eventTypes", "unknown", f"There is no event {name}: one of {known}.") for name in unknown
        ]
    errors += _check_authentication(details.authentication, addresses)
    if errors:
        raise InvalidFields(errors)


def _check_authentication(said: Authentication, addresses: AddressRules) -> list[FieldError]:
    needed = {
        SIGNATURE: {},
        BASIC: {"username": said.username, "password": said.credential},
        OAUTH2: {"tokenUrl": said.token_url, "clientId": said.client_id, "clientSecret": said.credential},
    }[said.mode]
    errors = [_error(name, "required", f"{said.mode} needs this.") for name, value in needed.items() if not value]
    if said.mode == BASIC and ":" in (said.username or ""):
        # RFC 7617: the first colon parts the name from the password.
        errors.append(_error("username", "malformed", "A user name for Basic has no colon."))
    if said.mode == OAUTH2 and said.token_url:
        token_url = said.token_url
        errors += _checked("authentication.tokenUrl", lambda: addresses.check(token_url))
    return errors


def _checked(field: str, check: Callable[[], object]) -> list[FieldError]:
    try:
        check()
    except AddressRefused as refused:
        return [FieldError(field, "refused", f"Nothing is sent to this address: {refused.why}.")]
    return []


def _error(name: str, code: str, message: str) -> FieldError:
    return FieldError(f"authentication.{name}", code, message)


def signing_order(stages: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the secrets, given newest first with their stages, the one that signs alone first; none signs none."""
    order = {SIGNING: 0, ENDING: 1, STAGED: 2}
    live = [(order[stage], secret) for stage, secret in stages if stage in order]
    if not any(stage == SIGNING for stage, _ in stages):
        return ()
    return tuple(secret for _, secret in sorted(live, key=lambda each: each[0]))
