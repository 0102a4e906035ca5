"""`widget-host environments …`: what each environment allows."""

from typing import Any

import click

from widget_host.cli import host
from widget_host.domain.organizations.models import Environment
from widget_host.domain.organizations.rules import MODES, WIDEST_RADIUS, Theme, theme
from widget_host.kit import wire
from widget_host.kit.value import asdict


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
@click.option("--accent", help="The widgets' accent, such as #0a7245; it is moved where it could not be read.")
@click.option("--radius", type=int, help=f"How round the widgets' cards are, from 0 to {WIDEST_RADIUS} pixels.")
@click.option("--mode", type=click.Choice(MODES), help="Light, dark, or as the customer's system has it.")
@host.as_json
def update(
    client_id: str,
    environment: str,
    origins: tuple[str, ...],
    return_urls: tuple[str, ...],
    as_json: bool,
    **look: Any,
) -> None:
    """Change who may frame the environment's widgets, where these lead back to, or how they look.

    What is not named stays as it is.
    """
    named = {name: value for name, value in look.items() if value is not None}
    if not origins and not return_urls and not named:
        raise click.UsageError("Name what to change: --allowed-origin, --return-url, --accent, --radius or --mode.")
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        if origins:
            services.organizations.allow_origins(found, origins)
        if return_urls:
            services.organizations.register_return_urls(found, return_urls)
        if named:
            services.organizations.paint(found, theme(**{**_look_of(found), **named}))
    said = {"allowedOrigins": found.allowed_origins, "returnUrls": found.return_urls, "theme": found.theme}
    host.tell({"environmentId": found.id, **said}, *_lines(found), as_json=as_json)


def _lines(environment: Environment) -> list[str]:
    framed, returns = ", ".join(environment.allowed_origins), ", ".join(environment.return_urls)
    return [
        f"The widgets of {environment.id} may be framed by {framed or 'nobody yet'}.",
        *([f"They may lead back to {returns}."] if returns else []),
        *([f"They look like this: {wire.dumps(environment.theme)}."] if environment.theme else []),
    ]


def _look_of(environment: Environment) -> dict[str, Any]:
    return asdict(Theme(**environment.theme))
