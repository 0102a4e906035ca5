"""What may be done with issuers and their environments."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from widget_host.domain.organizations import rules
from widget_host.domain.organizations.models import Environment, Organization
from widget_host.kit.clock import Clock
from widget_host.kit.errors import FieldError, InvalidFields, NotFound
from widget_host.kit.ids import new_id


class Organizations:
    """Creates issuers and keeps their environments' settings."""

    def __init__(self, *, session: Session, clock: Clock, http_origins_allowed: bool) -> None:
        """Work within this session; plain-http origins are for development only."""
        self._session = session
        self._clock = clock
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

    def get_environment(self, environment_id: str) -> Environment:
        """Return the environment, or raise NotFound."""
        environment = self._session.get(Environment, environment_id)
        if environment is None:
            raise NotFound("There is no such environment.")
        return environment

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

    def allow_origins(self, environment: Environment, origins: Sequence[str]) -> None:
        """Let exactly these pages frame the environment's widgets; raises InvalidFields naming each bad one."""
        allowed, errors = [], []
        for text in origins:
            try:
                allowed.append(rules.origin(text, http_allowed=self._http_origins_allowed))
            except FieldError as error:
                errors.append(error)
        if errors:
            raise InvalidFields(errors)
        environment.allowed_origins = list(dict.fromkeys(allowed))
