"""Who a caller is, and how long each kind of token lives. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from widget_host.domain.organizations.rules import MODES, Theme
from widget_host.kit.errors import InvalidToken, Refused
from widget_host.kit.money import Money
from widget_host.kit.value import Value, asdict

ACCESS_TOKEN_LIFE = timedelta(seconds=600)
LAUNCH_LIFE = timedelta(seconds=600)
SESSION_LIFE = timedelta(seconds=600)
# So long may customers themselves keep a widget open; longer takes a word of their issuer.
LONGEST_SESSION = timedelta(minutes=30)
POINT_EXCHANGE, MULTIBRAND = "point-exchange", "multibrand"
SCOPE = "points widgets"
CLOSED = "Production is closed to this organization: its KYB approval was withdrawn."
EXPIRED = "The access token has expired. Ask for a new one."
REVOKED = "The access token was revoked: its client secret is no longer valid."
ENDED, FINISHED = "Your session has ended.", "This exchange is finished."
PAUSED = "Exchanges are paused at the moment."


CLIENT_ID = re.compile("cli_[0-9a-z]{26}")
TENANT_KEY = re.compile("tnt_[0-9a-z]{26}")
BEARER = re.compile(r"(wgl_[0-9a-z]{26})\.[\w-]{43}", re.ASCII)


def may_be_client_id(text: str) -> bool:
    """Whether this has the form of a client id: other text may be a secret in the wrong field."""
    return CLIENT_ID.fullmatch(text) is not None


def may_be_credentials(client_id: str, secret: str) -> bool:
    """Whether both are printable ASCII, as RFC 6749 (appendix A) wants them; no database is asked about others."""
    return all(text.isascii() and text.isprintable() for text in (client_id, secret))


def may_be_tenant_key(text: str) -> bool:
    """Whether this has the form of a tenant's public key; no database is asked about others."""
    return TENANT_KEY.fullmatch(text) is not None


def bearer_prefix(launch_id: str) -> str:
    """Return what the bearer of a session begins with: it names its launch, and is as secret as what follows."""
    return f"{launch_id}."


def launch_named(bearer: str) -> str | None:
    """Return the launch that a bearer names; None for what has not the form of one."""
    found = BEARER.fullmatch(bearer)
    return None if found is None else found[1]


class SessionEnded(Refused):
    """The widget's session or launch is over, spent, replaced or was never there; `tenant_key` says whose, if known."""

    code = "SESSION_ENDED"

    def __init__(self, message: str, tenant_key: str | None = None, return_url: str | None = None) -> None:
        """Name the tenant where the token still tells it, and where its customers go back to."""
        super().__init__(message)
        self.tenant_key = tenant_key
        self.return_url = return_url


class NotRenewed(Refused):
    """The fresh launch token is not good for this session: it goes on as long as it would have."""

    code = "SESSION_NOT_RENEWED"


class SessionReplaced(SessionEnded):
    """The widget was opened again since, and goes on there."""


class ExchangeFinished(SessionEnded):
    """What the launch was for is done; what came of it is no longer shown here."""


class RefusedSecret(InvalidToken):
    """The secret, or the token it fetched, is known and refused; says whose it is, and what that is called."""

    event: ClassVar[str]

    def __init__(self, message: str, *, environment_id: str, secret_id: str) -> None:
        """Name the secret by its id."""
        super().__init__(message)
        self.environment_id = environment_id
        self.secret_id = secret_id


class RevokedSecret(RefusedSecret):
    """It was good once and was taken back."""

    event = "secret.revoked_used"


class ClosedProduction(RefusedSecret):
    """It is of a production whose organization lost its KYB approval; it is good again when that is given back."""

    event = "production.closed_used"


class NoLaunchToken(Refused):
    """The widget's page was opened without a token, or with one that this host never signed."""

    code = "NO_LAUNCH_TOKEN"


class Client(Value, frozen=True):
    """Who calls the API: an organization, in one environment, by one secret."""

    client_id: str
    organization_id: str
    organization_name: str
    environment_id: str
    environment_kind: str
    secret_id: str
    clock_ahead: timedelta


class Caller(Value, frozen=True):
    """Whose access token it is, and until when it is good, in seconds since 1970."""

    client: Client
    until: int


def access_claims(client: Client, token_id: str, *, issuer: str, at: int) -> dict[str, str | int]:
    """Return what a token of ten minutes says (RFC 9068); `at` is now, in seconds since 1970."""
    return {
        "iss": issuer,
        "aud": issuer,
        "sub": client.client_id,
        "client_id": client.client_id,
        "env": client.environment_kind,
        "secret": client.secret_id,
        "scope": SCOPE,
        "jti": token_id,
        "iat": at,
        "exp": at + int(ACCESS_TOKEN_LIFE.total_seconds()),
    }


