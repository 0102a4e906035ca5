from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.cards import CARD, CUSTOMER, choose_three
from tests.factories.issuers import Issuer
from widget_host import migrations
from widget_host.wiring import Wiring

ALLOCATED = "SELECT preference_id, program_id, allocation, asked FROM card_preference_programs ORDER BY program_id"
SAID = (
    "SELECT w.preference_id, w.program_id, w.sender_program_id, w.sequence FROM card_program_words w"
    " JOIN card_preferences c ON c.id = w.preference_id AND c.updated_at = w.said_at ORDER BY w.program_id"
)


class TestMigration:
    def test_takes_what_was_chosen_as_the_newest_word(self, chosen: Wiring, issuer: Issuer, database_url: str) -> None:
        before, stored = self.rows(chosen, ALLOCATED), self.stored(chosen, issuer)
        chosen.database.engine.dispose()
        migrations.downgrade(database_url, "0020")
        migrations.upgrade(database_url)
        after = self.rows(chosen, ALLOCATED)
        assert [row[:3] for row in after] == [row[:3] for row in before]
        assert sorted((allocation, asked) for *_, allocation, asked in after) == [(20, 20), (30, 30), (50, 50)]
        assert self.rows(chosen, SAID) == [(*row[:2], None, None) for row in after]
        assert self.stored(chosen, issuer) == stored

    def stored(self, wiring: Wiring, issuer: Issuer) -> Any:
        with wiring.reading() as services:
            return services.preferences.find(issuer.environment_id, CUSTOMER, CARD)

    def rows(self, wiring: Wiring, sql: str) -> list[tuple[Any, ...]]:
        with wiring.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    @pytest.fixture
    def chosen(self, wiring: Wiring, issuer: Issuer) -> Wiring:
        """A customer who chose three programs for a card."""
        choose_three(wiring, issuer)
        return wiring

    @pytest.fixture
    def database_url(self, own_database_url: str) -> str:
        return own_database_url
