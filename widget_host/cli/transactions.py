"""`widget-host transactions …`: what an operator may do with what was issued."""

import click

from widget_host.cli import host


@click.group()
def transactions() -> None:
    """Undo what was issued."""


@transactions.command()
@host.client_id
@host.environment
@click.argument("id_or_reference")
@click.option("--reason", required=True, help="Why; it stays in the transaction's history.")
@host.as_json
def reverse(client_id: str, environment: str, id_or_reference: str, reason: str, as_json: bool) -> None:
    """Take a completed transaction's points back from its program, then its value; safe to try again."""
    wiring = host.ready()
    with wiring.reading() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
    with wiring.clock.ahead(found.clock_ahead):
        transaction_id = wiring.reversing.reverse(found.id, id_or_reference, reason)
    host.tell({"id": transaction_id, "status": "REVERSED"}, f"{transaction_id} is reversed.", as_json=as_json)
