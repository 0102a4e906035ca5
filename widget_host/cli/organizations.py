"""`widget-host organizations …`: the issuers."""

from typing import Any

import click

from widget_host.cli import host
from widget_host.wiring import Services


@click.group()
def organizations() -> None:
    """Create organizations."""


@organizations.command()
@click.argument("name")
@click.option("--currency", default="USD", show_default=True, help="The currency its customers pay in.")
@host.as_json
def create(name: str, currency: str, as_json: bool) -> None:
    """Make organization NAME with its sandbox, and print its credentials: the secret is shown this once."""
    with host.ready().writing() as services:
        made = create_with_sandbox(services, name, currency)
    if as_json:
        host.answer(made)
        return
    sandbox = made["environments"]["sandbox"]
    click.echo(f"Organization   {made['organizationId']}")
    click.echo(f"Client id      {made['clientId']}")
    click.echo(f"Environment    {sandbox['environmentId']} (sandbox)")
    click.echo(f"Tenant key     {sandbox['tenantKey']}")
    click.echo(f"Client secret  {sandbox['clientSecret']}")
    click.echo("Keep the secret now: it is not shown again.")


def create_with_sandbox(services: Services, name: str, currency: str) -> dict[str, Any]:
    """Make an organization whose sandbox has programs to try and a secret; return what it needs to know, once."""
    services.programs.check_currency(currency)
    organization, sandbox = services.organizations.create(name, local_currency=currency)
    services.programs.open_sandbox(sandbox)
    secret = services.clients.add_secret(sandbox)
    made = {"environmentId": sandbox.id, "tenantKey": sandbox.tenant_key, "clientSecret": secret}
    return {
        "organizationId": organization.id,
        "clientId": organization.client_id,
        "environments": {"sandbox": made},
    }
