"""`widget-host ledger …`: whether the books are right."""

import sys

import click

from widget_host.cli import host


@click.group()
def ledger() -> None:
    """Look into the ledger."""


@ledger.command()
@host.as_json
def verify(as_json: bool) -> None:
    """Check every invariant of the ledger; exit code 1 when one does not hold."""
    wiring = host.ready()
    with wiring.reading() as services:
        broken = {**services.ledger.verify(), **services.transactions.verify()}
    with wiring.writing() as services:
        services.upkeep.keep_check(broken)
    if as_json:
        host.answer({"ok": not broken, "broken": broken})
    else:
        for rule, ids in broken.items():
            click.echo(f"BROKEN: {rule}. See {', '.join(ids)}")
        click.echo("The ledger does not verify." if broken else "The ledger verifies: every invariant holds.")
    sys.exit(1 if broken else 0)
