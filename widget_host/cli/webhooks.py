"""`widget-host webhooks …`: where events go, and what became of them."""

from datetime import datetime
from typing import Any

import click

from widget_host.cli import host
from widget_host.cli.webhook_options import details_options, read_details
from widget_host.domain.endpoints.models import Endpoint
from widget_host.domain.endpoints.rules import Details
from widget_host.kit.clock import isoformat
from widget_host.kit.durations import read_duration
from widget_host.services import Services

endpoint_id = click.argument("endpoint_id")


@click.group()
def webhooks() -> None:
    """Manage where events go, and send them again."""


@webhooks.command()
@host.client_id
@host.environment
@click.option("--url", required=True, help="The address of your backend that takes events.")
@details_options
@host.as_json
def create(client_id: str, environment: str, url: str, as_json: bool, **said: Any) -> None:
    """Add an endpoint, and print its secret: it is shown this once."""
    with host.ready().writing() as services:
        details = read_details(Details(url=url), said)
        endpoint, secret = services.endpoints.create(_environment(services, client_id, environment), details)
    words = f"Endpoint  {endpoint.id}\nSecret    {secret}\nKeep the secret now: it is not shown again."
    host.tell({"id": endpoint.id, "secret": secret}, words, as_json=as_json)


@webhooks.command("list")
@host.client_id
@host.environment
@host.as_json
def list_endpoints(client_id: str, environment: str, as_json: bool) -> None:
    """List the endpoints, and how they are."""
    with host.ready().reading() as services:
        found = services.endpoints.list(_environment(services, client_id, environment))
    lines = [f"{each.id}  {_state(each)}  {each.url}" for each in found] or ["There is no endpoint."]
    said = [{"id": each.id, "url": each.url, "state": _state(each), **_shown(each)} for each in found]
    host.tell({"endpoints": said}, *lines, as_json=as_json)


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
@click.option("--url", help="The new address.")
@details_options
def update(client_id: str, environment: str, endpoint_id: str, url: str | None, **said: Any) -> None:
    """Change ENDPOINT_ID; what is not named stays."""
    with host.ready().writing() as services:
        environment_id = _environment(services, client_id, environment)
        before = services.endpoints.details(services.endpoints.get(environment_id, endpoint_id))
        after = read_details(before, {"url": url, **said})
        changes = {name: getattr(after, name) for name in Details.__struct_fields__}
        services.endpoints.update(environment_id, endpoint_id, changes)
    click.echo(f"{endpoint_id} is changed.")


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
def enable(client_id: str, environment: str, endpoint_id: str) -> None:
    """Send to ENDPOINT_ID again, what waits for it first."""
    with host.ready().writing() as services:
        services.endpoints.enable(_environment(services, client_id, environment), endpoint_id)
    click.echo(f"{endpoint_id} is enabled. `webhooks recover` sends what it missed.")


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
def disable(client_id: str, environment: str, endpoint_id: str) -> None:
    """Send nothing to ENDPOINT_ID until it is enabled again."""
    with host.ready().writing() as services:
        environment_id = _environment(services, client_id, environment)
        services.endpoints.update(environment_id, endpoint_id, {"enabled": False})
    click.echo(f"{endpoint_id} is disabled.")


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
def delete(client_id: str, environment: str, endpoint_id: str) -> None:
    """Send nothing to ENDPOINT_ID any more, and forget its secrets."""
    with host.ready().writing() as services:
        services.endpoints.delete(_environment(services, client_id, environment), endpoint_id)
    click.echo(f"{endpoint_id} is gone.")


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
@host.as_json
def stage_secret(client_id: str, environment: str, endpoint_id: str, as_json: bool) -> None:
    """Make a new secret for ENDPOINT_ID that does not sign alone yet, and print it this once."""
    with host.ready().writing() as services:
        endpoint = services.endpoints.get(_environment(services, client_id, environment), endpoint_id)
        made, secret = services.endpoint_secrets.add(endpoint)
    words = f"Id      {made.id}\nSecret  {secret}\nLet your receiver accept it, then promote it."
    host.tell({"id": made.id, "secret": secret}, words, as_json=as_json)


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
@click.argument("secret_id")
@click.option("--overlap", default="PT24H", show_default=True, help="How long the one before stays listed, up to P7D.")
def promote_secret(client_id: str, environment: str, endpoint_id: str, secret_id: str, overlap: str) -> None:
    """Let SECRET_ID sign for ENDPOINT_ID."""
    try:
        lasting = read_duration(overlap)
    except ValueError as error:
        raise click.UsageError(f"--overlap: {error}, such as PT24H.") from None
    with host.ready().writing() as services:
        endpoint = services.endpoints.get(_environment(services, client_id, environment), endpoint_id)
        services.endpoint_secrets.promote(endpoint, secret_id, lasting)
    click.echo(f"{secret_id} signs now.")


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
@click.argument("secret_id")
def end_secret(client_id: str, environment: str, endpoint_id: str, secret_id: str) -> None:
    """Let SECRET_ID sign nothing any more."""
    with host.ready().writing() as services:
        endpoint = services.endpoints.get(_environment(services, client_id, environment), endpoint_id)
        services.endpoint_secrets.end(endpoint, secret_id)
    click.echo(f"{secret_id} signs nothing any more.")


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many at most.")
@host.as_json
def deliveries(client_id: str, environment: str, endpoint_id: str, limit: int, as_json: bool) -> None:
    """List the newest deliveries to ENDPOINT_ID with their attempts."""
    with host.ready().reading() as services:
        environment_id = _environment(services, client_id, environment)
        found = services.redelivery.list_of(environment_id, endpoint_id, state=None, before=None, limit=limit)
        tried = services.redelivery.attempts([each.id for each, _ in found])
    said = [
        {
            "id": each.id,
            "eventId": each.event_id,
            "eventType": kind,
            "status": each.state.upper(),
            "attempts": [
                {
                    "number": try_.number,
                    "startedAt": isoformat(try_.started_at),
                    "status": try_.status,
                    "error": try_.error,
                }
                for try_ in tried[each.id]
            ],
        }
        for each, kind in found
    ]
    lines = [f"{each['id']}  {each['eventType']}  {each['status']}  {_tries(each)}" for each in said]
    host.tell({"deliveries": said}, *(lines or ["Nothing was sent yet."]), as_json=as_json)


