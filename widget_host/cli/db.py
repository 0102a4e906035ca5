"""`widget-host db …`: the database's structure."""

import click
from sqlalchemy.exc import OperationalError

from widget_host import migrations
from widget_host.cli.host import upgrade as upgrade_database
from widget_host.config import Settings


@click.group()
def db() -> None:
    """Change the database's structure."""


@db.command()
def upgrade() -> None:
    """Bring the database up to date; running it again changes nothing."""
    try:
        upgrade_database(Settings.from_environment())
    except OperationalError as error:
        raise click.ClickException(f"The database of WIDGET_HOST_DATABASE_URL does not answer: {error.orig}") from None
    click.echo("The database is up to date.")


@db.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to REVISION; `base` removes every table and all that is in it."""
    migrations.downgrade(Settings.from_environment().database_url, revision)
    click.echo(f"The database is at {revision}.")
