"""What may be done with client secrets, access tokens and widget sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from widget_host.domain.access import queries, rules
from widget_host.domain.access.models import ClientSecret, WidgetLaunch
from widget_host.domain.organizations.models import Environment, Organization
from widget_host.domain.organizations.rules import is_open
from widget_host.domain.upkeep.service import AuditTrail
from widget_host.kit.clock import Clock, EnvironmentClock
from widget_host.kit.crypto import BearerHasher, SecretHasher, new_secret
from widget_host.kit.errors import InvalidToken, NotFound
from widget_host.kit.ids import new_id
from widget_host.kit.signing import AccessTokenSigner, BadSignature, LaunchTokenSigner
from widget_host.kit.value import replace


class Clients:
    """Gives environments their secrets and recognizes who presents one."""

    def __init__(self, *, session: Session, clock: Clock, hasher: SecretHasher, trail: AuditTrail) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock
        self._hasher = hasher
        self._trail = trail

    def add_secret(self, environment: Environment) -> tuple[ClientSecret, str]:
        """Make a client secret; it is returned in the open this once and kept only as a hash."""
        secret = new_secret(f"whs_{environment.kind}_")
        made = ClientSecret(
            id=new_id("sec"),
            environment_id=environment.id,
            secret_hash=self._hasher.hash(secret),
            created_at=self._clock.now(),
            revoked_at=None,
        )
        self._session.add(made)
        self._session.flush()
        self._trail.record("secret.created", environment.id, secret_id=made.id)
        return made, secret

    def list_secrets(self, environment_id: str) -> Sequence[ClientSecret]:
        """Return the environment's secrets, live and revoked, the newest first."""
        return queries.secrets(self._session, environment_id)

    def revoke_secret(self, environment: Environment, secret_id: str) -> ClientSecret:
        """Take a secret back, and with it every token that it fetched; raises NotFound."""
        found = self._session.get(ClientSecret, secret_id, with_for_update=True)
        if found is None or found.environment_id != environment.id or found.revoked_at is not None:
            raise NotFound(f"There is no live secret {secret_id}.")
        found.revoked_at = self._clock.now()
        self._session.flush()
        self._trail.record("secret.revoked", environment.id, secret_id=secret_id)
        return found

    def find(self, client_id: str, secret: str) -> rules.Client | None:
        """Return who presents this id and secret; the secret decides the environment."""
        if not rules.may_be_credentials(client_id, secret):
            return None
        return queries.find_client(self._session, client_id, self._hasher.candidates(secret))

    def find_refused(self, client_id: str, secret: str) -> rules.RefusedSecret | None:
        """Return why a secret that is known is refused: it was taken back, or its production is closed."""
        if not rules.may_be_credentials(client_id, secret):
            return None
        found = queries.find_secret(self._session, client_id, hashes=self._hasher.candidates(secret))
        return None if found is None else _refused(found)


class AccessTokens:
    """Checks the API's bearer tokens."""

    def __init__(
        self,
        *,
        session: Session,
        signer: AccessTokenSigner,
        issuer: str,
    ) -> None:
        """Take them from `issuer`, which is the audience too: the API and its token endpoint are one host."""
        self._session = session
        self._signer = signer
        self._issuer = issuer

    def check(self, token: str) -> rules.Caller:
        """Return whose token this is and until when, or raise InvalidToken with what is wrong with it."""
        claims = self._claims(token)
        client_id, secret_id = str(claims["sub"]), str(claims.get("secret"))
        client = queries.find_client_by_secret(self._session, client_id, secret_id)
        if client is None:
            known = queries.find_secret(self._session, client_id, secret_id=secret_id)
            raise InvalidToken(rules.REVOKED) if known is None else _refused(known)
        return rules.Caller(client, int(claims["exp"]))

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            return self._signer.verify(token, issuer=self._issuer, audience=self._issuer)
        except BadSignature:
            raise InvalidToken("The access token is not one of this host.") from None


