"""`widget-host campaigns …`: bonuses for a time."""

from datetime import UTC, datetime
from typing import Any

import click

from widget_host.cli import host
from widget_host.domain.partnering.rules import NewCampaign
from widget_host.domain.programs.models import Campaign, Program
from widget_host.kit.clock import isoformat


class Moment(click.ParamType[datetime]):
    """An option that is a moment in ISO 8601; without a zone it is UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it, or end with what is wrong."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a moment such as 2026-03-01 or 2026-03-01T09:00:00+01:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.group()
def campaigns() -> None:
    """Manage bonuses that begin and end by the clock."""


@campaigns.command()
@host.client_id
@host.environment
@host.program_id
@click.option("--name", required=True, help="What it is called.")
@click.option("--bonus-percent", required=True, help="The bonus on points bought, such as 25 or 12.5.")
@click.option("--starts", "starts_at", type=Moment(), help="When it begins; now, where nothing is said.")
@click.option("--ends", "ends_at", type=Moment(), required=True, help="When it is over.")
@click.option(
    "--issuer-share", type=int, default=100, show_default=True, help="Percent of the bonus that the issuer pays."
)
@host.as_json
def create(client_id: str, environment: str, program_id: str, as_json: bool, **said: Any) -> None:
    """Plan a bonus on what a partnership sells."""
    wiring = host.ready()
    with wiring.writing() as services:
        found, program = services.organizations.prepare(client_id, environment), services.directory.get(program_id)
        starts_at = said.pop("starts_at") or wiring.clock.now() + found.clock_ahead
        campaign = services.campaigns.create(found, program_id, NewCampaign(starts_at=starts_at, **said))
    shown = _shown(program, campaign)
    host.tell(shown, _words(shown), as_json=as_json)


@campaigns.command("list")
@host.client_id
@host.environment
@host.as_json
def index(client_id: str, environment: str, as_json: bool) -> None:
    """List an environment's campaigns: over, on and to come."""
    with host.ready().reading() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        listed = [_shown(*each) for each in services.campaigns.list_of(found)]
    lines = [_words(each) for each in listed] or ["There is no campaign yet."]
    host.tell({"campaigns": listed}, *lines, as_json=as_json)


@campaigns.command()
@host.client_id
@host.environment
@click.argument("campaign_id")
def end(client_id: str, environment: str, campaign_id: str) -> None:
    """End CAMPAIGN_ID now, or take it back where it has not begun; what was quoted keeps its bonus."""
    with host.ready().writing() as services:
        found = services.organizations.get_environment_of_client(client_id, environment)
        services.campaigns.end(found, campaign_id)
    click.echo(f"Campaign {campaign_id} is over.")


def _words(shown: dict[str, Any]) -> str:
    return (
        f"{shown['id']}  {shown['programName']}: {shown['name']}, {shown['bonusPercent']} % bonus,"
        f" {shown['startsAt']} to {shown['endsAt']}, {shown['issuerShare']} % of it paid by the issuer."
    )


def _shown(program: Program, campaign: Campaign) -> dict[str, Any]:
    return {
        "id": campaign.id,
        "programId": program.id,
        "programName": program.name,
        "name": campaign.name,
        "bonusPercent": campaign.bonus_percent,
        "issuerShare": campaign.issuer_share,
        "startsAt": isoformat(campaign.starts_at),
        "endsAt": isoformat(campaign.ends_at),
    }
