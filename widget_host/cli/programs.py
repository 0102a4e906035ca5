"""`widget-host programs …`: the loyalty programs that this host can speak with."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from widget_host.cli import host
from widget_host.domain.partnering.rules import ProgramDetails
from widget_host.domain.programs.models import Program
from widget_host.kit import wire
from widget_host.services import Services

F = TypeVar("F", bound=Callable[..., Any])


class JsonObject(click.ParamType[dict[str, Any]]):
    """An option that is a JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it, or end with what is wrong."""
        try:
            said = wire.loads(value)
        except ValueError:
            said = None
        return said if isinstance(said, dict) else self.fail(f"{value!r} is not a JSON object", param, ctx)


DETAILS = (
    click.option("--name", help="What its members call it."),
    click.option("--business-name", help="The business behind it; the name, where none is given."),
    click.option("--industry", help="Such as Airline or Hotel."),
    click.option("--terms-url", help="The address of its terms and conditions."),
    click.option("--description", help="A sentence or two for customers."),
    click.option("--unit", help="What its points are called."),
    click.option(
        "--field",
        "fields",
        type=JsonObject(),
        multiple=True,
        help="What it asks of a member, as JSON: name (destinationUserId or destinationUserEmail), label, required,"
        " pattern, hint, example. Repeat it for both.",
    ),
    host.logo,
    click.option("--base-url", help="Where its API is; docs/program-contract.md says what it answers."),
    click.option("--secret", help="The secret shared with it. Drawn for a new program where none is given."),
)


def details(command: F) -> F:
    """Add the options that describe a program."""
    for option in reversed(DETAILS):
        command = option(command)
    return command


def _details(services: Services, said: dict[str, Any]) -> ProgramDetails:
    logo = None if said["logo"] is None else services.pictures.keep(said["logo"])
    return ProgramDetails(**{**said, "fields": said["fields"] or None, "logo": logo})


@click.group()
def programs() -> None:
    """Manage the loyalty programs that this host can speak with."""


@programs.command()
@click.option("--connector", type=click.Choice(["rest"]), default="rest", help="How it is spoken to: rest.")
@click.option("--currency", default="USD", show_default=True, help="The currency its points are priced in.")
@details
@host.as_json
def create(connector: str, currency: str, secret: str | None, as_json: bool, **said: Any) -> None:  # noqa: ARG001 - one kind so far
    """Add a program for production, and print the shared secret: it is shown this once."""
    if not said["name"] or not said["base_url"]:
        raise click.UsageError("A new program needs --name and --base-url.")
    with host.ready().writing() as services:
        program, shared = services.directory.create(_details(services, said), currency=currency, secret=secret)
    if as_json:
        host.answer(_shown(program) | {"secret": shared})
        return
    click.echo(f"Program  {program.id}\nSecret   {shared}\nKeep the secret now: it is not shown again.")


@programs.command()
@click.argument("program_id")
@details
@host.as_json
def update(program_id: str, secret: str | None, as_json: bool, **said: Any) -> None:
    """Change what is said of PROGRAM_ID; what is not named stays."""
    with host.ready().writing() as services:
        program = services.directory.update(program_id, _details(services, said), secret=secret)
    host.tell(_shown(program), f"{program.name} ({program.id}) is up to date.", as_json=as_json)


@programs.command("list")
@host.as_json
def index(as_json: bool) -> None:
    """List every program."""
    with host.ready().reading() as services:
        found = [_shown(program) for program in services.directory.list_all()]
    lines = [f"{each['id']}  {each['connector']:8} {each['currency']}  {each['name']}" for each in found]
    host.tell({"programs": found}, *(lines or ["There is no program yet."]), as_json=as_json)


def _shown(program: Program) -> dict[str, Any]:
    return {
        "id": program.id,
        "name": program.name,
        "businessName": program.business_name,
        "industry": program.industry,
        "termsAndConditionsUrl": program.terms_url,
        "description": program.description,
        "unit": program.unit,
        "logo": program.logo,
        "currency": program.currency,
        "connector": program.connector,
        "baseUrl": program.connection.get("baseUrl"),
        "fields": program.fields["list"],
    }
