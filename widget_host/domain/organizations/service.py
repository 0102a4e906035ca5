"""What may be done with issuers and their environments."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from widget_host.domain.organizations import rules
from widget_host.domain.organizations.models import Environment, Organization
from widget_host.domain.upkeep.service import AuditTrail
from widget_host.kit.clock import Clock
from widget_host.kit.errors import FieldError, InvalidFields, NotFound
from widget_host.kit.ids import new_id
from widget_host.kit.value import asdict


class Check(Protocol):
    """Reads one address of a setting; raises FieldError for one that may not stand there."""

    def __call__(self, text: str, *, http_allowed: bool) -> str:
        """Return it as it is kept."""


class Organizations:
    """Creates issuers and keeps their environments' settings."""

    def __init__(self, *, session: Session, clock: Clock, trail: AuditTrail, http_origins_allowed: bool) -> None:
        """Work within this session; plain-http origins are for development only."""
        self._session = session
        self._clock = clock
        self._trail = trail
        self._http_origins_allowed = http_origins_allowed

    def create(self, name: str, *, local_currency: str = "USD") -> tuple[Organization, Environment]:
        """Make an organization with its sandbox."""
        if not name.strip():
            raise InvalidFields([FieldError("name", "required", "An organization needs a name.")])
        if len(name.strip()) > rules.LONGEST_NAME:
            raise InvalidFields([FieldError("name", "too_long", f"A name has up to {rules.LONGEST_NAME} characters.")])
        organization = Organization(
            id=new_id("org"),
            name=name.strip(),
            client_id=new_id("cli"),
            points_mode=True,
            profile={},
            kyb_approved_at=None,
            created_at=self._clock.now(),
        )
        self._session.add(organization)
        self._session.flush()
        return organization, self._open(organization, rules.SANDBOX, local_currency)

    def _open(self, organization: Organization, kind: str, local_currency: str) -> Environment:
        environment = Environment(
            id=new_id("env"),
            organization_id=organization.id,
            kind=kind,
            tenant_key=new_id("tnt"),
            local_currency=local_currency,
            allowed_origins=[],
            return_urls=[],
            clock_ahead_ms=0,
            theme={},
            created_at=self._clock.now(),
        )
        self._session.add(environment)
        self._session.flush()
        return environment

    def get(self, organization_id: str) -> Organization:
        """Return the organization, or raise NotFound."""
        organization = self._session.get(Organization, organization_id)
        if organization is None:
            raise NotFound("There is no such organization.")
        return organization

    def get_of_client(self, client_id: str) -> Organization:
        """Return the client's organization, or raise NotFound."""
        found = self._session.scalar(select(Organization).where(Organization.client_id == client_id))
        if found is None:
            raise NotFound(f"There is no client {client_id}.")
        return found

    def prepare(self, client_id: str, kind: str) -> Environment:
        """Return the client's environment of that kind; production is made where it is missing, without a secret."""
        organization = self.get_of_client(client_id)
        found = self._environments(organization)
        return found.get(kind) or self._open(organization, kind, found[rules.SANDBOX].local_currency)

    def _environments(self, organization: Organization) -> dict[str, Environment]:
        of_organization = select(Environment).where(Environment.organization_id == organization.id)
        return {environment.kind: environment for environment in self._session.scalars(of_organization)}

    def allow(self, organization: Organization, *, points_mode: bool | None, kyb_approved: bool | None) -> None:
        """Decide what the organization may do; None leaves a decision as it is.

        While KYB is not approved production is closed: its secrets, tokens and widgets are refused, not revoked.
        """
        if points_mode is not None:
            organization.points_mode = points_mode
        if kyb_approved is not None and kyb_approved != (organization.kyb_approved_at is not None):
            organization.kyb_approved_at = self._clock.now() if kyb_approved else None
            for environment in self._environments(organization).values():
                event = "kyb.approved" if kyb_approved else "kyb.withdrawn"
                self._trail.record(event, environment.id, organization_id=organization.id)
        self._session.flush()

    def get_environment(self, environment_id: str) -> Environment:
        """Return the environment, or raise NotFound."""
        environment = self._session.get(Environment, environment_id)
        if environment is None:
            raise NotFound("There is no such environment.")
        return environment

    def profile(self, organization_id: str, environment_id: str) -> dict[str, str]:
        """Return what the organization says of itself, every field as text, empty where nothing was said."""
        organization, environment = self.get(organization_id), self.get_environment(environment_id)
        said = dict.fromkeys(rules.PROFILE, "") | dict(organization.profile)
        return said | {"name": organization.name, "localCurrency": environment.local_currency}

    def update_profile(self, organization: Organization, said: Mapping[str, str]) -> None:
        """Change fields of the profile; raises InvalidFields for one it does not have."""
        if unknown := sorted(said.keys() - set(rules.PROFILE)):
            raise InvalidFields([FieldError(name, "unknown", f"A profile has no field {name}.") for name in unknown])
        if not said.get("name", organization.name).strip() or "localCurrency" in said:
            message = "A profile needs its name, and its localCurrency is that of the environments."
            raise InvalidFields([FieldError("profile", "fixed", message)])
        organization.name = said.get("name", organization.name).strip()
        organization.profile = {**organization.profile, **said}
        self._session.flush()

    def find_environment_by_tenant_key(self, tenant_key: str) -> Environment | None:
        """Return whose public key this is, if anybody's."""
        return self._session.scalar(select(Environment).where(Environment.tenant_key == tenant_key))

    def get_environment_of_client(self, client_id: str, kind: str) -> Environment:
        """Return the client's environment of that kind, or raise NotFound."""
        found = self._session.scalar(
            select(Environment)
            .join(Organization, Organization.id == Environment.organization_id)
            .where(Organization.client_id == client_id, Environment.kind == kind)
        )
        if found is None:
            raise NotFound(f"Client {client_id} has no {kind} environment.")
        return found

    def advance_clock(self, environment_id: str, by: timedelta) -> Environment:
        """Move a sandbox's time forward; raises NotFound in production, whose time is everybody's.

        Raises InvalidFields where it would be too far ahead for dates to be written.
        """
        # Quotes name their environment: whoever keeps one waits for nobody here.
        environment = self._session.get_one(Environment, environment_id, with_for_update={"key_share": True})
        if environment.kind != rules.SANDBOX:
            raise NotFound("Only a sandbox has a clock of its own.")
        if environment.clock_ahead + by > rules.FURTHEST_AHEAD:
            message = f"A sandbox's clock is at most {rules.FURTHEST_AHEAD.days} days ahead."
            raise InvalidFields([FieldError("advance", "too_far", message)])
        environment.clock_ahead_ms += by // timedelta(milliseconds=1)
        self._session.flush()
        return environment

    def allow_origins(self, environment: Environment, origins: Sequence[str]) -> None:
        """Let exactly these pages frame the environment's widgets; raises InvalidFields naming each bad one."""
        environment.allowed_origins = self._checked(rules.origin, origins)
        self._trail.record("environment.changed", environment.id, allowed_origins=environment.allowed_origins)

    def register_return_urls(self, environment: Environment, addresses: Sequence[str]) -> None:
        """Let exactly these be where a widget leads back to; raises InvalidFields naming each bad one."""
        environment.return_urls = self._checked(rules.return_url, addresses)
        self._trail.record("environment.changed", environment.id, return_urls=environment.return_urls)

    def _checked(self, check: Check, texts: Sequence[str]) -> list[str]:
        found, errors = [], []
        for text in texts:
            try:
                found.append(check(text, http_allowed=self._http_origins_allowed))
            except FieldError as error:
                errors.append(error)
        if errors:
            raise InvalidFields(errors)
        return list(dict.fromkeys(found))

    def paint(self, environment: Environment, theme: rules.Theme) -> None:
        """Let the environment's widgets look like this."""
        environment.theme = {name: value for name, value in asdict(theme).items() if value is not None}
        self._session.flush()
        self._trail.record("environment.changed", environment.id, theme=environment.theme)
