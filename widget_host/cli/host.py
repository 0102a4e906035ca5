"""What commands share: the host built from the settings, its database ready, and answers as JSON."""

import socket
from pathlib import Path
from typing import Any

import click

from widget_host import migrations
from widget_host.config import Settings
from widget_host.domain.pictures.rules import LARGEST_BYTES
from widget_host.kit import wire
from widget_host.kit.logs import configure
from widget_host.wiring import Wiring

client_id = click.option("--client-id", required=True, help="The organization's client id.")
environment = click.option(
    "--environment", type=click.Choice(["sandbox", "production"]), required=True, help="Which of its environments."
)


class FileContent(click.ParamType[bytes]):
    """An option that names a file, read as far as a picture may be long and a byte further."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it, or end with why that does not work."""
        try:
            with Path(value).open("rb") as file:
                return file.read(LARGEST_BYTES + 1)
        except OSError as error:
            self.fail(f"{value}: {error.strerror}", param, ctx)


logo = click.option("--logo", type=FileContent(), help="A square picture: a PNG, WebP or SVG file of at most 64 KiB.")
program_id = click.option("--program-id", required=True, help="The program's id, as `programs list` shows it.")
as_json = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")


def ready() -> Wiring:
    """Build the host over a database that has every migration.

    The embedded SQLite file is made and brought up to date here; a PostgreSQL is changed by `db upgrade` alone.
    """
    settings = Settings.from_environment()
    configure(settings.log_level)
    wiring = Wiring(settings)
    if wiring.database.is_sqlite:
        upgrade(settings)
        return wiring
    checks = wiring.readiness()
    if not checks["database"]:
        raise click.ClickException("The database of WIDGET_HOST_DATABASE_URL does not answer.")
    if not checks["migrations"]:
        raise click.ClickException("The database lacks migrations. Run: widget-host db upgrade")
    return wiring


def upgrade(settings: Settings) -> None:
    """Bring the database up to date, making the folder of a SQLite file first."""
    if settings.database_file is not None:
        settings.database_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    migrations.upgrade(settings.database_url)


def check_port(address: str, port: int, *, advice: str) -> None:
    """Say in a sentence that a port is taken or not allowed: the server itself would only panic."""
    try:
        found = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or error
        raise click.ClickException(f"Port {port} on {address} cannot be used ({why}). {advice}") from None


def answer(said: dict[str, Any]) -> None:
    """Print one JSON object."""
    click.echo(wire.dumps(said))


def tell(said: dict[str, Any], *lines: str, as_json: bool) -> None:
    """Print the object where JSON is asked for, else the lines for people."""
    if as_json:
        answer(said)
        return
    for line in lines:
        click.echo(line)
