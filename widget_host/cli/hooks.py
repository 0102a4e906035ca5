"""`widget-host hooks …`: who may sign webhooks to this host."""

import click

from widget_host.cli import host
from widget_host.kit.clock import isoformat


@click.group()
def hooks() -> None:
    """Manage who may sign webhooks to this host."""


@hooks.command()
@host.client_id
@host.environment
@click.option("--program-id", help="Let it speak for this program only.")
@host.as_json
def add_secret(client_id: str, environment: str, program_id: str | None, as_json: bool) -> None:
    """Add an inbound secret, and print it with the addresses it signs for: it is shown this once."""
    wiring = host.ready()
    with wiring.writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        program = None if program_id is None else services.directory.get(program_id).id
        made, secret = services.inbound_secrets.add(found, program)
    prefix = f"{wiring.settings.base_url}/hooks/{found.tenant_key}"
    url, connection_url = f"{prefix}/transaction", f"{prefix}/program-connection"
    words = (
        f"Id           {made.id}\nSecret       {secret}\nTransaction  {url}\nConnection   {connection_url}\n"
        "Keep the secret now: it is not shown again."
    )
    said = {"id": made.id, "secret": secret, "url": url, "connectionUrl": connection_url, "programId": program}
    host.tell(said, words, as_json=as_json)


@hooks.command()
@host.client_id
@host.environment
@host.as_json
def list_secrets(client_id: str, environment: str, as_json: bool) -> None:
    """List the live inbound secrets, without showing them."""
    with host.ready().reading() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        listed = [
            {"id": each.id, "programId": each.program_id, "createdAt": isoformat(each.created_at)}
            for each in services.inbound_secrets.list_live(found.id)
        ]
    lines = [f"{each['id']}  {each['createdAt']}  {each['programId'] or 'every program'}" for each in listed]
    host.tell({"secrets": listed}, *(lines or ["There is no live secret."]), as_json=as_json)


@hooks.command()
@host.client_id
@host.environment
@click.argument("secret_id")
def end_secret(client_id: str, environment: str, secret_id: str) -> None:
    """Let SECRET_ID sign nothing any more."""
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        services.inbound_secrets.end(found, secret_id)
    click.echo(f"Secret {secret_id} signs nothing any more.")