class WidgetSessions:
    """Launch tokens, and the sessions they are exchanged for."""

    def __init__(
        self, *, session: Session, clock: EnvironmentClock, signer: LaunchTokenSigner, hasher: BearerHasher
    ) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock
        self._signer = signer
        self._hasher = hasher

    def launch(self, environment: Environment, widget: str, request: rules.LaunchRequest) -> str:
        """Return the token for the widget's address; what the issuer said stays here, the token only names it."""
        launch = WidgetLaunch(
            id=new_id("wgl"),
            environment_id=environment.id,
            widget=widget,
            claims=rules.claims_of(request),
            created_at=self._clock.now(),
            spent_at=None,
        )
        self._session.add(launch)
        self._session.flush()
        return self._signer.sign(launch.id, environment.tenant_key, purpose=widget)

    def find_standing(self, tenant_key: str) -> rules.Standing | None:
        """Return whose public key this is, if anybody's, as opening their widgets depends on it."""
        found = queries.find_tenant(self._session, tenant_key)
        return None if found is None else queries.standing_of(*found)

    def why_closed(self, launch_id: str, tenant_key: str, *, is_paused: bool) -> rules.SessionEnded:
        """Say why a launch opens nothing: what it was for is done, its tenant is paused, or its time is up."""
        launch = self._session.get(WidgetLaunch, launch_id)
        return_url = launch.claims.get("returnUrl") if launch else None
        if launch is None or launch.spent_at is not None:
            return rules.ExchangeFinished(rules.FINISHED, tenant_key, return_url)
        if is_paused:
            return rules.SessionEnded(rules.PAUSED, tenant_key)
        return rules.SessionEnded("This link has expired.", tenant_key, return_url)

    def _is_over(self, launch: WidgetLaunch) -> bool:
        return launch.created_at + rules.LAUNCH_LIFE <= self._clock.now()

    def get(self, bearer: str, widget: str) -> rules.OpenWidget:
        """Return the live session of this bearer, or raise SessionEnded."""
        launch_id = rules.launch_named(bearer)
        found = None if launch_id is None else queries.find_opened(self._session, launch_id, widget)
        if found is None:
            raise rules.SessionEnded(rules.ENDED)
        _check_open(*found[1:3])
        opened = queries.opened(*found)
        is_replaced = not self._hasher.is_hash_of(bearer, opened.session_hash)
        with self._clock.ahead(opened.tenant.clock_ahead):
            if is_replaced or opened.expires_at <= self._clock.now():
                raise rules.why_over(opened, is_replaced=is_replaced)
        return opened

    def extend(self, opened: rules.OpenWidget) -> rules.OpenWidget:
        """Let the session last ten minutes from now, and half an hour altogether: its customer is there."""
        launches = queries.lock_launches(self._session, opened.launch_id)
        return self._lengthen(launches[opened.launch_id], opened, opened.extendable_until)

    def renew(self, opened: rules.OpenWidget, token: str) -> rules.OpenWidget:
        """Spend a fresh launch token on the session's life; what it may buy hangs on its own launch, as before.

        Raises NotRenewed for a token that is over, spent, or another customer's.
        """
        fresh_id = self._named(opened, token)
        launches = queries.lock_launches(self._session, opened.launch_id, fresh_id)
        with self._clock.ahead(opened.tenant.clock_ahead):
            fresh = self._checked(launches.get(fresh_id), opened)
            fresh.spent_at = self._clock.now()
            extendable_until = self._clock.now() + rules.LONGEST_SESSION
            return self._lengthen(launches[opened.launch_id], opened, extendable_until)

    def _named(self, opened: rules.OpenWidget, token: str) -> str:
        """Return the launch that a fresh token names; raises NotRenewed for a token of anything else."""
        running = self._session.get_one(WidgetLaunch, opened.launch_id)
        try:
            launch_id, _ = read_launch_token(self._signer, token, running.widget)
        except rules.NoLaunchToken:
            raise rules.NotRenewed("The token is none of this widget's.") from None
        return launch_id

    def _checked(self, fresh: WidgetLaunch | None, opened: rules.OpenWidget) -> WidgetLaunch:
        if fresh is None or fresh.id == opened.launch_id or fresh.spent_at is not None or self._is_over(fresh):
            raise rules.NotRenewed("The token is used, or over. Fetch a new one.")
        if (
            fresh.environment_id != opened.tenant.environment_id
            or rules.request_of(fresh.claims).holder != opened.request.holder
        ):
            raise rules.NotRenewed("The token is another customer's.")
        return fresh

    def _lengthen(self, launch: WidgetLaunch, opened: rules.OpenWidget, extendable_until: datetime) -> rules.OpenWidget:
        """Move the end of the launch's session; raises SessionReplaced where that is another one by now."""
        if launch.session_hash != opened.session_hash:
            raise rules.why_over(opened, is_replaced=True)
        with self._clock.ahead(opened.tenant.clock_ahead):
            expires_at = rules.extended(self._clock.now(), extendable_until)
        launch.expires_at, launch.extendable_until = expires_at, extendable_until
        self._session.flush()
        return replace(opened, expires_at=expires_at, extendable_until=extendable_until)

    def find_tenant(self, tenant_key: str) -> rules.Tenant | None:
        """Return whose public key this is, if anybody's."""
        found = queries.find_tenant(self._session, tenant_key) if rules.may_be_tenant_key(tenant_key) else None
        return None if found is None else queries.tenant_of(*found)

    def find_request(self, launch_id: str) -> rules.LaunchRequest | None:
        """Return what the issuer said when it asked for a widget."""
        launch = self._session.get(WidgetLaunch, launch_id)
        return None if launch is None else rules.request_of(launch.claims)

    def spend(self, launch_id: str) -> None:
        """Let a launch be used up by a purchase, once; raises SessionEnded the second time."""
        spent = self._session.execute(
            update(WidgetLaunch)
            .where(WidgetLaunch.id == launch_id, WidgetLaunch.spent_at.is_(None))
            .values(spent_at=self._clock.now())
            .returning(WidgetLaunch.id)
        )
        if spent.first() is None:
            raise rules.ExchangeFinished(rules.FINISHED)

    def give_back(self, launch_id: str) -> None:
        """Let a launch buy after all: the purchase it was spent on came to nothing."""
        self._session.execute(update(WidgetLaunch).where(WidgetLaunch.id == launch_id).values(spent_at=None))


def read_launch_token(signer: LaunchTokenSigner, token: str, widget: str) -> tuple[str, str]:
    """Return the launch that a widget's token names, and whose it is; raises NoLaunchToken."""
    try:
        return signer.verify(token, purpose=widget)
    except BadSignature:
        raise rules.NoLaunchToken("This page was opened without a token of this host.") from None


def _refused(secret: ClientSecret) -> rules.RefusedSecret:
    if secret.revoked_at is None:
        return rules.ClosedProduction(rules.CLOSED, environment_id=secret.environment_id, secret_id=secret.id)
    return rules.RevokedSecret(rules.REVOKED, environment_id=secret.environment_id, secret_id=secret.id)


def _check_open(environment: Environment, organization: Organization) -> None:
    if not is_open(environment.kind, kyb_approved=organization.kyb_approved_at is not None):
        raise rules.SessionEnded(rules.PAUSED, environment.tenant_key)