class Prefill(Value, frozen=True):
    """What the issuer already knows of the customer's account at a program."""

    user_id: str | None = None
    user_email: str | None = None


class LaunchedCard(Value, frozen=True):
    """The card whose rewards are divided; `max_programs` is None where the issuer leaves it to the host."""

    id: str
    last_four: str | None = None
    max_programs: int | None = None


class LaunchRequest(Value, frozen=True):
    """What the issuer's backend says when it asks for a widget; `program_ids` empty means all partners.

    `card` is said of the Multibrand widget alone. `metadata` is the issuer's own, and stays with the launch.
    """

    source_user_id: str
    source_user_email: str | None = None
    balance: Money | None = None
    currency: str | None = None
    program_ids: tuple[str, ...] = ()
    destination_accounts: Mapping[str, Prefill] | None = None
    reference_number: str | None = None
    locale: str | None = None
    theme: str | None = None
    return_url: str | None = None
    card: LaunchedCard | None = None
    metadata: Mapping[str, str] | None = None

    @property
    def holder(self) -> tuple[str | None, ...]:
        """Whose widget it is: a session may only be renewed for the same."""
        return self.source_user_id, self.card.id if self.card else None


class Tenant(Value, frozen=True):
    """The environment a widget belongs to, as its pages need it."""

    environment_id: str
    tenant_key: str
    organization_name: str
    allowed_origins: tuple[str, ...]
    clock_ahead: timedelta
    theme: Theme


class Standing(Value, frozen=True):
    """A tenant as opening its widgets depends on it: the currency where none is named, and whether they open at all."""

    tenant: Tenant
    currency: str
    is_open: bool


class OpenWidget(Value, frozen=True):
    """A live widget session: whose it is, what the issuer said when it asked for the widget, and what its page did.

    `session_hash` tells it from those that its launch opened before.
    """

    launch_id: str
    session_hash: str
    tenant: Tenant
    request: LaunchRequest
    currency: str
    expires_at: datetime
    extendable_until: datetime
    is_spent: bool
    asked_locale: str
    asked_theme: str

    @property
    def locales(self) -> tuple[str | None, str]:
        """What the widget was asked to speak, the issuer's backend first, then its page."""
        return self.request.locale, self.asked_locale

    @property
    def mode(self) -> str | None:
        """Light, dark or auto, where the issuer's backend or its page asked for one."""
        asked = self.asked_theme if self.asked_theme in MODES else None
        return self.request.theme or asked

    @property
    def can_extend(self) -> bool:
        """Whether the customer may still have it last longer."""
        return self.expires_at < self.extendable_until


def extended(now: datetime, extendable_until: datetime) -> datetime:
    """Return the end of a session whose customer is there now."""
    return min(now + SESSION_LIFE, extendable_until)


def claims_of(request: LaunchRequest) -> dict[str, Any]:
    """Return what the issuer said as JSON keeps it."""
    accounts = request.destination_accounts or {}
    return {
        "sourceUserId": request.source_user_id,
        "sourceUserEmail": request.source_user_email,
        "balance": None if request.balance is None else request.balance.minor,
        "balanceCurrency": None if request.balance is None else request.balance.currency,
        "currency": request.currency,
        "programIds": list(request.program_ids),
        "destinationAccounts": {key: [account.user_id, account.user_email] for key, account in accounts.items()},
        "referenceNumber": request.reference_number,
        "locale": request.locale,
        "theme": request.theme,
        "returnUrl": request.return_url,
        "card": None if request.card is None else asdict(request.card),
        "metadata": None if request.metadata is None else dict(request.metadata),
    }


def request_of(claims: Mapping[str, Any]) -> LaunchRequest:
    """Return what the issuer said as the rules know it; claims of an earlier release may lack the later ones."""
    balance = claims["balance"]
    return LaunchRequest(
        source_user_id=claims["sourceUserId"],
        source_user_email=claims["sourceUserEmail"],
        balance=None if balance is None else Money(balance, claims["balanceCurrency"]),
        currency=claims["currency"],
        program_ids=tuple(claims["programIds"]),
        destination_accounts={key: Prefill(*pair) for key, pair in claims["destinationAccounts"].items()},
        reference_number=claims["referenceNumber"],
        locale=claims["locale"],
        theme=claims["theme"],
        return_url=claims.get("returnUrl"),
        card=LaunchedCard(**claims["card"]) if claims.get("card") else None,
        metadata=claims.get("metadata"),
    )


def why_over(widget: OpenWidget, *, is_replaced: bool) -> SessionEnded:
    """Say why a session does not go on: what it was for is done, it goes on elsewhere, or its time is up."""
    whose = (widget.tenant.tenant_key, widget.request.return_url)
    if widget.is_spent:
        return ExchangeFinished(FINISHED, *whose)
    return SessionReplaced("This widget was opened again.", *whose) if is_replaced else SessionEnded(ENDED, *whose)
