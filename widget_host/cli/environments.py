"""`widget-host environments …`: what each environment allows."""

import click

from widget_host.cli import host
from widget_host.domain.organizations.models import Environment


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
    help="A page that may frame the widgets, such as https://bank.example; repeat it for several.",
)
@click.option(
    "--return-url",
    "return_urls",
    multiple=True,
    help="An address that a widget in a browser of its own may lead back to, such as https://bank.example/points or"
    " com.bank.app:/points; repeat it for several.",
)
@host.as_json
def update(
    client_id: str, environment: str, origins: tuple[str, ...], return_urls: tuple[str, ...], as_json: bool
) -> None:
    """Allow exactly the origins, and exactly the return URLs, that are named; what is not named stays as it is."""
    if not origins and not return_urls:
        raise click.UsageError("Name what to change: --allowed-origin or --return-url.")
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        if origins:
            services.organizations.allow_origins(found, origins)
        if return_urls:
            services.organizations.register_return_urls(found, return_urls)
    said = {"environmentId": found.id, "allowedOrigins": found.allowed_origins, "returnUrls": found.return_urls}
    host.tell(said, *_lines(found), as_json=as_json)


def _lines(environment: Environment) -> list[str]:
    framed, returns = ", ".join(environment.allowed_origins), ", ".join(environment.return_urls)
    lines = [f"The widgets of {environment.id} may be framed by {framed or 'nobody'}."]
    return [*lines, f"They may lead back to {returns}."] if returns else lines
