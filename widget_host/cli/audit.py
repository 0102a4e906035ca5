"""`widget-host audit …`: who did what."""

from datetime import UTC, datetime

import click

from widget_host.cli import host
from widget_host.domain.upkeep.rules import Entry
from widget_host.kit import wire
from widget_host.kit.clock import isoformat


@click.group()
def audit() -> None:
    """Look into the audit trail."""


@audit.command("list")
@click.option("--client-id", help="Only what concerns this organization's environment.")
@click.option("--environment", type=click.Choice(["sandbox", "production"]), default="sandbox", show_default=True)
@click.option("--event", help="Only events of this name, such as secret.created.")
@click.option("--since", type=click.DateTime(), help="Only what happened since, in UTC: 2026-01-31T10:00:00.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many lines.")
@host.as_json
def list_(
    *, client_id: str | None, environment: str, event: str | None, since: datetime | None, limit: int, as_json: bool
) -> None:
    """Print the newest lines of the trail, newest first."""
    since = None if since is None else since.replace(tzinfo=UTC)
    with host.ready().reading() as services:
        found = client_id and services.organizations.get_environment_of_client(client_id, environment)
        entries = services.audit_trail.list(
            environment_id=found.id if found else None, event=event, since=since, limit=limit
        )
    if as_json:
        host.answer({"events": [_entry(entry) for entry in entries]})
        return
    for entry in entries:
        click.echo(f"{isoformat(entry.at)}  {entry.event:<22}  {entry.environment_id}  {wire.dumps(entry.details)}")


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": isoformat(entry.at),
        "event": entry.event,
        "environmentId": entry.environment_id,
        "details": dict(entry.details),
    }
