from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories.campaigns import make_campaign
from tests.factories.cards import choose_three
from tests.factories.issuers import AURORA, Issuer
from tests.factories.orders import make_order
from tests.fakes.asked import AskedConnector
from tests.services.rounds import work_off
from widget_host import migrations
from widget_host.domain.programs.rules import Destination, Outcome
from widget_host.domain.transactions.rules import Asked, PartnerFailed
from widget_host.kit.money import Money
from widget_host.wiring import Wiring


class TestDowngrade:
    def test_keeps_every_transaction_and_can_be_taken_back(self, filled: Wiring, database_url: str) -> None:
        before = self.transactions(filled)
        filled.database.engine.dispose()
        migrations.downgrade(database_url, "0006")
        assert self.transactions(filled).keys() == before.keys()
        filled.database.engine.dispose()
        migrations.upgrade(database_url)
        after = self.transactions(filled)
        assert {key: row[:3] for key, row in after.items()} == {key: row[:3] for key, row in before.items()}
        with filled.reading() as services:
            assert {**services.ledger.verify(), **services.transactions.verify()} == {}

    def test_leaves_a_reference_number_to_the_one_that_did_not_fail(self, filled: Wiring, database_url: str) -> None:
        before = self.transactions(filled)
        filled.database.engine.dispose()
        migrations.downgrade(database_url, "0006")
        kept = {(row[0], row[3]) for row in self.transactions(filled).values()}
        twice = [row for row in before.values() if row[3] == "twice"]
        assert {row[0] for row in twice} == {"FAILED", "COMPLETED"}
        assert [row[0] for row in kept if row[1] == "twice"] == ["COMPLETED"]
        filled.database.engine.dispose()
        migrations.upgrade(database_url)

    def transactions(self, wiring: Wiring) -> dict[str, tuple[object, ...]]:
        query = text("SELECT id, status, points, created_at, reference_number FROM transactions")
        with wiring.database.engine.connect() as connection:
            return {
                row.id: (row.status, row.points, str(row.created_at), row.reference_number)
                for row in connection.execute(query)
            }

    @pytest.fixture
    def filled(self, wiring: Wiring, issuer: Issuer) -> Wiring:
        """A row of every kind in every table that the migration touches."""
        make_campaign(wiring, issuer)
        choose_three(wiring, issuer)
        with wiring.writing() as services:
            services.quotes.hold(Asked(issuer.environment_id, issuer.programs[AURORA], Money(2500, "USD")))
        for number, member in enumerate(("AC12345678", "sandbox-pending", "sandbox-pending-fails")):
            wiring.issuing.issue(make_order(issuer, f"NW-{number}", destination=Destination(member)))
        by_rule = wiring.connectors["sandbox"]
        wiring.connectors["sandbox"] = AskedConnector(PartnerFailed("down"), Outcome.CREDITED)
        with pytest.raises(PartnerFailed):
            wiring.issuing.issue(make_order(issuer, "twice"))
        wiring.issuing.issue(make_order(issuer, "twice"))
        wiring.connectors["sandbox"] = by_rule
        with wiring.writing() as services:
            services.sandbox.advance_clock(issuer.environment_id, timedelta(seconds=5))
        work_off(wiring)
        wiring.issuing.issue(make_order(issuer, "NW-9", destination=Destination("sandbox-pending")))
        return wiring

    @pytest.fixture
    def database_url(self, own_database_url: str) -> str:
        return own_database_url