@webhooks.command()
@host.client_id
@host.environment
@click.argument("delivery_id")
def resend(client_id: str, environment: str, delivery_id: str) -> None:
    """Send DELIVERY_ID again, now."""
    with host.ready().writing() as services:
        services.redelivery.resend(_environment(services, client_id, environment), delivery_id)
    click.echo(f"{delivery_id} is on its way.")


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
@click.option("--since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), required=True, help="2026-01-31T10:00:00Z")
@host.as_json
def recover(client_id: str, environment: str, endpoint_id: str, since: datetime, as_json: bool) -> None:
    """Send again what failed to reach ENDPOINT_ID since then, or was never sent."""
    wiring = host.ready()
    with wiring.writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        with wiring.clock.ahead(found.clock_ahead):
            recovered, is_complete = services.redelivery.recover(found.id, endpoint_id, since)
    words = f"{recovered} are on their way." + ("" if is_complete else " There are more: run it again.")
    host.tell({"recovered": recovered, "isComplete": is_complete}, words, as_json=as_json)


@webhooks.command()
@host.client_id
@host.environment
@endpoint_id
def test(client_id: str, environment: str, endpoint_id: str) -> None:
    """Send ENDPOINT_ID an event that means nothing."""
    with host.ready().writing() as services:
        delivery, _ = services.redelivery.test(_environment(services, client_id, environment), endpoint_id)
    click.echo(f"{delivery.id} is on its way.")


def _environment(services: Services, client_id: str, environment: str) -> str:
    return services.organizations.get_environment_of_client(client_id, environment).id


def _state(endpoint: Endpoint) -> str:
    if not endpoint.enabled:
        return f"disabled ({endpoint.disabled_reason})"
    return "resting" if endpoint.tripped_at is not None else "enabled"


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "description": endpoint.description,
        "eventTypes": endpoint.event_types,
        "mode": endpoint.authentication["mode"],
    }


def _tries(said: dict[str, Any]) -> str:
    return ", ".join(str(each["status"] or each["error"]) for each in said["attempts"]) or "not tried yet"
