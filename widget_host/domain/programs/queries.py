"""What is read about programs, partnerships and rates."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from widget_host.domain.programs.models import Campaign, ExchangeRate, Partnership, Program

# Where it stands what is offered: it is looked up at each request.
OFFERS_TABLES = ("campaigns", "exchange_rates", "partnerships", "programs")


def partnerships(session: Session, environment_id: str) -> list[tuple[Program, Partnership]]:
    """Return the enabled partnerships with their programs, by the program's name."""
    rows = session.execute(
        select(Program, Partnership)
        .join(Partnership, Partnership.program_id == Program.id)
        .where(Partnership.environment_id == environment_id, Partnership.enabled)
        .order_by(Program.name, Program.id)
    )
    return [(program, partnership) for program, partnership in rows]


def partnership(session: Session, environment_id: str, program_id: str) -> tuple[Program, Partnership | None] | None:
    """Return the program and this environment's partnership with it, enabled or not; None for an unknown program."""
    row = session.execute(
        select(Program, Partnership)
        .outerjoin(
            Partnership,
            (Partnership.program_id == Program.id) & (Partnership.environment_id == environment_id),
        )
        .where(Program.id == program_id)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def programs(session: Session, program_ids: list[str]) -> list[Program]:
    """Return those of these programs that there are."""
    return list(session.scalars(select(Program).where(Program.id.in_(program_ids))))


def names(session: Session, program_ids: list[str]) -> dict[str, str]:
    """Return the names of programs by their ids."""
    return {
        found.id: found.name
        for found in session.execute(select(Program.id, Program.name).where(Program.id.in_(program_ids)))
    }


def campaigns(session: Session, environment_id: str, moment: datetime) -> dict[str, Campaign]:
    """Return the campaigns that are on, by partnership; of two at once the one that began later."""
    on = (
        select(Campaign)
        .where(Campaign.environment_id == environment_id, Campaign.starts_at <= moment, Campaign.ends_at > moment)
        .order_by(Campaign.starts_at, Campaign.id)
    )
    return {campaign.partnership_id: campaign for campaign in session.scalars(on)}


def dollar_rates(session: Session, moment: datetime) -> dict[str, Decimal]:
    """Return what one unit of each currency is worth in US dollars at that moment."""
    latest = (
        select(ExchangeRate.currency, func.max(ExchangeRate.valid_from).label("since"))
        .where(ExchangeRate.valid_from <= moment)
        .group_by(ExchangeRate.currency)
        .subquery()
    )
    rows = session.execute(
        select(ExchangeRate.currency, ExchangeRate.usd).join(
            latest,
            (latest.c.currency == ExchangeRate.currency) & (latest.c.since == ExchangeRate.valid_from),
        )
    )
    return {currency: Decimal(usd) for currency, usd in rows}
