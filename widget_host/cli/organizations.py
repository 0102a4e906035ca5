"""`widget-host organizations …`: the issuers."""

from typing import Any

import click

from widget_host.cli import host
from widget_host.services import Services


@click.group()
def organizations() -> None:
    """Create organizations, and bring them into production."""


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


@organizations.command()
@host.client_id
@click.option("--points-mode/--no-points-mode", default=None, help="Whether it may order exact points.")
@click.option("--kyb-approved/--no-kyb-approved", default=None, help="Whether its business was verified.")
@click.option(
    "--profile",
    "said",
    multiple=True,
    metavar="FIELD=TEXT",
    help="A field of its profile, such as legalEntity='Northwind Bank plc'; repeat it for several.",
)
@host.as_json
def update(
    client_id: str, points_mode: bool | None, kyb_approved: bool | None, said: tuple[str, ...], as_json: bool
) -> None:
    """Change what is known of an organization and what it may do; what is not named stays."""
    with host.ready().writing() as services:
        found = services.organizations.get_of_client(client_id)
        services.organizations.update_profile(found, _pairs(said))
        services.organizations.allow(found, points_mode=points_mode, kyb_approved=kyb_approved)
    is_approved = found.kyb_approved_at is not None
    shown = {"organizationId": found.id, "clientId": client_id, "name": found.name, "profile": found.profile}
    allowed = {"pointsMode": found.points_mode, "kybApproved": is_approved}
    points, kyb = ("off", "on")[found.points_mode], ("not approved", "approved")[is_approved]
    words = f"{found.name}: exact points {points}, KYB {kyb}."
    host.tell(shown | allowed, words, as_json=as_json)


def _pairs(said: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in said]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise click.UsageError(f"--profile is FIELD=TEXT; {', '.join(wrong)} has no text.")
    return {name: text for name, _, text in pairs}


@organizations.command()
@host.client_id
@host.as_json
def open_production(client_id: str, as_json: bool) -> None:
    """Hand over the key to production, where KYB is approved and a partnership is enabled there.

    The secret is shown this once. Run again, it adds a secret; the earlier ones stay valid.
    """
    with host.ready().writing() as services:
        made = open_production_for(services, client_id)
    words = (
        f"Environment    {made['environmentId']} (production)",
        f"Tenant key     {made['tenantKey']}",
        f"Client secret  {made['clientSecret']}",
        "Keep the secret now: it is not shown again.",
    )
    host.tell(made, *words, as_json=as_json)


def open_production_for(services: Services, client_id: str) -> dict[str, Any]:
    """Open production and return what the organization needs to know, once."""
    production, secret = services.production.open(client_id)
    return {"environmentId": production.id, "tenantKey": production.tenant_key, "clientSecret": secret}


def create_with_sandbox(services: Services, name: str, currency: str) -> dict[str, Any]:
    """Make an organization whose sandbox has programs to try and a secret; return what it needs to know, once."""
    services.programs.check_currency(currency)
    organization, sandbox = services.organizations.create(name, local_currency=currency)
    services.programs.open_sandbox(sandbox)
    _, secret = services.clients.add_secret(sandbox)
    made = {"environmentId": sandbox.id, "tenantKey": sandbox.tenant_key, "clientSecret": secret}
    return {
        "organizationId": organization.id,
        "clientId": organization.client_id,
        "environments": {"sandbox": made},
    }
