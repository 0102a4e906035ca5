"""`widget-host partnerships …`: on what terms an issuer sells a program's points."""

from decimal import Decimal, InvalidOperation
from typing import Any

import click

from widget_host.cli import host
from widget_host.domain.partnering.rules import Terms
from widget_host.domain.programs.models import Partnership, Program
from widget_host.kit import wire
from widget_host.kit.money import Money, TooPrecise
from widget_host.kit.value import replace

WIDEST_POINTS = (1, 1_000_000)
WIDEST_VALUE = ("1", "10000")


@click.group()
def partnerships() -> None:
    """Manage on what terms programs' points are sold."""


price = click.option("--price", help="What one point costs, in the program's currency, such as 0.0125.")
points = (
    click.option("--min-points", type=int, help="The least points sold at once."),
    click.option("--max-points", type=int, help="The most points sold at once."),
)
values = (
    click.option("--min-value", help="The least value sold at once, in the program's currency."),
    click.option("--max-value", help="The most value sold at once, in the program's currency."),
)
enabled = click.option("--enabled/--disabled", default=None, help="Whether it is sold; a new one is.")


def terms(command: Any) -> Any:
    """Add the options that say what is agreed."""
    for option in reversed((host.client_id, host.environment, host.program_id, price, *points, *values, enabled)):
        command = option(command)
    return command


@partnerships.command()
@terms
@host.as_json
def create(client_id: str, environment: str, program_id: str, enabled: bool | None, as_json: bool, **said: Any) -> None:
    """Agree on terms with a program; the first one for production prepares that environment, without a secret."""
    if said["price"] is None:
        raise click.UsageError("A new partnership needs a --price.")
    with host.ready().writing() as services:
        found, program = services.organizations.prepare(client_id, environment), services.directory.get(program_id)
        usual = Terms(
            price=said["price"],
            min_points=WIDEST_POINTS[0],
            max_points=WIDEST_POINTS[1],
            min_value=_minor(WIDEST_VALUE[0], program.currency),
            max_value=_minor(WIDEST_VALUE[1], program.currency),
        )
        agreed = _changed(usual, said, program.currency)
        partnership = services.partnerships.create(found, program_id, agreed, enabled=enabled is not False)
    _tell(program, partnership, as_json=as_json)


@partnerships.command()
@terms
@host.as_json
def update(client_id: str, environment: str, program_id: str, enabled: bool | None, as_json: bool, **said: Any) -> None:
    """Change a partnership's terms; what is not named stays."""
    with host.ready().writing() as services:
        found, program = services.organizations.prepare(client_id, environment), services.directory.get(program_id)
        partnership = services.partnerships.get(found, program_id)
        agreed = _changed(_terms(partnership), said, program.currency)
        is_enabled = partnership.enabled if enabled is None else enabled
        services.partnerships.update(partnership, agreed, enabled=is_enabled)
    _tell(program, partnership, as_json=as_json)


@partnerships.command("list")
@host.client_id
@host.environment
@host.as_json
def index(client_id: str, environment: str, as_json: bool) -> None:
    """List an environment's partnerships, enabled or not."""
    with host.ready().reading() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        listed = [_shown(*each) for each in services.partnerships.list_of(found)]
    lines = [f"{each['programId']}  {_words(each)}" for each in listed] or ["There is no partnership yet."]
    host.tell({"partnerships": listed}, *lines, as_json=as_json)


def _terms(partnership: Partnership) -> Terms:
    return Terms(
        price=partnership.price,
        min_points=partnership.min_points,
        max_points=partnership.max_points,
        min_value=partnership.min_value,
        max_value=partnership.max_value,
    )


def _changed(before: Terms, said: dict[str, Any], currency: str) -> Terms:
    named = {name: figure for name, figure in said.items() if figure is not None}
    amounts = {name: _minor(text, currency) for name, text in named.items() if name.endswith("_value")}
    return replace(before, **(named | amounts))


def _minor(text: str, currency: str) -> int:
    try:
        return Money.of(Decimal(text), currency).minor
    except (InvalidOperation, TooPrecise):
        raise click.UsageError(f"{text!r} is not an amount of {currency}.") from None


def _tell(program: Program, partnership: Partnership, *, as_json: bool) -> None:
    shown = _shown(program, partnership)
    host.tell(shown, _words(shown), as_json=as_json)


def _words(shown: dict[str, Any]) -> str:
    state = "enabled" if shown["enabled"] else "disabled"
    return (
        f"{shown['programName']}: {state}, {shown['pricePerPoint']} {shown['currency']} a point,"
        f" {shown['minValue']} to {shown['maxValue']} {shown['currency']},"
        f" {shown['minAmountOfPoints']} to {shown['maxAmountOfPoints']} points at once."
    )


def _shown(program: Program, partnership: Partnership) -> dict[str, Any]:
    return {
        "id": partnership.id,
        "programId": program.id,
        "programName": program.name,
        "enabled": partnership.enabled,
        "pricePerPoint": partnership.price,
        "currency": program.currency,
        "minAmountOfPoints": partnership.min_points,
        "maxAmountOfPoints": partnership.max_points,
        "minValue": wire.number(Money(partnership.min_value, program.currency).major),
        "maxValue": wire.number(Money(partnership.max_value, program.currency).major),
    }
