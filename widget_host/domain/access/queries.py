"""What is read of clients, launches and sessions."""

from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from widget_host.domain.access.models import ClientSecret, WidgetLaunch, WidgetSession
from widget_host.domain.access.rules import Client, OpenWidget, Standing, Tenant, request_of
from widget_host.domain.organizations.models import Environment, Organization
from widget_host.domain.organizations.rules import PRODUCTION, Theme, is_open

# What organizations.rules.is_open says, for the database.
IS_OPEN = or_(Environment.kind != PRODUCTION, Organization.kyb_approved_at.is_not(None))
# Where it stands who a caller is: it is looked up at each request.
CALLERS_TABLES = ("client_secrets", "environments", "organizations")
ClientRows = Select[ClientSecret, Environment, Organization]


def _live_secrets() -> ClientRows:
    return (
        select(ClientSecret, Environment, Organization)
        .join(Environment, Environment.id == ClientSecret.environment_id)
        .join(Organization, Organization.id == Environment.organization_id)
        .where(ClientSecret.revoked_at.is_(None), IS_OPEN)
    )


def find_client(session: Session, client_id: str, hashes: Sequence[str]) -> Client | None:
    """Return the client whose live secret has one of these hashes."""
    wanted = _live_secrets().where(Organization.client_id == client_id, ClientSecret.secret_hash.in_(hashes))
    return _client(session, wanted)


def find_client_by_secret(session: Session, client_id: str, secret_id: str) -> Client | None:
    """Return the client of a token, while the secret that fetched it lives."""
    return _client(session, _live_secrets().where(Organization.client_id == client_id, ClientSecret.id == secret_id))


def secrets(session: Session, environment_id: str) -> Sequence[ClientSecret]:
    """Return the environment's secrets, the newest first."""
    wanted = select(ClientSecret).where(ClientSecret.environment_id == environment_id)
    return session.scalars(wanted.order_by(ClientSecret.id.desc())).all()


def find_secret(
    session: Session, client_id: str, *, hashes: Sequence[str] = (), secret_id: str = ""
) -> ClientSecret | None:
    """Return the client's secret of one of these hashes, or of this id, whether it is good for anything or not."""
    return session.scalars(
        select(ClientSecret)
        .join(Environment, Environment.id == ClientSecret.environment_id)
        .join(Organization, Organization.id == Environment.organization_id)
        .where(
            Organization.client_id == client_id,
            ClientSecret.secret_hash.in_(hashes) if hashes else ClientSecret.id == secret_id,
        )
    ).first()


def _client(session: Session, wanted: ClientRows) -> Client | None:
    row = session.execute(wanted).one_or_none()
    if row is None:
        return None
    secret, environment, organization = row
    return Client(
        client_id=organization.client_id,
        organization_id=organization.id,
        organization_name=organization.name,
        environment_id=environment.id,
        environment_kind=environment.kind,
        secret_id=secret.id,
        clock_ahead=environment.clock_ahead,
    )


OpenedRow = tuple[WidgetSession, WidgetLaunch, Environment, Organization]


def find_session(session: Session, bearer_hashes: Sequence[str]) -> OpenedRow | None:
    """Return the session of this bearer with all that belongs to it, over or not."""
    row = session.execute(
        select(WidgetSession, WidgetLaunch, Environment, Organization)
        .join(WidgetLaunch, WidgetLaunch.id == WidgetSession.launch_id)
        .join(Environment, Environment.id == WidgetLaunch.environment_id)
        .join(Organization, Organization.id == Environment.organization_id)
        .where(WidgetSession.bearer_hash.in_(bearer_hashes))
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def find_tenant(session: Session, tenant_key: str) -> tuple[Environment, Organization] | None:
    """Return the environment of this public key with its organization, if there is one."""
    row = session.execute(
        select(Environment, Organization)
        .join(Organization, Organization.id == Environment.organization_id)
        .where(Environment.tenant_key == tenant_key)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def opened(
    session: WidgetSession, launch: WidgetLaunch, environment: Environment, organization: Organization
) -> OpenWidget:
    """Return the session as the rules know it."""
    request = request_of(launch.claims)
    return OpenWidget(
        id=session.id,
        launch_id=launch.id,
        tenant=tenant_of(environment, organization),
        request=request,
        currency=request.currency or environment.local_currency,
        expires_at=session.expires_at,
        extendable_until=session.extendable_until,
        is_spent=launch.spent_at is not None,
        asked_locale=session.locale,
        asked_theme=session.theme,
    )


def standing_of(environment: Environment, organization: Organization) -> Standing:
    """Return what opening a widget depends on."""
    is_allowed = is_open(environment.kind, kyb_approved=organization.kyb_approved_at is not None)
    return Standing(tenant_of(environment, organization), environment.local_currency, is_allowed)


def tenant_of(environment: Environment, organization: Organization) -> Tenant:
    """Return whose widgets these are."""
    return Tenant(
        environment.id,
        environment.tenant_key,
        organization.name,
        tuple(environment.allowed_origins),
        environment.clock_ahead,
        Theme(**environment.theme),
    )
