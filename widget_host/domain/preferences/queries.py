"""What is read of preferences."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from widget_host.domain.preferences.models import CardPreferences, PreferredProgram


def find(
    session: Session, environment_id: str, source_user_id: str, card_id: str, *, for_change: bool = False
) -> CardPreferences | None:
    """Return the card's preferences, locked where they are about to change."""
    wanted = _of_card(environment_id, source_user_id, card_id)
    return session.scalar(wanted.with_for_update() if for_change else wanted)


def get_for_change(session: Session, environment_id: str, source_user_id: str, card_id: str) -> CardPreferences:
    """Return the card's preferences, which are there, locked."""
    return session.scalars(_of_card(environment_id, source_user_id, card_id).with_for_update()).one()


def _of_card(environment_id: str, source_user_id: str, card_id: str) -> Select[CardPreferences]:
    return select(CardPreferences).where(
        CardPreferences.environment_id == environment_id,
        CardPreferences.source_user_id == source_user_id,
        CardPreferences.card_id == card_id,
    )


def programs(session: Session, preference_id: str) -> list[PreferredProgram]:
    """Return the programs of a card, in the customer's order."""
    wanted = select(PreferredProgram).where(PreferredProgram.preference_id == preference_id)
    return list(session.scalars(wanted.order_by(PreferredProgram.place)))
