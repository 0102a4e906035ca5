"""`widget-host webhooks …`: where events go."""

import click

from widget_host.cli import host
from widget_host.domain.endpoints.rules import Details


@click.group()
def webhooks() -> None:
    """Manage where events go."""


@webhooks.command()
@host.client_id
@host.environment
@click.option("--url", required=True, help="The address of your backend that takes events.")
@host.as_json
def create(client_id: str, environment: str, url: str, as_json: bool) -> None:
    """Add an endpoint, and print its secret: it is shown this once."""
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        endpoint, secret = services.endpoints.create(found.id, Details(url=url))
    if as_json:
        host.answer({"id": endpoint.id, "secret": secret})
        return
    click.echo(f"Endpoint  {endpoint.id}\nSecret    {secret}\nKeep the secret now: it is not shown again.")
