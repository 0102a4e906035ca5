"""What is read of programs, partnerships, campaigns and rates to manage them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from widget_host.domain.programs.models import Campaign, ExchangeRate, Partnership, Program


def programs(session: Session) -> Sequence[Program]:
    """Return every program, by name."""
    return session.scalars(select(Program).order_by(Program.name, Program.id)).all()


def partnership(session: Session, environment_id: str, program_id: str) -> Partnership | None:
    """Return the environment's partnership with the program, enabled or not."""
    wanted = select(Partnership).where(
        Partnership.environment_id == environment_id, Partnership.program_id == program_id
    )
    return session.scalar(wanted)


def partnerships(session: Session, environment_id: str) -> Sequence[tuple[Program, Partnership]]:
    """Return the environment's partnerships, enabled or not, with their programs, by name."""
    rows = session.execute(
        select(Program, Partnership)
        .join(Partnership, Partnership.program_id == Program.id)
        .where(Partnership.environment_id == environment_id)
        .order_by(Program.name, Program.id)
    )
    return [(program, partnership) for program, partnership in rows]


def campaigns(session: Session, environment_id: str) -> Sequence[tuple[Program, Campaign]]:
    """Return the environment's campaigns with the programs they are about, the earliest first."""
    rows = session.execute(
        select(Program, Campaign)
        .join(Partnership, Partnership.id == Campaign.partnership_id)
        .join(Program, Program.id == Partnership.program_id)
        .where(Campaign.environment_id == environment_id)
        .order_by(Campaign.starts_at, Campaign.id)
    )
    return [(program, campaign) for program, campaign in rows]


def rates(session: Session) -> Sequence[ExchangeRate]:
    """Return every exchange rate, by currency and moment."""
    return session.scalars(select(ExchangeRate).order_by(ExchangeRate.currency, ExchangeRate.valid_from)).all()
