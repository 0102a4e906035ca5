"""`widget-host environments …`: what each environment allows."""

import click

from widget_host.cli import host


@click.group()
def environments() -> None:
    """Change what an environment allows."""


@environments.command()
@host.client_id
@host.environment
@click.option(
    "--allowed-origin",
    "origins",
    multiple=True,
    required=True,
    help="A page that may frame the widgets, such as https://bank.example; repeat it for several.",
)
@host.as_json
def update(client_id: str, environment: str, origins: tuple[str, ...], as_json: bool) -> None:
    """Let exactly the origins named frame the environment's widgets."""
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        services.organizations.allow_origins(found, origins)
    if as_json:
        host.answer({"environmentId": found.id, "allowedOrigins": found.allowed_origins})
        return
    click.echo(f"The widgets of {found.id} may be framed by {', '.join(found.allowed_origins)}.")
