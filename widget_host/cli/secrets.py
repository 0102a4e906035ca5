"""`widget-host secrets …`: the client secrets with which an organization fetches its tokens."""

from typing import Any

import click

from widget_host.cli import host
from widget_host.domain.access.models import ClientSecret
from widget_host.kit.clock import isoformat


@click.group()
def secrets() -> None:
    """Manage client secrets: several live at once while one is being replaced."""


@secrets.command("list")
@host.client_id
@host.environment
@host.as_json
def index(client_id: str, environment: str, as_json: bool) -> None:
    """List the environment's secrets, without showing them."""
    with host.ready().reading() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        listed = [_shown(each) for each in services.clients.list_secrets(found.id)]
    lines = [f"{each['id']}  {each['createdAt']}  {_state(each)}" for each in listed]
    host.tell({"secrets": listed}, *(lines or ["There is no secret."]), as_json=as_json)


@secrets.command()
@host.client_id
@host.environment
@host.as_json
def create(client_id: str, environment: str, as_json: bool) -> None:
    """Add a secret and print it: it is shown this once. The others stay valid."""
    with host.ready().writing() as services:
        made, secret = services.production.add_secret(client_id, environment)
    _tell(made, secret, as_json=as_json)


@secrets.command()
@host.client_id
@host.environment
@host.as_json
def rotate(client_id: str, environment: str, as_json: bool) -> None:
    """Replace every secret by a new one, which is shown this once; the tokens that the others fetched end with them."""
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        earlier = [each.id for each in services.clients.list_secrets(found.id) if each.revoked_at is None]
        made, secret = services.production.add_secret(client_id, environment)
        for secret_id in earlier:
            services.clients.revoke_secret(found, secret_id)
    _tell(made, secret, f"Revoked        {', '.join(earlier) or 'none'}", as_json=as_json, revoked=earlier)


@secrets.command()
@host.client_id
@host.environment
@click.argument("secret_id")
@host.as_json
def revoke(client_id: str, environment: str, secret_id: str, as_json: bool) -> None:
    """Take SECRET_ID back; the tokens that it fetched end now."""
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        revoked = _shown(services.clients.revoke_secret(found, secret_id))
    host.tell(revoked, f"Secret {secret_id} and the tokens it fetched are no longer valid.", as_json=as_json)


def _tell(made: ClientSecret, secret: str, *lines: str, as_json: bool, **more: Any) -> None:
    words = (f"Id             {made.id}", f"Client secret  {secret}", *lines)
    said = {"id": made.id, "clientSecret": secret, **more}
    host.tell(said, *words, "Keep the secret now: it is not shown again.", as_json=as_json)


def _shown(secret: ClientSecret) -> dict[str, Any]:
    revoked_at = None if secret.revoked_at is None else isoformat(secret.revoked_at)
    return {"id": secret.id, "createdAt": isoformat(secret.created_at), "revokedAt": revoked_at}


def _state(shown: dict[str, Any]) -> str:
    return f"revoked {shown['revokedAt']}" if shown["revokedAt"] else "live"
