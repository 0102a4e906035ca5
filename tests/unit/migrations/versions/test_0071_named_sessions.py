import pytest
from sqlalchemy import text

from tests.factories.issuers import Issuer
from tests.factories.orders import launch
from widget_host import migrations
from widget_host.wiring import Wiring

# Each lives: what is over stays over without being named.
SESSION = """
INSERT INTO widget_sessions (id, launch_id, bearer_hash, expires_at, extendable_until, locale, theme)
VALUES (:id, :launch_id, :id, '2999-01-01 00:00:00', '2999-01-01 00:00:00', '', '')
"""
OPENED = "UPDATE widget_launches SET session_id = :id WHERE id = :launch_id"


class TestMigration:
    def test_lets_sessions_live_and_be_over_as_before(self, wiring: Wiring, issuer: Issuer, database_url: str) -> None:
        launches = sorted(self.launched(wiring, issuer) for _ in range(2))
        wiring.end()
        migrations.downgrade(database_url, "0071")
        # The last of a launch is no other than the one it names, whichever was made later.
        opened = dict(zip(launches, ("wgs_1", "wgs_3"), strict=True))
        self.write(wiring, SESSION, id="wgs_2", launch_id=launches[0])
        for launch_id, session_id in opened.items():
            self.write(wiring, SESSION, id=session_id, launch_id=launch_id)
            self.write(wiring, OPENED, id=session_id, launch_id=launch_id)

        migrations.downgrade(database_url, "0070")
        assert self.read(wiring, "SELECT id, launch_id FROM widget_sessions WHERE revoked_at IS NOT NULL") == {
            "wgs_2": launches[0]
        }
        migrations.upgrade(database_url, "0071")
        assert self.read(wiring, "SELECT id, session_id FROM widget_launches") == opened

    def launched(self, wiring: Wiring, issuer: Issuer) -> str:
        return launch(wiring, issuer).partition(".")[0]

    def write(self, wiring: Wiring, statement: str, **values: str) -> None:
        with wiring.database.engine.begin() as connection:
            connection.execute(text(statement), values)
        wiring.database.engine.dispose()

    def read(self, wiring: Wiring, query: str) -> dict[str, str]:
        with wiring.database.engine.connect() as connection:
            found = {row[0]: row[1] for row in connection.execute(text(query))}
        wiring.database.engine.dispose()
        return found

    @pytest.fixture
    def database_url(self, own_database_url: str) -> str:
        return own_database_url
