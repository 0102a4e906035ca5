"""What is read of preferences."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from widget_host.domain.preferences.models import CardPreferences, PreferredProgram


def find(
    session: Session, environment_id: str, source_user_id: str, card_id: str, *, for_change: bool = False
) -> CardPreferences | None:
    """Return the card's preferences, locked where they are about to change."""
    wanted = select(CardPreferences).where(
        CardPreferences.environment_id == environment_id,
        CardPreferences.source_user_id == source_user_id,
        CardPreferences.card_id == card_id,
    )
    return session.scalar(wanted.with_for_update() if for_change else wanted)


def programs(session: Session, preference_id: str) -> list[PreferredProgram]:
    """Return the programs of a card, in the customer's order."""
    wanted = select(PreferredProgram).where(PreferredProgram.preference_id == preference_id)
    return list(session.scalars(wanted.order_by(PreferredProgram.place)))
