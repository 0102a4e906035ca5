import pytest

from tests.factories.issuers import Issuer
from tests.factories.orders import WIDGET, launch
from widget_host import migrations
from widget_host.domain.access.rules import OpenWidget, SessionReplaced
from widget_host.kit.clock import SystemClock
from widget_host.wiring import Wiring


class TestMigration:
    def test_lets_sessions_live_and_be_over_as_before(self, wiring: Wiring, issuer: Issuer, database_url: str) -> None:
        token = launch(wiring, issuer)
        replaced, last, other = (
            wiring.openings.open(each, WIDGET).bearer for each in (token, token, launch(wiring, issuer))
        )
        wiring.end()
        migrations.downgrade(database_url, "0070")
        migrations.upgrade(database_url)
        assert self.get(wiring, last).launch_id != self.get(wiring, other).launch_id
        with pytest.raises(SessionReplaced):
            self.get(wiring, replaced)

    def get(self, wiring: Wiring, bearer: str) -> OpenWidget:
        with wiring.reading() as services:
            return services.widget_sessions.get(bearer, WIDGET)

    @pytest.fixture
    def clock(self) -> SystemClock:
        """The machine's: a database that is migrated knows no other."""
        return SystemClock()

    @pytest.fixture
    def database_url(self, own_database_url: str) -> str:
        return own_database_url
