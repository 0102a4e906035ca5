"""Campaigns, for as long as a test wants them."""

from datetime import datetime, timedelta

from sqlalchemy import select

from tests.factories.issuers import AURORA, Issuer
from tests.fakes.clock import START
from widget_host.domain.programs.models import Campaign, Partnership
from widget_host.kit.ids import new_id
from widget_host.wiring import Wiring


def make_campaign(
    wiring: Wiring,
    issuer: Issuer,
    percent: str = "50",
    *,
    name: str = "Spring bonus",
    program: str = AURORA,
    starts_at: datetime = START,
    lasts: timedelta = timedelta(days=7),
) -> str:
    """Give a bonus on what the issuer's customers buy of a program, and return the campaign's id."""
    campaign_id = new_id("cmp")
    with wiring.writing() as services:
        session = services._session
        partnership = session.scalars(
            select(Partnership).where(
                Partnership.environment_id == issuer.environment_id,
                Partnership.program_id == issuer.programs[program],
            )
        ).one()
        session.add(
            Campaign(
                id=campaign_id,
                environment_id=issuer.environment_id,
                partnership_id=partnership.id,
                name=name,
                bonus_percent=percent,
                issuer_share=50,
                starts_at=starts_at,
                ends_at=starts_at + lasts,
            )
        )
    return campaign_id
