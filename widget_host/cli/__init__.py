"""The command `widget-host`: everything an operator does from a terminal."""

import click

from widget_host import __version__
from widget_host.cli import (
    audit,
    campaigns,
    db,
    demo,
    environments,
    hooks,
    ledger,
    listen,
    organizations,
    partnerships,
    programs,
    rates,
    secrets,
    serve,
    transactions,
    webhooks,
    workbench,
    worker,
)
from widget_host.config import WrongSetting
from widget_host.kit.errors import InvalidFields, Refused


class HostCommands(click.Group):
    """Commands whose refusals are one clear sentence, not a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a wrong setting or a refusal ends it with its sentence and exit code 1 or 2."""
        try:
            return super().invoke(ctx)
        except WrongSetting as wrong:
            raise click.UsageError(str(wrong)) from None
        except InvalidFields as refusal:
            raise click.ClickException("\n".join(error.message for error in refusal.errors)) from None
        except Refused as refusal:
            raise click.ClickException(refusal.message) from None


@click.group(cls=HostCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="widget-host")
def main() -> None:
    """A self-hosted loyalty points exchange with embeddable widgets.

    Settings are read from WIDGET_HOST_… variables; the README lists them.
    """


for command in (
    serve.serve,
    worker.worker,
    demo.demo,
    db.db,
    organizations.organizations,
    environments.environments,
    programs.programs,
    partnerships.partnerships,
    campaigns.campaigns,
    rates.rates,
    secrets.secrets,
    webhooks.webhooks,
    hooks.hooks,
    transactions.transactions,
    ledger.ledger,
    audit.audit,
):
    main.add_command(command)

for command in (listen.listen, workbench.send, workbench.verify):
    webhooks.webhooks.add_command(command)
