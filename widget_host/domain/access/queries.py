"""What is read of clients, launches and sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from widget_host.domain.access.models import ClientSecret, WidgetLaunch
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


OpenedRow = tuple[WidgetLaunch, Environment, Organization]


def find_opened(session: Session, launch_id: str, widget: str) -> OpenedRow | None:
    """Return the launch of this widget with all that belongs to it, if it was ever opened; its session may be over."""
    row = session.execute(
        select(WidgetLaunch, Environment, Organization)
        .join(Environment, Environment.id == WidgetLaunch.environment_id)
        .join(Organization, Organization.id == Environment.organization_id)
        .where(WidgetLaunch.id == launch_id, WidgetLaunch.widget == widget, WidgetLaunch.session_hash.is_not(None))
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def lock_launches(session: Session, *launch_ids: str) -> dict[str, WidgetLaunch]:
    """Return those of these launches that there are, by their ids, and let nobody else change them meanwhile.

    In an order that all keep to: of two who want the same ones nobody waits for the other who waits for him.
    """
    wanted = select(WidgetLaunch).where(WidgetLaunch.id.in_(launch_ids)).order_by(WidgetLaunch.id).with_for_update()
    return {each.id: each for each in session.scalars(wanted, execution_options={"populate_existing": True})}


def find_tenant(session: Session, tenant_key: str) -> tuple[Environment, Organization] | None:
    """Return the environment of this public key with its organization, if there is one."""
    row = session.execute(
        select(Environment, Organization)
        .join(Organization, Organization.id == Environment.organization_id)
        .where(Environment.tenant_key == tenant_key)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def opened(launch: WidgetLaunch, environment: Environment, organization: Organization) -> OpenWidget:
    """Return the session of a launch that was opened, as the rules know it."""
    request = request_of(launch.claims)
    return OpenWidget(
        launch_id=launch.id,
        session_hash=cast("str", launch.session_hash),
        tenant=tenant_of(environment, organization),
        request=request,
        currency=request.currency or environment.local_currency,
        expires_at=cast("datetime", launch.expires_at),
        extendable_until=cast("datetime", launch.extendable_until),
        is_spent=launch.spent_at is not None,
        asked_locale=launch.asked_locale or "",
        asked_theme=launch.asked_theme or "",
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
